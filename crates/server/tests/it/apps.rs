//! Apps of tenants and their prices, over HTTP.

mod events;
mod list;
mod refused;
mod rows;

use axum::http::Method;
use countinghouse::db::{Purpose, Stmt};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const APPS: &str = "/admin/billing/subscription/acme/apps";
const PRICING: &str = "/admin/billing/subscription/acme/apps/app_001/pricing";

const OTHER: Who<'static> = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

/// Where the prices of an app of acme are.
fn pricing(app: &str) -> String {
    format!("{APPS}/{app}/pricing")
}

/// A body that sets one price, of text messages.
fn sms(unit_price: i64) -> Value {
    json!({ "pricings": [{ "resource_type": "sms", "unit_price": unit_price }] })
}

async fn set(server: &Server, app: &str, body: Value) -> Answer {
    server.post(Who::ADMIN, &pricing(app), body).await
}

/// Every stored row of prices: app, list, resource, unit price.
async fn stored(server: &Server) -> Vec<(String, i64, Option<String>, Option<String>)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT app_id, list, resource_type, unit_price FROM app_price
         ORDER BY tenant_id, app_id, list, place",
    );
    tx.fetch_all(stmt).await.unwrap()
}

/// How many lists of prices are stored.
async fn lists(server: &Server) -> usize {
    let mut lists: Vec<_> =
        stored(server).await.into_iter().map(|(app, list, ..)| (app, list)).collect();
    lists.dedup();
    lists.len()
}

/// An answer to a request with `If-Match`.
async fn matching(server: &Server, method: Method, path: &str, tag: &str, body: &Value) -> Answer {
    let request = server.request(method, Who::ADMIN, path).header("if-match", tag);
    server.send(request, Some(body.to_string())).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn prices_are_set_all_at_once_and_shown_as_they_were_set() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "tenant_id": "acme", "app_id": "app_001", "pricings": [
            { "resource_type": "gpu.seconds", "unit_price": "0.5", "overage_unit_price": 0.75,
              "included_units": 100, "unit_label": "秒" },
            { "resource_type": "api_calls", "unit_label": "" },
        ] });
        server.get(Who::ADMIN, PRICING).await.expect(404);

        let made = set(&server, "app_001", body).await.expect(200);
        server.advance(60);
        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);
        let replaced = set(&server, "app_001", sms(1)).await.expect(200);

        let data = made.at("/data");
        let (id, first) = (data["id"].clone(), data["pricings"][0]["id"].clone());
        assert!(id.as_str().unwrap().starts_with("sa_"), "{data}");
        assert!(first.as_str().unwrap().starts_with("arp_"), "{data}");
        assert_eq!(
            data,
            json!({
                "id": id, "app_id": "app_001", "tenant_id": "acme", "status": "active",
                "created_at": "2026-01-31T12:00:00Z",
                "pricings": [
                    { "id": first, "subscription_app_id": id, "resource_type": "gpu.seconds",
                      "unit_label": "秒", "included_units": 100, "unit_price": 0.5,
                      "overage_unit_price": 0.75 },
                    { "id": data["pricings"][1]["id"], "subscription_app_id": id,
                      "resource_type": "api_calls", "included_units": 0 },
                ],
            })
        );
        assert_eq!(shown.at("/data"), data);
        assert_eq!(replaced.at("/data/id"), id);
        assert_eq!(replaced.at("/data/created_at"), "2026-01-31T12:00:00Z");
        let left = replaced.at("/data/pricings");
        assert_eq!((left.as_array().unwrap().len(), &left[0]["resource_type"]), (1, &json!("sms")));
        let now = server.get(Who::ADMIN, PRICING).await.expect(200);
        assert_eq!(now.at("/data"), replaced.at("/data"));
    }
}

#[tokio::test]
async fn prices_are_exact_to_twelve_decimals_as_numbers_and_as_texts() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for (sent, shown) in [
            ("0.000000000001", "0.000000000001"),
            ("\"0.000000000001\"", "0.000000000001"),
            ("123456789012.345678901234", "123456789012.345678901234"),
            ("\"1000000000000\"", "1000000000000"),
            ("1e-12", "0.000000000001"),
            ("0.1000000000000000", "0.1"),
            ("-0", "0"),
        ] {
            let body = format!(
                r#"{{"pricings":[{{"resource_type":"sms","included_units":1000000000000000,
                    "unit_price":{sent},"overage_unit_price":{sent}}}]}}"#
            );
            let request = server.request(Method::POST, Who::ADMIN, PRICING);
            let set = server.send(request, Some(body)).await.expect(200);
            let found = server.get(Who::ADMIN, PRICING).await.expect(200);

            for answer in [set, found] {
                let price = format!("\"unit_price\":{shown},\"overage_unit_price\":{shown}}}");
                assert!(answer.text.contains(&price), "{sent}: {}", answer.text);
                assert_eq!(answer.at("/data/pricings/0/included_units"), 1_000_000_000_000_000_i64);
            }
        }
    }
}

#[tokio::test]
async fn the_same_prices_again_add_no_list_and_keep_their_ids() {
    let call = |price: &str| json!({ "resource_type": "api_calls", "unit_price": price });
    let mail = json!({ "resource_type": "email", "included_units": 5 });
    for engine in engines() {
        let server = Server::start(engine).await;
        let first = json!({ "pricings": [call("0.01"), mail] });
        let first = set(&server, "app_001", first).await.expect(200);
        server.advance(60);

        let turned = json!({ "pricings": [mail, call("0.0100")] });
        let again = set(&server, "app_001", turned).await.expect(200);
        let lists_before = lists(&server).await;
        let other = json!({ "pricings": [mail, call("0.02")] });
        let other = set(&server, "app_001", other).await.expect(200);

        assert_eq!(again.at("/data"), first.at("/data"));
        assert_eq!((lists_before, lists(&server).await), (1, 2));
        assert_eq!(other.at("/data/pricings/0/resource_type"), "email");
        assert_ne!(other.at("/data/pricings/0/id"), first.at("/data/pricings/1/id"));
    }
}

#[tokio::test]
async fn prices_are_taken_away_once_and_may_be_set_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.delete(Who::ADMIN, PRICING).await.expect(404);
        set(&server, "app_001", sms(1)).await.expect(200);

        let gone = server.delete(Who::ADMIN, PRICING).await.expect(200);
        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);
        server.delete(Who::ADMIN, PRICING).await.expect(200);
        let lists_before = lists(&server).await;
        set(&server, "app_001", sms(1)).await.expect(200);

        let body = json!({ "code": 0, "message": "success", "timestamp": "2026-01-31T12:00:00Z" });
        assert_eq!(gone.json(), body);
        assert_eq!(shown.at("/data/pricings"), json!([]));
        assert_eq!(lists_before, 2);
        let rows = stored(&server).await;
        let resources: Vec<_> =
            rows.iter().map(|(_, list, it, _)| (*list, it.as_deref())).collect();
        assert_eq!(resources, [(1, Some("sms")), (2, None), (3, Some("sms"))]);
    }
}

#[tokio::test]
async fn of_prices_that_are_set_at_once_each_list_follows_another() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;

        let answers = join_all((1..=32).map(|price| {
            let at = if price % 2 == 0 { &server } else { &beside };
            set(at, "app_001", sms(price))
        }));
        let ids: Vec<Value> =
            answers.await.into_iter().map(|it| it.expect(200).at("/data/id")).collect();
        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);

        let rows = stored(&server).await;
        let numbers: Vec<i64> = rows.iter().map(|(_, list, ..)| *list).collect();
        assert_eq!(numbers, (1..=32).collect::<Vec<_>>());
        let mut prices: Vec<i64> =
            rows.iter().map(|(.., price)| price.as_ref().unwrap().parse().unwrap()).collect();
        assert_eq!(shown.at("/data/pricings/0/unit_price"), prices[31]);
        prices.sort_unstable();
        assert_eq!(prices, (1..=32).collect::<Vec<_>>());
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}

#[tokio::test]
async fn prices_that_another_changed_meanwhile_are_not_overwritten() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let nothing = matching(&server, Method::POST, PRICING, "*", &sms(1)).await;
        nothing.expect(412);
        server.get(Who::ADMIN, PRICING).await.expect(404);

        let first = tag(&set(&server, "app_001", sms(1)).await.expect(200));
        let second = matching(&server, Method::POST, PRICING, &first, &sms(2)).await;
        let second = second.expect(200);
        matching(&server, Method::POST, PRICING, &first, &sms(3)).await.expect(412);
        matching(&server, Method::DELETE, PRICING, &first, &json!({})).await.expect(412);
        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);
        matching(&server, Method::POST, PRICING, "*", &sms(2)).await.expect(200);
        let gone = matching(&server, Method::DELETE, PRICING, &tag(&shown), &json!({})).await;
        gone.expect(200);

        assert_ne!(first, tag(&second));
        assert_eq!(tag(&shown), tag(&second));
        assert_eq!(shown.at("/data/pricings/0/unit_price"), 2);
        assert_eq!(lists(&server).await, 3);
    }
}

#[tokio::test]
async fn a_key_sets_prices_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let once = async |price: i64| server.post_once(Who::ADMIN, "k", PRICING, sms(price)).await;

        let first = once(1).await.expect(200);
        set(&server, "app_001", sms(2)).await.expect(200);
        let repeat = once(1).await.expect(200);
        once(3).await.expect(422);
        let delete = async || {
            let request = server.request(Method::DELETE, Who::ADMIN, PRICING);
            server.send(request.header("idempotency-key", "d"), None).await.expect(200)
        };
        delete().await;
        set(&server, "app_001", sms(4)).await.expect(200);
        let kept = delete().await;

        assert_eq!(first.text, repeat.text);
        assert_eq!(tag(&first), tag(&repeat));
        assert_eq!(repeat.headers["idempotency-replayed"], "true");
        assert_eq!(kept.headers["idempotency-replayed"], "true");
        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);
        assert_eq!(shown.at("/data/pricings/0/unit_price"), 4);
        assert_eq!(lists(&server).await, 4);
    }
}

#[tokio::test]
async fn apps_of_the_same_name_are_apart_where_tenants_are() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let theirs = PRICING.replace("acme", "other");
        set(&server, "app_001", sms(1)).await.expect(200);

        server.get(OTHER, PRICING).await.expect(403);
        server.post(OTHER, PRICING, sms(9)).await.expect(403);
        server.delete(OTHER, PRICING).await.expect(403);
        server.get(Who::MEMBER, PRICING).await.expect(403);
        server.get(OTHER, &theirs).await.expect(404);
        server.delete(OTHER, &theirs).await.expect(404);
        let other = server.post(OTHER, &theirs, sms(2)).await.expect(200);
        server.delete(OTHER, &theirs).await.expect(200);
        let own = server.get(Who::SUPER, PRICING).await.expect(200);

        assert_ne!(own.at("/data/id"), other.at("/data/id"));
        assert_eq!(own.at("/data/pricings/0/unit_price"), 1);
        assert_eq!(other.at("/data/tenant_id"), "other");
    }
}
