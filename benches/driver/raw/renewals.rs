//! Subscriptions by the hundred thousand, and the rows of their renewals written once more.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::{
    Outcome,
    database::{Database, Engine},
};

/// Tables that a renewal adds rows to, each after those that it refers to.
const TABLES: [&str; 10] = [
    "ledger_book",
    "ledger_transfer",
    "chain_event",
    "chain_head",
    "billing_record",
    "invoice_line",
    "invoice",
    "record_counter",
    "invoice_series",
    "outbox_message",
];

/// Tenants whose rows share a transaction.
const GROUP: u64 = 500;

/// An instant so many seconds from now, in SQL.
fn instant(engine: Engine, seconds: i64) -> String {
    match engine {
        Engine::Sqlite => format!("(CAST(unixepoch() AS INTEGER) + ({seconds})) * 1000000"),
        Engine::Postgres => {
            format!("date_trunc('second', now()) + {seconds} * interval '1 second'")
        }
    }
}

/// The same as a local time in UTC.
fn anchor(engine: Engine, seconds: i64) -> String {
    match engine {
        Engine::Sqlite => {
            format!("strftime('%Y-%m-%dT%H:%M:%S', unixepoch() + ({seconds}), 'unixepoch')")
        }
        Engine::Postgres => {
            let instant = instant(engine, seconds);
            format!("to_char(({instant}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')")
        }
    }
}

/// The name of a tenant, in SQL, from the number `i`. Names sort as their numbers do.
fn name(prefix: &str, i: &str) -> String {
    format!("'{prefix}-' || SUBSTR('0000000' || CAST({i} AS TEXT), LENGTH(CAST({i} AS TEXT)) + 1)")
}

/// Tenants `from` to `to` of a prefix, each with a subscription to `basic` whose period ends so many
/// seconds from now.
pub(crate) async fn subscribe(
    database: &Database,
    prefix: &str,
    (from, to): (u64, u64),
    ends_in: i64,
) -> Outcome {
    let tenant = name(prefix, "i");
    let numbers = format!(
        "WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to} - 1)"
    );
    let (start, end) =
        (instant(database.engine, ends_in - 28 * 86_400), instant(database.engine, ends_in));
    let anchor = anchor(database.engine, ends_in - 28 * 86_400);
    let zeros = "0".repeat(26);
    let id = format!("'sub_' || SUBSTR('{zeros}' || CAST(i AS TEXT), LENGTH(CAST(i AS TEXT)) + 1)");
    for sql in [
        format!("INSERT INTO tenant (tenant_id) {numbers} SELECT {tenant} FROM n"),
        format!(
            "INSERT INTO tenant_plan (tenant_id, plan) {numbers} SELECT {tenant}, 'basic' FROM n"
        ),
        format!(
            "INSERT INTO subscription (tenant_id, subscription_id, ordinal, plan, status,
                billing_cycle, amount, currency, auto_renew, cancel_at_period_end, anchor, timezone,
                period_number, period_start, period_end, period_since, admin_user_id, created_at,
                version)
             {numbers} SELECT {tenant}, {id}, 1, 'basic', 'active', 'monthly', 990000, 'CNY', TRUE,
                FALSE, {anchor}, 'UTC', 1, {start}, {end}, 1, 'usr_bench', {start}, 1
             FROM n"
        ),
    ] {
        database.execute(&sql).await?;
    }
    Ok(())
}

/// Writes the rows of the renewals of the first `count` tenants of one prefix for those of another,
/// as sets of the same size, each in a transaction that is as durable.
pub(crate) async fn copy(database: &Database, from: &str, to: &str, count: u64) -> Outcome {
    let mut statements = Vec::new();
    for table in TABLES {
        statements.push(insert(database, table, from, to).await?);
    }
    let set = "plan = plan, status = status, amount = amount, auto_renew = auto_renew, \
               anchor = anchor, period_number = period_number + 1, period_since = version + 1, \
               period_start = period_end, version = version + 1, period_end = ";
    let end = instant(database.engine, 400 * 86_400);
    statements.push(format!(
        "UPDATE subscription SET {set} {end} WHERE tenant_id >= '{to}-LOW' AND tenant_id < '{to}-HIGH'"
    ));
    let groups = (0..count.div_ceil(GROUP)).map(|group| {
        let number = |n: u64| format!("{n:07}");
        let (low, high) = (number(group * GROUP), number((group + 1) * GROUP));
        let all = statements.join(";");
        format!("BEGIN;{};COMMIT", all.replace("LOW", &low).replace("HIGH", &high))
    });
    match database.engine {
        Engine::Sqlite => run_sqlite(database.sqlite().await?, groups).await,
        Engine::Postgres => {
            run_postgres(PgConnection::connect(&database.url()).await?, groups).await
        }
    }
}

async fn run_sqlite(mut to: SqliteConnection, all: impl Iterator<Item = String>) -> Outcome {
    for sql in all {
        to.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    }
    Ok(())
}

async fn run_postgres(mut to: PgConnection, all: impl Iterator<Item = String>) -> Outcome {
    for sql in all {
        to.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    }
    Ok(())
}

/// Copies the rows of a group of tenants to others, whatever the columns are.
async fn insert(database: &Database, table: &str, from: &str, to: &str) -> Outcome<String> {
    let columns = columns(database, table).await?;
    let others: Vec<&str> =
        columns.iter().map(String::as_str).filter(|it| *it != "tenant_id").collect();
    let others = others.join(", ");
    let after = from.len() + 1;
    Ok(format!(
        "INSERT INTO {table} (tenant_id, {others})
         SELECT '{to}' || SUBSTR(tenant_id, {after}), {others} FROM {table}
         WHERE tenant_id >= '{from}-LOW' AND tenant_id < '{from}-HIGH'"
    ))
}

/// The columns of a table.
pub(super) async fn columns(database: &Database, table: &str) -> Outcome<Vec<String>> {
    Ok(match database.engine {
        Engine::Sqlite => {
            let sql = format!("SELECT name FROM pragma_table_info('{table}')");
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut database.sqlite().await?).await?
        }
        Engine::Postgres => {
            let sql = format!(
                "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'"
            );
            let mut connection = PgConnection::connect(&database.url()).await?;
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await?
        }
    })
}
