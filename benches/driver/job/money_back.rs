//! `money-back`: credit notes and refunds of one invoice, by many at once, until nothing is left.

use std::{cell::Cell, net::SocketAddr, time::Instant};

use futures_util::future::try_join_all;
use serde_json::json;

use crate::{
    Outcome,
    bench::Bench,
    client::Connection,
    report::{Row, Unit},
    request::Caller,
    server::Server,
};

/// Connections to the service.
const CONNECTIONS: u32 = 16;

/// What is asked for of each four parts that the invoice has.
const ASKED: u64 = 5;
const PARTS: u64 = 4;

/// Whose invoice it is.
const TENANT: &str = "money-back";

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let count = (bench.options.records / 500).clamp(160, 2_000);
    let total = count * PARTS / ASKED;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let database = bench.fresh(engine)?;
        let server = Server::start(&database).await?;
        let invoice = paid(server.address, total).await?;
        let next = Cell::new(0);
        let began = Instant::now();
        let clients = (0..CONNECTIONS).map(|_| take(server.address, &invoice, &next, count));
        let taken: u32 = try_join_all(clients).await?.into_iter().sum();
        let took = began.elapsed().as_secs_f64();
        let told = told(server.address, &invoice).await?;
        if told != u64::from(taken) {
            return Err(format!("{told} are told where {taken} were taken").into());
        }
        let taken = f64::from(taken);
        let said = "half of them by four eyes; the rest was refused";
        let row =
            Row::new(engine, "notes and refunds of one invoice", taken / took, Unit::PerSecond);
        rows.push(row.note(said));
        let total = f64::from(u32::try_from(total)?);
        let row = Row::new(engine, "taken back of it", taken, Unit::Count);
        rows.push(row.against("the whole", total).at_most(1.0));
    }
    Ok(rows)
}

/// An invoice over so many units that is paid, and its number.
async fn paid(service: SocketAddr, total: u64) -> Outcome<String> {
    let mut connection = Connection::open(service).await?;
    let admin = Caller::person(TENANT, "admin")?;
    let subscribe = admin.post("/billing/subscribe", r#"{"plan":"free"}"#);
    connection.ask(&subscribe).await?.expect(201)?;
    let line = json!({ "description": "All of it", "quantity": 1, "unit_price": total });
    let bill = json!({ "lines": [line], "due_days": 30 }).to_string();
    let made = connection.ask(&admin.post("/admin/billing/invoices", &bill)).await?.json(201)?;
    let number = made["data"]["invoice_number"].as_str().ok_or("an invoice has a number")?;
    let pays = json!({ "invoice_number": number, "amount": total, "status": "paid" }).to_string();
    let pays = Caller::service(TENANT).post("/internal/billing/records", &pays);
    connection.ask(&pays).await?.expect(201)?;
    Ok(number.to_owned())
}

/// Takes one unit back, again and again: by a note, and by a refund. Tells how often it could.
async fn take(service: SocketAddr, invoice: &str, next: &Cell<u64>, count: u64) -> Outcome<u32> {
    let mut connection = Connection::open(service).await?;
    let (one, other) = (Caller::person(TENANT, "admin")?, Caller::user(TENANT, "usr_2", "admin")?);
    let ask = json!({
        "invoice_number": invoice, "amount": 1, "reason": "Too much", "transaction_id": "pay_1",
    });
    let ask = ask.to_string();
    let note = one.post(&format!("/admin/billing/invoice/{invoice}/credit-note"), &ask);
    let refund = one.post("/admin/billing/refund-approval", &ask);
    let mut taken = 0;
    loop {
        let n = next.get();
        if n == count {
            return Ok(taken);
        }
        next.set(n + 1);
        let answer = connection.ask(if n.is_multiple_of(2) { &note } else { &refund }).await?;
        if answer.status == 409 {
            continue;
        }
        let made = answer.json(200)?;
        if let Some(id) = made["data"]["refund_id"].as_str() {
            let path = format!("/admin/billing/refund-approval/{id}");
            let approve = other.post(&format!("{path}/approve"), "{}");
            connection.ask(&approve).await?.expect(200)?;
            let execute = r#"{"user_id":"usr_bench"}"#;
            let execute = other.post(&format!("{path}/execute"), execute);
            connection.ask(&execute).await?.expect(200)?;
        }
        taken += 1;
    }
}

/// How many units notes and refunds took of an invoice, as it is shown.
async fn told(service: SocketAddr, invoice: &str) -> Outcome<u64> {
    let mut connection = Connection::open(service).await?;
    let get = Caller::person(TENANT, "member")?.get(&format!("/billing/invoice/{invoice}"));
    let shown = connection.ask(&get).await?.json(200)?;
    let figure = &shown["data"]["amount_returned"];
    Ok(figure.as_u64().ok_or_else(|| format!("{figure} was returned"))?)
}
