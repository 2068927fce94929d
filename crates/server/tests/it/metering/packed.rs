//! Events that were reported long ago are packed away, and still count once.

use std::time::Duration;

use countinghouse::{
    db::Stmt,
    jobs::{self, Lease},
    metering::PackRun,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{BATCH, METER, REPORT, count, days, event, metered, move_to, report, subscribed};
use crate::harness::{
    Answer, Server, Who, engines,
    process::{Process, free_port, verify},
};

const KEY_ALONE: Who<'static> = Who::Service { tenant: None };

/// Packs away what was reported more than 400 days ago; says how many events a step packed.
async fn pack(server: &Server) -> Vec<u64> {
    let mut run = PackRun::start(&server.env, server.app.commands(), 400);
    let mut packed = Vec::new();
    while let Some(steps) = run.next_group().await.unwrap() {
        packed.extend(steps.into_iter().map(|step| step.expect("it went well").packed));
    }
    packed
}

async fn renew(server: &Server) {
    server.post(KEY_ALONE, "/internal/billing/renewals/process", json!({})).await.expect(200);
}

fn of(id: &str) -> String {
    format!("/internal/billing/metering/events/{id}")
}

async fn batch(server: &Server, events: &[Value]) -> Answer {
    server.post(METER, BATCH, json!({ "events": events })).await.expect(200)
}

fn on(id: &str, resource: &str, amount: i64, occurred_at: &str) -> Value {
    json!({
        "event_id": id, "resource_type": resource, "amount": amount, "app_id": "app_1",
        "occurred_at": occurred_at,
    })
}

/// The ids of events that are there whole, of these.
async fn whole(server: &Server, ids: &[&'static str]) -> Vec<&'static str> {
    let mut whole = Vec::new();
    for id in ids {
        let shown = server.get(METER, &of(id)).await.expect(200);
        if shown.at("/data/packed") == false {
            whole.push(*id);
        }
    }
    whole
}

#[tokio::test]
async fn what_is_packed_away_still_counts_once_and_other_content_is_refused() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let first = on("evt_1", "sms", 5, "2026-01-31T11:00:00Z");
        report(&server, &first).await.expect(200);
        report(&server, &event("evt_2", 7)).await.expect(200);
        report(&server, &event("evt_3", 9)).await.expect(200);
        server.delete(METER, &of("evt_3")).await.expect(200);
        move_to(&server, "2026-03-01T00:00:00Z");
        renew(&server).await;
        move_to(&server, "2027-03-07T12:00:00Z");
        assert_eq!(pack(&server).await, [0], "it was reported 400 days ago");
        let before = (days(&server, "sms").await, metered(&server).await);
        let calls = days(&server, "api_requests").await;
        move_to(&server, "2027-04-08T00:00:00Z");

        assert_eq!(pack(&server).await, [4]);

        assert_eq!((days(&server, "sms").await, metered(&server).await), before);
        assert_eq!(days(&server, "api_requests").await, calls);
        assert_eq!(count(&server, "usage_event").await, 0);
        server.assert_sound().await;
        let mut silent = first.clone();
        silent["occurred_at"] = json!(null);
        for same in [&first, &silent, &event("evt_2", 7), &event("evt_3", 9)] {
            assert_eq!(report(&server, same).await.expect(200).at("/data/duplicate"), true);
        }
        for (member, value) in [
            ("amount", json!(6)),
            ("resource_type", json!("email")),
            ("app_id", json!(null)),
            ("occurred_at", json!("2026-01-31T11:00:01Z")),
        ] {
            let mut other = first.clone();
            other[member] = value;
            report(&server, &other).await.expect(409);
        }
        let sent = batch(&server, &[first, event("evt_2", 8), event("evt_4", 1)]).await;
        let told = ["duplicates", "rejected", "accepted"].map(|it| sent.at(&format!("/data/{it}")));
        assert_eq!(told, [json!(1), json!(1), json!(1)]);
        assert_eq!(count(&server, "usage_event").await, 1);
        let other = Who::Service { tenant: Some("globex") };
        let own = server.post(other, REPORT, event("evt_2", 7)).await.expect(200);
        assert_eq!(own.at("/data/duplicate"), false);
    }
}

#[tokio::test]
async fn what_is_packed_away_is_shown_as_such_and_not_taken_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for id in ["evt_1", "evt_2"] {
            report(&server, &event(id, 5)).await.expect(200);
        }
        server.delete(METER, &of("evt_2")).await.expect(200);
        move_to(&server, "2027-04-08T00:00:00Z");
        assert_eq!(pack(&server).await, [3]);

        let shown = server.get(METER, &of("evt_1")).await.expect(200);
        let taken_back = server.get(METER, &of("evt_2")).await.expect(200);

        let expected = json!({ "event_id": "evt_1", "packed": true, "status": "counted" });
        assert_eq!(shown.at("/data"), expected);
        assert_eq!(taken_back.at("/data/status"), "taken_back");
        server.get(METER, &of("evt_9")).await.expect(404);
        let refused = server.delete(METER, &of("evt_1")).await.expect(409);
        assert!(refused.text.contains("packed away"), "{}", refused.text);
        let again = server.delete(METER, &of("evt_2")).await.expect(200);
        assert_eq!(again.at("/data"), taken_back.at("/data"));
        server.delete(METER, &of("evt_9")).await.expect(404);
        let other = Who::Service { tenant: Some("globex") };
        server.get(other, &of("evt_1")).await.expect(404);
        assert_eq!(days(&server, "api_requests").await[0].2, 5);
    }
}

#[tokio::test]
async fn what_is_not_invoiced_and_what_was_reported_lately_stays() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        report(&server, &event("invoiced", 5)).await.expect(200);
        move_to(&server, "2026-03-01T00:00:00Z");
        renew(&server).await;
        report(&server, &event("open", 5)).await.expect(200);
        let late = on("late", "sms", 5, "2026-02-10T00:00:00Z");
        report(&server, &late).await.expect(200);
        renew(&server).await;
        let mut later = late.clone();
        later["event_id"] = json!("waits");
        report(&server, &later).await.expect(200);
        move_to(&server, "2027-05-08T00:00:00Z");
        let mut recent = event("recent", 5);
        recent["occurred_at"] = json!("2026-06-01T00:00:00Z");
        report(&server, &recent).await.expect(200);

        assert_eq!(pack(&server).await, [1]);
        let ids = ["invoiced", "open", "late", "waits", "recent"];
        assert_eq!(whole(&server, &ids).await, ["open", "late", "waits", "recent"]);
        server.assert_sound().await;

        renew(&server).await;
        assert!(pack(&server).await.is_empty(), "the next pass is a month later");
        move_to(&server, "2027-06-08T00:00:00Z");
        assert_eq!(pack(&server).await, [3]);
        assert_eq!(whole(&server, &ids).await, ["recent"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_last_of_a_level_stays_so_that_it_is_left_when_later_ones_are_taken_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let level = |id: &str, amount, at: &str| on(id, "users", amount, at);
        let sent = [
            level("1", 5, "2026-01-10T00:00:00Z"),
            level("2", 7, "2026-01-11T00:00:00Z"),
            level("3", 6, "2026-01-12T00:00:00Z"),
        ];
        batch(&server, &sent).await;
        move_to(&server, "2027-04-08T00:00:00Z");
        report(&server, &level("4", 9, "2027-04-07T00:00:00Z")).await.expect(200);

        assert_eq!(pack(&server).await, [2]);
        assert_eq!(whole(&server, &["1", "2", "3", "4"]).await, ["3", "4"]);
        server.delete(METER, &of("4")).await.expect(200);

        let users = days(&server, "user_count").await;
        assert_eq!(users.last().unwrap().2, 6);
        assert_eq!(batch(&server, &sent).await.at("/data/duplicates"), 3);
    }
}

#[tokio::test]
async fn a_level_of_which_the_last_was_taken_back_stays_whole() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let level = |id: &str, amount, at: &str| on(id, "storage", amount, at);
        let sent = [level("1", 5, "2026-01-10T00:00:00Z"), level("2", 7, "2026-01-11T00:00:00Z")];
        batch(&server, &sent).await;
        server.delete(METER, &of("2")).await.expect(200);
        move_to(&server, "2027-04-08T00:00:00Z");
        report(&server, &level("3", 9, "2027-04-07T00:00:00Z")).await.expect(200);

        assert_eq!(pack(&server).await, [0]);
        server.delete(METER, &of("3")).await.expect(200);

        assert_eq!(days(&server, "storage_used").await.last().unwrap().2, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_is_packed_in_bounded_steps_however_often_that_is_broken_off() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let other = server.beside().await;
        let sent: Vec<Value> = (0..100_000).map(|n| event(&format!("evt_{n}"), 1)).collect();
        for part in sent.chunks(10_000) {
            batch(&server, part).await;
        }
        let counted = days(&server, "api_requests").await;
        move_to(&server, "2027-04-08T00:00:00Z");

        // Left after a group, and begun by two at once.
        let mut left = PackRun::start(&server.env, server.app.commands(), 400);
        let mut packed = left.next_group().await.unwrap().unwrap();
        for _ in 0..3 {
            let runs = [&server, &other].map(|it| async {
                let mut run = PackRun::start(&it.env, it.app.commands(), 400);
                run.next_group().await.unwrap().unwrap()
            });
            packed.extend(join_all(runs).await.concat());
        }
        server.assert_sound().await;
        let half = batch(&server, &sent[..10_000]).await;
        assert_eq!(half.at("/data/duplicates"), 10_000);
        let steps = packed.into_iter().map(|step| step.unwrap().packed);
        let steps: Vec<u64> = steps.chain(pack(&server).await).collect();

        assert!(steps.len() >= 50 && steps.iter().all(|step| *step <= 2_000), "{steps:?}");
        assert_eq!(steps.iter().sum::<u64>(), 100_000);
        assert_eq!(count(&server, "usage_event").await, 0);
        assert_eq!(days(&server, "api_requests").await, counted);
        let stmt = Stmt::new(
            "SELECT CAST(SUM(LENGTH(entries)) AS BIGINT) FROM usage_pack WHERE tenant_id = 'acme'",
        );
        let row: Option<(i64,)> = server.env.db.fetch_optional(stmt).await.unwrap();
        assert_eq!(row, Some((2_400_000,)));
        server.assert_sound().await;
        for part in sent.chunks(10_000) {
            assert_eq!(batch(&server, part).await.at("/data/duplicates"), 10_000);
        }
        assert_eq!(days(&server, "api_requests").await, counted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_while_it_packs_loses_nothing() {
    let client = reqwest::Client::new();
    for engine in engines() {
        let database = engine.url();
        let server = Server::start(engine).await;
        move_to(&server, "2020-01-01T00:00:00Z");
        let sent: Vec<Value> = (0..20_000).map(|n| event(&format!("evt_{n}"), 1)).collect();
        for part in sent.chunks(10_000) {
            batch(&server, part).await;
        }
        let counted = days(&server, "api_requests").await;

        let mut lives = 0;
        while count(&server, "usage_event").await > 0 {
            let setting = ("COUNTINGHOUSE_USAGE_EVENT_DAYS", "400");
            let mut process = Process::start(&database, free_port(), &[setting]);
            process.ready(&client).await;
            tokio::time::sleep(Duration::from_millis(200 + lives * 7)).await;
            process.kill();
            // The next need not wait until the lease of the dead is over.
            let mut tx = server.env.db.begin().await.unwrap();
            tx.execute(Stmt::new("DELETE FROM lease")).await.unwrap();
            tx.commit().await.unwrap();
            verify(&database);
            lives += 1;
            assert!(lives < 60, "{} events are left", count(&server, "usage_event").await);
        }

        assert!(lives > 1, "it was not killed in the middle");
        assert_eq!(days(&server, "api_requests").await, counted);
        for part in sent.chunks(10_000) {
            assert_eq!(batch(&server, part).await.at("/data/duplicates"), 10_000);
        }
    }
}

#[tokio::test]
async fn a_tenant_with_a_clock_of_its_own_is_packed_by_that() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let other = Who::Service { tenant: Some("globex") };
        report(&server, &event("evt_1", 5)).await.expect(200);
        server.post(other, REPORT, event("evt_1", 5)).await.expect(200);
        let clock = json!({ "now": "2027-04-08T00:00:00Z" });
        server.put(KEY_ALONE, "/internal/billing/test-clock/acme", clock).await.expect(200);

        assert_eq!(pack(&server).await, [1]);

        assert_eq!(server.get(METER, &of("evt_1")).await.expect(200).at("/data/packed"), true);
        assert_eq!(server.get(other, &of("evt_1")).await.expect(200).at("/data/packed"), false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_packed_by_itself_where_the_setting_says_so_only() {
    for engine in engines() {
        let server = Server::start(engine).await;
        report(&server, &event("evt_1", 5)).await.expect(200);
        move_to(&server, "2027-04-08T00:00:00Z");
        let set = server.beside_with_usage_event_days(400).await;
        for (server, expected) in [(&server, 1), (&set, 0)] {
            let (stopping, stopped) = watch::channel(false);
            let jobs = jobs::start(&server.app, true, stopped);
            for _ in 0..100 {
                if count(server, "usage_event").await == 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            stopping.send(true).unwrap();
            jobs.ended().await;
            assert_eq!(count(server, "usage_event").await, expected);
        }
        let lease = Lease::take(&server.env, "packing", "another").await.unwrap();
        assert!(lease.is_some(), "it was not given back");
    }
}
