//! Every operation against every kind of caller.
//!
//! The table says of each operation which plane it is on and what a caller that is let in gets. What
//! everybody else gets follows from the plane. An operation that is served and not in the table fails
//! the test, and so does one whose plane is not the contract's, and any answer that is not as the
//! document says.

mod cast;
mod table;

use std::{collections::BTreeMap, fmt::Write as _};

use axum::{body::Body, http::Request};
use countinghouse::metering::{DayRow, insert_days};
use countinghouse_core::id::TenantId;
use serde_json::{Value, json};

use self::{
    cast::Caller,
    table::{Entry, Given, OPERATIONS},
};
use crate::harness::{
    Answer, BASE, Server, Who,
    contract::{Documented, Operation, contract, operations, served},
    engines,
};

/// What the positions of a path are filled with, besides the tenant.
const SAMPLES: &[(&str, &str)] = &[
    ("app_id", "app_001"),
    ("plan", "pro"),
    ("plan_id", "basic"),
    ("gate_key", "mfa"),
    ("invoice_number", "INV-2026-000001"),
    ("usage_id", "2026-01-31"),
    ("event_id", "evt_001"),
];

/// What any other position of a path is filled with; there is nothing of that name.
const UNKNOWN: &str = "x_00000000000000000000000000";

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let server = Server::start(engines().remove(0)).await;
    let mut documented = Documented::new();
    let mut wrong = Vec::new();
    let mut told = format!("{:78}", "");
    for caller in Caller::ALL {
        write!(told, " {caller:?}").unwrap();
    }

    for (number, operation) in operations(&served()).iter().enumerate() {
        let entry = entry(operation);
        write!(told, "\n{:68} {:9}", operation.name(), format!("{:?}", entry.plane)).unwrap();
        for caller in Caller::ALL {
            let tenant = format!("tenant-{number}-{caller:?}");
            let expected = caller.expected(entry);
            if expected == entry.good || entry.member == Some(expected) {
                given(&server, entry.given, &tenant).await;
            }
            let answer = ask(&server, operation, entry, *caller, &tenant).await;
            write!(told, " {}", answer.status.as_u16()).unwrap();
            let name = operation.name();
            for fault in documented.undocumented(operation, &answer) {
                wrong.push(format!("{name} {caller:?}: not documented: {fault}"));
            }
            if answer.status != expected {
                wrong.push(format!("{name} {caller:?}: not {expected} but {}", answer.text));
            }
        }
    }

    println!("{told}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_is_on_the_plane_of_the_contract() {
    let contract = contract();
    let planes: BTreeMap<String, Value> = operations(&contract)
        .into_iter()
        .map(|operation| (operation.erased(), operation.value["x-plane"].clone()))
        .collect();

    for operation in operations(&served()) {
        let own = entry(&operation).plane.name();
        let of_contract = planes.get(&operation.erased());
        assert!(of_contract.is_none_or(|plane| plane == own), "{}: {own}", operation.name());
    }
}

#[test]
fn the_table_lists_what_is_served_and_nothing_twice() {
    let served: Vec<String> = operations(&served()).iter().map(Operation::name).collect();

    let mut listed: Vec<&str> = OPERATIONS.iter().map(|entry| entry.operation).collect();

    listed.sort_unstable();
    assert_eq!(listed, served);
}

#[tokio::test]
async fn a_refusal_does_not_tell_whether_another_tenant_exists() {
    let server = Server::start(engines().remove(0)).await;
    given(&server, Given::Subscription, "existing").await;

    for operation in operations(&served()) {
        let entry = entry(&operation);
        for caller in [Caller::ForeignMember, Caller::ForeignAdmin, Caller::Member] {
            let is_let_in = caller == Caller::Member && entry.member.is_some();
            if caller.expected(entry) != 403 || is_let_in {
                continue;
            }
            let one = ask(&server, &operation, entry, caller, "existing").await;
            let other = ask(&server, &operation, entry, caller, "imagined").await;
            assert_eq!(anonymous(&one), anonymous(&other), "{}", operation.name());
        }
    }
}

/// An answer without what it repeats of the request.
fn anonymous(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.json();
    body["instance"] = Value::Null;
    let headers = answer.headers.iter().filter(|(name, _)| *name != "content-length");
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}")));
    (answer.status.as_u16(), headers.collect(), body)
}

fn entry(operation: &Operation) -> &'static Entry {
    let name = operation.name();
    let found = OPERATIONS.iter().find(|entry| entry.operation == name);
    found.unwrap_or_else(|| panic!("`{name}` has no entry in the table of operations and callers"))
}

/// Brings about what an operation needs to find.
async fn given(server: &Server, given: Given, tenant: &str) {
    let admin = Who::Person { tenant, user: "usr_founder", role: "admin" };
    match given {
        Given::Nothing => (),
        Given::Subscription => {
            let plan = json!({ "plan": "pro" });
            server.post(admin, "/billing/subscribe", plan).await.expect(201);
        }
        Given::Usage => {
            let day = DayRow { day: "2026-01-31".to_owned(), ..DayRow::default() };
            let mut tx = server.env.db.begin().await.unwrap();
            insert_days(&mut tx, &TenantId::parse(tenant).unwrap(), &[day]).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

/// Sends a request that is right but for the caller.
async fn ask(
    server: &Server,
    operation: &Operation,
    entry: &Entry,
    caller: Caller,
    tenant: &str,
) -> Answer {
    let mut path = operation.template.clone();
    for (position, name) in operation.path_parameters().into_iter().enumerate() {
        let sample = SAMPLES.iter().find(|(known, _)| *known == name);
        let is_tenant =
            name == "tenant_id" || (entry.plane.path_begins_with_tenant() && position == 0);
        let value = if is_tenant { tenant } else { sample.map_or(UNKNOWN, |(_, value)| value) };
        path = path.replace(&format!("{{{name}}}"), value);
    }
    let request = Request::builder().method(operation.method.as_str());
    let request = caller.sign(request.uri(format!("{BASE}{path}")), server, entry.plane, tenant);
    let request = if entry.body.is_empty() {
        request.body(Body::empty())
    } else {
        let body = entry.body.replace("{tenant}", tenant);
        request.header("content-type", "application/json").body(Body::from(body))
    };
    server.answer(request.unwrap()).await
}
