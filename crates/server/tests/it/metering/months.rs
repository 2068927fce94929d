//! Random lives of tenants through metering months: what is billed is what an independent calculation
//! in exact fractions says, each line once.
//!
//! `METER_MONTHS` says how many lives, `METER_SEED` which. The seed is printed.

mod fraction;
mod oracle;

use std::collections::BTreeMap;

use countinghouse::env::Dice;
use countinghouse_core::calendar::Instant;
use futures_util::{StreamExt as _, future::join_all, stream};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use self::{
    fraction::Fraction,
    oracle::{Event, Line, Oracle, Price},
};
use super::{BATCH, killed::asked};
use crate::harness::{Engine, Server, Who, engines};

/// How many lives are lived at once.
const AT_ONCE: usize = 16;

/// When they begin: at ends of months, leap days, and before clocks change.
const STARTS: &[&str] = &[
    "2024-01-31T12:00:00Z",
    "2024-02-29T00:00:00Z",
    "2023-10-31T00:30:00Z",
    "2024-02-10T07:30:00Z",
    "2024-09-29T01:30:00Z",
    "2024-10-03T05:30:00Z",
    "2023-12-30T23:59:59Z",
    "2025-01-29T18:00:00Z",
];

const ZONES: &[&str] = &[
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "Pacific/Apia",
];

const RESOURCES: &[&str] =
    &["api_calls", "sms", "bandwidth", "email", "gpu.seconds", "users", "storage"];

/// Currencies, the decimals that each has, and the plan.
const CURRENCIES: &[(&str, u32)] = &[("CNY", 2), ("JPY", 0), ("BHD", 3)];

fn plan(currency: &str) -> String {
    format!("plan_in_{}", currency.to_lowercase())
}

fn text(second: i64) -> String {
    Instant::from_second(second).unwrap().to_string()
}

fn second(value: &Value) -> i64 {
    Instant::parse(value.as_str().unwrap()).unwrap().as_second()
}

/// A tenant that lives by its dice, beside what the rules say of it.
struct Life<'s> {
    server: &'s Server,
    tenant: String,
    dice: Dice,
    oracle: Oracle,
    now: i64,
    sent: Vec<(Value, Event)>,
    apps: i64,
}

impl Life<'_> {
    fn admin(&self) -> Who<'_> {
        Who::Person { tenant: &self.tenant, user: "usr_a", role: "admin" }
    }

    async fn move_to(&mut self, second: i64) {
        let clock = format!("/internal/billing/test-clock/{}", self.tenant);
        let nobody = Who::Service { tenant: None };
        let now = json!({ "now": text(second) });
        self.server.put(nobody, &clock, now).await.expect(200);
        self.now = second;
    }

    /// The period that the subscription is in.
    async fn period(&self) -> (i64, i64) {
        let path = format!("/billing/subscription/{}", self.tenant);
        let own = self.server.get(self.admin(), &path).await.expect(200).at("/data");
        (second(&own["current_period_start"]), second(&own["current_period_end"]))
    }

    async fn begin(&mut self, currency: &str) {
        let profile = format!("/admin/billing/tenants/{}/profile", self.tenant);
        let zone = self.oracle.zone.iana_name().unwrap().to_owned();
        let body = json!({ "timezone": zone, "currency": currency, "invoice_due_days": 90 });
        self.server.put(self.admin(), &profile, body).await.expect(200);
        let start = self.now;
        self.move_to(start - 86_400).await;
        let adjust = format!("/admin/billing/credit-balance/{}/adjust", self.tenant);
        let grant =
            json!({ "amount": 1_000_000_000_000_i64, "source": "promo", "currency": currency });
        self.server.post(self.admin(), &adjust, grant).await.expect(201);
        if self.dice.happens(30) {
            self.report().await;
        }
        self.move_to(start).await;
        let ask = json!({ "plan": plan(currency) });
        self.server.post(self.admin(), "/billing/subscribe", ask).await.expect(201);
        let period = self.period().await;
        assert_eq!(period.0, start);
        self.oracle.begin(period);
    }

    /// A time at which an event may have occurred, if it is said.
    fn occurred(&mut self) -> Option<i64> {
        let (now, periods) = (self.now, self.oracle.periods.clone());
        let (start, _) = periods.last().copied().unwrap_or((now - 5_000, now));
        Some(match self.dice.between(0, 9) {
            0 | 1 => return None,
            2 => now + self.dice.between(0, 300),
            3 => start,
            4 => start - 1,
            5 | 6 => {
                let any = periods.get(self.dice.place(periods.len().max(1)));
                let (start, end) = any.copied().unwrap_or((start, now));
                self.dice.between(start, end - 1).min(now)
            }
            7 => start - self.dice.between(1, 40 * 86_400),
            _ => self.dice.between(start, now),
        })
    }

    fn event(&mut self) -> (Value, Event) {
        if !self.sent.is_empty() && self.dice.happens(15) {
            return self.sent[self.dice.place(self.sent.len())].clone();
        }
        let id = format!("evt_{}", self.sent.len());
        let app = format!("app_{}", self.dice.between(1, self.apps));
        let resource = self.dice.one_of(RESOURCES);
        let amount = if self.dice.happens(80) {
            self.dice.between(1, 60)
        } else {
            self.dice.between(1, 1_000_000)
        };
        let occurred = self.occurred();
        let mut sent = json!({
            "event_id": id, "resource_type": resource, "amount": amount, "app_id": app,
        });
        if let Some(occurred) = occurred {
            sent["occurred_at"] = json!(text(occurred));
        }
        let event = Event { id, app, resource: resource.to_owned(), amount, occurred };
        self.sent.push((sent.clone(), event.clone()));
        (sent, event)
    }

    async fn report(&mut self) {
        let size = self.dice.between(1, 6);
        let events: Vec<(Value, Event)> = (0..size).map(|_| self.event()).collect();
        let body: Vec<&Value> = events.iter().map(|(sent, _)| sent).collect();
        let meter = Who::Service { tenant: Some(&self.tenant) };
        let answer = self.server.post(meter, BATCH, json!({ "events": body })).await.expect(200);
        let results = answer.at("/data/results");
        let told: Vec<&str> =
            results.as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
        let take = |(_, event): &(Value, Event)| self.oracle.take(event, self.now);
        let expected: Vec<&str> = events.iter().map(take).collect();
        assert_eq!(told, expected, "{}: {}", self.tenant, answer.text);
    }

    async fn set_prices(&mut self) {
        let app = format!("app_{}", self.dice.between(1, self.apps));
        let path = format!("/admin/billing/subscription/{}/apps/{app}/pricing", self.tenant);
        let mut prices = BTreeMap::new();
        let mut body = Vec::new();
        for resource in RESOURCES {
            if !self.dice.happens(60) {
                continue;
            }
            let decimals = u32::try_from(self.dice.between(0, 12)).unwrap();
            let most = 10_i64.pow(decimals) * self.dice.one_of(&[1, 10, 100]);
            let over = self.dice.between(0, most);
            let included = self.dice.one_of(&[0, 0, 1, 10, 50, 1_000]);
            let scale = 10_i64.pow(decimals);
            let width = decimals as usize;
            let unit = format!("{}.{:0width$}", over / scale, over % scale);
            let unit = if decimals == 0 { over.to_string() } else { unit };
            let name = self.dice.one_of(&["unit_price", "overage_unit_price"]);
            let mut price = json!({ "resource_type": resource, "included_units": included });
            price[name] = json!(unit);
            if name == "overage_unit_price" {
                price["unit_price"] = json!("77");
            }
            body.push(price);
            let unit = Fraction::new(i128::from(over), decimals);
            prices.insert((*resource).to_owned(), Price { included, unit });
        }
        let lists = self.oracle.lists.get(&app);
        if body.is_empty() {
            if lists.is_none() {
                return;
            }
            let known = self.server.delete(self.admin(), &path).await;
            known.expect(200);
        } else {
            let body = json!({ "pricings": body });
            self.server.post(self.admin(), &path, body).await.expect(200);
        }
        self.oracle.lists.entry(app).or_default().push((self.now, prices));
    }

    async fn act(&mut self) {
        if self.dice.happens(30) {
            self.set_prices().await;
        } else {
            self.report().await;
        }
    }

    /// Lives through the running period to its end, at which the next begins.
    async fn live_a_period(&mut self) {
        let (start, end) = *self.oracle.periods.last().unwrap();
        let mut moments: Vec<i64> = (0..self.dice.between(1, 5))
            .map(|_| match self.dice.between(0, 5) {
                0 => start,
                1 => end - 1,
                _ => self.dice.between(start, end - 1),
            })
            .collect();
        moments.sort_unstable();
        for moment in moments {
            if moment > self.now {
                self.move_to(moment).await;
                self.oracle.catch_up(moment);
            }
            self.act().await;
        }
        self.move_to(end).await;
        self.oracle.catch_up(end);
        let next = self.period().await;
        assert_eq!(next.0, end, "{}", self.tenant);
        self.oracle.renew(next);
    }

    /// The lines of usage that were billed, the oldest first.
    async fn billed(&self) -> Vec<Line> {
        let path = format!("/billing/records/{}?page_size=100", self.tenant);
        let page = self.server.get(self.admin(), &path).await.expect(200);
        assert_eq!(page.at("/pagination/has_next"), false);
        let records = page.at("/items");
        let mut all = Vec::new();
        for record in records.as_array().unwrap().iter().rev() {
            let lines = record["line_items"].as_array().unwrap().iter();
            all.extend(lines.filter(|it| it["resource_type"] != "subscription").map(|it| {
                let words = it["description"].as_str().unwrap().to_owned();
                let number = |name: &str| Fraction::parse(&it[name].to_string()).to_string();
                let units = it["quantity"].as_i64().unwrap();
                (words, units, number("unit_price"), number("amount"))
            }));
        }
        all
    }
}

/// Lives a life, and gives how many lines of usage were billed in it.
async fn live(server: &Server, seed: u64, number: usize) -> usize {
    let mut dice = Dice::seeded(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let zone = TimeZone::get(dice.one_of(ZONES)).unwrap();
    let (currency, decimals) = dice.one_of(CURRENCIES);
    let start = second(&json!(dice.one_of(STARTS))) + dice.one_of(&[0, 0, 1_800, 43_199]);
    let apps = dice.between(1, 3);
    let (tenant, oracle) = (format!("t_{number:04}"), Oracle::new(zone, decimals));
    let mut life = Life { server, tenant, dice, oracle, now: start, sent: Vec::new(), apps };
    life.begin(currency).await;
    for _ in 0..life.dice.between(1, 4) {
        life.live_a_period().await;
    }
    let (mut billed, mut expected) = (life.billed().await, life.oracle.lines);
    let count = expected.len();
    // Within an invoice they are in the order of periods, apps and resources, which is no matter.
    billed.sort();
    expected.sort();
    assert_eq!(billed, expected, "{} of seed {seed}", life.tenant);
    // No job of the service runs here, and a log that only grows is slow to read.
    server.env.db.checkpoint().await.unwrap();
    count
}

async fn live_all(engine: Engine, lives: usize, seed: u64) {
    let url = engine.url();
    let server = Server::start(engine).await;
    for (currency, _) in CURRENCIES {
        let body = json!({
            "plan": plan(currency), "name": currency, "currency": currency,
            "monthly_price": 7, "yearly_price": 70,
        });
        server.post(Who::SUPER, "/admin/billing/plans", body).await.expect(201);
    }
    let all = stream::iter((0..lives).map(|number| live(&server, seed, number)));
    let billed: Vec<usize> = all.buffer_unordered(AT_ONCE).collect().await;
    let billed: usize = billed.iter().sum();
    println!("{url}: {lives} lives, {billed} lines of overage, seed {seed}");
    assert!(billed > lives, "hardly anything was billed");
    server.assert_sound().await;
}

#[tokio::test]
async fn overage_is_what_an_independent_calculation_says() {
    let (lives, seed) = (asked("METER_MONTHS", 150), asked("METER_SEED", 1));
    join_all(engines().into_iter().map(|engine| live_all(engine, lives, seed))).await;
}
