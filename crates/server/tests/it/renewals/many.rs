//! Many that are due in the same hour.
//!
//! `RENEWALS` sets how many tenants there are; what it takes is printed.

use countinghouse::{
    command::Commands,
    db::Stmt,
    env::Stopwatch,
    jobs,
    subscriptions::{RenewalResult, RenewalRun, Subscribe},
    tenants,
};
use countinghouse_core::{
    calendar::Cycle,
    id::{TenantId, UserId},
    tenants::Profile,
};
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;

use super::{DAY, texts};
use crate::harness::{Server, engines};

/// More than a set holds.
const TENANTS: usize = 600;

/// How many subscribe at the same time.
const AT_ONCE: usize = 400;

/// Enters tenants that have long to pay, so that nobody is late.
async fn enter(server: &Server, count: usize) {
    let patient = Profile { due_days: 60, ..Profile::default() };
    let mut tx = server.env.db.begin().await.unwrap();
    for number in 0..count {
        let tenant = format!("tnt_{number:06}");
        let stmt = Stmt::new("INSERT INTO tenant (tenant_id) VALUES ($1)");
        tx.execute(stmt.bind(tenant.as_str())).await.unwrap();
        tenants::enter_profile(&mut tx, &tenant, &patient).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn subscribe(commands: &Commands, number: usize) {
    let command = Subscribe {
        tenant: TenantId::parse(&format!("tnt_{number:06}")).unwrap(),
        caller: UserId::parse("usr_1").unwrap(),
        plan: "basic".to_owned(),
        cycle: Cycle::Monthly,
        auto_renew: true,
        trial_days: 0,
    };
    commands.run(command, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_renewed_in_sets_and_each_of_them_once() {
    let count = std::env::var("RENEWALS").ok().and_then(|it| it.parse().ok()).unwrap_or(TENANTS);
    for engine in engines() {
        let server = Server::start(engine).await;
        let commands = server.app.commands();
        let (stopping, stopped) = watch::channel(false);
        let housekeeping = jobs::start(&server.app, false, stopped);
        enter(&server, count).await;
        let all = stream::iter(0..count).map(|number| subscribe(commands, number));
        all.buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
        server.advance(28 * DAY);

        let watch = Stopwatch::start();
        let mut run = RenewalRun::start(&server.env, commands, None).await.unwrap();
        let mut renewed = 0;
        while let Some(outcomes) = run.next_group().await.unwrap() {
            assert!(outcomes.iter().all(|it| it.result() == RenewalResult::Renewed));
            renewed += outcomes.len();
        }

        stopping.send(true).unwrap();
        housekeeping.ended().await;
        println!("{} on {}: {:?}", renewed, server.env.db.engine(), watch.elapsed());
        assert_eq!(renewed, count);
        let twice = "SELECT tenant_id FROM invoice GROUP BY tenant_id
            HAVING COUNT(*) = 2 AND COUNT(DISTINCT period_start) = 2";
        assert_eq!(texts(&server, twice).await.len(), count);
        server.assert_sound().await;
    }
}
