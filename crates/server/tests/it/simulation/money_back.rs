//! Money that goes back by hand: credit notes, refunds by four eyes, and records that are voided.

use axum::http::Method;
use countinghouse::db::Stmt;
use serde_json::json;

use super::world::World;

/// How many of the latest invoices something is taken back of.
const LATEST: i64 = 4;

/// Units of an amount in a cent.
const CENT: i64 = 100;

/// An invoice, and the latest note on it that an administrator asked for and that stands.
#[derive(Debug, sqlx::FromRow)]
struct Invoice {
    number: String,
    record_id: String,
    total: i64,
    note: Option<String>,
}

/// Takes something back of one of a tenant's latest invoices, or undoes that, whether it can be or
/// not.
pub(super) async fn act(world: &mut World, tenant: usize) {
    let Some(it) = any_invoice(world, tenant).await else { return };
    let cents = world.dice.between(1, (it.total / CENT).max(1) * 11 / 10 + 1);
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    match world.dice.between(0, 99) {
        0..=34 => {
            let path = format!("/admin/billing/invoice/{}/credit-note", it.number);
            let body = json!({ "amount": amount, "reason": "By hand" });
            world.ask(tenant, Method::POST, &path, body).await;
        }
        35..=54 => {
            let Some(note) = it.note else { return };
            let path = format!("/admin/billing/credit-note/{note}");
            let voided = world.ask(tenant, Method::PUT, &path, json!({})).await;
            if voided.status.is_success() && world.dice.happens(50) {
                let hidden = world.ask(tenant, Method::DELETE, &path, json!({})).await;
                assert_eq!(hidden.status, 200, "{}", world.journal.tail());
            }
        }
        55..=64 => {
            let path = format!("/admin/billing/records/{}", it.record_id);
            world.ask(tenant, Method::DELETE, &path, json!({})).await;
        }
        _ => refund(world, tenant, &it.number, &amount).await,
    }
}

/// Asks for a refund; most are approved and paid, others are rejected or taken back.
async fn refund(world: &mut World, tenant: usize, number: &str, amount: &str) {
    const REFUND: &str = "/admin/billing/refund-approval";
    let body = json!({
        "amount": amount, "invoice_number": number, "reason": "By hand", "transaction_id": "pay",
    });
    let asked = world.ask(tenant, Method::POST, REFUND, body).await;
    if !asked.status.is_success() {
        return;
    }
    let refund = format!("{REFUND}/{}", asked.at("/data/refund_id").as_str().unwrap());
    let last = match world.dice.between(0, 9) {
        0 => return,
        1 => world.ask(tenant, Method::POST, &format!("{refund}/reject"), json!({})).await,
        2 => world.ask(tenant, Method::DELETE, &refund, json!({})).await,
        _ => {
            world.ask(tenant, Method::POST, &format!("{refund}/approve"), json!({})).await;
            let body = json!({ "user_id": "usr_a" });
            world.ask(tenant, Method::POST, &format!("{refund}/execute"), body).await
        }
    };
    assert_eq!(last.status, 200, "{}", world.journal.tail());
}

async fn any_invoice(world: &mut World, tenant: usize) -> Option<Invoice> {
    let stmt = Stmt::new(
        "SELECT i.number, r.record_id, i.total,
            (SELECT n.number FROM credit_note AS n
                WHERE n.tenant_id = i.tenant_id AND n.invoice_number = i.number
                    AND n.reason = 'requested' AND n.status = 'applied'
                ORDER BY n.seq DESC LIMIT 1) AS note
         FROM invoice AS i
         JOIN billing_record AS r ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq
         WHERE i.tenant_id = $1 ORDER BY i.record_seq DESC LIMIT $2",
    );
    let stmt = stmt.bind(world.tenants[tenant].name.as_str()).bind(LATEST);
    let mut found: Vec<Invoice> = world.server.env.db.fetch_all(stmt).await.unwrap();
    if found.is_empty() {
        return None;
    }
    let place = world.dice.place(found.len());
    Some(found.swap_remove(place))
}
