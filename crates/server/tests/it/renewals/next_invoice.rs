//! The invoice that the next renewal would issue.

use serde_json::json;

use super::{DAY, execute, records, run, subscribe, subscription};
use crate::harness::{Server, Who, engines};

const NEXT: &str = "/admin/billing/subscription/acme/next-invoice";

#[tokio::test]
async fn the_renewal_issues_what_was_shown_before() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "pro", "trial_days": 14 })).await;
        let terms = json!({ "tax_rate": 0.06 });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", terms).await.expect(200);
        let grant = json!({ "amount": 28.94, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);

        let shown = server.get(Who::ADMIN, NEXT).await.expect(200);
        let again = server.get(Who::SUPER, NEXT).await.expect(200);
        assert_eq!(records(&server, "acme").await.len(), 0);
        server.advance(14 * DAY);
        run(&server).await;

        assert_eq!(shown.text, again.text);
        let shown = shown.at("/data");
        let record = records(&server, "acme").await.remove(0);
        assert_eq!(shown["line_items"], record["line_items"]);
        assert_eq!(shown["description"], record["description"]);
        assert_eq!((&shown["amount"], &record["amount"]), (&json!(528.94), &json!(528.94)));
        assert_eq!((&shown["net_amount"], &shown["tax_amount"]), (&json!(499), &json!(29.94)));
        assert_eq!((&shown["credit_applied"], &shown["amount_due"]), (&json!(28.94), &json!(500)));
        let after = subscription(&server, "acme").await;
        assert_eq!(shown["period_start"], after["current_period_start"]);
        assert_eq!(shown["period_end"], after["current_period_end"]);
        assert!(shown.get("invoice_number").is_none(), "{shown}");
    }
}

#[tokio::test]
async fn without_a_renewal_there_is_no_next_invoice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let nobody = server.get(Who::ADMIN, NEXT).await.expect(404);
        subscribe(&server, "acme", json!({ "plan": "pro", "auto_renew": false })).await;

        let ends = server.get(Who::ADMIN, NEXT).await.expect(409);
        execute(&server, "UPDATE subscription SET auto_renew = TRUE, status = 'suspended'").await;
        let suspended = server.get(Who::ADMIN, NEXT).await.expect(409);
        execute(&server, "UPDATE subscription SET status = 'expired'").await;
        let over = server.get(Who::ADMIN, NEXT).await.expect(404);

        assert!(nobody.text.contains("live subscription"), "{}", nobody.text);
        assert!(ends.text.contains("2026-02-28T12:00:00Z"), "{}", ends.text);
        assert!(suspended.text.contains("suspended"), "{}", suspended.text);
        assert_eq!(over.at("/code"), 61_110_004);
    }
}
