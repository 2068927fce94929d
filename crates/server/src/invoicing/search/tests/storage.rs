//! Databases for the tests: a file, and a schema of the PostgreSQL server that
//! `TEST_POSTGRES_URL` names.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;

use crate::db::{Db, Settings, Stmt};

/// A database of a test's own.
pub(super) struct Storage {
    pub(super) db: Db,
    kept: Kept,
}

enum Kept {
    File(TempDir),
    Schema { server: String, name: String },
}

/// A fresh database on each engine that is there.
pub(super) async fn storages() -> Vec<Storage> {
    let mut storages = vec![Storage::sqlite().await];
    if let Ok(server) = env::var("TEST_POSTGRES_URL") {
        storages.push(Storage::postgres(server).await);
    }
    storages
}

impl Storage {
    pub(super) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", dir.path().display());
        Self { db: opened(url).await, kept: Kept::File(dir) }
    }

    pub(super) async fn postgres(server: String) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("search_{}_{n}", std::process::id());
        run(&server, format!("CREATE SCHEMA {name}")).await;
        let db = opened(format!("{server}?options[search_path]={name}")).await;
        Self { db, kept: Kept::Schema { server, name } }
    }

    /// Closes and removes the database.
    pub(super) async fn close(self) {
        self.db.close().await;
        match self.kept {
            Kept::File(dir) => dir.close().unwrap(),
            Kept::Schema { server, name } => {
                run(&server, format!("DROP SCHEMA {name} CASCADE")).await;
            }
        }
    }

    /// The one number that a query gives.
    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        self.db.fetch_optional::<(i64,)>(Stmt::new(sql)).await.unwrap().unwrap().0
    }
}

async fn opened(url: String) -> Db {
    let db = Db::open(&Settings::new(url)).await.unwrap();
    db.migrate().await.unwrap();
    db
}

async fn run(server: &str, sql: String) {
    let db = Db::open(&Settings::new(server)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.execute(Stmt::new(sql.leak())).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}
