//! A statement with its values, and how each engine spells it.

use std::{borrow::Cow, fmt::Write as _};

use sqlx::{AssertSqlSafe, postgres::PgArguments, sqlite::SqliteArguments};

use super::{Error, Value};

/// One statement in the shared SQL, with its values. Places are `$1`, `$2`, ….
#[derive(Clone, Debug)]
pub struct Stmt {
    sql: Cow<'static, str>,
    args: Vec<Arg>,
}

#[derive(Clone, Debug)]
enum Arg {
    One(Value),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Blobs(Vec<Vec<u8>>),
}

/// Stands for "is one of the list at place n" until the engine is known.
const ANY: char = '\u{1}';

/// SQL that only this crate wrote: parts are `&'static str`, values are places.
type Sql = AssertSqlSafe<Cow<'static, str>>;

impl Stmt {
    /// Starts from SQL in the shared subset.
    pub fn new(sql: &'static str) -> Self {
        Self { sql: sql.into(), args: Vec::new() }
    }

    /// Gives the next place its value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.args.push(Arg::One(value.into()));
        self
    }

    /// Adds to the end of the SQL. For parts that depend on the request, such as a filter.
    #[must_use]
    pub fn push(mut self, sql: &'static str) -> Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// Adds "is one of `values`": one place, whatever their number, so that one prepared statement
    /// serves every length.
    #[must_use]
    pub fn push_any_text<S: Into<String>>(self, values: impl IntoIterator<Item = S>) -> Self {
        self.push_any(Arg::Texts(values.into_iter().map(Into::into).collect()))
    }

    /// Adds "is one of `values`", for whole numbers.
    #[must_use]
    pub fn push_any_int(self, values: impl IntoIterator<Item = i64>) -> Self {
        self.push_any(Arg::Ints(values.into_iter().collect()))
    }

    /// Adds "is one of `values`", for bytes.
    #[must_use]
    pub fn push_any_bytes(self, values: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.push_any(Arg::Blobs(values.into_iter().collect()))
    }

    fn push_any(mut self, list: Arg) -> Self {
        self.args.push(list);
        let place = self.args.len();
        write!(self.sql.to_mut(), " {ANY}{place}{ANY}").expect("writing to a string cannot fail");
        self
    }

    /// A statement whose text was built by this room.
    pub(super) fn built(sql: String, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), args: values.into_iter().map(Arg::One).collect() }
    }

    pub(super) fn for_postgres(self) -> Result<(Sql, PgArguments), Error> {
        let sql = self.spelled(|place| format!("= ANY(${place})"));
        let mut args = PgArguments::default();
        for arg in self.args {
            match arg {
                Arg::One(value) => add_to_postgres(&mut args, value),
                Arg::Texts(list) => sqlx::Arguments::add(&mut args, list),
                Arg::Ints(list) => sqlx::Arguments::add(&mut args, list),
                Arg::Blobs(list) => sqlx::Arguments::add(&mut args, list),
            }
            .map_err(|error| Error::from(sqlx::Error::Encode(error)))?;
        }
        Ok((AssertSqlSafe(sql), args))
    }

    pub(super) fn for_sqlite(self) -> Result<(Sql, SqliteArguments), Error> {
        let blobs = self.args.iter().any(|arg| matches!(arg, Arg::Blobs(_)));
        let sql = self.spelled(|place| {
            let value = if blobs { "unhex(value)" } else { "value" };
            format!("IN (SELECT {value} FROM json_each(${place}))")
        });
        let mut args = SqliteArguments::default();
        for arg in self.args {
            match arg {
                Arg::One(value) => add_to_sqlite(&mut args, value),
                Arg::Texts(list) => sqlx::Arguments::add(&mut args, json(&list)?),
                Arg::Ints(list) => sqlx::Arguments::add(&mut args, json(&list)?),
                Arg::Blobs(list) => {
                    let list: Vec<String> = list.iter().map(hex::encode).collect();
                    sqlx::Arguments::add(&mut args, json(&list)?)
                }
            }
            .map_err(|error| Error::from(sqlx::Error::Encode(error)))?;
        }
        Ok((AssertSqlSafe(sql), args))
    }

    /// Spells out the lists, and panics if a place has no value: PostgreSQL would refuse, but
    /// SQLite would read `NULL`.
    fn spelled(&self, list: impl Fn(&str) -> String) -> Cow<'static, str> {
        if cfg!(debug_assertions) {
            let places = highest_place(&self.sql);
            let lists = self.args.iter().filter(|arg| !matches!(arg, Arg::One(_))).count();
            assert!(
                places == self.args.len() || (lists > 0 && places <= self.args.len()),
                "wrong number of values for: {}",
                self.sql
            );
        }
        if !self.sql.contains(ANY) {
            return self.sql.clone();
        }
        let mut sql = String::with_capacity(self.sql.len() + 64);
        for (n, part) in self.sql.split(ANY).enumerate() {
            if n % 2 == 0 {
                sql.push_str(part);
            } else {
                sql.push_str(&list(part));
            }
        }
        sql.into()
    }
}

fn highest_place(sql: &str) -> usize {
    let numbers = sql
        .split('$')
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok());
    numbers.max().unwrap_or_else(|| sql.matches('?').count())
}

fn json(list: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(list).map_err(|error| sqlx::Error::Encode(error.into()).into())
}

fn add_to_postgres(args: &mut PgArguments, value: Value) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    match value {
        Value::Int(value) => args.add(value),
        Value::Text(value) => args.add(value),
        Value::Bool(value) => args.add(value),
        Value::Bytes(value) => args.add(value),
        Value::Time(value) => args.add(value),
    }
}

fn add_to_sqlite(args: &mut SqliteArguments, value: Value) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    match value {
        Value::Int(value) => args.add(value),
        Value::Text(value) => args.add(value),
        Value::Bool(value) => args.add(value),
        Value::Bytes(value) => args.add(value),
        Value::Time(value) => args.add(value.map(|time| time.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_one_place_on_either_engine() {
        let stmt = Stmt::new("SELECT 1 FROM t WHERE a = $1 AND b").bind(1_i64);
        let stmt = stmt.push_any_text(["x", "y"]).push(" ORDER BY b");

        let (postgres, _) = stmt.clone().for_postgres().unwrap();
        let (sqlite, _) = stmt.for_sqlite().unwrap();

        assert_eq!(postgres.0, "SELECT 1 FROM t WHERE a = $1 AND b = ANY($2) ORDER BY b");
        assert_eq!(
            sqlite.0,
            "SELECT 1 FROM t WHERE a = $1 AND b IN (SELECT value FROM json_each($2)) ORDER BY b"
        );
    }

    #[test]
    #[should_panic(expected = "wrong number of values")]
    fn a_forgotten_value_is_caught() {
        let stmt = Stmt::new("SELECT 1 FROM t WHERE a = $1 AND b = $2").bind(1_i64);
        let _sql = stmt.for_sqlite();
    }
}
