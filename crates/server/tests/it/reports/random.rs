//! Whatever was billed, paid, changed and undone: reports are what the ledger and the documents say.
//!
//! `REPORT_INVOICES` is how many invoices there are at least.

use std::collections::BTreeMap;

use axum::http::Method;
use countinghouse::{
    db::{Purpose, Stmt, Time, Tx},
    env::Dice,
};
use countinghouse_core::{
    calendar::{Date, Instant, Zone, date_of},
    money::Amount,
};
use serde_json::{Value, json};

use super::{AMORTIZATION, admin, export, fetch, pay, rows, set_clock};
use crate::harness::{Server, Who, engines};

/// A line with its invoice: number, total, issue, rate, net, tax, and when it was withdrawn.
type BilledLine = (String, i64, Time, String, i64, i64, Option<Time>);

/// A part of a note: the invoice, the note, its issue, when it was voided, rate, net, tax.
type NotePart = (String, String, Time, Option<Time>, String, i64, i64);

const TENANT: &str = "acme";

/// Who administers the subscription.
const ADMIN: &str = "usr_a";
const APPS: [&str; 3] = ["app_a", "app_b", "app_c"];
const PLANS: [&str; 4] = ["basic", "pro", "enterprise", "platform"];

/// Net and tax of documents, by type, number and rate; and the day on which each counts.
type Taxed = BTreeMap<(String, String, String), (i64, i64, String)>;

struct World {
    server: Server,
    dice: Dice,
    now: Instant,
    zone: Zone,
    subscription: String,
}

#[derive(sqlx::FromRow)]
struct Open {
    number: String,
    subscription_id: String,
    due: i64,
}

impl World {
    async fn begin(server: Server) -> Self {
        let now = Instant::parse("2025-10-20T10:00:00Z").unwrap();
        set_clock(&server, TENANT, &now.to_string()).await;
        let profile = "/admin/billing/tenants/acme/profile";
        let about = json!({ "timezone": "Asia/Shanghai", "legal_name": "=Acme, \"Ltd.\"" });
        server.put(admin(TENANT), profile, about).await.expect(200);
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let (dice, subscription) = (Dice::seeded(7), String::new());
        let mut world = Self { server, dice, now, zone, subscription };
        world.subscribe().await;
        world
    }

    /// Subscribes, if there is no live subscription.
    async fn subscribe(&mut self) {
        let cycle = self.dice.one_of(&["monthly", "yearly"]);
        let ask = json!({ "plan": self.dice.one_of(&PLANS), "billing_cycle": cycle });
        let answer = self.server.post(admin(TENANT), "/billing/subscribe", ask).await;
        assert!([201, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        let shown = self.server.get(admin(TENANT), "/billing/subscription/acme").await.expect(200);
        shown.at("/data/subscription_id").as_str().unwrap().clone_into(&mut self.subscription);
    }

    async fn act(&mut self) {
        match self.dice.between(0, 99) {
            0..=39 => self.bill().await,
            40..=52 => self.settle().await,
            53..=66 => self.take_back().await,
            67..=81 => {
                let (plan, cycle) =
                    (self.dice.one_of(&PLANS), self.dice.one_of(&["monthly", "yearly"]));
                self.change("change-plan", json!({ "new_plan": plan, "billing_cycle": cycle }))
                    .await;
                if self.dice.happens(40) {
                    self.change("rollback-plan", json!({})).await;
                }
            }
            82..=84 => self.change("rollback-plan", json!({})).await,
            85..=91 => self.profile().await,
            _ => self.wait().await,
        }
    }

    async fn bill(&mut self) {
        let status = self.dice.one_of(&["paid", "paid", "pending", "failed"]);
        let start = self.now.plus_days(self.dice.between(-200, 40)).unwrap();
        let end = start.plus_days(self.dice.between(1, 400)).unwrap();
        let cents = self.dice.between(1, 500_000);
        let mut body = json!({
            "subscription_id": self.subscription, "status": status,
            "amount": Amount::from_units(cents * 100).to_string(),
            "period_start": start.to_string(), "period_end": end.to_string(),
        });
        if self.dice.happens(70) {
            body["app_id"] = json!(self.dice.one_of(&APPS));
        }
        pay(&self.server, TENANT, body).await.expect(201);
    }

    async fn settle(&mut self) {
        let mut tx = self.server.env.db.snapshot(Purpose::Page).await.unwrap();
        let stmt = Stmt::new(
            "SELECT number, subscription_id, total - credit_applied - noted - paid AS due
             FROM invoice WHERE tenant_id = $1 AND status IN ('issued', 'overdue')
             ORDER BY record_seq",
        );
        let open: Vec<Open> = tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
        tx.rollback().await.unwrap();
        if open.is_empty() {
            return;
        }
        let it = &open[self.dice.place(open.len())];
        let body = json!({
            "subscription_id": it.subscription_id, "invoice_number": it.number, "status": "paid",
            "amount": Amount::from_units(it.due).to_string(),
            "period_start": "2026-01-01T00:00:00Z", "period_end": "2026-02-01T00:00:00Z",
        });
        pay(&self.server, TENANT, body).await.expect(201);
    }

    /// Takes something back of one of the latest invoices: by a note, which may be voided later, or by
    /// a refund.
    async fn take_back(&mut self) {
        let mut tx = self.server.env.db.snapshot(Purpose::Page).await.unwrap();
        let stmt = Stmt::new(
            "SELECT i.number, i.total, (SELECT MAX(n.number) FROM credit_note AS n
                WHERE n.tenant_id = i.tenant_id AND n.invoice_number = i.number
                    AND n.reason = 'requested' AND n.status = 'applied') AS note
             FROM invoice AS i WHERE i.tenant_id = $1 ORDER BY i.record_seq DESC LIMIT 40",
        );
        let latest: Vec<(String, i64, Option<String>)> =
            tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
        tx.rollback().await.unwrap();
        let (number, total, note) = &latest[self.dice.place(latest.len())];
        let units = self.dice.between(1, (total / 100).max(1)) * 100;
        let mut ask = json!({
            "amount": Amount::from_units(units).to_string(), "reason": "Taken back",
            "invoice_number": number, "transaction_id": "pay",
        });
        match (self.dice.between(0, 9), note) {
            (0..=2, Some(note)) => {
                let path = format!("/admin/billing/credit-note/{note}");
                self.tried(Method::PUT, &path, json!({})).await;
            }
            (0..=5, _) => {
                ask.as_object_mut().unwrap().remove("transaction_id");
                let path = format!("/admin/billing/invoice/{number}/credit-note");
                self.tried(Method::POST, &path, ask).await;
            }
            _ => {
                let path = "/admin/billing/refund-approval";
                let Some(made) = self.tried(Method::POST, path, ask).await else { return };
                let refund = format!("{path}/{}", made["refund_id"].as_str().unwrap());
                let other = Who::Person { tenant: TENANT, user: "usr_other", role: "admin" };
                let approve = format!("{refund}/approve");
                self.server.post(other, &approve, json!({})).await.expect(200);
                let execute = json!({ "user_id": ADMIN });
                self.server.post(other, &format!("{refund}/execute"), execute).await.expect(200);
            }
        }
    }

    /// What was made, unless it is refused.
    async fn tried(&mut self, method: Method, path: &str, body: Value) -> Option<Value> {
        let answer = self.server.call(method, admin(TENANT), path, body).await;
        assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        answer.status.is_success().then(|| answer.at("/data"))
    }

    async fn change(&mut self, what: &str, body: Value) {
        let path = format!("/admin/billing/subscription/acme/{what}");
        let answer = self.server.post(admin(TENANT), &path, body).await;
        match answer.status.as_u16() {
            200 | 409 => (),
            404 => self.subscribe().await,
            _ => panic!("{}", answer.text),
        }
    }

    async fn profile(&mut self) {
        let rate = self.dice.one_of(&["0", "0.06", "0.13", "0.077777"]);
        let about = json!({ "tax_rate": rate, "tax_inclusive": self.dice.happens(50) });
        let path = "/admin/billing/tenants/acme/profile";
        self.server.put(admin(TENANT), path, about).await.expect(200);
    }

    async fn wait(&mut self) {
        let hours = self.dice.between(1, 24 * 12);
        self.now = self.now.plus_seconds(hours * 60 * 60).unwrap();
        set_clock(&self.server, TENANT, &self.now.to_string()).await;
        self.subscribe().await;
    }

    async fn invoices(&self) -> i64 {
        let mut tx = self.server.env.db.snapshot(Purpose::Page).await.unwrap();
        let stmt = Stmt::new("SELECT COUNT(*) FROM invoice WHERE tenant_id = $1");
        tx.fetch_scalar(stmt.bind(TENANT)).await.unwrap()
    }

    async fn check(&self) {
        let mut tx = self.server.env.db.snapshot(Purpose::Export).await.unwrap();
        let documents = documents(&mut tx, &self.zone).await;
        self.check_taxes(&documents).await;
        self.check_months(&mut tx).await;
        self.check_statistics(&mut tx).await;
        tx.rollback().await.unwrap();
        self.server.assert_sound().await;
    }

    /// Years hold every document once, and months hold what the years do.
    async fn check_taxes(&self, documents: &Taxed) {
        let (mut by_year, mut by_month) = (Taxed::new(), Taxed::new());
        let last = date_of(self.now, &self.zone);
        for year in 2025..=last.year() {
            self.read(&format!("{year}"), &mut by_year).await;
            for month in 1..=12 {
                self.read(&format!("{year}-{month:02}"), &mut by_month).await;
            }
        }
        let missing = documents.iter().find(|(key, it)| by_year.get(*key) != Some(*it));
        assert_eq!(missing, None, "{:?}", missing.map(|(key, _)| by_year.get(key)));
        assert_eq!(documents.len(), by_year.len());
        assert!(by_month == by_year);
    }

    async fn read(&self, period: &str, into: &mut Taxed) {
        let address = export(&self.server, TENANT, &format!("tax_period={period}")).await;
        let text = fetch(&self.server, &address).await.expect(200).text;
        for row in rows(&text) {
            let units = |place: usize| Amount::parse_in_any(&row[place]).unwrap().units();
            assert_eq!(units(9) + units(10), units(11), "{row:?}");
            assert!(row[3].starts_with(period), "{row:?}");
            assert_eq!(&row[4], "'=Acme, \"Ltd.\"");
            let key = (row[0].to_owned(), row[1].to_owned(), row[7].to_owned());
            let before = into.insert(key, (units(9), units(10), row[3].to_owned()));
            assert_eq!(before, None, "{row:?}");
        }
    }

    /// Months are a fold over the transfers and what is deferred.
    async fn check_months(&self, tx: &mut Tx) {
        let stmt = Stmt::new(
            "SELECT month, debit, credit, amount FROM ledger_transfer
             WHERE tenant_id = $1 AND month IS NOT NULL",
        );
        let transfers: Vec<(String, String, String, i64)> =
            tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
        let mut months: BTreeMap<String, i64> = BTreeMap::new();
        for (month, debit, credit, amount) in transfers {
            let earns = |account: &str| ["revenue", "refunds"].contains(&account);
            let sum = months.entry(month).or_default();
            *sum += i64::from(earns(&credit)) * amount - i64::from(earns(&debit)) * amount;
        }
        let stmt = Stmt::new("SELECT deferred FROM ledger_book WHERE tenant_id = $1");
        let deferred: String = tx.fetch_scalar(stmt.bind(TENANT)).await.unwrap();
        for (month, units) in deferred.split_whitespace().map(|it| it.split_once(':').unwrap()) {
            *months.entry(month.to_owned()).or_default() += units.parse::<i64>().unwrap();
        }
        months.retain(|_, units| *units != 0);
        let total: i64 = months.values().sum();

        let answer = self.server.get(admin(TENANT), AMORTIZATION).await.expect(200);
        let items = answer.at("/data/items");
        let told = items.as_array().unwrap().iter().map(|it| {
            let units = Amount::parse_in_any(&it["amount"].to_string()).unwrap().units();
            (it["period"].as_str().unwrap().to_owned(), units)
        });
        assert_eq!(told.collect::<BTreeMap<_, _>>(), months);
        assert_eq!(
            answer.at("/data/total_amount").to_string(),
            Amount::from_units(total).to_string()
        );
    }

    /// What was spent is a fold over the transfers, and over what was paid for the records of apps, less
    /// what was refunded.
    async fn check_statistics(&self, tx: &mut Tx) {
        let stmt =
            Stmt::new("SELECT debit, credit, amount FROM ledger_transfer WHERE tenant_id = $1");
        let transfers: Vec<(String, String, i64)> = tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
        let moved = |it: &(String, String, i64)| {
            let (came, went) = (it.0 == "cash", ["cash", "wallet"].contains(&it.1.as_str()));
            i64::from(came) * it.2 - i64::from(went) * it.2
        };
        let spent: i64 = transfers.iter().map(moved).sum();
        self.assert_spent("", spent).await;
        let stmt = Stmt::new(
            "SELECT r.app_id, i.paid - (SELECT CAST(COALESCE(SUM(n.paid_out), 0) AS BIGINT)
                FROM credit_note AS n
                WHERE n.tenant_id = i.tenant_id AND n.invoice_number = i.number)
             FROM invoice AS i JOIN billing_record AS r
                ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq
             WHERE i.tenant_id = $1 AND r.app_id IS NOT NULL",
        );
        let paid: Vec<(String, i64)> = tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
        for app in APPS {
            let spent = paid.iter().filter(|it| it.0 == app).map(|it| it.1).sum();
            self.assert_spent(&format!("/apps/{app}"), spent).await;
        }
    }

    async fn assert_spent(&self, path: &str, units: i64) {
        let path = format!("/billing/statistics/acme{path}");
        let answer = self.server.get(admin(TENANT), &path).await.expect(200);
        let told = answer.at("/data/total_spend").to_string();
        assert_eq!(told, Amount::from_units(units).to_string(), "{path}");
    }
}

/// What all documents have by rate, from their lines and parts, and when each counts by the ledger.
async fn documents(tx: &mut Tx, zone: &Zone) -> Taxed {
    let mut taxed = Taxed::new();
    let mut add = |kind: &str, number: &str, rate: &str, (net, tax): (i64, i64), at: Time| {
        let day: Date = date_of(at.instant().unwrap(), zone);
        let key = (kind.to_owned(), number.to_owned(), rate.to_owned());
        let sum = taxed.entry(key).or_insert((0, 0, day.to_string()));
        (sum.0, sum.1) = (sum.0 + net, sum.1 + tax);
    };
    let stmt = Stmt::new(
        "SELECT i.number, i.total, i.issued_at, l.tax_rate, l.amount, l.tax_amount,
            (SELECT MIN(t.created_at) FROM ledger_transfer AS t WHERE t.tenant_id = i.tenant_id
                AND t.cause_id = 'inv:' || i.number || ':void') AS voided_at
         FROM invoice AS i JOIN invoice_line AS l
            ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         WHERE i.tenant_id = $1",
    );
    let lines: Vec<BilledLine> = tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
    let mut totals: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (number, total, issued_at, rate, net, tax, voided_at) in &lines {
        let sums = totals.entry(number).or_default();
        *sums = (sums.0 + net + tax, *total);
        add("invoice", number, rate, (*net, *tax), *issued_at);
        if let Some(at) = voided_at {
            add("invoice_void", number, rate, (-net, -tax), *at);
        }
    }
    for (number, (sum, total)) in &totals {
        assert_eq!(sum, total, "{number}");
    }
    let stmt = Stmt::new(
        "SELECT n.invoice_number, n.number, n.issued_at, n.cancelled_at, p.tax_rate, p.net, p.tax
         FROM credit_note AS n JOIN credit_note_part AS p
            ON p.tenant_id = n.tenant_id AND p.number = n.number
         WHERE n.tenant_id = $1",
    );
    let parts: Vec<NotePart> = tx.fetch_all(stmt.bind(TENANT)).await.unwrap();
    for (invoice, number, issued_at, cancelled_at, rate, net, tax) in &parts {
        add("credit_note", number, rate, (-net, -tax), *issued_at);
        if let Some(at) = cancelled_at {
            add("credit_note_void", number, rate, (*net, *tax), *at);
            continue;
        }
        let (left, _) = totals.get_mut(invoice.as_str()).unwrap();
        *left -= net + tax;
    }
    // A note may take more than there is at one rate, and less than nothing at another.
    for (invoice, (left, _)) in totals {
        assert!(left >= 0, "more than {invoice} went back");
    }
    taxed
}

#[tokio::test]
async fn reports_are_what_the_ledger_and_the_documents_say() {
    let count = std::env::var("REPORT_INVOICES").ok().and_then(|it| it.parse().ok());
    let count: i64 = count.unwrap_or(200);
    let mut ends = Vec::new();
    for engine in engines() {
        let mut world = World::begin(Server::start(engine).await).await;
        let mut acts = 0;
        while acts % 20 != 0 || world.invoices().await < count {
            world.act().await;
            acts += 1;
            if acts % 20 == 0 {
                // No job of the service runs here, and a log that only grows is slow to read.
                world.server.env.db.checkpoint().await.unwrap();
            }
        }
        world.check().await;
        let mut tx = world.server.env.db.snapshot(Purpose::Export).await.unwrap();
        let kinds = documents(&mut tx, &world.zone).await.into_keys().map(|it| it.0);
        let mut counted: BTreeMap<String, i64> = BTreeMap::new();
        kinds.for_each(|kind| *counted.entry(kind).or_default() += 1);
        println!("{acts} acts: {counted:?}");
        ends.push(counted);
    }
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}");
    assert_eq!(ends[0].len(), 4, "{ends:?}");
}
