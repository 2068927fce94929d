//! Changes that can't be made, and quotes that can't be had.

use serde_json::json;

use super::{CALCULATE, CHANGE, DAY, ROLLBACK, change, records, rollback, subscribe};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn every_broken_field_is_told_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({
            "billing_cycle": "weekly", "quote": "q1.nothing", "effective": "soon", "tenant_id": "other",
        });

        let refused = server.post(Who::ADMIN, CHANGE, body).await.expect(400);

        let mut fields = refused.fields();
        fields.sort();
        assert_eq!(fields, ["billing_cycle", "effective", "new_plan", "quote", "tenant_id"]);
    }
}

#[tokio::test]
async fn what_it_has_and_what_is_not_there_can_not_be_had() {
    for engine in engines() {
        let server = Server::start(engine).await;
        change(&server, "pro").await.expect(404);
        subscribe(&server, "basic").await;

        change(&server, "basic").await.expect(409);
        change(&server, "gold").await.expect(404);
        server.delete(Who::SUPER, "/admin/billing/plans/pro").await.expect(200);
        let archived = change(&server, "pro").await.expect(409);

        assert!(archived.text.contains("takes no new subscribers"), "{}", archived.text);
        assert_eq!(records(&server).await.at("/total"), 1);
    }
}

#[tokio::test]
async fn a_quote_serves_once_and_only_what_it_was_made_of() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let ask = json!({ "new_plan": "pro" });
        let preview = server.post(Who::MEMBER, CALCULATE, ask).await.expect(200);
        let quoted = |plan: &str| json!({ "new_plan": plan, "quote": preview.at("/data/quote") });

        server.post(Who::ADMIN, CHANGE, quoted("enterprise")).await.expect(409);
        server.post(Who::ADMIN, CHANGE, quoted("pro")).await.expect(200);
        rollback(&server).await.expect(200);
        server.post(Who::ADMIN, CHANGE, quoted("pro")).await.expect(409);

        assert_eq!(records(&server).await.at("/total"), 2);
    }
}

#[tokio::test]
async fn a_quote_is_over_after_a_quarter_of_an_hour_and_at_another_price() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let ask = json!({ "new_plan": "pro" });
        let preview = server.post(Who::MEMBER, CALCULATE, ask.clone()).await.expect(200);
        let body = json!({ "new_plan": "pro", "quote": preview.at("/data/quote") });
        assert_eq!(preview.at("/data/quote_expires_at"), "2026-01-31T12:15:00Z");

        server.advance(901);
        server.post(Who::ADMIN, CHANGE, body).await.expect(409);
        let preview = server.post(Who::MEMBER, CALCULATE, ask).await.expect(200);
        let price = json!({ "monthly_price": 500 });
        server.put(Who::SUPER, "/admin/billing/plans/pro", price).await.expect(200);
        let body = json!({ "new_plan": "pro", "quote": preview.at("/data/quote") });
        let dearer = server.post(Who::ADMIN, CHANGE, body).await.expect(409);

        assert!(dearer.text.contains("quoted"), "{}", dearer.text);
        assert_eq!(records(&server).await.at("/total"), 1);
    }
}

#[tokio::test]
async fn another_tenant_is_told_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let stranger = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

        server.post(stranger, CHANGE, json!({ "new_plan": "pro" })).await.expect(403);
        server.post(stranger, ROLLBACK, json!({})).await.expect(403);
        server.post(stranger, CALCULATE, json!({ "new_plan": "pro" })).await.expect(403);
        server.post(Who::MEMBER, CHANGE, json!({ "new_plan": "pro" })).await.expect(403);
        let list = server.get(stranger, "/admin/billing/subscriptions").await.expect(200);

        assert_eq!(list.at("/total"), 0);
        let all = server.get(Who::SUPER, "/admin/billing/subscriptions").await.expect(200);
        assert_eq!((all.at("/total"), all.at("/items/0/tenant_id")), (json!(1), json!("acme")));
    }
}

#[tokio::test]
async fn a_change_is_not_undone_twice_or_after_its_period() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        rollback(&server).await.expect(409);
        change(&server, "pro").await.expect(200);
        rollback(&server).await.expect(200);
        rollback(&server).await.expect(409);
        change(&server, "pro").await.expect(200);
        server.advance(40 * DAY);

        let late = rollback(&server).await.expect(409);

        assert!(late.text.contains("the period ended"), "{}", late.text);
    }
}
