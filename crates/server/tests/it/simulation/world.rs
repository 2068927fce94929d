//! Tenants, their days, and what is sent to the service.

use axum::http::Method;
use countinghouse::{
    db::{Purpose, Stmt, Time},
    env::Dice,
    subscriptions::NoticeRun,
    upkeep::{Kept, Upkeep},
};
use serde_json::{Value, json};

use super::{calendar::Zone, faults, faults::Fault, journal::Journal, rows::Tables};
use crate::harness::{Answer, Server, Who};

pub(super) const DAY: i64 = 86_400;

/// How often, in a hundred, what is sent meets a failure.
const FAULTS: u8 = 8;

/// Zones in which clocks are changed on different days, by different times, at midnight too, or
/// never.
pub(super) const ZONES: &[&str] = &[
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Casablanca",
    "America/St_Johns",
];

/// A service and its tenants. One generator decides everything.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) dice: Dice,
    pub(super) journal: Journal,
    pub(super) tenants: Vec<Tenant>,
    tables: Tables,
    /// How many requests and runs were made to fail.
    pub(super) injected: usize,
    /// When what is due was run last, in seconds.
    pub(super) ran_at: i64,
}

/// A tenant, as far as the simulation decides it.
pub(super) struct Tenant {
    pub(super) name: String,
    pub(super) zone: &'static str,
    /// The last message to it that was read.
    heard: i64,
}

/// A request.
pub(super) struct Ask {
    pub(super) tenant: usize,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
}

/// The latest subscription of a tenant, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Seen {
    pub(super) subscription_id: String,
    pub(super) status: String,
    pub(super) billing_cycle: String,
    pub(super) anchor: String,
    pub(super) timezone: String,
    pub(super) period_number: i64,
    pub(super) period_start: Time,
    pub(super) period_end: Time,
}

impl Seen {
    pub(super) fn is_live(&self) -> bool {
        !["cancelled", "expired"].contains(&self.status.as_str())
    }
}

impl World {
    pub(super) async fn new(server: Server, seed: u64, tenants: usize, start: &str) -> Self {
        faults::prepare(&server.env.db).await;
        let start = second(start);
        server.advance(start - server.now().as_second());
        let mut dice = Dice::seeded(seed);
        let tenant = |n| Tenant { name: format!("t_{n:04}"), zone: dice.one_of(ZONES), heard: 0 };
        let tenants = (0..tenants).map(tenant).collect();
        let (journal, tables) = (Journal::default(), Tables::learn());
        let mut world = Self { server, dice, journal, tenants, tables, injected: 0, ran_at: 0 };
        for tenant in 0..world.tenants.len() {
            world.set_up(tenant).await;
        }
        world
    }

    async fn set_up(&mut self, tenant: usize) {
        let rate = self.dice.one_of(&["0", "0.06", "0.13", "0.19", "0.088875"]);
        let body = json!({
            "timezone": self.tenants[tenant].zone,
            "tax_rate": rate,
            "tax_inclusive": self.dice.happens(40),
            "invoice_due_days": self.dice.one_of(&[0, 1, 7, 14, 30]),
        });
        let path = format!("/admin/billing/tenants/{}/profile", self.tenants[tenant].name);
        let answer = self.send(Ask { tenant, method: Method::PUT, path, body }).await;
        answer.expect(200);
    }

    /// Sends a request, perhaps into a failure: then it must have left nothing, and is sent again.
    pub(super) async fn send(&mut self, ask: Ask) -> Answer {
        if self.dice.happens(FAULTS) {
            let fault = Fault::any(&mut self.dice);
            let name = self.tenants[ask.tenant].name.clone();
            let before = self.tables.digest(&self.server.env.db, &name).await;
            fault.arm(&self.server.env.db, &name).await;
            let answer = self.call(&ask).await;
            fault.disarm(&self.server.env.db).await;
            if answer.status.as_u16() < 500 {
                return self.told(&ask, answer);
            }
            self.injected += 1;
            let after = self.tables.digest(&self.server.env.db, &name).await;
            let status = answer.status.as_u16();
            self.journal.write(&format!("{} {fault:?} {status}", self.server.now()));
            let told = self.journal.tail();
            // A refund begins before the wallet is called, which no transaction spans.
            let may_begin = ask.path.ends_with("/execute");
            assert!(
                may_begin || before == after,
                "a failed request left something: {}\n{told}",
                ask.path
            );
        }
        let answer = self.call(&ask).await;
        self.told(&ask, answer)
    }

    async fn call(&self, ask: &Ask) -> Answer {
        let tenant = &self.tenants[ask.tenant].name;
        let who = if ask.path.starts_with("/internal") {
            Who::Service { tenant: Some(tenant) }
        } else {
            // Whoever asked for a refund may not approve it.
            let user = if ask.path.ends_with("/approve") { "usr_b" } else { "usr_a" };
            Who::Person { tenant, user, role: "admin" }
        };
        let body = if ask.method == Method::DELETE { json!({}) } else { ask.body.clone() };
        if ask.method == Method::GET {
            return self.server.get(who, &ask.path).await;
        }
        self.server.call(ask.method.clone(), who, &ask.path, body).await
    }

    /// Writes down what was answered. Nothing may be answered but a success, or that it is refused.
    fn told(&mut self, ask: &Ask, answer: Answer) -> Answer {
        let Ask { method, path, body, .. } = ask;
        let (status, now) = (answer.status.as_u16(), self.server.now());
        self.journal.write(&format!("{now} {method} {path} {body} -> {status} {}", answer.text));
        let is_allowed = answer.status.is_success() || [400, 404, 409].contains(&status);
        assert!(is_allowed, "{}", self.journal.tail_of(&self.tenants[ask.tenant].name));
        answer
    }

    /// The latest subscription of a tenant.
    pub(super) async fn seen(&self, tenant: usize) -> Option<Seen> {
        let stmt = Stmt::new(
            "SELECT subscription_id, status, billing_cycle, anchor, timezone, period_number,
                period_start, period_end
             FROM subscription WHERE tenant_id = $1 ORDER BY ordinal DESC LIMIT 1",
        );
        let stmt = stmt.bind(self.tenants[tenant].name.as_str());
        self.server.env.db.fetch_optional(stmt).await.unwrap()
    }

    /// Does what is due, as the scheduler does it, perhaps with a tenant whose steps fail the first
    /// time.
    pub(super) async fn run_due(&mut self) {
        if self.dice.happens(FAULTS) {
            let fault = Fault::of_steps(&mut self.dice);
            let tenant = self.dice.place(self.tenants.len());
            fault.arm(&self.server.env.db, &self.tenants[tenant].name.clone()).await;
            let failed = self.run_works("failing").await;
            fault.disarm(&self.server.env.db).await;
            self.injected += usize::from(failed > 0);
        }
        let failed = self.run_works("due").await;
        self.ran_at = self.server.now().as_second();
        assert_eq!(failed, 0, "{}", self.journal.tail());
    }

    async fn run_works(&mut self, how: &str) -> u64 {
        let app = self.server.app.clone();
        let now = self.server.now();
        let (mut closed, mut taken, mut failed, mut told) = (0, 0, 0, 0);
        let mut upkeep = Upkeep::start(app.env(), app.commands(), None).await.unwrap();
        while let Some(kept) = upkeep.next_group().await.unwrap() {
            let outcomes = match kept {
                Kept::Months(all) | Kept::Usage(all) => {
                    closed += all.iter().filter(|well| **well).count();
                    failed += u64::try_from(all.iter().filter(|well| !**well).count()).unwrap();
                    continue;
                }
                Kept::Renewals(outcomes) => outcomes,
                Kept::Dunning(group) => {
                    (taken, failed) = (taken + group.taken, failed + group.failed);
                    continue;
                }
            };
            for outcome in outcomes {
                let outcome = serde_json::to_string(&outcome).unwrap();
                failed += u64::from(outcome.contains(r#""result":"failed""#));
                self.journal.write(&format!("{now} {how} {outcome}"));
            }
        }
        let mut notices = NoticeRun::start(app.env(), app.commands()).await.unwrap();
        while let Some(all) = notices.next_group().await.unwrap() {
            told += all.iter().filter(|well| **well).count();
            failed += u64::try_from(all.iter().filter(|well| !**well).count()).unwrap();
        }
        let line = format!("{closed} months, {taken} steps, {told} notices, {failed} failed");
        self.journal.write(&format!("{now} {how} {line}"));
        failed
    }

    /// What a tenant was told of payments since it was asked last.
    pub(super) async fn hear(&mut self, tenant: usize) -> Vec<Value> {
        let it = &mut self.tenants[tenant];
        let stmt = Stmt::new(
            "SELECT seq, kind, payload FROM outbox_message WHERE tenant_id = $1 AND seq > $2
             ORDER BY seq",
        );
        let stmt = stmt.bind(it.name.as_str()).bind(it.heard);
        let mut tx = self.server.env.db.snapshot(Purpose::Page).await.unwrap();
        let rows: Vec<(i64, String, String)> = tx.fetch_all(stmt).await.unwrap();
        it.heard = rows.last().map_or(it.heard, |row| row.0);
        let asked = rows.into_iter().filter(|row| row.1 == "payment.requested");
        asked.map(|row| serde_json::from_str(&row.2).unwrap()).collect()
    }

    /// A second of a day that begins at `start`: any, or one at which a tenant's calendar is odd.
    pub(super) fn second_of_day(&mut self, tenant: usize, start: i64) -> i64 {
        if !self.dice.happens(30) {
            return start + self.dice.between(1, DAY - 1);
        }
        let zone = Zone::named(self.tenants[tenant].zone);
        let odd = self.dice.one_of(&[0, 1_800, 5_400, 9_000, 12_600, DAY - 1]);
        let local = zone.local(start).div_euclid(DAY) * DAY + odd;
        zone.instant(local).clamp(start + 1, start + DAY - 1)
    }

    /// Every row of every tenant.
    pub(super) async fn rows(&self) -> Vec<String> {
        let mut all = Vec::new();
        for tenant in &self.tenants {
            let rows = self.tables.dump(&self.server.env.db, &tenant.name).await;
            all.extend(rows.into_iter().map(|row| format!("{}: {row}", tenant.name)));
        }
        all
    }
}

/// The second of an instant in a text.
pub(super) fn second(text: &str) -> i64 {
    countinghouse_core::calendar::Instant::parse(text).unwrap().as_second()
}

/// The units of an amount in JSON: 1/10,000.
pub(super) fn units(amount: &Value) -> i64 {
    let text = amount.to_string();
    let (sign, text) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    sign * (whole.parse::<i64>().unwrap() * 10_000 + format!("{part:0<4}").parse::<i64>().unwrap())
}
