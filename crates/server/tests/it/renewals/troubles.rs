//! Renewals that fail, meet each other, or are killed.

use std::process::{Command, Stdio};

use countinghouse::{
    command::Commands,
    db::{Purpose, Stmt},
    subscriptions::{RenewalRun, RenewalRunReport},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{DAY, execute, make_rich, records, results, run, subscribe, subscription, texts};
use crate::harness::{Engine, Server, Who, engines};

/// To what costs nothing, so that years may pass and nobody is late.
async fn subscribe_many(server: &Server, count: usize) {
    let ask = || json!({ "plan": "free", "billing_cycle": "yearly" });
    let tenants: Vec<String> = (0..count).map(|n| format!("t_{n:03}")).collect();
    // No more than may wait at once.
    for some in tenants.chunks(1_000) {
        let all = some.iter().map(|tenant| subscribe(server, tenant, ask()));
        join_all(all).await;
    }
}

/// A run as the scheduler makes it, until nothing is due.
async fn whole_run(server: &Server) -> Value {
    let commands = Commands::start(server.env.clone());
    let mut run = RenewalRun::start(&server.env, &commands, None).await.unwrap();
    let mut report = RenewalRunReport::default();
    while let Some(outcomes) = run.next_group().await.unwrap() {
        report.add(outcomes);
    }
    serde_json::to_value(report).unwrap()
}

/// Every tenant is billed for the same number of periods, each of them once.
async fn billed(server: &Server) -> Vec<String> {
    texts(
        server,
        "SELECT tenant_id || ' ' || CAST(COUNT(*) AS TEXT) || ' '
            || CAST(COUNT(DISTINCT period_start) AS TEXT)
         FROM invoice GROUP BY tenant_id ORDER BY tenant_id",
    )
    .await
}

#[tokio::test]
async fn one_that_fails_stops_nobody_and_the_next_run_tries_it_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["t_1", "t_2_refused", "t_3", "t_4_broken", "t_5"] {
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
        }
        // One is refused by its own book, one by the database: its next place is taken.
        execute(
            &server,
            "UPDATE ledger_book SET debit_receivable = 1000000000000000000
             WHERE tenant_id = 't_2_refused'",
        )
        .await;
        execute(&server, "UPDATE record_counter SET last_seq = 2 WHERE tenant_id = 't_4_broken'")
            .await;
        execute(
            &server,
            "INSERT INTO billing_record SELECT tenant_id, 3, 'rec_x', 'INV-X', subscription_id,
                app_id, app_seq, type, status, amount, currency, description, created_at
             FROM billing_record WHERE tenant_id = 't_4_broken'",
        )
        .await;
        server.advance(28 * DAY);

        let report = run(&server).await;

        assert_eq!(
            results(&report),
            [
                ("t_1", "renewed"),
                ("t_2_refused", "failed"),
                ("t_3", "renewed"),
                ("t_4_broken", "failed"),
                ("t_5", "renewed"),
            ]
        );
        assert_eq!((&report["succeeded"], &report["failed"]), (&json!(3), &json!(2)));
        let told = report["outcomes"][1]["error"].as_str().unwrap();
        assert!(told.contains("receivable"), "{told}");
        assert!(report["outcomes"][3]["error"].is_string());
        for tenant in ["t_2_refused", "t_4_broken"] {
            let own = subscription(&server, tenant).await;
            assert_eq!(own["current_period_end"], "2026-02-28T12:00:00Z", "{tenant}");
        }
        execute(
            &server,
            "UPDATE ledger_book SET debit_receivable = 990000 WHERE tenant_id = 't_2_refused'",
        )
        .await;
        let again = run(&server).await;
        assert_eq!(results(&again), [("t_2_refused", "renewed"), ("t_4_broken", "failed")]);
        assert_eq!(records(&server, "t_2_refused").await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_bill_every_period_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe_many(&server, 40).await;
        let beside = server.beside().await;
        server.advance(3 * 366 * DAY);

        let (one, other) = tokio::join!(whole_run(&server), whole_run(&beside));

        let sum = |what: &str| one[what].as_u64().unwrap() + other[what].as_u64().unwrap();
        assert_eq!((sum("succeeded"), sum("failed")), (120, 0), "{one} {other}");
        assert!(billed(&server).await.iter().all(|it| it.ends_with(" 4 4")));
        assert_eq!(whole_run(&server).await["processed"], 0);
        server.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_pays_once_however_many_invoices_come_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        let grant = json!({ "amount": 150, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);
        server.advance(28 * DAY);

        // The renewal in two processes, and then changes of plan that each make an invoice.
        let (one, other) = tokio::join!(whole_run(&server), whole_run(&beside));
        let plans = ["pro", "enterprise", "platform"].into_iter().cycle().take(9);
        let changes = plans.zip([&server, &beside].into_iter().cycle()).map(|(plan, at)| {
            let change = "/admin/billing/subscription/acme/change-plan";
            at.post(Who::ADMIN, change, json!({ "new_plan": plan }))
        });
        let answers = join_all(changes).await;

        let renewed = one["succeeded"].as_u64().unwrap() + other["succeeded"].as_u64().unwrap();
        assert_eq!(renewed, 1, "{one} {other}");
        assert!(answers.iter().any(|it| it.status == 200), "{answers:?}");
        let used = "SELECT CAST(SUM(credit_applied) AS TEXT) FROM invoice";
        assert_eq!(texts(&server, used).await, ["1500000"]);
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 0);
        server.assert_sound().await;
    }
}

/// How often the verb is killed before it is let through, on each engine; more by `RENEWAL_KILLS`.
const KILLS: usize = 3;

fn kills() -> usize {
    std::env::var("RENEWAL_KILLS").map_or(KILLS, |kills| kills.parse().unwrap())
}

async fn invoices(server: &Server) -> i64 {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    tx.fetch_scalar(Stmt::new("SELECT COUNT(*) FROM invoice")).await.unwrap()
}

fn renew(engine: &Engine) -> Command {
    let mut renew = Command::new(env!("CARGO_BIN_EXE_countinghouse"));
    renew.args(["renew", "--database-url", &engine.url()]);
    renew.env("COUNTINGHOUSE_LOG", "error").stdout(Stdio::piped()).stderr(Stdio::piped());
    renew
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_is_gone_on_with_by_the_next() {
    for engine in engines() {
        let server = Server::start(engine).await;
        // Yearly, and some years ago by the machine's clock.
        server.advance(-12 * 365 * DAY);
        subscribe_many(&server, 150.max(kills() * 40)).await;

        let mut seen = invoices(&server).await;
        for _ in 0..kills() {
            let mut child = renew(server.engine()).spawn().unwrap();
            // It is killed once it has done something, most likely in the middle of the next set.
            while seen == invoices(&server).await && child.try_wait().unwrap().is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            seen = invoices(&server).await;
        }
        let two =
            [renew(server.engine()).spawn().unwrap(), renew(server.engine()).spawn().unwrap()];
        let [rest, beside] = two.map(|it| it.wait_with_output().unwrap());
        let again = renew(server.engine()).output().unwrap();

        let told = String::from_utf8_lossy(&rest.stderr);
        assert!(rest.status.success() && again.status.success(), "{told}");
        let [rest, beside, again] =
            [rest, beside, again].map(|it| serde_json::from_slice::<Value>(&it.stdout).unwrap());
        let left = rest["succeeded"].as_u64().unwrap() + beside["succeeded"].as_u64().unwrap();
        assert!(left != 0, "no run was killed in the middle");
        assert_eq!(again["processed"], 0);
        let billed = billed(&server).await;
        let (_, periods) = billed[0].split_once(' ').unwrap();
        assert!(billed.iter().all(|it| it.ends_with(&format!(" {periods}"))), "{billed:?}");
        let (all, distinct) = periods.split_once(' ').unwrap();
        assert_eq!(all, distinct);
        server.assert_sound().await;
    }
}

#[test]
fn the_verb_exits_with_1_where_one_failed_or_nothing_is_there() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for engine in engines() {
        let empty = renew(&engine).output().unwrap();
        let failed = runtime.block_on(async {
            let server = Server::start(engine).await;
            server.advance(-6 * 365 * DAY);
            make_rich(&server, "t_0").await;
            let yearly = json!({ "plan": "basic", "billing_cycle": "yearly" });
            subscribe(&server, "t_0", yearly).await;
            execute(&server, "UPDATE ledger_book SET debit_receivable = 1000000000000000000").await;
            renew(server.engine()).output().unwrap()
        });

        assert_eq!(empty.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&empty.stderr).contains("schema"));
        let report: Value = serde_json::from_slice(&failed.stdout).unwrap();
        assert_eq!((failed.status.code(), &report["failed"]), (Some(1), &json!(1)));
    }
}
