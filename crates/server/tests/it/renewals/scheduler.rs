//! What is due is done by itself, by one process at a time.

use std::time::Duration;

use countinghouse::jobs::{self, Lease};
use serde_json::json;
use tokio::sync::watch;

use super::{DAY, records, subscribe};
use crate::harness::{Server, Who, engines};

#[tokio::test(flavor = "multi_thread")]
async fn the_scheduler_renews_what_is_due_and_ends_when_it_is_told() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let grant = json!({ "amount": 1000, "source": "promo" });
        let credit = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, credit, grant).await.expect(201);
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        server.advance(60 * DAY);
        let (stopping, stopped) = watch::channel(false);

        let jobs = jobs::start(&server.app, true, stopped);

        for _ in 0..1_000 {
            if records(&server, "acme").await.len() == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stopping.send(true).unwrap();
        jobs.ended().await;
        assert_eq!(records(&server, "acme").await.len(), 3);
        let lease = Lease::take(&server.env, "scheduler", "another").await.unwrap();
        assert!(lease.is_some(), "it was not given back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_jobs_nothing_happens_by_itself() {
    let server = Server::start(engines().remove(0)).await;
    subscribe(&server, "acme", json!({ "plan": "basic" })).await;
    server.advance(60 * DAY);
    let (stopping, stopped) = watch::channel(false);

    let jobs = jobs::start(&server.app, false, stopped);
    tokio::time::sleep(Duration::from_millis(100)).await;
    stopping.send(true).unwrap();
    jobs.ended().await;

    assert_eq!(records(&server, "acme").await.len(), 1);
}

#[tokio::test]
async fn a_lease_is_held_by_one_and_whoever_lost_it_notices() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        let take = |server| Lease::take(server, "work", "one");

        let first = take(&server.env).await.unwrap().expect("nobody has it");
        let refused = Lease::take(&beside.env, "work", "two").await.unwrap();
        let other_work = Lease::take(&beside.env, "other work", "two").await.unwrap();
        server.advance(59);
        let kept = first.keep().await.unwrap();
        server.advance(59);
        let still_refused = Lease::take(&beside.env, "work", "two").await.unwrap();
        server.advance(1);
        let second = Lease::take(&beside.env, "work", "two").await.unwrap();

        assert!(refused.is_none() && still_refused.is_none());
        assert!(kept && other_work.is_some());
        let second = second.expect("its time was over");
        assert!(!first.keep().await.unwrap());
        first.give_back().await.unwrap();
        assert!(second.keep().await.unwrap());
        second.give_back().await.unwrap();
        assert!(take(&server.env).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_downtime_what_would_have_been_suspended_is_not_renewed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let ask = json!({ "plan": "basic" });
        server.post(Who::ADMIN, "/billing/subscribe", ask).await.expect(201);
        // Its invoice is due on 14 February, the grace ends a week later, its period on the 28th.
        server.advance(35 * DAY);
        let (stopping, stopped) = watch::channel(false);

        let jobs = jobs::start(&server.app, true, stopped);

        for _ in 0..1_000 {
            if status(&server).await == "suspended" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stopping.send(true).unwrap();
        jobs.ended().await;
        assert_eq!(status(&server).await, "suspended");
        assert_eq!(records(&server, "acme").await.len(), 1);
    }
}

async fn status(server: &Server) -> String {
    let shown = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(200);
    shown.at("/data/status").as_str().unwrap().to_owned()
}
