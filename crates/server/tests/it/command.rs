//! What every write gets from the one path that it takes.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use countinghouse::{
    command::Command,
    db::{Error, Purpose, Stmt, Tx},
    env::Env,
    http::{idempotency::Key, problem::ApiError},
};
use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::harness::{Server, engines};

/// Writes a row of its own, and then ends well or badly.
struct Take {
    tenant: &'static str,
    row: i64,
    then: Then,
    /// How often it loses a race before it ends.
    races: AtomicU32,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Succeed,
    Refuse,
    Fail,
    Panic,
    PanicDeciding,
    /// A statement that the database refuses.
    Break,
}

fn take(tenant: &'static str, row: i64, then: Then) -> Take {
    Take { tenant, row, then, races: AtomicU32::new(0) }
}

impl Command for Take {
    type Facts = i64;
    type Decision = i64;
    type Data = i64;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant
    }

    async fn load(&self, tx: &mut Tx) -> Result<i64, Error> {
        let stmt = Stmt::new("SELECT COUNT(*) FROM record_counter WHERE tenant_id = $1");
        tx.fetch_scalar(stmt.bind(self.tenant)).await
    }

    fn decide(&self, before: i64, _: &Env) -> Result<i64, ApiError> {
        match self.then {
            Then::Refuse => Err(ApiError::Conflict("it is not to be".to_owned())),
            Then::PanicDeciding => panic!("a bug in a decision"),
            _ => Ok(before + 1),
        }
    }

    async fn save(&self, place: i64, tx: &mut Tx) -> Result<i64, Error> {
        let stmt = Stmt::new(
            "INSERT INTO record_counter (tenant_id, app_id, last_seq, last_at)
             VALUES ($1, $2, $3, $4)",
        );
        let at = countinghouse::db::Time(0);
        let stmt = stmt.bind(self.tenant).bind(format!("a{}", self.row)).bind(place).bind(at);
        tx.execute(stmt).await?;
        let lost = |left: u32| left.checked_sub(1);
        if self.races.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lost).is_ok() {
            return Err(Error::LostRace(sqlx_error()));
        }
        match self.then {
            Then::Fail => Err(Error::corrupt("a", "b", "c")),
            Then::Panic => panic!("a bug in a command"),
            Then::Break => tx.fetch_scalar(Stmt::new("SELECT nothing FROM nowhere")).await,
            _ => Ok(place),
        }
    }
}

/// Any error of the database.
fn sqlx_error() -> sqlx::Error {
    sqlx::Error::RowNotFound
}

async fn rows(server: &Server, tenant: &str) -> Vec<(String, i64)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT app_id, last_seq FROM record_counter WHERE tenant_id = $1 ORDER BY last_seq",
    );
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

#[tokio::test]
async fn a_neighbour_that_fails_half_way_is_undone_alone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let thens = [
            Then::Succeed,
            Then::Fail,
            Then::Refuse,
            Then::Panic,
            Then::PanicDeciding,
            Then::Succeed,
        ];

        let runs = (1_i64..)
            .zip(thens)
            .map(|(row, then)| server.app.commands().run(take("t", row, then), None));
        let answers = join_all(runs).await;

        assert!(answers[0].is_ok() && answers[5].is_ok());
        assert!(matches!(answers[1], Err(ApiError::Internal(_))));
        assert!(matches!(answers[2], Err(ApiError::Conflict(_))));
        assert!(matches!(answers[3], Err(ApiError::Internal(_))));
        assert!(matches!(answers[4], Err(ApiError::Internal(_))));
        assert_eq!(rows(&server, "t").await, [("a1".to_owned(), 1), ("a6".to_owned(), 2)]);
    }
}

#[tokio::test]
async fn whichever_commands_of_a_group_fail_the_others_leave_what_they_would_without_them() {
    use Then::{Break, Fail, Panic, PanicDeciding, Refuse, Succeed};
    const KINDS: [Then; 8] = [Succeed, Succeed, Succeed, Break, Fail, Refuse, Panic, PanicDeciding];
    const TENANTS: [&str; 3] = ["a", "b", "c"];
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut expected: [Vec<(String, i64)>; 3] = Default::default();
        let mut dice = StdRng::seed_from_u64(5);
        for round in 0..30 {
            let size = dice.random_range(1..40);
            let script: Vec<(usize, i64, Then)> = (0..size)
                .map(|n| {
                    let kinds = if round % 3 == 0 { 3..8 } else { 0..8 };
                    (dice.random_range(0..3), round * 100 + n, KINDS[dice.random_range(kinds)])
                })
                .collect();

            let runs = script.iter().map(|&(tenant, row, then)| {
                server.app.commands().run(take(TENANTS[tenant], row, then), None)
            });
            let answers = join_all(runs).await;

            for ((tenant, row, then), answer) in script.into_iter().zip(answers) {
                assert_eq!(answer.is_ok(), then == Succeed, "{row}: {answer:?}");
                if then == Succeed {
                    let place = i64::try_from(expected[tenant].len()).unwrap() + 1;
                    expected[tenant].push((format!("a{row}"), place));
                }
            }
        }
        for (tenant, expected) in TENANTS.into_iter().zip(expected) {
            assert_eq!(rows(&server, tenant).await, expected);
        }
    }
}

#[tokio::test]
async fn each_command_sees_what_the_one_before_it_saved() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let runs =
            (1..=100).map(|row| server.app.commands().run(take("t", row, Then::Succeed), None));
        join_all(runs).await.into_iter().for_each(|answer| assert!(answer.is_ok()));

        let places: Vec<i64> =
            rows(&server, "t").await.into_iter().map(|(_, place)| place).collect();
        assert_eq!(places, (1..=100).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_lost_race_is_run_again_but_not_for_ever() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let racing =
            |row, races| Take { races: AtomicU32::new(races), ..take("t", row, Then::Succeed) };

        let wins = server.app.commands().run(racing(1, 3), None).await;
        let loses = server.app.commands().run(racing(2, 99), None).await;

        assert!(wins.is_ok());
        assert!(matches!(loses, Err(ApiError::Busy)));
        assert_eq!(rows(&server, "t").await, [("a1".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn a_key_is_one_change_however_often_and_a_refusal_is_not_kept() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let key = |digest: u8, fingerprint: u8| {
            Some(Key { digest: [digest; 32], fingerprint: [fingerprint; 32] })
        };
        let commands = server.app.commands();

        let runs = (1..=16).map(|row| commands.run(take("t", row, Then::Succeed), key(1, 1)));
        let same = join_all(runs).await;
        let other = commands.run(take("t", 90, Then::Succeed), key(1, 2)).await;
        let refused = commands.run(take("t", 91, Then::Refuse), key(2, 1)).await;
        let after = commands.run(take("t", 91, Then::Succeed), key(2, 1)).await;

        let bodies: Vec<_> = same.iter().map(|it| it.as_ref().unwrap().body.clone()).collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        assert_eq!(same.iter().filter(|it| it.as_ref().unwrap().replayed).count(), 15);
        assert!(matches!(other, Err(ApiError::KeyReused)));
        assert!(matches!(refused, Err(ApiError::Conflict(_))));
        assert!(!after.unwrap().replayed);
        assert_eq!(rows(&server, "t").await.len(), 2);
    }
}

#[tokio::test]
async fn a_tenant_that_another_process_holds_is_busy_and_the_others_go_on() {
    for engine in engines() {
        if engine.url().starts_with("sqlite") {
            continue; // There the whole database is one lock, and waiting is the writer's turn.
        }
        let server = Server::start(engine).await;
        let commands = server.app.commands();
        commands.run(take("held", 1, Then::Succeed), None).await.unwrap();
        let mut other = server.env.db.begin().await.unwrap();
        let lock =
            Stmt::new("SELECT tenant_id FROM tenant WHERE tenant_id = $1 ORDER BY tenant_id");
        let _held: Vec<(String,)> = other.fetch_locked(lock.bind("held")).await.unwrap();

        let tenants = ["held", "a", "b", "c", "d", "e", "f", "g"];
        let runs = (2_i64..)
            .zip(tenants)
            .map(|(row, tenant)| commands.run(take(tenant, row, Then::Succeed), None));
        let answers = join_all(runs).await;

        assert!(matches!(answers[0], Err(ApiError::Busy)), "{:?}", answers[0]);
        assert!(answers[1..].iter().all(Result::is_ok));
        other.rollback().await.unwrap();
        assert!(commands.run(take("held", 2, Then::Succeed), None).await.is_ok());
    }
}

#[tokio::test]
async fn a_preview_decides_and_leaves_no_trace() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let commands = server.app.commands();
        commands.run(take("t", 1, Then::Succeed), None).await.unwrap();

        let shown = commands.preview(&take("t", 2, Then::Succeed)).await.unwrap();
        assert_eq!(rows(&server, "t").await.len(), 1);
        commands.run(take("t", 2, Then::Succeed), None).await.unwrap();

        assert_eq!(rows(&server, "t").await[1].1, shown);
    }
}
