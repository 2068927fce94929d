//! Tenants that live by clocks of their own.

use axum::http::StatusCode;
use countinghouse::{
    command::{Command, now_of, set_clock},
    db::{Error, Purpose, Stmt, Tx},
    env::Env,
    http::problem::ApiError,
};
use countinghouse_core::calendar::Instant;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Server, Who, engines};

const ADJUST: &str = "/admin/billing/credit-balance/acme/adjust";
const PAST: &str = "2020-02-29T08:00:00Z";
const FUTURE: &str = "2031-05-06T07:08:09Z";

/// Answers what time it is, and may move the clock.
struct Ask<const MOVES: bool> {
    tenant: &'static str,
    to: Option<Instant>,
}

impl<const MOVES: bool> Command for Ask<MOVES> {
    type Facts = ();
    type Decision = Instant;
    type Data = String;
    const STATUS: StatusCode = StatusCode::OK;
    const MOVES_CLOCK: bool = MOVES;

    fn tenant(&self) -> &str {
        self.tenant
    }

    async fn load(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&self, (): (), env: &Env) -> Result<Instant, ApiError> {
        Ok(env.now())
    }

    async fn save(&self, now: Instant, tx: &mut Tx) -> Result<String, Error> {
        if MOVES {
            set_clock(tx, self.tenant, self.to).await?;
        }
        Ok(now.to_string())
    }
}

fn ask(tenant: &'static str) -> Ask<false> {
    Ask { tenant, to: None }
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// What a command saw, and what its answer is stamped with.
async fn told<const MOVES: bool>(server: &Server, command: Ask<MOVES>) -> (String, String) {
    let answer = server.app.commands().run(command, None).await.unwrap();
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("data"), text("timestamp"))
}

async fn give_clock(server: &Server, tenant: &str, to: Option<&str>) {
    let mut tx = server.env.db.begin().await.unwrap();
    let enter = Stmt::new("INSERT INTO tenant (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING");
    tx.execute(enter.bind(tenant)).await.unwrap();
    set_clock(&mut tx, tenant, to.map(at)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn now_read(server: &Server, tenant: &str) -> String {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    now_of(&mut tx, &server.env, tenant).await.unwrap().to_string()
}

#[tokio::test]
async fn a_command_a_preview_and_a_read_see_the_tenant_s_clock_and_answers_the_service_s() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let real = server.now().to_string();
        give_clock(&server, "past", Some(PAST)).await;
        give_clock(&server, "future", Some(FUTURE)).await;

        let runs = ["past", "none", "future"].map(|tenant| told(&server, ask(tenant)));
        let together = join_all(runs).await;
        let preview = server.app.commands().preview(&ask("future")).await.unwrap();

        let real_twice = (real.clone(), real.clone());
        let past = (PAST.to_owned(), real.clone());
        let future = (FUTURE.to_owned(), real.clone());
        assert_eq!(together, [past, real_twice, future]);
        assert_eq!(preview, at(FUTURE));
        assert_eq!(now_read(&server, "past").await, PAST);
        assert_eq!(now_read(&server, "none").await, real);
        assert_eq!(now_read(&server, "never-named").await, real);
        give_clock(&server, "past", None).await;
        assert_eq!(told(&server, ask("past")).await.0, real);
    }
}

#[tokio::test]
async fn each_member_of_a_set_lives_by_its_own_tenant_s_clock() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let real = server.now().to_string();
        give_clock(&server, "acme", Some(FUTURE)).await;
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };
        let elsewhere = ADJUST.replace("acme", "other");
        let gift = json!({ "amount": 1, "source": "promo" });

        let gifts = (0..10).map(|n| {
            let (who, path) = if n % 2 == 0 { (Who::ADMIN, ADJUST) } else { (other, &*elsewhere) };
            server.post(who, path, gift.clone())
        });
        let answers = join_all(gifts).await;

        for (n, answer) in answers.into_iter().enumerate() {
            let answer = answer.expect(201);
            let expected = if n % 2 == 0 { FUTURE } else { &real };
            assert_eq!(answer.at("/data/created_at"), expected);
            assert_eq!(answer.at("/timestamp"), real.as_str());
        }
    }
}

#[tokio::test]
async fn what_waits_behind_a_move_of_the_clock_sees_the_new_one() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let real = server.now().to_string();
        let change = Ask::<true> { tenant: "t", to: Some(at(FUTURE)) };

        let before = (0..3).map(|_| server.app.commands().run(ask("t"), None));
        let (before, moved, after) = tokio::join!(
            join_all(before),
            server.app.commands().run(change, None),
            join_all((0..3).map(|_| server.app.commands().run(ask("t"), None))),
        );

        let data = |answer: &Result<countinghouse::http::envelope::Answer, ApiError>| {
            let body: Value = serde_json::from_slice(&answer.as_ref().unwrap().body).unwrap();
            body["data"].as_str().unwrap().to_owned()
        };
        assert_eq!(before.iter().map(data).collect::<Vec<_>>(), vec![real.clone(); 3]);
        assert_eq!(data(&moved), real);
        assert_eq!(after.iter().map(data).collect::<Vec<_>>(), [FUTURE; 3]);
    }
}

#[tokio::test]
async fn outside_a_sandbox_a_clock_that_is_left_over_is_ignored() {
    for engine in engines() {
        let server = Server::start_outside_a_sandbox(engine).await;
        let real = server.now().to_string();
        give_clock(&server, "acme", Some(PAST)).await;

        let seen = told(&server, ask("acme")).await;

        assert_eq!(seen.0, real);
        assert_eq!(now_read(&server, "acme").await, real);
        assert_eq!(server.app.commands().preview(&ask("acme")).await.unwrap().to_string(), real);
    }
}

#[tokio::test]
async fn the_platform_has_no_clock_of_its_own() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut tx = server.env.db.begin().await.unwrap();

        let refused = set_clock(&mut tx, "", Some(at(PAST))).await;

        assert!(refused.is_err());
    }
}
