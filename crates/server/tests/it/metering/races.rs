//! Events that arrive while periods end, subscriptions end, and the database is away.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use countinghouse::{
    db::{Stmt, Time},
    env::Dice,
    upkeep::Upkeep,
};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{BATCH, METER, REPORT, move_to};
use crate::{
    harness::{Server, Who, engines},
    outage::{Mood, behind_proxy},
};

const SENDERS: usize = 16;

/// How many parcels each of them sends, of one event or a few.
const PARCELS: usize = 25;

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";

/// `acme` with a price of text messages, none included, and credit for years.
async fn prepare(server: &Server) {
    let adjust = "/admin/billing/credit-balance/acme/adjust";
    let grant = json!({ "amount": 1_000_000, "source": "promo" });
    server.post(Who::ADMIN, adjust, grant).await.expect(201);
    server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);
    let prices = json!({ "pricings": [{ "resource_type": "sms", "unit_price": "0.01" }] });
    let path = format!("{SUBSCRIPTION}/apps/app_a/pricing");
    server.post(Who::ADMIN, &path, prices).await.expect(200);
}

/// What a sender sends: events of now, and of around the ends of periods.
fn parcels(sender: usize) -> Vec<Vec<Value>> {
    let mut dice = Dice::seeded(sender as u64);
    let around = ["2026-02-28T11:59:59Z", "2026-02-28T12:00:00Z", "2026-02-10T00:00:00Z"];
    let mut event = |parcel: usize, place: usize| {
        let id = format!("{sender}-{parcel}-{place}");
        let amount = dice.between(1, 9);
        let mut event = json!({
            "event_id": id, "resource_type": "sms", "amount": amount, "app_id": "app_a",
        });
        if dice.happens(40) {
            event["occurred_at"] = json!(dice.one_of(&around));
        }
        event
    };
    let size = |parcel: usize| if parcel.is_multiple_of(3) { 5 } else { 1 };
    (0..PARCELS).map(|it| (0..size(it)).map(|place| event(it, place)).collect()).collect()
}

fn amount(parcels: &[Vec<Value>]) -> i64 {
    parcels.iter().flatten().map(|it| it["amount"].as_i64().unwrap()).sum()
}

/// Sends them all, each until it is answered; what it is answered is that all count.
async fn send(server: &Server, parcels: Vec<Vec<Value>>, sent: &AtomicUsize) {
    for parcel in parcels {
        let (path, body) = match &parcel[..] {
            [one] => (REPORT, one.clone()),
            many => (BATCH, json!({ "events": many })),
        };
        loop {
            let answer = server.post(METER, path, body.clone()).await;
            if answer.status == 503 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
            let answer = answer.expect(200);
            let rejected = answer.at("/data/rejected");
            assert!(rejected.is_null() || rejected == 0, "{body}: {}", answer.text);
            break;
        }
        sent.fetch_add(1, Ordering::SeqCst);
    }
}

/// Sends from all senders while something else goes on, and gives the sum of what was sent.
async fn while_sending(server: &Server, other: impl AsyncFnOnce(&AtomicUsize)) -> i64 {
    let all: Vec<_> = (0..SENDERS).map(parcels).collect();
    let sum = all.iter().map(|it| amount(it)).sum();
    let sent = AtomicUsize::new(0);
    let sending = join_all(all.into_iter().map(|it| send(server, it, &sent)));
    join(sending, other(&sent)).await;
    assert_eq!(sent.into_inner(), SENDERS * PARCELS);
    sum
}

/// Waits until so many of a hundred parcels are sent.
async fn wait(sent: &AtomicUsize, percent: usize) {
    while sent.load(Ordering::SeqCst) * 100 < SENDERS * PARCELS * percent {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Every event counts once, in one period at most, and periods and days are sums of events. Gives what
/// is in periods.
async fn check(server: &Server, sum: i64) -> i64 {
    let stmt =
        Stmt::new("SELECT day, period_start, amount FROM usage_event WHERE tenant_id = 'acme'");
    let events: Vec<(String, Option<Time>, i64)> = server.env.db.fetch_all(stmt).await.unwrap();
    let mut expected = 0;
    let (mut days, mut periods) = (BTreeMap::new(), BTreeMap::new());
    for (day, start, amount) in events {
        expected += amount;
        *days.entry(day).or_insert(0) += amount;
        if let Some(start) = start {
            *periods.entry(start.instant().unwrap().to_string()).or_insert(0) += amount;
        }
    }
    assert_eq!(expected, sum);
    let stmt = Stmt::new("SELECT day, sms FROM usage_day WHERE tenant_id = 'acme'");
    let counted: Vec<(String, i64)> = server.env.db.fetch_all(stmt).await.unwrap();
    assert_eq!(counted.into_iter().collect::<BTreeMap<_, _>>(), days);
    let stmt =
        Stmt::new("SELECT period_start, total_usage FROM metered_usage WHERE tenant_id = 'acme'");
    let metered: Vec<(Time, i64)> = server.env.db.fetch_all(stmt).await.unwrap();
    let metered: BTreeMap<String, i64> =
        metered.into_iter().map(|(at, sum)| (at.instant().unwrap().to_string(), sum)).collect();
    assert_eq!(metered, periods);
    periods.values().sum()
}

/// How many units are on invoices.
async fn billed(server: &Server) -> i64 {
    let page = server.get(Who::ADMIN, "/billing/records/acme?page_size=100").await.expect(200);
    let records = page.at("/items");
    let lines = records.as_array().unwrap().iter().filter_map(|it| it["line_items"].as_array());
    let of_usage = lines.flatten().filter(|line| line["resource_type"] == "sms");
    of_usage.map(|line| line["quantity"].as_i64().unwrap()).sum()
}

async fn set_clock(server: &Server, now: &str) {
    let clock = "/internal/billing/test-clock/acme";
    let nobody = Who::Service { tenant: None };
    server.put(nobody, clock, json!({ "now": now })).await.expect(200);
}

#[tokio::test]
async fn events_count_in_one_period_while_a_clock_goes_over_its_end() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "2026-01-31T12:00:00Z").await;
        prepare(&server).await;
        set_clock(&server, "2026-02-28T11:58:00Z").await;

        let sum = while_sending(&server, async |sent| {
            for (percent, minute) in [(15, "11:59"), (30, "12:00"), (45, "12:01"), (60, "12:02")] {
                wait(sent, percent).await;
                set_clock(&server, &format!("2026-02-28T{minute}:00Z")).await;
            }
            wait(sent, 75).await;
            set_clock(&server, "2026-03-31T12:00:00Z").await;
        });
        let sum = sum.await;

        assert_eq!(check(&server, sum).await, sum);
        set_clock(&server, "2026-04-30T12:00:00Z").await;
        set_clock(&server, "2026-05-31T12:00:00Z").await;
        assert_eq!(billed(&server).await, sum);
        server.assert_sound().await;
    }
}

/// Runs what is due, as the scheduler does.
async fn run(server: &Server) {
    let mut upkeep = Upkeep::start(server.app.env(), server.app.commands(), None).await.unwrap();
    while upkeep.next_group().await.unwrap().is_some() {}
}

#[tokio::test]
async fn events_count_in_one_period_while_the_scheduler_runs_late_in_two_processes() {
    for engine in engines() {
        let server = Server::start(engine).await;
        prepare(&server).await;
        let other = server.beside().await;
        move_to(&server, "2026-02-28T11:59:00Z");

        let sum = while_sending(&server, async |sent| {
            for (percent, now) in [
                (20, "2026-02-28T12:00:00Z"),
                (40, "2026-02-28T12:00:30Z"),
                (60, "2026-03-31T12:00:00Z"),
                (80, "2026-04-30T12:00:01Z"),
            ] {
                wait(sent, percent).await;
                move_to(&server, now);
                wait(sent, percent + 10).await;
                join(run(&server), run(&other)).await;
            }
        });
        let sum = sum.await;

        assert_eq!(check(&server, sum).await, sum);
        for now in ["2026-05-31T12:00:00Z", "2026-06-30T12:00:00Z"] {
            move_to(&server, now);
            run(&server).await;
        }
        assert_eq!(billed(&server).await, sum);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_used_until_a_subscription_ends_is_billed_and_what_comes_after_is_not() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "2026-01-31T12:00:00Z").await;
        prepare(&server).await;
        set_clock(&server, "2026-02-28T12:10:00Z").await;

        let sum = while_sending(&server, async |sent| {
            wait(sent, 40).await;
            server.delete(Who::ADMIN, &format!("{SUBSCRIPTION}?at=now")).await.expect(200);
            wait(sent, 70).await;
            set_clock(&server, "2026-03-02T00:00:00Z").await;
        });
        let sum = sum.await;

        let in_periods = check(&server, sum).await;
        assert!((1..sum).contains(&in_periods), "{in_periods} of {sum}");
        set_clock(&server, "2026-05-31T12:00:00Z").await;
        // What came late after the last invoice was billed at the end of its month.
        assert_eq!(billed(&server).await, in_periods);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn every_event_counts_once_while_the_database_comes_and_goes() {
    let Some((server, proxy)) = behind_proxy().await else { return };
    prepare(&server).await;
    move_to(&server, "2026-02-28T12:01:00Z");

    let sum = while_sending(&server, async |sent| {
        let moods = [Mood::Gone, Mood::CutsCommits, Mood::EatsCommits];
        for (mood, percent) in moods.into_iter().cycle().zip((5..95).step_by(10)) {
            wait(sent, percent).await;
            proxy.be(mood);
            tokio::time::sleep(Duration::from_millis(60)).await;
            proxy.be(Mood::Fair);
        }
    });
    let sum = sum.await;

    assert_eq!(check(&server, sum).await, sum);
    server.assert_sound().await;
}
