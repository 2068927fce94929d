//! Credit, over HTTP.

use countinghouse::{db::Stmt, tenants::enter_profile};
use countinghouse_core::{
    id::TenantId,
    money::{Amount, Currency},
    tenants::Profile,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Server, Who, engines};

const ADJUST: &str = "/admin/billing/credit-balance/acme/adjust";

fn grant(amount: i64) -> Value {
    json!({ "amount": amount, "source": "promo", "remark": "welcome" })
}

#[tokio::test]
async fn the_balance_is_the_sum_and_the_last_balance() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let steps = (1..=50).map(|n| {
            let amount = if n % 5 == 0 { json!("-1.25") } else { json!(n) };
            let source = if n % 2 == 0 { "promo" } else { "manual_adjust" };
            server.post(Who::ADMIN, ADJUST, json!({ "amount": amount, "source": source }))
        });
        for answer in join_all(steps).await {
            answer.expect(201);
        }

        let list = server
            .get(Who::MEMBER, "/billing/credit-transactions/acme?page_size=100")
            .await
            .expect(200);
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);

        let amounts = list.at("/items");
        let amounts = amounts.as_array().unwrap();
        let exact = |value: &Value| Amount::parse_in_any(&value.to_string()).unwrap();
        let sum = Amount::checked_sum(amounts.iter().map(|item| exact(&item["amount"])));
        assert_eq!(amounts.len(), 50);
        assert_eq!(sum, Some(exact(&balance.at("/data/balance"))));
        assert_eq!(amounts[0]["balance"], balance.at("/data/balance"));
    }
}

#[tokio::test]
async fn more_than_there_is_can_not_be_taken_back_however_many_try() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.post(Who::ADMIN, ADJUST, grant(10)).await.expect(201);
        let take = json!({ "amount": -4, "source": "manual_adjust" });

        let taken = join_all((0..16).map(|_| server.post(Who::ADMIN, ADJUST, take.clone()))).await;

        let mut statuses: Vec<u16> = taken.iter().map(|it| it.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[..2], [201, 201]);
        assert!(statuses[2..].iter().all(|status| *status == 409));
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 2);
    }
}

#[tokio::test]
async fn a_source_id_posts_once_and_only_for_its_amount() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut body = grant(10);
        body["source_id"] = json!("campaign-1");

        let same = join_all((0..8).map(|_| server.post(Who::ADMIN, ADJUST, body.clone()))).await;
        body["amount"] = json!(11);
        server.post(Who::ADMIN, ADJUST, body).await.expect(409);

        let ids: Vec<Value> = same.into_iter().map(|it| it.expect(201).at("/data/id")).collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 10);
    }
}

#[tokio::test]
async fn a_key_posts_once_however_many_come_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let calls = (0..16).map(|_| server.post_once(Who::ADMIN, "k", ADJUST, grant(10)));
        let answers = join_all(calls).await;

        let first = answers[0].text.clone();
        assert!(answers.iter().all(|it| it.status == 201 && it.text == first));
        let replayed = answers.iter().filter(|it| it.headers.contains_key("idempotency-replayed"));
        assert_eq!(replayed.count(), 15);
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 10);
    }
}

#[tokio::test]
async fn the_balance_of_any_past_instant_can_be_asked_for() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for amount in 1..=20 {
            server.post(Who::ADMIN, ADJUST, grant(amount)).await.expect(201);
            server.advance(10);
        }

        for (second, balance) in
            [(-1, 0), (0, 1), (9, 1), (10, 3), (95, 55), (190, 210), (900, 210)]
        {
            let at = "2026-01-31T12:00:00Z".parse::<String>().unwrap();
            let at = countinghouse_core::calendar::Instant::parse(&at).unwrap();
            let at = at.plus_seconds(second).unwrap();
            let path = format!("/billing/credit-balance/acme?as_of={at}");
            let answer = server.get(Who::MEMBER, &path).await.expect(200);
            assert_eq!(answer.at("/data/balance"), balance, "{second}");
        }
    }
}

#[tokio::test]
async fn bad_amounts_are_refused_by_name() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let long = "1".repeat(29);
        for amount in [
            r#""NaN""#,
            "0.001",
            "0.00001",
            "1e400",
            &long,
            "0",
            "true",
            r#""""#,
            "[]",
            "1000000000001",
        ] {
            let body = format!(r#"{{"amount": {amount}, "source": "promo"}}"#);
            let request = server.request(axum::http::Method::POST, Who::ADMIN, ADJUST);

            let refused = server.send(request, Some(body)).await.expect(400);

            assert_eq!(refused.fields(), ["amount"], "{amount}");
        }
        let body = json!({ "amount": "0.001", "source": "gift", "currency": "CNYY" });
        let mut fields = server.post(Who::ADMIN, ADJUST, body).await.expect(400).fields();
        fields.sort();
        assert_eq!(fields, ["amount", "currency", "source"]);
    }
}

#[tokio::test]
async fn a_tenant_that_was_never_posted_to_has_nothing_in_its_own_currency() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let tenant = TenantId::parse("acme").unwrap();
        let profile = Profile { currency: Currency::parse("JPY").ok(), ..Profile::default() };
        let mut tx = server.env.db.begin().await.unwrap();
        tx.execute(Stmt::new("INSERT INTO tenant (tenant_id) VALUES ('acme')")).await.unwrap();
        enter_profile(&mut tx, tenant.as_str(), &profile).await.unwrap();
        tx.commit().await.unwrap();

        for path in ["", "?as_of=2026-01-01T00:00:00Z"] {
            let path = format!("/billing/credit-balance/acme{path}");
            let balance = server.get(Who::MEMBER, &path).await.expect(200);
            assert_eq!(balance.at("/data/balance"), 0);
            assert_eq!(balance.at("/data/currency"), "JPY");
        }
        let sen = json!({ "amount": 0.5, "source": "promo" });
        server.post(Who::ADMIN, ADJUST, sen).await.expect(400);
    }
}
