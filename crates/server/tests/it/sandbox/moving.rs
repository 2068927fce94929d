//! What falls due while a clock moves.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use countinghouse::{
    command::{Command, Commands},
    db::{Error, Stmt, Time, Tx},
    env::Env,
    http::{idempotency::Key, problem::ApiError},
    sandbox::{Due, DueWork, Step, move_clock},
};
use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::{BoxFuture, join_all};
use serde_json::Value;

use super::{CLOCK, KEY_ALONE, at, set};
use crate::harness::{Server, engines};

/// Makes a mark every so many days, from the last one on; refuses once, if it is told to.
struct Marks {
    app: &'static str,
    every: i64,
    first: Instant,
    refuse: AtomicBool,
}

struct Mark {
    tenant: TenantId,
    app: &'static str,
}

impl Marks {
    fn new(app: &'static str, every: i64, first: &str) -> Self {
        Self { app, every, first: at(first), refuse: AtomicBool::new(false) }
    }
}

impl DueWork for Marks {
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>> {
        Box::pin(async move {
            let last = marks(tx, tenant.as_str(), self.app).await?.pop();
            let at = last.map_or(self.first, |last| last.plus_days(self.every).unwrap());
            let due = Due { at, kind: "mark", id: self.app.to_owned() };
            Ok((at <= until).then_some(due))
        })
    }

    fn run<'a>(
        &'a self,
        commands: &'a Commands,
        tenant: &'a TenantId,
        step: Step,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            if step.at >= at("2027-01-20T00:00:00Z") && self.refuse.swap(false, Ordering::SeqCst) {
                return Err(ApiError::Busy);
            }
            let mark = Mark { tenant: tenant.clone(), app: self.app };
            commands.run(step.of(mark), None).await.map(|_| ())
        })
    }
}

impl Command for Mark {
    type Facts = ();
    type Decision = Instant;
    type Data = String;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&self, (): (), env: &Env) -> Result<Instant, ApiError> {
        Ok(env.now())
    }

    async fn save(&self, now: Instant, tx: &mut Tx) -> Result<String, Error> {
        let stmt = Stmt::new(
            "INSERT INTO record_counter (tenant_id, app_id, last_seq, last_at)
             VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING",
        );
        let app = format!("{}:{now}", self.app);
        tx.execute(stmt.bind(self.tenant.as_str()).bind(app).bind(now)).await?;
        Ok(now.to_string())
    }
}

/// When the marks of an app were made.
async fn marks(tx: &mut Tx, tenant: &str, app: &str) -> Result<Vec<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT last_at FROM record_counter WHERE tenant_id = $1 AND app_id LIKE $2
         ORDER BY last_at",
    );
    let rows: Vec<(Time,)> = tx.fetch_all(stmt.bind(tenant).bind(format!("{app}:%"))).await?;
    rows.into_iter().map(|(at,)| at.instant()).collect()
}

/// Moves the clock of `acme` past what the works have due, and gives what that ran.
async fn moved(
    server: &Server,
    works: &[&dyn DueWork],
    to: &str,
    key: Option<Key>,
) -> Result<Vec<(String, String)>, ApiError> {
    let acme = TenantId::parse("acme").unwrap();
    let place = (&server.env.db, server.app.commands());
    let answer = move_clock(place, works, &acme, at(to), key).await?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ran = body["data"]["ran"].as_array().unwrap().iter();
    Ok(ran.map(|it| (text(&it["at"]), text(&it["id"]))).collect())
}

async fn made(server: &Server, app: &str) -> Vec<String> {
    let mut tx = server.env.db.begin().await.unwrap();
    let made = marks(&mut tx, "acme", app).await.unwrap();
    made.iter().map(ToString::to_string).collect()
}

fn ran(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(at, id)| (format!("2027-01-{at}T00:00:00Z"), (*id).to_owned())).collect()
}

#[tokio::test]
async fn what_falls_due_runs_in_order_each_at_its_own_instant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let (weekly, decade) = (
            Marks::new("weekly", 7, "2027-01-02T00:00:00Z"),
            Marks::new("decade", 10, "2027-01-06T00:00:00Z"),
        );
        let works: [&dyn DueWork; 2] = [&weekly, &decade];

        let all = moved(&server, &works, "2027-01-16T00:00:00Z", None).await.unwrap();
        let none = moved(&server, &works, "2027-01-16T00:00:00Z", None).await.unwrap();
        let more = moved(&server, &works, "2027-01-22T23:59:59Z", None).await.unwrap();

        // On the sixteenth both are due: the first in the list is the first to run.
        let expected = [
            ("02", "weekly"),
            ("06", "decade"),
            ("09", "weekly"),
            ("16", "weekly"),
            ("16", "decade"),
        ];
        assert_eq!(all, ran(&expected));
        assert_eq!(none, []);
        assert_eq!(more, []);
        let days = ["02", "09", "16"].map(|day| format!("2027-01-{day}T00:00:00Z"));
        assert_eq!(made(&server, "weekly").await, days);
    }
}

#[tokio::test]
async fn a_move_that_breaks_off_goes_on_where_it_stopped() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let weekly = Marks::new("weekly", 7, "2027-01-09T00:00:00Z");
        weekly.refuse.store(true, Ordering::SeqCst);
        let key = Some(Key { digest: [1; 32], fingerprint: [2; 32] });

        let broken = moved(&server, &[&weekly], "2027-01-31T00:00:00Z", key).await;
        let stopped = server.get(KEY_ALONE, CLOCK).await.expect(200);
        let rest = moved(&server, &[&weekly], "2027-01-31T00:00:00Z", key).await.unwrap();
        let again = moved(&server, &[&weekly], "2027-01-31T00:00:00Z", key).await.unwrap();

        assert!(matches!(broken, Err(ApiError::Busy)));
        assert_eq!(stopped.at("/data/now"), "2027-01-16T00:00:00Z");
        assert_eq!(rest, ran(&[("23", "weekly"), ("30", "weekly")]));
        assert_eq!(again, rest);
        assert_eq!(made(&server, "weekly").await.len(), 4);
    }
}

#[tokio::test]
async fn what_is_due_longer_than_the_clock_shows_runs_at_once_and_not_in_the_past() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "2027-01-20T00:00:00Z").await.expect(200);
        let late = Marks::new("late", 30, "2027-01-02T00:00:00Z");

        let all = moved(&server, &[&late], "2027-01-25T00:00:00Z", None).await.unwrap();

        assert_eq!(all, ran(&[("20", "late")]));
        assert_eq!(made(&server, "late").await, ["2027-01-20T00:00:00Z"]);
    }
}

#[tokio::test]
async fn two_who_move_at_once_run_nothing_twice_and_never_backwards() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let weekly = Marks::new("weekly", 7, "2027-01-02T00:00:00Z");
        let works: [&dyn DueWork; 1] = [&weekly];

        let moves = ["2027-01-31T00:00:00Z"; 4].map(|to| moved(&server, &works, to, None));
        let moves = join_all(moves).await;

        assert!(moves.iter().any(Result::is_ok));
        let fair = |it: &Result<_, _>| matches!(it, Ok(_) | Err(ApiError::Conflict(_)));
        assert!(moves.iter().all(fair), "{moves:?}");
        let days = ["02", "09", "16", "23", "30"].map(|day| format!("2027-01-{day}T00:00:00Z"));
        assert_eq!(made(&server, "weekly").await, days);
        let shown = server.get(KEY_ALONE, CLOCK).await.expect(200);
        assert_eq!(shown.at("/data/now"), "2027-01-31T00:00:00Z");
    }
}
