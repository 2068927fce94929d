//! A group of commands leaves row for row what the same commands leave one by one.
//!
//! `GROUP_SCRIPTS` sets how many random scripts are played; a few by default.

use axum::http::StatusCode;
use countinghouse::{
    app::App,
    command::Sets,
    db::{Purpose, Stmt, Time},
    ledger::Adjust,
    payments::{RecordPayment, Subject},
    subscriptions::{Renew, Subscribe},
    tenants,
};
use countinghouse_core::{
    calendar::{Cycle, Instant, Period},
    id::{SubscriptionId, TenantId, UserId},
    invoicing::RecordStatus,
    ledger::Source,
    money::Amount,
    tenants::Profile,
};
use futures_util::future::{BoxFuture, join_all};
use proptest::{
    prelude::{Just, Strategy, prop_oneof},
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use crate::harness::{Server, engines};

/// How many scripts are played on each engine, unless `GROUP_SCRIPTS` says otherwise.
const SCRIPTS: u32 = 8;

/// Commands of one kind that arrive together.
#[derive(Clone, Debug)]
enum Round {
    Subscribe(Vec<usize>),
    Adjust(Vec<(usize, i64, Option<u8>)>),
    Pay(Vec<(usize, i64, u8)>),
    /// Everybody whose period is over so many seconds later.
    Renew(i64),
    Wait(i64),
}

const TENANTS: [&str; 3] = ["t_a", "t_b", "t_c"];

fn script() -> impl Strategy<Value = Vec<Round>> {
    let tenant = 0..TENANTS.len();
    let adjust = (tenant.clone(), -60_i64..100, proptest::option::of(0_u8..6));
    let pay = (tenant.clone(), prop_oneof![Just(99), Just(499), 0..50_i64], 0_u8..3);
    let round = prop_oneof![
        1 => proptest::collection::vec(tenant, 1..4).prop_map(Round::Subscribe),
        4 => proptest::collection::vec(adjust, 1..40).prop_map(Round::Adjust),
        3 => proptest::collection::vec(pay, 1..20).prop_map(Round::Pay),
        1 => (0_i64..100_000).prop_map(Round::Wait),
        2 => (1_500_000_i64..6_000_000).prop_map(Round::Renew),
    ];
    let rounds = proptest::collection::vec(round, 6..14);
    rounds.prop_map(|rounds| [vec![Round::Subscribe(vec![0, 1])], rounds].concat())
}

/// How the commands of a round arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrive {
    OneByOne,
    Together,
    /// Together at two processes, a tenant's at one of them; at the other one in the next round.
    AtTwo,
}

/// Lets the tenants pay as late as can be: what waits for their dunning is not renewed.
async fn be_patient(server: &Server) {
    let mut tx = server.env.db.begin().await.unwrap();
    for tenant in TENANTS {
        let stmt = Stmt::new("INSERT INTO tenant (tenant_id) VALUES ($1)");
        tx.execute(stmt.bind(tenant)).await.unwrap();
        let profile = Profile { due_days: 90, ..Profile::default() };
        tenants::enter_profile(&mut tx, tenant, &profile).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// What is there after the script: every row of every table, without the ids that are drawn.
async fn play(server: &Server, script: &[Round], arrive: Arrive) -> Vec<String> {
    let mut processes = vec![server.app.clone()];
    if arrive == Arrive::AtTwo {
        processes.push(server.beside().await.app);
    }
    be_patient(server).await;
    let sets: Vec<Sets<Renew>> = processes.iter().map(|it| it.commands().sets()).collect();
    let mut statuses = Vec::new();
    for (round, commands) in script.iter().enumerate() {
        let at = |tenant: usize| &processes[(round + tenant) % processes.len()];
        let calls: Vec<BoxFuture<'_, u16>> = match commands {
            Round::Wait(seconds) => {
                server.advance(*seconds);
                continue;
            }
            Round::Renew(seconds) => {
                server.advance(*seconds);
                let mut calls = Vec::new();
                for tenant in 0..TENANTS.len() {
                    let sets = &sets[(round + tenant) % processes.len()];
                    calls.extend(renew(server, sets, tenant).await);
                }
                calls
            }
            Round::Subscribe(tenants) => {
                tenants.iter().map(|tenant| subscribe(at(*tenant), *tenant)).collect()
            }
            Round::Adjust(all) => all.iter().map(|it| adjust(at(it.0), *it)).collect(),
            Round::Pay(all) => {
                let mut calls = Vec::new();
                for it in all {
                    calls.push(pay(at(it.0), *it).await);
                }
                calls
            }
        };
        if arrive == Arrive::OneByOne {
            for call in calls {
                statuses.push(call.await);
            }
        } else {
            statuses.extend(join_all(calls).await);
        }
    }
    let mut rows = dump(server).await;
    rows.push(format!("{statuses:?}"));
    rows
}

fn status<T: Into<u16>>(status: T) -> u16 {
    status.into()
}

fn subscribe(app: &App, tenant: usize) -> BoxFuture<'_, u16> {
    let command = Subscribe {
        tenant: TenantId::parse(TENANTS[tenant]).unwrap(),
        caller: UserId::parse("usr_1").unwrap(),
        plan: "basic".to_owned(),
        cycle: Cycle::Monthly,
        auto_renew: true,
        trial_days: 0,
    };
    Box::pin(async move {
        let answer = app.commands().run(command, None).await;
        answer.map_or_else(|error| status(error.kind().status), |it| status(it.status))
    })
}

fn adjust(app: &App, (tenant, amount, cause): (usize, i64, Option<u8>)) -> BoxFuture<'_, u16> {
    if amount == 0 {
        return Box::pin(async { status(StatusCode::BAD_REQUEST) });
    }
    let command = Adjust {
        tenant: TenantId::parse(TENANTS[tenant]).unwrap(),
        amount: Amount::from_major(amount),
        currency: None,
        source: if amount % 2 == 0 { Source::Promo } else { Source::ManualAdjust },
        source_id: cause.map(|cause| format!("cause-{cause}")),
        remark: None,
    };
    Box::pin(async move {
        let answer = app.adjustments().run(command, None).await;
        answer.map_or_else(|error| status(error.kind().status), |it| status(it.status))
    })
}

/// Ends the tenant's period, if there is one.
async fn renew<'a>(
    server: &Server,
    sets: &'a Sets<Renew>,
    tenant: usize,
) -> Option<BoxFuture<'a, u16>> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt =
        Stmt::new("SELECT subscription_id, period_end FROM subscription WHERE tenant_id = $1");
    let found: Option<(String, Time)> =
        tx.fetch_optional(stmt.bind(TENANTS[tenant])).await.unwrap();
    let (subscription, due) = found?;
    let command = Renew {
        tenant: TenantId::parse(TENANTS[tenant]).unwrap(),
        subscription: subscription.parse().unwrap(),
        due: due.instant().unwrap(),
    };
    Some(Box::pin(async move {
        let answer = sets.run(command, None).await;
        answer.map_or_else(|error| status(error.kind().status), |it| status(it.status))
    }))
}

async fn pay(app: &App, (tenant, amount, said): (usize, i64, u8)) -> BoxFuture<'_, u16> {
    let tenant = TENANTS[tenant];
    let mut tx = app.env().db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new("SELECT subscription_id FROM subscription WHERE tenant_id = $1");
    let found: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await.unwrap();
    let subscription = found.map_or(SubscriptionId::from_parts(1, 1), |(id,)| id.parse().unwrap());
    let (start, end) = ("2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z");
    let period = Period::new(Instant::parse(start).unwrap(), Instant::parse(end).unwrap()).unwrap();
    let command = RecordPayment {
        tenant: TenantId::parse(tenant).unwrap(),
        subject: Subject::Period { subscription, period },
        app: None,
        amount: Amount::from_major(amount),
        currency: None,
        status: [RecordStatus::Paid, RecordStatus::Failed, RecordStatus::Pending]
            [usize::from(said)],
        description: None,
        method: None,
    };
    Box::pin(async move {
        let answer = app.commands().run(command, None).await;
        answer.map_or_else(|error| status(error.kind().status), |it| status(it.status))
    })
}

/// Every table, as text, in the order of its key. What is drawn at random (ids, and the hashes over
/// them) is left out.
const TABLES: [&str; 9] = [
    "SELECT tenant_id || '|' || CAST(seq AS TEXT) || '|' || CASE WHEN source_id IS NULL THEN kind ELSE cause_id END || '|' || CAST(leg AS TEXT)
        || '|' || debit || '|' || credit || '|' || CAST(amount AS TEXT) || '|' || COALESCE(CAST(credit_seq AS TEXT), '-')
        || '|' || COALESCE(source, '-') || '|' || COALESCE(CAST(source_seq AS TEXT), '-') || '|' || COALESCE(CAST(balance_after AS TEXT), '-') || '|' || COALESCE(month, '-')
     FROM ledger_transfer ORDER BY tenant_id, seq",
    "SELECT tenant_id || '|' || currency || '|' || CAST(last_seq AS TEXT) || '|' || CAST(credit_seq AS TEXT) || '|' || CAST(debit_credit AS TEXT)
        || '|' || CAST(credit_credit AS TEXT) || '|' || CAST(debit_receivable AS TEXT) || '|' || CAST(credit_receivable AS TEXT)
        || '|' || CAST(credit_deferred_revenue AS TEXT) || '|' || CAST(debit_cash AS TEXT) || '|' || deferred
     FROM ledger_book ORDER BY tenant_id",
    "SELECT tenant_id || '|' || CAST(seq AS TEXT) || '|' || invoice_number || '|' || type || '|' || status || '|' || CAST(amount AS TEXT)
        || '|' || description FROM billing_record ORDER BY tenant_id, seq",
    "SELECT tenant_id || '|' || CAST(record_seq AS TEXT) || '|' || CAST(line AS TEXT) || '|' || unit_price || '|' || CAST(amount AS TEXT)
        || '|' || CAST(tax_amount AS TEXT) FROM invoice_line ORDER BY tenant_id, record_seq, line",
    "SELECT tenant_id || '|' || number || '|' || status || '|' || CAST(total AS TEXT) || '|' || CAST(credit_applied AS TEXT) || '|' || CAST(paid AS TEXT)
        || '|' || CAST(attempts AS TEXT) || CASE WHEN failed_at IS NULL THEN '' ELSE '|failed' END || CASE WHEN dunning_at IS NULL THEN '' ELSE '|dunned' END
     FROM invoice ORDER BY tenant_id, record_seq",
    "SELECT tenant_id || '|' || CAST(seq AS TEXT) || '|' || CAST(position AS TEXT) || '|' || kind || '|' || payload
     FROM chain_event ORDER BY tenant_id, seq",
    "SELECT tenant_id || '|' || CAST(seq AS TEXT) || '|' || kind FROM outbox_message ORDER BY tenant_id, seq",
    "SELECT tenant_id || '|' || app_id || '|' || CAST(last_seq AS TEXT) FROM record_counter ORDER BY tenant_id, app_id",
    "SELECT tenant_id || '|' || CAST(ordinal AS TEXT) || '|' || plan || '|' || status || '|' || CAST(period_number AS TEXT)
        || '|' || CAST(version AS TEXT) FROM subscription ORDER BY tenant_id, ordinal",
];

async fn dump(server: &Server) -> Vec<String> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let mut all = Vec::new();
    for table in TABLES {
        let rows: Vec<(String,)> = tx.fetch_all(Stmt::new(table)).await.unwrap();
        all.extend(rows.into_iter().map(|(row,)| row));
    }
    all
}

#[tokio::test]
async fn a_group_leaves_row_for_row_what_its_commands_leave_one_by_one() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let scripts = std::env::var("GROUP_SCRIPTS").ok().and_then(|it| it.parse().ok());
    let (mut committed, mut renewed) = (0, 0);
    for _ in 0..scripts.unwrap_or(SCRIPTS) {
        let script = script().new_tree(&mut runner).unwrap().current();
        let mut left = Vec::new();
        for arrive in [Arrive::OneByOne, Arrive::Together, Arrive::AtTwo] {
            for engine in engines() {
                let server = Server::start(engine).await;
                left.push(play(&server, &script, arrive).await);
            }
        }
        committed += left[0].len();
        renewed += left[0].iter().filter(|row| row.contains("|subscription.renewed|")).count();
        for other in &left[1..] {
            assert_eq!(left[0], *other, "{script:#?}");
        }
    }
    assert!(committed > 500 && renewed > 5, "too little to compare: {committed}, {renewed}");
}
