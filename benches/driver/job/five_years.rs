//! `five-years`: one tenant through five years by its test clock.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    Outcome,
    bench::Bench,
    client::Connection,
    report::{Row, Unit},
    request::Caller,
    samples::Samples,
    server::Server,
};

/// Months of five years.
const MONTHS: u32 = 60;

/// The plan changes once in so many months.
const CHANGE_EVERY: u32 = 6;

const GOAL: f64 = 1.0;

/// A tenant with a clock of its own, and the one connection that all is asked on.
struct Life {
    tenant: String,
    connection: Connection,
    person: Caller,
    service: Caller,
    steps: usize,
}

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let database = bench.fresh(engine)?;
        let server = Server::start_with(&database, &["--sandbox", "true"]).await?;
        let (mut one_move, mut lived) = (Samples::default(), Samples::default());
        let (mut steps, mut requests) = (0, 0);
        for round in 0..=bench.options.rounds {
            let mut life = Life::begin(&server, &format!("once-{round}")).await?;
            one_move.push(life.in_one_move().await?);
            let mut life = Life::begin(&server, &format!("lived-{round}")).await?;
            let (took, asked) = life.month_by_month().await?;
            lived.push(took);
            (steps, requests) = (life.steps, asked);
        }
        let row = |what, samples: &Samples| {
            Row::new(engine, what, samples.median(), Unit::Seconds).at_most(GOAL)
        };
        rows.push(row("five years, one move", &one_move).note("60 renewals, credit first"));
        let told = format!(
            "{requests} requests, {steps} steps: 60 renewals, overdue steps, payments, ten changes"
        );
        rows.push(row("five years, lived", &lived).note(told));
    }
    Ok(rows)
}

impl Life {
    async fn begin(server: &Server, tenant: &str) -> Outcome<Self> {
        let mut life = Self {
            tenant: tenant.to_owned(),
            connection: Connection::open(server.address).await?,
            person: Caller::person(tenant, "admin")?,
            service: Caller::service(tenant),
            steps: 0,
        };
        life.move_to("2026-01-31T12:00:00Z").await?;
        let profile = format!("/admin/billing/tenants/{tenant}/profile");
        let request = life.person.put(&profile, r#"{"invoice_due_days":5}"#);
        life.ask(&request, 200).await?;
        Ok(life)
    }

    /// Seconds that one move over five years takes, with credit that pays for all of them.
    async fn in_one_move(&mut self) -> Outcome<f64> {
        let adjust = format!("/admin/billing/credit-balance/{}/adjust", self.tenant);
        let request = self.person.post(&adjust, r#"{"amount":100000,"source":"promo"}"#);
        self.ask(&request, 201).await?;
        self.subscribe().await?;
        let began = Instant::now();
        self.move_to("2031-01-31T12:00:00Z").await?;
        Ok(began.elapsed().as_secs_f64())
    }

    /// Seconds that five years take of a tenant that pays late and changes its plan, and how many
    /// requests they are.
    async fn month_by_month(&mut self) -> Outcome<(f64, u32)> {
        self.subscribe().await?;
        let (began, mut asked) = (Instant::now(), 0);
        for month in 0..MONTHS {
            let (year, next) = (2026 + (month + 1) / 12, (month + 1) % 12 + 1);
            self.move_to(&format!("{year}-{next:02}-20T00:00:00Z")).await?;
            asked += 2 + self.pay().await?;
            if month % CHANGE_EVERY == 2 {
                let plan = if month % (2 * CHANGE_EVERY) == 2 { "pro" } else { "basic" };
                self.change(plan).await?;
                asked += 1;
            }
        }
        Ok((began.elapsed().as_secs_f64(), asked))
    }

    async fn subscribe(&mut self) -> Outcome {
        let request = self.person.post("/billing/subscribe", r#"{"plan":"basic"}"#);
        self.ask(&request, 201).await.map(drop)
    }

    async fn move_to(&mut self, now: &str) -> Outcome {
        let clock = format!("/internal/billing/test-clock/{}", self.tenant);
        let request = self.service.put(&clock, &json!({ "now": now }).to_string());
        let moved = self.ask(&request, 200).await?;
        self.steps += moved["data"]["ran"].as_array().map_or(0, Vec::len);
        Ok(())
    }

    /// Pays what is open of the last records, and says how many requests that took.
    async fn pay(&mut self) -> Outcome<u32> {
        let path = format!("/billing/records/{}?page_size=5", self.tenant);
        let listed = self.ask(&self.person.get(&path), 200).await?;
        let records = listed["items"].as_array().cloned().unwrap_or_default();
        let open = |it: &&Value| it["status"] == "pending" || it["status"] == "failed";
        let mut asked = 0;
        for record in records.iter().filter(open) {
            let path = format!("/admin/billing/subscription/{}", self.tenant);
            let subscription = self.ask(&self.person.get(&path), 200).await?;
            let subscription = &subscription["data"];
            let mut body = json!({
                "subscription_id": subscription["subscription_id"], "amount": record["amount"],
                "period_start": subscription["current_period_start"],
                "period_end": subscription["current_period_end"],
                "invoice_number": record["invoice_number"], "status": "paid",
            });
            asked += 2;
            // Where credit paid a part, the refusal says what is left.
            let request = self.service.post("/internal/billing/records", &body.to_string());
            let answer = self.connection.ask(&request).await?;
            if answer.status == 409 {
                let told = answer.json(409)?;
                let due = told["detail"].as_str().and_then(|it| it.rsplit(' ').next());
                body["amount"] = json!(due);
                let request = self.service.post("/internal/billing/records", &body.to_string());
                self.ask(&request, 201).await?;
                asked += 1;
            } else {
                answer.expect(201)?;
            }
        }
        Ok(asked)
    }

    async fn change(&mut self, plan: &str) -> Outcome {
        let path = format!("/admin/billing/subscription/{}/change-plan", self.tenant);
        let request = self.person.post(&path, &json!({ "new_plan": plan }).to_string());
        self.ask(&request, 200).await.map(drop)
    }

    async fn ask(&mut self, request: &[u8], status: u16) -> Outcome<Value> {
        self.connection.ask(request).await?.json(status)
    }
}
