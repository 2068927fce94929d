//! All rows of a tenant, as text that both engines give alike.

use std::{fs, path::Path};

use countinghouse::db::{Db, Purpose, Stmt};
use sha2::{Digest as _, Sha256};

use super::journal::Names;

/// Tables that say who answered what, or that search; others say the same.
const LEFT_OUT: &[&str] =
    &["command_answer", "record_chunk", "record_chunk_page", "record_status_block"];

/// Reads the rows of any tenant.
pub(super) struct Tables(Vec<(String, &'static str, &'static str)>);

impl Tables {
    /// Learns the tables from the migrations.
    pub(super) fn learn() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let mut files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let mut tables = Vec::new();
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            for part in text.split("CREATE TABLE ").skip(1) {
                let (name, body) = part.split_once(" (").unwrap();
                let body = body.split_once("\n);").unwrap().0;
                if body.contains("tenant_id ") && !LEFT_OUT.contains(&name) {
                    tables.push((name.to_owned(), columns(body), from(name, body)));
                }
            }
        }
        Self(tables)
    }

    /// The rows of a tenant, each table's in the order of its key.
    pub(super) async fn dump(&self, db: &Db, tenant: &str) -> Vec<String> {
        let mut tx = db.snapshot(Purpose::Page).await.unwrap();
        let (mut all, mut names) = (Vec::new(), Names::default());
        for (name, columns, from) in &self.0 {
            let mut stmt = Stmt::new("SELECT ''");
            for column in columns.split('\n') {
                stmt = stmt.push(" || '|' || COALESCE(CAST(");
                stmt = match column.strip_prefix('@') {
                    Some(instant) => stmt.push_seconds(instant),
                    None => stmt.push(column),
                };
                stmt = stmt.push(" AS TEXT), '-')");
            }
            let stmt = stmt.push(from).bind(tenant);
            let rows: Vec<(String,)> = tx.fetch_all(stmt).await.unwrap();
            all.extend(rows.into_iter().map(|(row,)| names.replace(&format!("{name}{row}"))));
        }
        tx.rollback().await.unwrap();
        all
    }

    /// A digest of them.
    pub(super) async fn digest(&self, db: &Db, tenant: &str) -> [u8; 32] {
        Sha256::digest(self.dump(db, tenant).await.join("\n")).into()
    }
}

/// The columns of a table, one a line, instants marked.
fn columns(body: &str) -> &'static str {
    let column = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, kind) = (words.next()?, words.next()?.trim_end_matches(','));
        match kind {
            "TEXT" | "BIGINT" => Some(name.to_owned()),
            "BOOLEAN" => Some(format!("CASE WHEN {name} THEN 1 ELSE 0 END")),
            "TIMESTAMPTZ" => Some(format!("@{name}")),
            _ => None,
        }
    };
    body.lines().filter_map(column).collect::<Vec<_>>().join("\n").leak()
}

/// Where the rows of a tenant are had from, in the order of the key.
fn from(name: &str, body: &str) -> &'static str {
    let key = body
        .split_once("PRIMARY KEY (")
        .map_or("tenant_id", |(_, rest)| rest.split_once(')').unwrap().0);
    format!(" FROM {name} WHERE tenant_id = $1 ORDER BY {key}").leak()
}
