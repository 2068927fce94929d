//! What is no list of prices, and no event.

use axum::http::Method;
use serde_json::{Value, json};

use super::{APPS, PRICING, lists, set, sms};
use crate::harness::{Answer, Server, Who, engines};

const EVENT: &str = "/internal/billing/apps/acme/app_001/billing-event";

/// Sends a body as it is written.
async fn sent(server: &Server, body: impl Into<String>) -> Answer {
    let request = server.request(Method::POST, Who::ADMIN, PRICING);
    server.send(request, Some(body.into())).await
}

#[tokio::test]
async fn everything_that_is_wrong_with_prices_is_told_at_once() {
    let label = "字".repeat(51);
    let bad = format!(
        r#"{{"tenant_id": "other", "app_id": "app_002", "pricings": [
            {{"resource_type": "API calls", "included_units": -1, "unit_price": "-1",
              "overage_unit_price": "NaN", "unit_label": "{label}"}},
            {{"resource_type": "sms"}},
            {{"resource_type": "sms", "included_units": 1000000000000001, "unit_price": 1e400,
              "overage_unit_price": 0.0000000000001, "unit_label": 7}},
            {{"included_units": 1.5, "unit_price": true, "overage_unit_price": "1000000000000.1"}},
            "sms"]}}"#
    );
    for engine in engines() {
        let server = Server::start(engine).await;

        let refused = sent(&server, bad.clone()).await.expect(400);

        let mut expected = vec!["tenant_id".to_owned(), "app_id".to_owned()];
        expected.push("pricings[4]".to_owned());
        for (place, names) in [
            (0, "resource_type included_units unit_price overage_unit_price unit_label"),
            (2, "resource_type included_units unit_price overage_unit_price unit_label"),
            (3, "resource_type included_units unit_price overage_unit_price"),
        ] {
            expected.extend(names.split(' ').map(|name| format!("pricings[{place}].{name}")));
        }
        assert_eq!(refused.fields(), expected);
        server.get(Who::ADMIN, PRICING).await.expect(404);
        assert_eq!(lists(&server).await, 0);
    }
}

#[tokio::test]
async fn a_price_that_can_not_be_exact_is_refused_however_it_is_sent() {
    let server = Server::start(engines().remove(0)).await;

    for bad in [
        "-1",
        "\"-0.000000000001\"",
        "0.0000000000001",
        "\"0.0000000000001\"",
        "1e-13",
        "1e400",
        "1e13",
        "\"NaN\"",
        "\"Infinity\"",
        "\"\"",
        "\"1,5\"",
        "\" 1\"",
        "true",
        "[]",
        "{}",
    ] {
        for name in ["unit_price", "overage_unit_price"] {
            let body = format!(r#"{{"pricings":[{{"resource_type":"sms","{name}":{bad}}}]}}"#);
            let refused = sent(&server, body).await.expect(400);
            assert_eq!(refused.fields(), [format!("pricings[0].{name}")], "{bad}");
        }
    }
}

#[tokio::test]
async fn a_list_has_one_to_a_hundred_prices() {
    let server = Server::start(engines().remove(0)).await;
    let many = |count: usize| {
        let price = |n| json!({ "resource_type": format!("resource_{n}"), "unit_price": n });
        json!({ "pricings": (0..count).map(price).collect::<Vec<_>>() })
    };

    for bad in [
        json!({}),
        json!({ "pricings": null }),
        json!({ "pricings": {} }),
        json!({ "pricings": "sms" }),
        many(0),
        many(101),
    ] {
        let refused = set(&server, "app_001", bad).await.expect(400);
        assert_eq!(refused.fields(), ["pricings"]);
    }
    for bad in ["", "[]", "{", "{\"pricings\": [{\"resource_type\": NaN}]}"] {
        assert_eq!(sent(&server, bad).await.expect(400).fields(), ["body"], "{bad}");
    }
    let most = set(&server, "app_001", many(100)).await.expect(200);
    assert_eq!(most.at("/data/pricings").as_array().unwrap().len(), 100);
    assert_eq!(most.at("/data/pricings/99/resource_type"), "resource_99");
}

#[tokio::test]
async fn a_path_that_names_no_app_is_refused() {
    let server = Server::start(engines().remove(0)).await;

    for bad in ["a%2Fb", "a%20b", "%E5%BA%94", &"a".repeat(129)] {
        let path = format!("{APPS}/{bad}/pricing");
        for refused in [
            server.get(Who::ADMIN, &path).await,
            server.post(Who::ADMIN, &path, sms(1)).await,
            server.delete(Who::ADMIN, &path).await,
        ] {
            assert_eq!(refused.expect(400).fields(), ["app_id"], "{bad}");
        }
        let path = format!("/internal/billing/apps/a%20b/{bad}/billing-event");
        let refused = server.post(Who::SERVICE, &path, json!({ "action": "delete" })).await;
        assert_eq!(refused.expect(400).fields(), ["tenant_id", "app_id"], "{bad}");
    }
}

#[tokio::test]
async fn an_event_that_nobody_knows_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    let tell = async |body: Value| server.post(Who::SERVICE, EVENT, body).await.expect(400);

    for bad in [json!("Suspend"), json!("pause"), json!(""), json!(1), json!(null)] {
        assert_eq!(tell(json!({ "action": bad })).await.fields(), ["action"], "{bad}");
    }
    let all = json!({ "tenant_id": "other", "app_id": "app_002" });
    assert_eq!(tell(all).await.fields(), ["tenant_id", "app_id", "action"]);
    server.get(Who::ADMIN, PRICING).await.expect(404);
}
