//! Sets of events on SQLite, through the same library as the service.

use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use super::sets::{Set, Statements, name};
use crate::{Outcome, database::Database};

/// A connection that writes sets.
pub(super) struct Sqlite {
    connection: SqliteConnection,
    statements: Statements,
}

impl Sqlite {
    pub(super) async fn open(database: &Database, statements: Statements) -> Outcome<Self> {
        Ok(Self { connection: database.sqlite().await?, statements })
    }

    pub(super) async fn write(&mut self, set: &Set) -> Outcome {
        let Statements { event, day, period } = &self.statements;
        let to = &mut self.connection;
        to.execute("BEGIN IMMEDIATE").await?;
        let [insert, first, last] = event;
        let sql = values(insert, first, "?, ?, ?", last, set.events.len());
        let mut events = sqlx::query(AssertSqlSafe(sql));
        for (key, app, resource) in &set.events {
            events = events.bind(key.as_slice()).bind(app).bind(name(*resource));
        }
        events.execute(&mut *to).await?;
        let [insert, first, add] = day;
        let row = "?, ?, 0, ?, 0, ?, ?, 0, 0, 0";
        let sql = values(insert, first, row, "", set.days.len()) + " " + add;
        let mut days = sqlx::query(AssertSqlSafe(sql));
        for (app, amounts) in &set.days {
            days = amounts.iter().fold(days.bind(app), |days, amount| days.bind(*amount));
        }
        days.execute(&mut *to).await?;
        let [insert, first, last, add] = period;
        let sql = values(insert, first, "?, ?, ?", last, set.periods.len()) + " " + add;
        let mut periods = sqlx::query(AssertSqlSafe(sql));
        for ((app, resource), total) in &set.periods {
            periods = periods.bind(app).bind(name(*resource)).bind(*total);
        }
        periods.execute(&mut *to).await?;
        to.execute("COMMIT").await?;
        Ok(())
    }
}

/// An insert of so many rows.
fn values(insert: &str, first: &str, row: &str, last: &str, rows: usize) -> String {
    let row = format!("({first}{row}{last})");
    format!("{insert} VALUES {}", vec![row; rows].join(", "))
}
