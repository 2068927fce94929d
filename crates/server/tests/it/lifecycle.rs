//! Trials, cancelling and reviving, over HTTP.

use countinghouse::db::Stmt;
use serde_json::{Value, json};

use crate::harness::{Server, Who, engines};

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";
const EXTEND: &str = "/admin/billing/subscription/acme/extend-trial";
const END_TRIAL: &str = "/admin/billing/subscription/acme/cancel-trial";
const CANCEL: &str = "/billing/subscription/cancel";

async fn subscribe(server: &Server, body: Value) {
    server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
}

#[tokio::test]
async fn a_trial_is_made_longer_and_then_cut_short() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, json!({ "plan": "pro", "trial_days": 14 })).await;

        let longer =
            server.post(Who::ADMIN, EXTEND, json!({ "extend_days": 90 })).await.expect(200);
        server.advance(60);
        let ended = server.post(Who::ADMIN, END_TRIAL, json!({})).await.expect(200);

        assert_eq!(longer.at("/data/trial_end_date"), "2026-05-15T12:00:00Z");
        assert_eq!(longer.at("/data/status"), "trial");
        assert_eq!(ended.at("/data/status"), "active");
        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(found.at("/data/current_period_start"), "2026-01-31T12:01:00Z");
        assert_eq!(found.at("/data/current_period_end"), "2026-02-28T12:01:00Z");
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!((records.at("/total"), records.at("/items/0/amount")), (json!(1), json!(499)));
        server.post(Who::ADMIN, END_TRIAL, json!({})).await.expect(409);
        server.post(Who::ADMIN, EXTEND, json!({ "extend_days": 1 })).await.expect(409);
    }
}

#[tokio::test]
async fn a_period_that_begins_now_is_in_the_zone_of_today() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let zone = |name: &str| json!({ "timezone": name });
        let profile = "/admin/billing/tenants/acme/profile";
        // It is 31 January in UTC and 1 February in Auckland; the zone was another when it began.
        subscribe(&server, json!({ "plan": "basic", "trial_days": 14 })).await;
        server.put(Who::ADMIN, profile, zone("Pacific/Auckland")).await.expect(200);

        server.post(Who::ADMIN, END_TRIAL, json!({})).await.expect(200);
        let paid = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        server.put(Who::ADMIN, profile, zone("America/New_York")).await.expect(200);
        let body = json!({ "new_plan": "pro" });
        let change = "/admin/billing/subscription/acme/change-plan";
        let within = server.post(Who::ADMIN, change, body).await.expect(200);
        let body = json!({ "new_plan": "pro", "billing_cycle": "yearly" });
        let cycle = server.post(Who::ADMIN, change, body).await.expect(200);

        // One in the morning on the first of March in Auckland.
        assert_eq!(paid.at("/data/current_period_end"), "2026-02-28T12:00:00Z");
        // Another plan goes on in the period that runs.
        let end = "/data/subscription/current_period_end";
        assert_eq!(within.at(end), "2026-02-28T12:00:00Z");
        // Another cycle begins a period, at seven in the morning on 31 January in New York.
        assert_eq!(cycle.at(end), "2027-01-31T12:00:00Z");
        let sql = "SELECT timezone || ' ' || anchor FROM subscription WHERE tenant_id = $1";
        let row = server.env.db.fetch_all(Stmt::new(sql).bind("acme")).await.unwrap();
        let rows: Vec<(String,)> = row;
        assert_eq!(rows[0].0, "America/New_York 2026-01-31T07:00:00");
    }
}

#[tokio::test]
async fn a_trial_is_made_longer_by_whole_days_within_bounds() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.post(Who::ADMIN, EXTEND, json!({ "extend_days": 1 })).await.expect(404);
        subscribe(&server, json!({ "plan": "pro", "trial_days": 14 })).await;

        for days in [json!(0), json!(91), json!(-1), json!(1.5), json!("x"), json!(null)] {
            let refused = server.post(Who::ADMIN, EXTEND, json!({ "extend_days": days })).await;
            assert_eq!(refused.expect(400).fields(), ["extend_days"]);
        }
    }
}

#[tokio::test]
async fn who_cancels_may_think_again_until_the_end() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, json!({ "plan": "pro" })).await;

        server.delete(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        server.delete(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        let cancelled = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        let revive = json!({ "auto_renew": true });
        let revived = server.put(Who::ADMIN, SUBSCRIPTION, revive).await.expect(200);

        assert_eq!(cancelled.at("/data/cancel_at_period_end"), true);
        assert_eq!(cancelled.at("/data/auto_renew"), false);
        assert_eq!(cancelled.at("/data/status"), "active");
        assert_eq!(revived.at("/data/cancel_at_period_end"), false);
        assert_eq!(revived.at("/data/auto_renew"), true);
    }
}

#[tokio::test]
async fn only_its_administrator_or_an_admin_cancels() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let owner = Who::Person { tenant: "acme", user: "usr_o", role: "member" };
        let body = json!({ "plan": "pro" });
        server.post(owner, "/billing/subscribe", body).await.expect(201);

        server.post(Who::MEMBER, CANCEL, json!({})).await.expect(403);
        server.post(owner, CANCEL, json!({})).await.expect(200);
        server.post(Who::ADMIN, CANCEL, json!({})).await.expect(200);

        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(found.at("/data/cancel_at_period_end"), true);
    }
}

#[tokio::test]
async fn an_update_changes_the_plan_and_whether_it_renews() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, json!({ "plan": "basic" })).await;

        let both = json!({ "plan": "pro", "auto_renew": false });
        let both = server.put(Who::ADMIN, SUBSCRIPTION, both).await.expect(200);
        let same = json!({ "plan": "pro", "billing_cycle": "monthly", "auto_renew": true });
        let same = server.put(Who::ADMIN, SUBSCRIPTION, same).await.expect(200);

        assert_eq!(
            (both.at("/data/plan_id"), both.at("/data/auto_renew")),
            (json!("pro"), json!(false))
        );
        assert_eq!(same.at("/data/auto_renew"), true);
        server.put(Who::ADMIN, SUBSCRIPTION, json!({ "plan": "pro" })).await.expect(409);
        let nothing = server.put(Who::ADMIN, SUBSCRIPTION, json!({})).await.expect(400);
        assert_eq!(nothing.fields(), ["body"]);
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(records.at("/total"), 2);
    }
}

#[tokio::test]
async fn subscriptions_are_listed_newest_first_and_walked_by_cursor() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for place in 0..5 {
            let tenant = format!("tnt_{place}");
            let admin = Who::Person { tenant: &tenant, user: "usr_a", role: "admin" };
            server.post(admin, "/billing/subscribe", json!({ "plan": "free" })).await.expect(201);
            server.advance(1);
        }

        let mut seen = Vec::new();
        let mut path = "/admin/billing/subscriptions?page_size=2".to_owned();
        loop {
            let page = server.get(Who::SUPER, &path).await.expect(200);
            assert_eq!(page.at("/total"), 5);
            let items = page.at("/items");
            seen.extend(items.as_array().unwrap().iter().map(|it| it["tenant_id"].clone()));
            let Value::String(cursor) = page.at("/pagination/next_cursor") else { break };
            path = format!("/admin/billing/subscriptions?page_size=2&cursor={cursor}");
        }

        assert_eq!(seen, ["tnt_4", "tnt_3", "tnt_2", "tnt_1", "tnt_0"]);
        let page = "/admin/billing/subscriptions?page_size=2&page=3";
        let last = server.get(Who::SUPER, page).await.expect(200);
        assert_eq!(last.at("/items/0/tenant_id"), "tnt_0");
        assert_eq!(last.at("/pagination/has_next"), false);
    }
}
