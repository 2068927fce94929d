//! What others got wrong in public (`docs/known-bugs.md`), where no other test here was about it.

use countinghouse::books::{Depth, verify};
use serde_json::json;

use super::{
    CALCULATE, CHANGE, DAY, SUBSCRIPTION, balance, change, pay, records, set_clock, subscribe,
};
use crate::harness::{Answer, Server, Who, engines};

#[tokio::test]
async fn a_credit_is_made_of_what_was_billed_whatever_the_plan_costs_now() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "pro").await;
        pay(&server, "INV-2026-000001", json!(499)).await.expect(201);
        let price = json!({ "monthly_price": "600.50" });
        server.put(Who::SUPER, "/admin/billing/plans/pro", price).await.expect(200);
        server.advance(14 * DAY);

        let changed = change(&server, "free").await.expect(200);

        // Half of the 499 that were paid, not of 600.50.
        assert_eq!(changed.at("/data/proration/proration_amount").to_string(), "-249.5");
        assert_eq!(balance(&server).await.to_string(), "249.5");
    }
}

#[tokio::test]
async fn what_is_estimated_of_an_invoice_with_several_rates_is_what_is_given_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "tax_rate": 0.06 })).await.expect(200);
        subscribe(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(104.94)).await.expect(201);
        server.put(Who::ADMIN, profile, json!({ "tax_rate": 0.13 })).await.expect(200);
        server.advance(7 * DAY);
        let asked = change(&server, "pro").await.expect(200);
        let asked = asked.at("/data/proration/proration_amount");
        pay(&server, "INV-2026-000002", asked).await.expect(201);
        server.advance(7 * DAY);

        let ask = json!({ "new_plan": "free" });
        let estimate = server.post(Who::MEMBER, CALCULATE, ask).await.expect(200);
        let changed = change(&server, "free").await.expect(200);

        // Of 28 days 14 are left, 21 were left at the first change: two thirds of 374.25 and of the
        // 48.65 of tax on it. What is left of 99 was given back then.
        let line = |n: usize, what: &str| {
            changed.at(&format!("/data/proration/lines/{n}/{what}")).to_string()
        };
        let lines = [0, 1].map(|n| ["amount", "tax_rate", "tax_amount"].map(|what| line(n, what)));
        let expected = [["-249.5", "0.13", "-32.43"], ["null", "null", "null"]];
        assert_eq!(lines, expected.map(|it| it.map(str::to_owned)));
        assert_eq!(estimate.at("/data/lines"), changed.at("/data/proration/lines"));
        assert_eq!(balance(&server).await.to_string(), "281.93");
        assert_eq!(changed.at("/data/proration/proration_amount").to_string(), "-281.93");
    }
}

#[tokio::test]
async fn what_costs_nothing_is_left_for_what_costs_on_the_day_it_began() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "free").await;
        server.advance(60);

        let changed = change(&server, "basic").await.expect(200);

        assert_eq!(changed.at("/data/invoice_number"), "INV-2026-000002");
        assert_eq!(changed.at("/data/subscription/plan_id"), "basic");
        let records = records(&server).await;
        assert_eq!(records.at("/total"), 2);
        assert_eq!(
            (records.at("/items/0/amount"), records.at("/items/1/amount")),
            (99.into(), 0.into())
        );
        assert_eq!(records.at("/items/0/status"), "pending");
    }
}

#[tokio::test]
async fn a_plan_that_is_closed_meanwhile_is_still_had_by_who_waits_for_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "2026-01-31T12:00:00Z").await;
        subscribe(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(99)).await.expect(201);
        let body = json!({ "new_plan": "pro", "effective": "period_end" });
        server.post(Who::ADMIN, CHANGE, body).await.expect(200);
        server.delete(Who::SUPER, "/admin/billing/plans/pro").await.expect(200);

        set_clock(&server, "2026-03-01T00:00:00Z").await;

        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(found.at("/data/plan_id"), "pro");
        assert_eq!(found.at("/data/current_period_start"), "2026-02-28T12:00:00Z");
        let records = records(&server).await;
        assert_eq!(records.at("/total"), 2);
        assert_eq!(records.at("/items/0/amount"), 499);
    }
}

#[tokio::test]
async fn each_of_many_changes_has_two_lines_and_the_way_back_nets_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let yearly = json!({ "plan": "basic", "billing_cycle": "yearly" });
        server.post(Who::ADMIN, "/billing/subscribe", yearly).await.expect(201);
        for day in 0..24 {
            server.advance(DAY);
            let plan = if day % 2 == 0 { "pro" } else { "basic" };

            let up = change(&server, plan).await.expect(200);
            let back = change(&server, if plan == "pro" { "basic" } else { "pro" }).await;
            let all = [up, back.expect(200), change(&server, plan).await.expect(200)];

            let lines = |it: &Answer| it.at("/data/proration/lines").as_array().unwrap().len();
            assert_eq!(all.each_ref().map(lines), [2, 2, 2], "{day}");
            let amount = |it: &Answer| it.at("/data/proration/proration_amount").to_string();
            let [_, back, again] = all.each_ref().map(amount);
            assert_eq!(back, again.strip_prefix('-').map_or(format!("-{again}"), str::to_owned));
        }
        let report = verify(&server.env.db, Depth::Deep, |_, _| ()).await.unwrap();
        assert_eq!(report.breaks, []);
    }
}
