//! Seeding, and that what it writes is what the service would have written.

use std::{collections::BTreeSet, process::Command};

use countinghouse::cli::seed::{Order, sow};
use countinghouse_core::id::TenantId;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Server, Who, engines};

const RECORDS: &str = "/billing/records/acme";
const ADJUST: &str = "/admin/billing/credit-balance/acme/adjust";

fn order(records: u64) -> Order {
    Order { tenant: TenantId::parse("acme").unwrap(), records, seed: 7, plan: "pro" }
}

async fn sow_in(server: &Server, records: u64) {
    sow(server.app.commands(), &server.env, &order(records), |_| ()).await.unwrap();
}

/// All records of the tenant, newest first.
async fn records(server: &Server) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let path = format!("{RECORDS}?page_size=100&page={page}");
        let items = server.get(Who::MEMBER, &path).await.expect(200).at("/items");
        let items = items.as_array().unwrap();
        if items.is_empty() {
            break;
        }
        all.extend(items.iter().cloned());
    }
    all
}

fn words<'a>(records: &'a [Value], member: &str) -> BTreeSet<&'a str> {
    records.iter().map(|record| record[member].as_str().unwrap()).collect()
}

#[tokio::test]
async fn as_many_records_are_sown_as_were_asked_for_and_the_books_are_sound() {
    for engine in engines() {
        let server = Server::start(engine).await;

        sow_in(&server, 700).await;

        let records = records(&server).await;
        assert_eq!(records.len(), 700);
        let statuses = BTreeSet::from(["failed", "paid", "pending", "void"]);
        assert_eq!(words(&records, "status"), statuses);
        let types = BTreeSet::from(["adjustment", "proration", "subscription", "usage"]);
        assert_eq!(words(&records, "type"), types);
        assert_eq!(words(&records, "currency").len(), 1);
        let descriptions = words(&records, "description");
        assert!(descriptions.iter().any(|it| it.is_ascii()));
        assert!(descriptions.iter().any(|it| it.contains("专业版")));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn records_are_spread_over_the_past_in_their_order() {
    for engine in engines() {
        let server = Server::start(engine).await;

        sow_in(&server, 500).await;

        let mut records = records(&server).await;
        records.reverse();
        let times: Vec<&str> =
            records.iter().map(|it| it["created_at"].as_str().unwrap()).collect();
        let ids: Vec<&str> = records.iter().map(|it| it["record_id"].as_str().unwrap()).collect();
        assert!(times.is_sorted() && ids.is_sorted());
        assert!(times[0] < "2025-01-01" && times[499] >= "2026-01-30" && times[499] < "2026-01-31");
    }
}

#[tokio::test]
async fn the_subscription_is_its_admins_and_stands_in_the_period_of_today() {
    for engine in engines() {
        let server = Server::start(engine).await;

        sow_in(&server, 500).await;

        let subscription = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(200);
        assert_eq!(subscription.at("/data/admin_user_id"), "usr_admin_acme");
        assert_eq!(subscription.at("/data/status"), "active");
        let member =
            |name: &str| subscription.at(&format!("/data/{name}")).as_str().unwrap().to_owned();
        let now = server.now().to_string();
        assert!(member("current_period_start") <= now && now < member("current_period_end"));
    }
}

#[tokio::test]
async fn the_same_seed_sows_the_same_and_another_sows_other_records() {
    for engine in engines() {
        let [first, second, other] = [engine, engines().remove(0), engines().remove(0)];
        let first = Server::start(first).await;
        let second = Server::start(second).await;
        let other = Server::start(other).await;

        sow_in(&first, 120).await;
        sow_in(&second, 120).await;
        let order = Order { seed: 8, ..order(120) };
        sow(other.app.commands(), &other.env, &order, |_| ()).await.unwrap();

        let sown = records(&first).await;
        assert_eq!(sown, records(&second).await);
        assert_ne!(sown, records(&other).await);
    }
}

#[tokio::test]
async fn a_tenant_that_has_records_goes_on_after_them() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);
        server.advance(3 * 24 * 60 * 60);

        sow_in(&server, 60).await;
        sow_in(&server, 60).await;
        server
            .post(Who::ADMIN, ADJUST, json!({ "amount": 5, "source": "promo" }))
            .await
            .expect(201);

        let records = records(&server).await;
        assert_eq!(records.len(), 121);
        let first = records.last().unwrap();
        assert_eq!(first["invoice_number"], "INV-2026-000001");
        assert!(records.iter().all(|it| it["created_at"].as_str() >= first["created_at"].as_str()));
        let subscription = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(200);
        assert_eq!(subscription.at("/data/plan_id"), "basic");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn others_write_while_it_sows() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let adjustments = (0..40).map(|n| async move {
            tokio::time::sleep(std::time::Duration::from_millis(n * 5)).await;
            n
        });
        let adjust = join_all(adjustments.map(|turn| async {
            turn.await;
            server.post(Who::ADMIN, ADJUST, json!({ "amount": 5, "source": "promo" })).await
        }));
        let ((), answers) = tokio::join!(sow_in(&server, 5_000), adjust);

        assert!(answers.iter().all(|answer| answer.status == 201));
        assert_eq!(server.get(Who::MEMBER, RECORDS).await.expect(200).at("/total"), 5_000);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_verb_sows_into_the_database_that_is_named() {
    for engine in engines() {
        let url = engine.url();
        let server = Server::start(engine).await;

        let seed = Command::new(env!("CARGO_BIN_EXE_countinghouse"))
            .args(["seed", "--tenant", "acme", "--records", "30", "--seed", "3"])
            .args(["--database-url", &url])
            .output()
            .unwrap();

        assert!(seed.status.success(), "{}", String::from_utf8_lossy(&seed.stderr));
        assert_eq!(server.get(Who::MEMBER, RECORDS).await.expect(200).at("/total"), 30);
        server.assert_sound().await;
    }
}
