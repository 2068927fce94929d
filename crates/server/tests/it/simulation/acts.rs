//! What tenants do, at random.

use axum::http::Method;
use countinghouse::db::Stmt;
use serde_json::{Value, json};

use super::world::{Ask, Seen, World, ZONES, units};
use crate::harness::Who;

const PLANS: &[&str] = &["free", "basic", "pro", "enterprise", "platform"];
const CYCLES: &[&str] = &["monthly", "monthly", "monthly", "yearly"];

impl World {
    /// Does something at random, whether it makes sense now or not.
    pub(super) async fn act(&mut self, tenant: usize) {
        if self.dice.happens(35) {
            self.meter(tenant).await;
            return;
        }
        let seen = self.seen(tenant).await;
        let live = seen.filter(Seen::is_live);
        let Some(live) = live else {
            if self.dice.happens(75) {
                self.subscribe(tenant).await;
            } else {
                self.any(tenant).await;
            }
            return;
        };
        match self.dice.between(0, 99) {
            0..=29 => super::changes::change(self, tenant, &live).await,
            30..=41 if live.status == "trial" => self.trial(tenant).await,
            30..=59 => self.settle_open(tenant, &live).await,
            _ => self.any(tenant).await,
        }
    }

    async fn any(&mut self, tenant: usize) {
        match self.dice.between(0, 99) {
            0..=9 => self.subscribe(tenant).await,
            10..=17 => self.trial(tenant).await,
            18..=31 => self.waiting_change(tenant).await,
            32..=46 => self.rollback(tenant).await,
            47..=54 => self.cancel(tenant, "").await,
            55..=60 => self.cancel(tenant, "?at=now").await,
            61..=70 => self.update(tenant).await,
            71..=79 => self.adjust(tenant).await,
            80..=85 => self.profile(tenant).await,
            86..=88 => self.dunning(tenant).await,
            89..=90 => self.one_off(tenant).await,
            91..=97 => super::money_back::act(self, tenant).await,
            _ => self.nonsense(tenant).await,
        }
    }

    /// Sends a request about a tenant, whose name takes the place of `{}` in the path.
    pub(super) async fn ask(
        &mut self,
        tenant: usize,
        method: Method,
        path: &str,
        body: Value,
    ) -> crate::harness::Answer {
        let path = path.replace("{}", &self.tenants[tenant].name);
        self.send(Ask { tenant, method, path, body }).await
    }

    async fn subscribe(&mut self, tenant: usize) {
        let trial = if self.dice.happens(40) { self.dice.between(1, 40) } else { 0 };
        let body = json!({
            "plan": self.dice.one_of(PLANS),
            "billing_cycle": self.dice.one_of(CYCLES),
            "trial_days": trial,
            "auto_renew": self.dice.happens(90),
        });
        self.ask(tenant, Method::POST, "/billing/subscribe", body).await;
    }

    async fn trial(&mut self, tenant: usize) {
        if self.dice.happens(60) {
            let body = json!({ "extend_days": self.dice.between(1, 30) });
            let path = "/admin/billing/subscription/{}/extend-trial";
            self.ask(tenant, Method::POST, path, body).await;
        } else {
            let path = "/admin/billing/subscription/{}/cancel-trial";
            self.ask(tenant, Method::POST, path, json!({})).await;
        }
    }

    async fn waiting_change(&mut self, tenant: usize) {
        let body = json!({
            "new_plan": self.dice.one_of(PLANS),
            "billing_cycle": self.dice.one_of(CYCLES),
            "effective": "period_end",
        });
        self.ask(tenant, Method::POST, "/admin/billing/subscription/{}/change-plan", body).await;
    }

    async fn rollback(&mut self, tenant: usize) {
        let path = "/admin/billing/subscription/{}/rollback-plan";
        self.ask(tenant, Method::POST, path, json!({})).await;
    }

    async fn cancel(&mut self, tenant: usize, when: &str) {
        let path = format!("/admin/billing/subscription/{{}}{when}");
        self.ask(tenant, Method::DELETE, &path, json!({})).await;
    }

    async fn update(&mut self, tenant: usize) {
        let body = match self.dice.between(0, 3) {
            0 => json!({ "plan": self.dice.one_of(PLANS) }),
            1 => json!({ "plan": self.dice.one_of(PLANS), "auto_renew": true }),
            2 => json!({ "auto_renew": self.dice.happens(70) }),
            _ => json!({ "auto_renew": true }),
        };
        self.ask(tenant, Method::PUT, "/admin/billing/subscription/{}", body).await;
    }

    async fn adjust(&mut self, tenant: usize) {
        let amount = self.dice.between(-150, 400);
        let cents = self.dice.between(1, 99);
        let source = self.dice.one_of(&["promo", "manual_adjust"]);
        let body = json!({ "amount": format!("{amount}.{cents:02}"), "source": source });
        self.ask(tenant, Method::POST, "/admin/billing/credit-balance/{}/adjust", body).await;
    }

    async fn profile(&mut self, tenant: usize) {
        let body = match self.dice.between(0, 3) {
            0 => {
                let zone = self.dice.one_of(ZONES);
                self.tenants[tenant].zone = zone;
                json!({ "timezone": zone })
            }
            1 => {
                json!({ "tax_rate": self.dice.one_of(&["0", "0.06", "0.13", "0.19", "0.333333"]) })
            }
            2 => json!({ "tax_inclusive": self.dice.happens(50) }),
            _ => json!({ "invoice_due_days": self.dice.between(0, 30) }),
        };
        self.ask(tenant, Method::PUT, "/admin/billing/tenants/{}/profile", body).await;
    }

    /// Sets how a tenant is dunned, or leaves it as usual; some of it is out of range.
    async fn dunning(&mut self, tenant: usize) {
        let path = "/admin/billing/dunning-settings/{}";
        if self.dice.happens(30) {
            self.ask(tenant, Method::DELETE, path, json!({})).await;
            return;
        }
        let grace = self.dice.between(1, 20);
        let body = json!({
            "grace_period_days": grace,
            "auto_cancel_days": grace + self.dice.between(0, 30),
            "retry_schedule": self.dice.one_of(&["[1,3,7,14]", "[2]", "[1,2,3,4,5]", "[5,9]"]),
        });
        self.ask(tenant, Method::PUT, path, body).await;
    }

    /// Bills something by hand, over days of the past or to come, or at once.
    async fn one_off(&mut self, tenant: usize) {
        let cents = self.dice.between(0, 99);
        let mut line = json!({
            "description": "By hand",
            "quantity": self.dice.between(1, 9),
            "unit_price": format!("{}.{cents:02}7", self.dice.between(0, 90)),
        });
        if self.dice.happens(60) {
            let start = self.server.now().plus_days(self.dice.between(-60, 60)).unwrap();
            line["service_start"] = json!(start.to_string());
            let end = start.plus_days(self.dice.between(1, 400)).unwrap();
            line["service_end"] = json!(end.to_string());
        }
        let body = json!({ "lines": [line], "due_days": self.dice.between(0, 40) });
        self.ask(tenant, Method::POST, "/admin/billing/invoices", body).await;
    }

    /// Asks for what can't be, and is refused.
    async fn nonsense(&mut self, tenant: usize) {
        let change = "/admin/billing/subscription/{}/change-plan";
        let (path, body) = match self.dice.between(0, 4) {
            0 => ("/billing/subscribe", json!({ "plan": "basic", "trial_days": 91 })),
            1 => ("/admin/billing/subscription/{}/extend-trial", json!({ "extend_days": 0 })),
            2 => (change, json!({ "new_plan": "no-such-plan" })),
            3 => (change, json!({ "new_plan": "pro", "quote": "q1" })),
            _ => ("/admin/billing/credit-balance/{}/adjust", json!({ "amount": 0 })),
        };
        let answer = self.ask(tenant, Method::POST, path, body).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{}", answer.text);
    }

    /// Pays an open invoice, or tells that the payment failed; sometimes of another amount.
    async fn settle_open(&mut self, tenant: usize, live: &Seen) {
        let stmt = Stmt::new(
            "SELECT number, total - credit_applied - noted - paid FROM invoice
             WHERE tenant_id = $1 AND subscription_id = $2 AND status IN ('issued', 'overdue')
             ORDER BY record_seq",
        );
        let stmt = stmt.bind(self.tenants[tenant].name.as_str()).bind(&*live.subscription_id);
        let open: Vec<(String, i64)> = self.server.env.db.fetch_all(stmt).await.unwrap();
        let Some((number, due)) = open.first() else { return };
        let due = if self.dice.happens(5) { due + 100 } else { *due };
        let body = json!({
            "subscription_id": live.subscription_id,
            "invoice_number": number,
            "amount": format!("{}.{:04}", due / 10_000, due % 10_000),
            "status": self.dice.one_of(&["paid", "paid", "paid", "failed"]),
            "period_start": "2028-01-01T00:00:00Z",
            "period_end": "2028-02-01T00:00:00Z",
        });
        self.ask(tenant, Method::POST, "/internal/billing/records", body).await;
    }

    /// Answers what was asked of a tenant's payments: most are paid, some fail, some are ignored.
    pub(super) async fn answer_payments(&mut self, tenant: usize) {
        for asked in self.hear(tenant).await {
            let said = match self.dice.between(0, 99) {
                0..=59 => "paid",
                60..=84 => "failed",
                _ => continue,
            };
            assert!(units(&asked["amount_due"]) > 0, "{asked}");
            let body = json!({
                "subscription_id": asked["subscription_id"],
                "invoice_number": asked["invoice_number"],
                "amount": asked["amount_due"],
                "currency": asked["currency"],
                "status": said,
                "period_start": "2028-01-01T00:00:00Z",
                "period_end": "2028-02-01T00:00:00Z",
            });
            self.ask(tenant, Method::POST, "/internal/billing/records", body).await;
        }
    }

    /// Changes the price of a plan, for periods to come.
    pub(super) async fn change_price(&mut self) {
        let plan = self.dice.one_of(&PLANS[1..]);
        let (month, cents) = (self.dice.between(50, 2_000), self.dice.between(0, 99));
        let body = json!({
            "monthly_price": format!("{month}.{cents:02}"),
            "yearly_price": format!("{}.{cents:02}", month * 10),
        });
        let path = format!("/admin/billing/plans/{plan}");
        let answer = self.server.put(Who::SUPER, &path, body.clone()).await.expect(200);
        self.journal.write(&format!("{} {plan} {body} {}", self.server.now(), answer.text));
    }
}
