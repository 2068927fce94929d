//! Sets of events on PostgreSQL, whose values are arrays.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::sets::{Set, Statements, name};
use crate::{Outcome, database::Database};

/// A connection that writes sets.
pub(super) struct Postgres {
    connection: PgConnection,
    events: String,
    days: String,
    periods: String,
}

impl Postgres {
    pub(super) async fn open(database: &Database, statements: &Statements) -> Outcome<Self> {
        let Statements { event, day, period } = statements;
        let [insert, first, last] = event;
        let events = format!(
            "{insert} SELECT {first} k, a, r {last}
             FROM unnest($1::bytea[], $2::text[], $3::text[]) AS it (k, a, r)"
        );
        let [insert, first, add] = day;
        let days = format!(
            "{insert} SELECT {first} app, calls, 0, moved, 0, sms, mails, 0, 0, 0
             FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                AS it (app, calls, moved, sms, mails) {add}"
        );
        let [insert, first, last, add] = period;
        let periods = format!(
            "{insert} SELECT {first} a, r, n {last}
             FROM unnest($1::text[], $2::text[], $3::bigint[]) AS it (a, r, n) {add}"
        );
        let connection = PgConnection::connect(&database.url()).await?;
        Ok(Self { connection, events, days, periods })
    }

    pub(super) async fn write(&mut self, set: &Set) -> Outcome {
        let to = &mut self.connection;
        to.execute("BEGIN").await?;
        let keys: Vec<&[u8]> = set.events.iter().map(|(key, _, _)| key.as_slice()).collect();
        let apps: Vec<&str> = set.events.iter().map(|(_, app, _)| app.as_str()).collect();
        let resources: Vec<&str> = set.events.iter().map(|(_, _, it)| name(*it)).collect();
        let events = sqlx::query(AssertSqlSafe(self.events.as_str()));
        events.bind(keys).bind(apps).bind(resources).execute(&mut *to).await?;
        let mut days = sqlx::query(AssertSqlSafe(self.days.as_str()));
        days = days.bind(set.days.keys().map(String::as_str).collect::<Vec<_>>());
        for resource in 0..4 {
            days = days.bind(set.days.values().map(|it| it[resource]).collect::<Vec<_>>());
        }
        days.execute(&mut *to).await?;
        let apps: Vec<&str> = set.periods.keys().map(|(app, _)| app.as_str()).collect();
        let resources: Vec<&str> = set.periods.keys().map(|(_, it)| name(*it)).collect();
        let totals: Vec<i64> = set.periods.values().copied().collect();
        let periods = sqlx::query(AssertSqlSafe(self.periods.as_str()));
        periods.bind(apps).bind(resources).bind(totals).execute(&mut *to).await?;
        to.execute("COMMIT").await?;
        Ok(())
    }
}
