//! Runs over all tenants, as the scheduler makes them: late, twice, and in sets.

use countinghouse::{
    app::App,
    cli::seed::{Order, sow},
    command::Alone,
    db::{Purpose, Stmt, Time},
    ledger::{CloseMonth, ClosingRun},
};
use countinghouse_core::{
    calendar::{Instant, Month, Zone},
    id::TenantId,
};
use serde_json::json;

use super::{DAY, admin, deferred, earned, set_clock, subscribe};
use crate::harness::{Server, engines};

/// Closes what is over, and gives how many months that were; none may fail.
async fn run(app: &App) -> usize {
    let mut run = ClosingRun::start(app.env(), app.commands(), None).await.unwrap();
    let mut closed = 0;
    while let Some(group) = run.next_group().await.unwrap() {
        assert!(group.iter().all(|well| *well));
        closed += group.len();
    }
    closed
}

/// Half a year of somebody whose plan changes now and then; `every` is called after each day.
async fn live(server: &Server, closes: bool) {
    subscribe(server, "acme", json!({ "plan": "basic", "billing_cycle": "yearly" })).await;
    for day in 0..180_i64 {
        server.advance(DAY);
        if closes {
            run(&server.app).await;
        }
        let path = "/admin/billing/subscription/acme/change-plan";
        let plan = match day {
            20 | 100 => "pro",
            40 | 130 => "basic",
            70 => "enterprise",
            _ => continue,
        };
        server.post(admin("acme"), path, json!({ "new_plan": plan })).await.expect(200);
    }
    run(&server.app).await;
}

#[tokio::test]
async fn it_does_not_matter_how_late_months_are_closed() {
    for (engine, other) in engines().into_iter().zip(engines()) {
        let (in_time, late) = (Server::start(engine).await, Server::start(other).await);

        live(&in_time, true).await;
        live(&late, false).await;

        let months = earned(&in_time, "acme").await;
        assert_eq!(months.len(), 6, "{months:?}");
        assert_eq!(earned(&late, "acme").await, months);
        assert_eq!(deferred(&late, "acme").await, deferred(&in_time, "acme").await);
        in_time.assert_sound().await;
        late.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_that_meet_close_each_month_of_everybody_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        for n in 0..40 {
            let tenant = format!("tnt_{n:02}");
            let plan = json!({ "plan": "basic", "billing_cycle": "yearly" });
            subscribe(&server, &tenant, plan).await;
        }
        server.advance(100 * DAY);

        tokio::join!(run(&server.app), run(&beside.app), run(&server.app));

        let stmt = Stmt::new(
            "SELECT tenant_id, COUNT(*), COUNT(DISTINCT month) FROM ledger_transfer
             WHERE kind = 'revenue_recognised' GROUP BY tenant_id",
        );
        let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
        let closed: Vec<(String, i64, i64)> = tx.fetch_all(stmt).await.unwrap();
        assert_eq!(closed.len(), 40);
        assert!(closed.iter().all(|(_, all, months)| (*all, *months) == (4, 4)), "{closed:?}");
        assert_eq!(run(&server.app).await, 0);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_month_that_is_not_due_or_was_closed_is_left_alone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        let tenant = TenantId::parse("acme").unwrap();
        let close = |due: &str| {
            let due = Instant::parse(due).unwrap();
            let command = Alone(CloseMonth { tenant: tenant.clone(), due });
            server.app.commands().run(command, None)
        };

        close("2026-02-01T00:00:00Z").await.unwrap();
        let early = earned(&server, "acme").await;
        server.advance(DAY);
        close("2026-01-31T00:00:00Z").await.unwrap();
        let another = earned(&server, "acme").await;
        close("2026-02-01T00:00:00Z").await.unwrap();
        close("2026-02-01T00:00:00Z").await.unwrap();

        assert_eq!((early.len(), another.len()), (0, 0));
        assert_eq!(earned(&server, "acme").await, ["2026-01 354"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn whoever_lives_by_a_clock_of_its_own_is_left_to_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "acme", "2026-01-31T12:00:00Z").await;
        for tenant in ["acme", "other"] {
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
        }
        server.advance(60 * DAY);

        let closed = run(&server.app).await;

        assert_eq!(closed, 2);
        assert_eq!(earned(&server, "acme").await, Vec::<String>::new());
        assert_eq!(earned(&server, "other").await, ["2026-01 354", "2026-02 9546"]);
    }
}

#[tokio::test]
async fn what_is_sown_is_earned_as_of_the_ends_of_its_months() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let tenant = TenantId::parse("acme").unwrap();
        let order = Order { tenant, records: 300, seed: 3, plan: "pro" };
        let commands = server.app.commands();

        sow(commands, &server.env, &order, |_| ()).await.unwrap();
        let left = run(&server.app).await;

        let stmt = Stmt::new(
            "SELECT month, created_at FROM ledger_transfer
             WHERE tenant_id = 'acme' AND kind = 'revenue_recognised' ORDER BY seq",
        );
        let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
        let closed: Vec<(String, Time)> = tx.fetch_all(stmt).await.unwrap();
        assert_eq!((left, closed.len()), (0, 9), "{closed:?}");
        for (month, at) in closed {
            let end = Month::parse(&month).unwrap().end_in(&Zone::UTC);
            assert_eq!(at.instant().unwrap(), end, "{month}");
        }
        server.advance(DAY);
        assert_eq!(run(&server.app).await, 1);
        server.assert_sound().await;
    }
}
