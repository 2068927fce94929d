//! Tables, columns and keys, as each engine lists them.

use std::collections::BTreeSet;

use countinghouse::db::{Db, Stmt};

/// What a database has.
#[derive(Debug, PartialEq)]
pub(super) struct Catalogue {
    /// Tables and their columns, in order.
    columns: Vec<(String, String)>,
    /// Primary keys and unique indexes, in order.
    pub(super) keys: Vec<Key>,
}

/// A primary key or a unique index.
#[derive(Debug, PartialEq)]
pub(super) struct Key {
    pub(super) table: String,
    pub(super) name: String,
    /// The column that it begins with.
    pub(super) first: String,
    pub(super) is_primary: bool,
}

const SQLITE_COLUMNS: &str = "SELECT m.name, c.name FROM sqlite_master AS m
    JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid";

const SQLITE_KEYS: &str = "SELECT m.name, l.name, c.name, CAST(l.origin = 'pk' AS INTEGER)
    FROM sqlite_master AS m
    JOIN pragma_index_list(m.name) AS l ON l.\"unique\" = 1
    JOIN pragma_index_info(l.name) AS c ON c.seqno = 0
    WHERE m.type = 'table' ORDER BY m.name, l.name";

const POSTGRES_COLUMNS: &str = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)
    FROM information_schema.columns WHERE table_schema = 'public'
    ORDER BY CAST(table_name AS TEXT) COLLATE \"C\", ordinal_position";

const POSTGRES_KEYS: &str = "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT),
        CAST(a.attname AS TEXT), CAST(CAST(x.indisprimary AS INTEGER) AS BIGINT)
    FROM pg_index AS x
    JOIN pg_class AS t ON t.oid = x.indrelid
    JOIN pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_namespace AS n ON n.oid = t.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
    WHERE x.indisunique
    ORDER BY CAST(t.relname AS TEXT) COLLATE \"C\", CAST(i.relname AS TEXT) COLLATE \"C\"";

impl Catalogue {
    pub(super) async fn read(db: &Db) -> Self {
        let (columns, keys) = match db.engine() {
            "sqlite" => (SQLITE_COLUMNS, SQLITE_KEYS),
            _ => (POSTGRES_COLUMNS, POSTGRES_KEYS),
        };
        let keys: Vec<(String, String, String, i64)> = db.fetch_all(Stmt::new(keys)).await.unwrap();
        let keys = keys.into_iter().map(|(table, name, first, is_primary)| Key {
            table,
            name,
            first,
            is_primary: is_primary == 1,
        });
        Self { columns: db.fetch_all(Stmt::new(columns)).await.unwrap(), keys: keys.collect() }
    }

    pub(super) fn tables(&self) -> Vec<&str> {
        let tables: BTreeSet<&str> = self.columns.iter().map(|(table, _)| table.as_str()).collect();
        tables.into_iter().collect()
    }

    pub(super) fn columns(&self, of: &str) -> Vec<&str> {
        let own = self.columns.iter().filter(|(table, _)| table == of);
        own.map(|(_, column)| column.as_str()).collect()
    }
}
