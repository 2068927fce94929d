//! Many rows at once.
//!
//! PostgreSQL takes a column at a time as an array (`UNNEST`), so that one prepared statement serves
//! every number of rows. SQLite takes lists of `VALUES` in sizes that are powers of two, for the
//! same reason, with `?` places: it looks a `$n` up by walking the names before it.

use sqlx::{Arguments as _, AssertSqlSafe, postgres::PgArguments, sqlite::SqliteArguments};

use super::{Error, Time, Value, stmt::add_to_sqlite};

/// Rows for one table.
#[derive(Clone, Debug)]
pub struct Rows {
    table: &'static str,
    columns: &'static [&'static str],
    otherwise: &'static str,
    values: Vec<Vec<Value>>,
}

/// How many places one SQLite statement may have; the library's own limit is 32,766.
const SQLITE_PLACES_MAX: usize = 8_192;

/// How many rows go into one PostgreSQL statement.
const POSTGRES_ROWS_MAX: usize = 10_000;

impl Rows {
    /// No rows yet.
    pub fn new(table: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table, columns, otherwise: "", values: Vec::new() }
    }

    /// What follows the rows, such as `ON CONFLICT …`.
    #[must_use]
    pub fn otherwise(mut self, sql: &'static str) -> Self {
        self.otherwise = sql;
        self
    }

    /// Adds a row, a value for each column.
    pub fn push(&mut self, row: Vec<Value>) {
        debug_assert_eq!(
            row.len(),
            self.columns.len(),
            "a row for {} has the wrong width",
            self.table
        );
        self.values.push(row);
    }

    /// Whether there is nothing to insert.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The statements for SQLite, in order.
    pub(super) fn for_sqlite(
        self,
    ) -> impl Iterator<Item = Result<(AssertSqlSafe<String>, SqliteArguments), Error>> {
        let most = (SQLITE_PLACES_MAX / self.columns.len().max(1)).max(1);
        let most = 1_usize << most.ilog2();
        let Self { table, columns, otherwise, values } = self;
        let mut values = values.into_iter();
        std::iter::from_fn(move || {
            let left = values.len();
            if left == 0 {
                return None;
            }
            let size = most.min(1 << left.ilog2());
            let list = format!("({})", vec!["?"; columns.len()].join(","));
            let lists = vec![list; size].join(",");
            let names = columns.join(", ");
            let sql = format!("INSERT INTO {table} ({names}) VALUES {lists} {otherwise}");
            let mut args = SqliteArguments::default();
            args.reserve(size * columns.len(), 0);
            let mut part = values.by_ref().take(size).flatten();
            let added = part.try_for_each(|value| add_to_sqlite(&mut args, value));
            let added = added.map_err(|error| Error::from(sqlx::Error::Encode(error)));
            Some(added.map(|()| (AssertSqlSafe(sql), args)))
        })
    }

    /// The statements for PostgreSQL, in order.
    pub(super) fn for_postgres(
        self,
    ) -> impl Iterator<Item = Result<(AssertSqlSafe<String>, PgArguments), Error>> {
        let Self { table, columns, otherwise, values } = self;
        let mut values = values.into_iter();
        std::iter::from_fn(move || {
            let part: Vec<Vec<Value>> = values.by_ref().take(POSTGRES_ROWS_MAX).collect();
            let types: Vec<&str> = part.first()?.iter().map(array_type).collect();
            let places: Vec<String> =
                types.iter().enumerate().map(|(n, ty)| format!("${}::{ty}[]", n + 1)).collect();
            let sql = format!(
                "INSERT INTO {table} ({}) SELECT * FROM UNNEST({}) {otherwise}",
                columns.join(", "),
                places.join(", "),
            );
            Some(arrays(part, columns.len()).map(|args| (AssertSqlSafe(sql), args)))
        })
    }
}

fn array_type(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "bigint",
        Value::Text(_) => "text",
        Value::Bool(_) => "boolean",
        Value::Bytes(_) => "bytea",
        Value::Time(_) => "timestamptz",
    }
}

/// Turns rows into one array a column.
fn arrays(rows: Vec<Vec<Value>>, width: usize) -> Result<PgArguments, Error> {
    let mut columns: Vec<Column> = Vec::with_capacity(width);
    for value in rows.first().into_iter().flatten() {
        columns.push(Column::like(value, rows.len()));
    }
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value)?;
        }
    }
    let mut args = PgArguments::default();
    for column in columns {
        match column {
            Column::Int(list) => args.add(list),
            Column::Text(list) => args.add(list),
            Column::Bool(list) => args.add(list),
            Column::Bytes(list) => args.add(list),
            Column::Time(list) => args.add(list),
        }
        .map_err(|error| Error::from(sqlx::Error::Encode(error)))?;
    }
    Ok(args)
}

enum Column {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bool(Vec<Option<bool>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Time(Vec<Option<Time>>),
}

impl Column {
    fn like(value: &Value, rows: usize) -> Self {
        match value {
            Value::Int(_) => Self::Int(Vec::with_capacity(rows)),
            Value::Text(_) => Self::Text(Vec::with_capacity(rows)),
            Value::Bool(_) => Self::Bool(Vec::with_capacity(rows)),
            Value::Bytes(_) => Self::Bytes(Vec::with_capacity(rows)),
            Value::Time(_) => Self::Time(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), Error> {
        match (self, value) {
            (Self::Int(list), Value::Int(value)) => list.push(value),
            (Self::Text(list), Value::Text(value)) => list.push(value),
            (Self::Bool(list), Value::Bool(value)) => list.push(value),
            (Self::Bytes(list), Value::Bytes(value)) => list.push(value),
            (Self::Time(list), Value::Time(value)) => list.push(value),
            _ => return Err(sqlx::Error::Encode("a column of mixed types".into()).into()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_gets_few_sizes_of_statement_whatever_the_number_of_rows() {
        let mut rows = Rows::new("t", &["a", "b"]).otherwise("ON CONFLICT DO NOTHING");
        for n in 0..7_i64 {
            rows.push(vec![n.into(), "x".into()]);
        }

        let sql: Vec<String> = rows.for_sqlite().map(|part| part.unwrap().0.0).collect();

        assert_eq!(sql.len(), 3);
        assert_eq!(sql[2], "INSERT INTO t (a, b) VALUES (?,?) ON CONFLICT DO NOTHING");
    }
}
