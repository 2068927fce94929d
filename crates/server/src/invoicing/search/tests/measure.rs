//! How long searches take among a million records. Run it by hand, in release:
//! `cargo test --release --lib -- --ignored --nocapture a_million`.

use std::time::Duration;

use countinghouse_core::{calendar::Instant, invoicing::RecordStatus, search::CHUNK};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{
    super::Searches,
    ask,
    corpus::{Corpus, Sample, TENANT, insert, record_id},
    storage::{Storage, storages},
};
use crate::env::Stopwatch;

const RECORDS: i64 = 1_000_000;

const ROUNDS: usize = 100;

/// What is searched for, and how.
const SEARCHES: &[(&str, &str)] = &[
    ("a word in 20 %", "search=quarterly"),
    ("a word in 2 %", "search=discounted"),
    ("a word in 0.1 %", "search=goodwill"),
    ("a word of nobody", "search=nonexistent"),
    ("two Chinese letters, common", "search=订阅"),
    ("two Chinese letters of nobody", "search=甲乙"),
    ("two Latin letters of nobody", "search=qj"),
    (
        "dates, amounts, status",
        "date_from=2025-04-01&date_to=2025-06-30&min_amount=100&max_amount=120&status=failed",
    ),
    ("status", "status=refunded"),
    ("amounts", "min_amount=100&max_amount=100.5"),
    ("two words, app, status", "search=quarterly 专业&app_id=app-3&status=paid"),
    ("the end of a number", "search=123456"),
    ("nothing in particular", ""),
    ("dates", "date_from=2025-04-01&date_to=2025-06-30"),
    ("app and dates", "app_id=app-3&date_from=2025-04-01&date_to=2025-06-30"),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, of minutes"]
async fn a_million_records_are_searched() {
    for storage in storages().await {
        println!("{}", storage.db.engine());
        fill(&storage).await;
        let searches = Searches::default();
        for (name, query) in SEARCHES {
            let mut query = utf8_percent_encode(query, NON_ALPHANUMERIC).to_string();
            for (escape, plain) in [("%3D", "="), ("%26", "&"), ("%5F", "_"), ("%2D", "-")] {
                query = query.replace(escape, plain);
            }
            let cold = measure(&storage, None, &query, ROUNDS / 10).await;
            let warm = measure(&storage, Some(&searches), &query, ROUNDS).await;
            let found = ask(&storage, &searches, &query).await.unwrap().found;
            println!(
                "{name:32} {:6} found  nothing kept: p50 {}  kept: p50 {} p99 {} most {}",
                found.total,
                millis(&cold, 50),
                millis(&warm, 50),
                millis(&warm, 99),
                millis(&warm, 100),
            );
        }
        storage.close().await;
    }
}

async fn measure(
    storage: &Storage,
    searches: Option<&Searches>,
    query: &str,
    rounds: usize,
) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..=rounds {
        let fresh = Searches::default();
        let watch = Stopwatch::start();
        ask(storage, searches.unwrap_or(&fresh), query).await.unwrap();
        times.push(watch.elapsed());
    }
    // The first time is that of an empty cache.
    times.remove(0);
    times.sort();
    times
}

fn millis(times: &[Duration], percent: usize) -> String {
    let time = times[(times.len() - 1) * percent / 100].as_micros();
    format!("{}.{:02} ms", time / 1_000, time % 1_000 / 10)
}

async fn fill(storage: &Storage) {
    Corpus::alike(0).fill(storage, 1).await;
    let mut dice = StdRng::seed_from_u64(1);
    let mut apps = [0_i64; 12];
    let watch = Stopwatch::start();
    let mut seq = 0;
    while seq < RECORDS {
        let to = RECORDS.min(seq + 5 * i64::try_from(CHUNK).unwrap());
        let part: Vec<Sample> = (seq + 1..=to).map(|n| sample(n, &mut apps, &mut dice)).collect();
        let mut tx = storage.db.begin().await.unwrap();
        insert(&mut tx, TENANT, &part).await;
        tx.commit().await.unwrap();
        storage.db.checkpoint().await.unwrap();
        seq = to;
    }
    println!("filled in {} s", watch.elapsed().as_secs());
    let index = "SELECT CAST(SUM(length(words) + length(amounts) + length(numbers)) AS BIGINT)
                 FROM record_chunk";
    let pages = "SELECT CAST(SUM(length(postings)) AS BIGINT) FROM record_chunk_page";
    println!(
        "index of {} bytes, pages of {}",
        storage.count(index).await,
        storage.count(pages).await
    );
}

fn sample(seq: i64, apps: &mut [i64; 12], dice: &mut StdRng) -> Sample {
    const APPS: [&str; 12] = [
        "app-0", "app-1", "app-2", "app-3", "app-4", "app-5", "app-6", "app-7", "app-8", "app-9",
        "app-10", "app-11",
    ];
    let at = Instant::parse("2026-03-02T00:00:00Z").unwrap();
    let at = at.plus_seconds((seq - RECORDS) * 31 - 60).unwrap();
    let app = dice.random_range(0..18);
    let app = APPS.get(app).map(|name| {
        apps[app] += 1;
        (*name, apps[app])
    });
    let (description, line) = describe(dice);
    Sample {
        seq,
        record_id: record_id(at, seq.unsigned_abs()),
        number: format!("INV-2026-{seq:06}"),
        app,
        kind: ["subscription", "subscription", "usage", "proration"][dice.random_range(0..4)],
        amount: dice.random_range(0..90_000_i64) * 100 + 50_000,
        status: match dice.random_range(0..100) {
            0 => RecordStatus::Refunded,
            1..4 => RecordStatus::Failed,
            4..14 => RecordStatus::Pending,
            _ => RecordStatus::Paid,
        },
        description,
        lines: vec![line],
        at,
    }
}

fn describe(dice: &mut StdRng) -> (String, String) {
    let mut pick = |of: &[&'static str]| of[dice.random_range(0..of.len())];
    let plan = pick(&["Free", "Basic", "Pro", "Enterprise", "Platform"]);
    let version = pick(&["免费版", "基础版", "专业版", "企业版", "平台版"]);
    let what = pick(&["API calls", "storage", "bandwidth", "e-mails", "text messages"]);
    let resource = pick(&["接口调用", "存储空间", "带宽", "短信", "邮件"]);
    let name = pick(&["Northwind", "Contoso", "Fabrikam", "Tailspin", "Litware"]);
    let cycle = if dice.random_ratio(1, 5) { "quarterly" } else { "monthly" };
    let reason = match dice.random_range(0..1_000) {
        0 => " goodwill",
        1..21 => " discounted",
        _ => "",
    };
    let (month, day) = (dice.random_range(1..13), dice.random_range(1..29));
    let (order, units) = (dice.random_range(0..10_000_000), dice.random_range(100..90_000));
    if dice.random_bool(0.5) {
        (
            format!("{plan} plan for {name}, {cycle}, 2025-{month:02}-{day:02}, order {order}"),
            format!("{units} {what} beyond the quota{reason}, 20% off"),
        )
    } else {
        (
            format!("{version}订阅（2025年{month}月{day}日） {cycle}{reason} 订单 {order}"),
            format!("超出配额的{resource} {units} 次"),
        )
    }
}
