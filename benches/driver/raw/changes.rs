//! The statements of a change of plan, and of the preview before it, a change a transaction.

use std::{cell::Cell, time::Instant};

use futures_util::future::try_join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::renewals::columns;
use crate::{
    Outcome,
    database::{Database, Engine},
};

/// What both of them read, by the tenant.
const READS: [&str; 14] = [
    "SELECT * FROM subscription WHERE tenant_id = $1 ORDER BY ordinal DESC LIMIT 1",
    "SELECT * FROM plan WHERE name = 'pro' AND $1 <> ''",
    "SELECT l.*, i.status FROM invoice AS i JOIN invoice_line AS l
        ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq WHERE i.tenant_id = $1",
    "SELECT * FROM invoice WHERE tenant_id = $1",
    "SELECT * FROM credit_note WHERE tenant_id = $1",
    "SELECT * FROM tenant_profile WHERE tenant_id = $1",
    "SELECT * FROM dunning_settings WHERE tenant_id = $1",
    "SELECT * FROM ledger_book WHERE tenant_id = $1",
    "SELECT MAX(seq) FROM chain_event WHERE tenant_id = $1",
    "SELECT * FROM chain_head WHERE tenant_id = $1",
    "SELECT MAX(seq) FROM outbox_message WHERE tenant_id = $1",
    "SELECT * FROM record_counter WHERE tenant_id = $1",
    "SELECT * FROM invoice_series WHERE tenant_id = $1",
    "SELECT * FROM dunning_step WHERE tenant_id = $1",
];

/// Tables that a change adds rows to, and the column that numbers them.
const ADDED: [(&str, &str); 8] = [
    ("ledger_transfer", "seq"),
    ("chain_event", "seq"),
    ("billing_record", "seq"),
    ("invoice_line", "record_seq"),
    ("invoice", "record_seq"),
    ("outbox_message", "seq"),
    ("plan_change", "version"),
    ("plan_change_line", "version"),
];

/// Tables of which it changes one row, and what is not changed of it.
const CHANGED: [(&str, &[&str]); 6] = [
    ("ledger_book", &[]),
    ("chain_head", &["subscription_id"]),
    ("record_counter", &["app_id"]),
    ("invoice_series", &["series", "year"]),
    ("subscription", &["subscription_id", "ordinal", "admin_user_id", "created_at"]),
    ("tenant_plan", &[]),
];

/// The statements that write a change of one tenant, `$1`, for another, `$2`.
struct Statements(Vec<String>);

/// Seconds that it takes to read and write the changes of the first `count` tenants of one prefix
/// for those of another, on so many connections; on SQLite on the one that writes.
pub(crate) async fn copy(
    database: &Database,
    from: &str,
    to: &str,
    count: u64,
    connections: u32,
) -> Outcome<f64> {
    let statements = Statements::new(database, to).await?;
    let (next, began) = (Cell::new(0), Instant::now());
    let pairs = || {
        let n = next.get();
        next.set(n + 1);
        (n < count).then(|| (format!("{from}-{n:07}"), format!("{to}-{n:07}")))
    };
    match database.engine {
        Engine::Sqlite => statements.run_sqlite(database.sqlite().await?, pairs).await?,
        Engine::Postgres => {
            let url = database.url();
            let each = (0..connections).map(async |_| {
                statements.run_postgres(PgConnection::connect(&url).await?, pairs).await
            });
            try_join_all(each).await?;
        }
    }
    Ok(began.elapsed().as_secs_f64())
}

/// Reads and writes one change after the other on a connection to whichever engine it is.
macro_rules! each_change {
    ($statements:expr, $connection:ident, $pairs:ident, $before:ident) => {{
        while let Some((from, to)) = $pairs() {
            for sql in &$before {
                let query = sqlx::query(*sql);
                let query = if sql.contains("$1") { query.bind(&to) } else { query };
                query.fetch_all(&mut $connection).await?;
            }
            for sql in &$statements.0 {
                let query = sqlx::query(AssertSqlSafe(sql.as_str())).bind(&from).bind(&to);
                query.execute(&mut $connection).await?;
            }
            sqlx::query("COMMIT").execute(&mut $connection).await?;
        }
        Ok(())
    }};
}

impl Statements {
    async fn new(database: &Database, to: &str) -> Outcome<Self> {
        let mut all = Vec::new();
        for (table, number) in ADDED {
            let has = format!(
                "SELECT COALESCE(MAX({number}), 0) FROM {table} WHERE tenant_id = '{to}-0000000'"
            );
            let has = database.number(&has).await?;
            let others = columns(database, table).await?;
            let others: Vec<_> = others.iter().filter(|it| *it != "tenant_id").cloned().collect();
            let others = others.join(", ");
            all.push(format!(
                "INSERT INTO {table} (tenant_id, {others})
                 SELECT $2, {others} FROM {table} WHERE tenant_id = $1 AND {number} > {has}"
            ));
        }
        for (table, kept) in CHANGED {
            let own = columns(database, table).await?;
            let own: Vec<_> = own
                .iter()
                .filter(|it| *it != "tenant_id" && !kept.contains(&it.as_str()))
                .cloned()
                .collect();
            let own = own.join(", ");
            // A row of one column needs its parentheses on both sides.
            let set = if own.contains(',') { format!("({own})") } else { own.clone() };
            all.push(format!(
                "UPDATE {table} SET {set} = (SELECT {own} FROM {table} WHERE tenant_id = $1)
                 WHERE tenant_id = $2"
            ));
        }
        Ok(Self(all))
    }

    async fn run_sqlite(
        &self,
        mut connection: SqliteConnection,
        mut pairs: impl FnMut() -> Option<(String, String)>,
    ) -> Outcome {
        let all = [
            &READS[..],
            &["BEGIN IMMEDIATE", "SELECT * FROM tenant WHERE tenant_id = $1"],
            &READS[..],
        ]
        .concat();
        each_change!(self, connection, pairs, all)
    }

    async fn run_postgres(
        &self,
        mut connection: PgConnection,
        mut pairs: impl FnMut() -> Option<(String, String)>,
    ) -> Outcome {
        let all = [
            &READS[..],
            &["BEGIN", "SELECT * FROM tenant WHERE tenant_id = $1 FOR NO KEY UPDATE"],
            &READS[..],
        ]
        .concat();
        each_change!(self, connection, pairs, all)
    }
}
