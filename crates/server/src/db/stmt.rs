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
    /// Takes two places: PostgreSQL gets an array for each column, SQLite one list of pairs.
    TextPairs(Vec<(String, String)>),
    /// The same, with bytes in the second column.
    BlobPairs(Vec<(String, Vec<u8>)>),
    /// Takes three places likewise.
    TextTriples(Vec<[String; 3]>),
}

/// Stands for "is one of the list at place n" until the engine is known.
const ANY: char = '\u{1}';

/// Stands for the table of pairs at places n and n + 1 until the engine is known.
const PAIRS: char = '\u{2}';

/// Stands for the table of triples at place n and the two after it until the engine is known.
const TRIPLES: char = '\u{4}';

/// Stands for the instant in a column as whole seconds until the engine is known.
const SECONDS: char = '\u{3}';

/// Stands for "the bytes in a column have those of another in them" until the engine is known.
const HAS: char = '\u{5}';

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

    /// Adds a table of two text columns `a` and `b`, to be joined: `… FROM t JOIN ` and this, and
    /// then ` AS k ON …`. A list for each column would make the engine try every combination.
    #[must_use]
    pub fn push_text_pairs(self, pairs: Vec<(String, String)>) -> Self {
        self.push_table(PAIRS, Arg::TextPairs(pairs))
    }

    /// The same, with bytes in the column `b`.
    #[must_use]
    pub fn push_bytes_pairs(self, pairs: Vec<(String, Vec<u8>)>) -> Self {
        self.push_table(PAIRS, Arg::BlobPairs(pairs))
    }

    /// The same with three text columns, `a`, `b` and `c`.
    #[must_use]
    pub fn push_text_triples(self, triples: Vec<[String; 3]>) -> Self {
        self.push_table(TRIPLES, Arg::TextTriples(triples))
    }

    /// Adds the instant in `column` as whole seconds since 1970: a number, for where it becomes part
    /// of a text. Anywhere else an instant is read as [`Time`](super::Time).
    #[must_use]
    pub fn push_seconds(mut self, column: &'static str) -> Self {
        write!(self.sql.to_mut(), "{SECONDS}{column}{SECONDS}")
            .expect("writing to a string cannot fail");
        self
    }

    /// Adds that the bytes in the column `whole` have those of the column `part` in them.
    #[must_use]
    pub fn push_has(mut self, whole: &'static str, part: &'static str) -> Self {
        write!(self.sql.to_mut(), " {HAS}{whole} {part}{HAS}")
            .expect("writing to a string cannot fail");
        self
    }

    fn push_any(self, list: Arg) -> Self {
        self.push_table(ANY, list)
    }

    fn push_table(mut self, mark: char, rows: Arg) -> Self {
        let place = self.args.iter().map(Arg::places).sum::<usize>() + 1;
        self.args.push(rows);
        write!(self.sql.to_mut(), " {mark}{place}{mark}").expect("writing to a string cannot fail");
        self
    }

    pub(super) fn for_postgres(self) -> Result<(Sql, PgArguments), Error> {
        let blobs = self.args.iter().any(|arg| matches!(arg, Arg::BlobPairs(_)));
        let second = if blobs { "bytea" } else { "text" };
        let sql = self.spelled(
            |place| format!("= ANY(${place})"),
            |n, m| format!("(SELECT * FROM UNNEST(${n}::text[], ${m}::{second}[]) AS p (a, b))"),
            |[a, b, c]| {
                let lists = format!("${a}::text[], ${b}::text[], ${c}::text[]");
                format!("(SELECT * FROM UNNEST({lists}) AS p (a, b, c))")
            },
            // A float, but whole seconds are exact in it, and it takes a third of the time.
            |column| format!("CAST(FLOOR(date_part('epoch', {column})) AS BIGINT)"),
            |whole, part| format!("POSITION({part} IN {whole}) > 0"),
        );
        let mut args = PgArguments::default();
        for arg in self.args {
            match arg {
                Arg::One(value) => add_to_postgres(&mut args, value),
                Arg::Texts(list) => sqlx::Arguments::add(&mut args, list),
                Arg::Ints(list) => sqlx::Arguments::add(&mut args, list),
                Arg::TextPairs(pairs) => {
                    let (a, b): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
                    sqlx::Arguments::add(&mut args, a)
                        .and_then(|()| sqlx::Arguments::add(&mut args, b))
                }
                Arg::BlobPairs(pairs) => {
                    let (a, b): (Vec<String>, Vec<Vec<u8>>) = pairs.into_iter().unzip();
                    sqlx::Arguments::add(&mut args, a)
                        .and_then(|()| sqlx::Arguments::add(&mut args, b))
                }
                Arg::TextTriples(triples) => {
                    let mut columns: [Vec<String>; 3] = Default::default();
                    for triple in triples {
                        columns.iter_mut().zip(triple).for_each(|(column, it)| column.push(it));
                    }
                    let mut columns = columns.into_iter();
                    columns.try_for_each(|column| sqlx::Arguments::add(&mut args, column))
                }
            }
            .map_err(|error| Error::from(sqlx::Error::Encode(error)))?;
        }
        Ok((AssertSqlSafe(sql), args))
    }

    pub(super) fn for_sqlite(self) -> Result<(Sql, SqliteArguments), Error> {
        let blobs = self.args.iter().any(|arg| matches!(arg, Arg::BlobPairs(_)));
        let decoded =
            |value: &str| if blobs { format!("unhex({value})") } else { value.to_owned() };
        let sql = self.spelled(
            |place| format!("IN (SELECT value FROM json_each(${place}))"),
            |n, _| {
                let b = decoded("value ->> 1");
                format!("(SELECT value ->> 0 AS a, {b} AS b FROM json_each(${n}))")
            },
            |[n, _, _]| {
                let columns = "value ->> 0 AS a, value ->> 1 AS b, value ->> 2 AS c";
                format!("(SELECT {columns} FROM json_each(${n}))")
            },
            |column| format!("({column} / 1000000)"),
            |whole, part| format!("INSTR({whole}, {part}) > 0"),
        );
        let mut args = SqliteArguments::default();
        for arg in self.args {
            match arg {
                Arg::One(value) => add_to_sqlite(&mut args, value),
                Arg::Texts(list) => sqlx::Arguments::add(&mut args, json(&list)?),
                Arg::Ints(list) => sqlx::Arguments::add(&mut args, json(&list)?),
                Arg::TextPairs(pairs) => sqlx::Arguments::add(&mut args, json(&pairs)?)
                    .and_then(|()| sqlx::Arguments::add(&mut args, None::<i64>)),
                Arg::TextTriples(triples) => sqlx::Arguments::add(&mut args, json(&triples)?)
                    .and_then(|()| sqlx::Arguments::add(&mut args, None::<i64>))
                    .and_then(|()| sqlx::Arguments::add(&mut args, None::<i64>)),
                Arg::BlobPairs(pairs) => {
                    let pairs: Vec<(String, String)> =
                        pairs.into_iter().map(|(a, b)| (a, hex::encode(b))).collect();
                    sqlx::Arguments::add(&mut args, json(&pairs)?)
                        .and_then(|()| sqlx::Arguments::add(&mut args, None::<i64>))
                }
            }
            .map_err(|error| Error::from(sqlx::Error::Encode(error)))?;
        }
        Ok((AssertSqlSafe(sql), args))
    }

    /// Spells out the lists, and panics if a place has no value: PostgreSQL would refuse, but
    /// SQLite would read `NULL`.
    fn spelled(
        &self,
        list: impl Fn(&str) -> String,
        pairs: impl Fn(usize, usize) -> String,
        triples: impl Fn([usize; 3]) -> String,
        seconds: impl Fn(&str) -> String,
        has: impl Fn(&str, &str) -> String,
    ) -> Cow<'static, str> {
        if cfg!(debug_assertions) {
            let places = highest_place(&self.sql);
            let values: usize = self.args.iter().map(Arg::places).sum();
            let lists = self.args.iter().any(|arg| !matches!(arg, Arg::One(_)));
            assert!(
                places == values || (lists && places <= values),
                "wrong number of values for: {}",
                self.sql
            );
        }
        if !self.sql.contains([ANY, PAIRS, TRIPLES, SECONDS, HAS]) {
            return self.sql.clone();
        }
        let lists = replaced(&self.sql, ANY, list);
        let all = replaced(&lists, PAIRS, |place| {
            let place = place.parse().unwrap_or(0);
            pairs(place, place + 1)
        });
        let all = replaced(&all, TRIPLES, |place| {
            let place = place.parse().unwrap_or(0);
            triples([place, place + 1, place + 2])
        });
        let all = replaced(&all, SECONDS, seconds);
        replaced(&all, HAS, |columns| {
            let (whole, part) = columns.split_once(' ').unwrap_or((columns, columns));
            has(whole, part)
        })
        .into()
    }
}

impl Arg {
    /// How many places it takes.
    fn places(&self) -> usize {
        match self {
            Self::TextPairs(_) | Self::BlobPairs(_) => 2,
            Self::TextTriples(_) => 3,
            _ => 1,
        }
    }
}

/// Replaces what stands between two marks.
fn replaced(sql: &str, mark: char, by: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    for (n, part) in sql.split(mark).enumerate() {
        if n % 2 == 0 {
            out.push_str(part);
        } else {
            out.push_str(&by(part));
        }
    }
    out
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

pub(super) fn add_to_sqlite(
    args: &mut SqliteArguments,
    value: Value,
) -> Result<(), sqlx::error::BoxDynError> {
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
