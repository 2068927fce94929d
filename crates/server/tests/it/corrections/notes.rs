//! What notes take back, and what voiding them brings back.

use futures_util::future::join_all;
use serde_json::json;

use super::{
    DAY, INVOICE, NOTE, NOTES, SUBSCRIPTION, balance, billed, note, of_invoice, of_note, paid,
    records, settle, subscribe, void,
};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn a_note_lowers_what_is_due_first_and_ends_the_dunning_where_nothing_is() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        settle(&server, INVOICE, json!(499), "failed").await.expect(201);

        let part = note(&server, INVOICE, json!(99.5)).await.expect(200);

        assert_eq!(part.at("/data/credit_note_number"), NOTE);
        assert_eq!(part.at("/data/status"), "applied");
        assert_eq!(part.at("/data/reason"), "Outage");
        assert_eq!(part.at("/data/amount").to_string(), "99.5");
        assert_eq!(part.at("/data/due_lowered").to_string(), "99.5");
        assert_eq!(part.at("/data/applied_at"), "2026-01-31T12:00:00Z");
        let before = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(before.at("/data/status"), "past_due");
        settle(&server, INVOICE, json!(499), "paid").await.expect(409);
        note(&server, INVOICE, json!("399.50")).await.expect(200);
        let after = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(after.at("/data/status"), "active");
        assert_eq!(records(&server).await.at("/items/0/status"), "paid");
        assert_eq!(balance(&server).await, 0);
        note(&server, INVOICE, json!(0.01)).await.expect(409);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_had_been_paid_becomes_credit_of_the_source_refund() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;

        let made = note(&server, INVOICE, json!(100)).await.expect(200);

        assert_eq!(made.at("/data/credited"), 100);
        assert_eq!(balance(&server).await, 100);
        let path = "/billing/credit-transactions/acme?source=refund";
        let credit = server.get(Who::MEMBER, path).await.expect(200);
        assert_eq!(credit.at("/items/0/source_id"), INVOICE);
        assert_eq!(credit.at("/items/0/amount"), 100);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_others_reported_takes_notes_too() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "free").await;
        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        let body = json!({
            "subscription_id": found.at("/data/subscription_id"),
            "amount": 50,
            "period_start": "2026-05-01T00:00:00Z",
            "period_end": "2026-06-01T00:00:00Z",
            "status": "paid",
        });
        let made = server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
        let number = made.at("/data/invoice_number");

        note(&server, number.as_str().unwrap(), json!(20)).await.expect(200);

        assert_eq!(balance(&server).await, 20);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn voiding_brings_back_what_was_due_and_takes_back_the_credit() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        note(&server, INVOICE, json!(499)).await.expect(200);
        assert_eq!(records(&server).await.at("/items/0/status"), "paid");

        void(&server, NOTE).await.expect(200);

        assert_eq!(records(&server).await.at("/items/0/status"), "pending");
        let shown = server.get(Who::ADMIN, &of_note(NOTE)).await.expect(200);
        assert_eq!(shown.at("/data/status"), "cancelled");
        void(&server, NOTE).await.expect(409);
        settle(&server, INVOICE, json!(499), "paid").await.expect(201);
        note(&server, INVOICE, json!(100)).await.expect(200);
        void(&server, "CN-2026-000002").await.expect(200);
        assert_eq!(balance(&server).await, 0);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_note_stays_once_its_credit_is_spent_or_its_invoice_is_settled() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        note(&server, INVOICE, json!(99)).await.expect(200);
        settle(&server, INVOICE, json!(400), "paid").await.expect(201);
        note(&server, INVOICE, json!(100)).await.expect(200);
        let spend = json!({ "amount": -1, "source": "manual_adjust" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, spend).await.expect(201);

        void(&server, NOTE).await.expect(409);
        void(&server, "CN-2026-000002").await.expect(409);

        assert_eq!(balance(&server).await, 99);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn only_a_voided_note_is_deleted_and_then_it_is_nowhere_but_its_number_is_taken() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        note(&server, INVOICE, json!(1)).await.expect(200);
        server.delete(Who::ADMIN, &of_note(NOTE)).await.expect(409);
        void(&server, NOTE).await.expect(200);

        server.delete(Who::ADMIN, &of_note(NOTE)).await.expect(200);

        server.delete(Who::ADMIN, &of_note(NOTE)).await.expect(404);
        server.get(Who::ADMIN, &of_note(NOTE)).await.expect(404);
        void(&server, NOTE).await.expect(404);
        assert_eq!(server.get(Who::ADMIN, NOTES).await.expect(200).at("/total"), 0);
        let next = note(&server, INVOICE, json!(2)).await.expect(200);
        assert_eq!(next.at("/data/credit_note_number"), "CN-2026-000002");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_list_is_walked_newest_first_by_pages_and_by_cursor_of_one_tenant_and_of_all() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };
        server.post(other, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
        for amount in 1..=3 {
            note(&server, INVOICE, json!(amount)).await.expect(200);
            let body = json!({ "amount": 10 + amount, "reason": "Outage" });
            server.post(other, &of_invoice(INVOICE), body).await.expect(200);
            server.advance(60);
        }

        let own = server.get(Who::ADMIN, &format!("{NOTES}?page_size=2")).await.expect(200);
        let mut amounts = Vec::new();
        let mut path = format!("{NOTES}?page_size=2");
        loop {
            let page = server.get(Who::SUPER, &path).await.expect(200);
            assert_eq!(page.at("/total"), 6);
            let items = page.at("/items");
            amounts.extend(items.as_array().unwrap().iter().map(|it| it["amount"].clone()));
            let Some(next) = page.at("/pagination/next_cursor").as_str().map(str::to_owned) else {
                break;
            };
            path = format!("{NOTES}?page_size=2&cursor={next}");
        }

        assert_eq!((own.at("/total"), own.at("/items/0/amount")), (json!(3), json!(3)));
        let cursor = own.at("/pagination/next_cursor");
        let rest = format!("{NOTES}?page_size=2&cursor={}", cursor.as_str().unwrap());
        assert_eq!(server.get(Who::ADMIN, &rest).await.expect(200).at("/items/0/amount"), 1);
        assert_eq!(json!(amounts), json!([13, 3, 12, 2, 11, 1]));
        let second = server.get(Who::SUPER, &format!("{NOTES}?page_size=4&page=2")).await;
        assert_eq!(second.expect(200).at("/items/1/amount"), 1);
    }
}

#[tokio::test]
async fn notes_that_come_at_once_never_take_back_more_than_the_invoice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        paid(&server).await;

        let asks = (0..32).map(|place| {
            let one = if place % 2 == 0 { &server } else { &beside };
            note(one, INVOICE, json!(49.9))
        });
        let answers = join_all(asks).await;

        let good = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!((good, answers.iter().filter(|it| it.status == 409).count()), (10, 22));
        assert_eq!(balance(&server).await, 499);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_same_key_is_one_note() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        let body = json!({ "amount": 5, "reason": "Outage" });

        let path = of_invoice(INVOICE);
        let ask = || server.post_once(Who::ADMIN, "k", &path, body.clone());
        let answers = join_all((0..4).map(|_| ask())).await;

        for answer in &answers {
            assert_eq!(answer.at("/data/credit_note_number"), NOTE, "{}", answer.text);
        }
        let other = json!({ "amount": 6, "reason": "Outage" });
        server.post_once(Who::ADMIN, "k", &of_invoice(INVOICE), other).await.expect(422);
        assert_eq!(server.get(Who::ADMIN, NOTES).await.expect(200).at("/total"), 1);
    }
}

#[tokio::test]
async fn a_change_of_plan_gives_back_no_more_than_notes_left() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        note(&server, INVOICE, json!(400)).await.expect(200);
        server.advance(14 * DAY);

        let change = format!("{SUBSCRIPTION}/change-plan");
        let calculate = "/billing/prorations/calculate/acme";
        let body = json!({ "new_plan": "free" });
        let offer = server.post(Who::ADMIN, calculate, body.clone()).await.expect(200);
        let changed = server.post(Who::ADMIN, &change, body).await.expect(200);

        // Half of 499 would go back, and 99 were left.
        for (said, place) in [(&offer, "/data"), (&changed, "/data/proration")] {
            assert_eq!(said.at(&format!("{place}/proration_amount")), -99);
            assert_eq!(said.at(&format!("{place}/already_returned")).to_string(), "150.5");
        }
        assert_eq!(balance(&server).await, 499);
        let rollback = format!("{SUBSCRIPTION}/rollback-plan");
        server.post(Who::ADMIN, &rollback, json!({})).await.expect(200);
        assert_eq!(balance(&server).await, 400);
        server.delete(Who::ADMIN, &format!("{SUBSCRIPTION}?at=now")).await.expect(200);
        assert_eq!(balance(&server).await, 499);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_quote_is_over_once_a_note_leaves_less_than_it_gives_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        server.advance(14 * DAY);
        let calculate = "/billing/prorations/calculate/acme";
        let offer = server.post(Who::ADMIN, calculate, json!({ "new_plan": "free" })).await;
        let quote = offer.expect(200).at("/data/quote").clone();
        // 249 are left, and 249.5 were to go back.
        note(&server, INVOICE, json!(250)).await.expect(200);
        let change = format!("{SUBSCRIPTION}/change-plan");
        let body = json!({ "new_plan": "free", "quote": quote });

        server.post(Who::ADMIN, &change, body).await.expect(409);

        assert_eq!(balance(&server).await, 250);
        server.assert_sound().await;
    }
}
