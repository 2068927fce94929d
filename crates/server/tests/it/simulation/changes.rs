//! Changes of plan: the preview, the change and its documents are one computation, and in the
//! simple case that of this file.

use axum::http::Method;
use countinghouse::db::Stmt;
use serde_json::{Value, json};

use super::{
    calendar::{Zone, share},
    checks::QUOTE_SECONDS,
    world::{Seen, World, units},
};

const PLANS: &[&str] = &["free", "basic", "pro", "enterprise", "platform"];
const CALCULATE: &str = "/billing/prorations/calculate/{}";
const CHANGE: &str = "/admin/billing/subscription/{}/change-plan";

/// What a subscription was billed for its period, if that is one line.
#[derive(Debug, sqlx::FromRow)]
struct Billed {
    amount: i64,
    tax_amount: i64,
    is_inclusive: i64,
}

/// Asks what a change would come to, and makes it: at once, later with the quote of it, or too late.
pub(super) async fn change(world: &mut World, tenant: usize, live: &Seen) {
    let mut body = json!({ "new_plan": world.dice.one_of(PLANS) });
    if world.dice.happens(30) {
        body["billing_cycle"] = json!(world.dice.one_of(&["monthly", "yearly"]));
    }
    let asked_at = world.server.now().as_second();
    let preview = world.ask(tenant, Method::POST, CALCULATE, body.clone()).await;
    if !preview.status.is_success() {
        let refused = world.ask(tenant, Method::POST, CHANGE, body).await;
        assert_eq!(refused.status, preview.status, "{}", world.journal.tail());
        return;
    }
    let preview = preview.at("/data");
    expect_by_hand(world, tenant, live, (&body, &preview)).await;
    let mut waited = 0;
    if world.dice.happens(60) {
        body["quote"] = preview["quote"].clone();
        waited = world.dice.between(0, QUOTE_SECONDS + 300);
        world.server.advance(waited);
    }
    let changed = world.ask(tenant, Method::POST, CHANGE, body).await;
    let is_over = asked_at + waited >= live.period_end.0 / 1_000_000;
    if waited > QUOTE_SECONDS || is_over {
        assert_eq!(changed.status, 409, "{}", world.journal.tail());
        return;
    }
    assert_eq!(changed.status, 200, "{}", world.journal.tail());
    expect_same(&preview, &changed.at("/data/proration"));
    expect_documents(world, tenant, &changed.at("/data")).await;
}

/// What was calculated is what was changed.
#[track_caller]
fn expect_same(preview: &Value, changed: &Value) {
    let mut preview = preview.clone();
    let members = preview.as_object_mut().unwrap();
    members.remove("quote");
    members.remove("quote_expires_at");
    assert_eq!(preview, *changed);
    let sum = |name: &str| -> i64 {
        preview["lines"].as_array().unwrap().iter().map(|line| units(&line[name])).sum()
    };
    let withheld = preview.get("already_returned").map_or(0, units);
    assert_eq!(units(&preview["proration_amount"]) - withheld, sum("amount") + sum("tax_amount"));
}

/// The invoice of a change, or its notes, are over what it came to.
async fn expect_documents(world: &World, tenant: usize, changed: &Value) {
    let name = world.tenants[tenant].name.as_str();
    let id = changed["subscription"]["subscription_id"].as_str().unwrap();
    let total = units(&changed["proration"]["proration_amount"]);
    let notes = Stmt::new(
        "SELECT CAST(COALESCE(SUM(n.total), 0) AS BIGINT) FROM credit_note AS n
         JOIN subscription AS s ON s.tenant_id = n.tenant_id
            AND s.subscription_id = n.subscription_id AND s.version = n.change_version
         WHERE n.tenant_id = $1 AND n.subscription_id = $2",
    );
    let invoices = Stmt::new(
        "SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) FROM invoice
         WHERE tenant_id = $1 AND subscription_id = $2 AND number = $3",
    );
    let number = changed["invoice_number"].as_str().unwrap_or_default();
    let db = &world.server.env.db;
    let notes: Option<(i64,)> = db.fetch_optional(notes.bind(name).bind(id)).await.unwrap();
    let invoices: Option<(i64,)> =
        db.fetch_optional(invoices.bind(name).bind(id).bind(number)).await.unwrap();
    let issued = (invoices.unwrap().0, notes.unwrap().0);
    assert_eq!(issued, (total.max(0), (-total).max(0)), "{}", world.journal.tail());
}

/// Works a change out that is the first of its period, and keeps the cycle.
async fn expect_by_hand(
    world: &mut World,
    tenant: usize,
    live: &Seen,
    (body, preview): (&Value, &Value),
) {
    let keeps_cycle = body.get("billing_cycle").is_none_or(|it| *it == live.billing_cycle);
    let Some(billed) = billed(world, tenant, live).await.filter(|_| keeps_cycle) else { return };
    let zone = Zone::named(&live.timezone);
    let [start, end] = [live.period_start, live.period_end].map(|it| it.0 / 1_000_000);
    let (left, of) = (zone.days(world.server.now().as_second(), end), zone.days(start, end));
    let tax = if billed.is_inclusive == 1 { billed.tax_amount } else { 0 };
    let back = share(billed.amount + tax, left, of);
    let plan = body["new_plan"].as_str().unwrap();
    let asked = share(price(world, plan, &live.billing_cycle).await, left, of);

    let lines = preview["lines"].as_array().unwrap();
    let prices: Vec<i64> = lines.iter().map(|line| units(&line["unit_price"])).collect();
    let expected: Vec<i64> = [-back, asked].into_iter().filter(|it| *it != 0).collect();
    world.journal.write("by hand");
    assert_eq!(prices, expected, "{live:?} {billed:?}\n{}", world.journal.tail());
    assert_eq!(preview["remaining_days"], left);
}

async fn billed(world: &World, tenant: usize, live: &Seen) -> Option<Billed> {
    let stmt = Stmt::new(
        "SELECT l.amount, l.tax_amount,
            CAST(CASE WHEN p.tax_inclusive THEN 1 ELSE 0 END AS BIGINT) AS is_inclusive
         FROM subscription AS s
         JOIN invoice AS i ON i.tenant_id = s.tenant_id AND i.subscription_id = s.subscription_id
            AND i.kind = 'period' AND i.period_start = s.period_start AND i.status <> 'void'
         JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         JOIN tenant_profile AS p ON p.tenant_id = s.tenant_id
         WHERE s.tenant_id = $1 AND s.subscription_id = $2 AND s.status IN ('active', 'past_due')
            AND i.period_end = s.period_end AND NOT EXISTS (
                SELECT 1 FROM plan_change AS c WHERE c.tenant_id = s.tenant_id
                    AND c.subscription_id = s.subscription_id AND c.version > s.period_since)",
    );
    let name = world.tenants[tenant].name.as_str();
    let stmt = stmt.bind(name).bind(live.subscription_id.as_str());
    let lines: Vec<Billed> = world.server.env.db.fetch_all(stmt).await.unwrap();
    let [only] = <[Billed; 1]>::try_from(lines).ok()?;
    Some(only)
}

async fn price(world: &World, plan: &str, cycle: &str) -> i64 {
    let stmt = if cycle == "monthly" {
        Stmt::new("SELECT monthly_price FROM plan WHERE name = $1")
    } else {
        Stmt::new("SELECT yearly_price FROM plan WHERE name = $1")
    };
    let price: Option<(i64,)> = world.server.env.db.fetch_optional(stmt.bind(plan)).await.unwrap();
    price.unwrap().0
}
