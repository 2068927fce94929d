//! What the migrated schema promises by itself, on both engines: keys that begin with the tenant,
//! rows that are never rewritten, rules that no statement gets past.

mod catalogue;
mod refusals;

use countinghouse::db::{Db, Error, MigrationState, SCHEMA_VERSION, Settings, Stmt};

use self::catalogue::Catalogue;
use crate::harness::{Engine, Server, engines};

/// Tables that are no tenant's.
const REFERENCE: &[&str] =
    &["gateway_secret", "lease", "payment_gateway", "plan", "plan_gate", "schema_migration"];

/// Tables of rows that are written once, and the columns of each that may change after all.
const APPEND_ONLY: &[(&str, &[&str])] = &[
    ("ledger_transfer", &[]),
    ("chain_event", &[]),
    ("outbox_message", &[]),
    ("invoice_line", &[]),
    ("record_chunk", &[]),
    ("record_chunk_page", &[]),
    ("billing_record", &["status"]),
    (
        "invoice",
        &[
            "status",
            "paid_at",
            "credit_applied",
            "noted",
            "returned",
            "paid",
            "refunded",
            "refunding",
            "payment_method",
            "failed_at",
            "reopened_at",
            "attempts",
            "dunning_at",
        ],
    ),
    ("dunning_step", &[]),
    ("invoice_void", &[]),
    ("tax_export", &[]),
    ("credit_note", &["remark", "status", "cancelled_at", "hidden_at"]),
    ("credit_note_part", &[]),
    ("credit_note_service", &[]),
    ("plan_change", &["undone"]),
    ("plan_change_line", &[]),
    ("usage_event", &[]),
    ("usage_pack", &["entries"]),
    ("app_price", &[]),
    ("usage_alert_firing", &[]),
];

/// Parts of names of columns that would hold something about a person.
const PERSONAL: &[&str] = &["user", "mail", "phone", "person", "admin", "first_name", "last_name"];

async fn migrated(engine: &Engine) -> Db {
    let db = Db::open(&Settings::new(engine.url())).await.unwrap();
    db.migrate().await.unwrap();
    db
}

#[tokio::test]
async fn every_key_begins_with_the_tenant() {
    for engine in engines() {
        let catalogue = Catalogue::read(&migrated(&engine).await).await;

        assert!(catalogue.tables().len() >= 17, "{:?}", catalogue.tables());
        for table in catalogue.tables() {
            let keys: Vec<_> = catalogue.keys.iter().filter(|key| key.table == table).collect();
            assert!(keys.iter().any(|key| key.is_primary), "{table} has no primary key");
            if REFERENCE.contains(&table) {
                continue;
            }
            for key in keys {
                assert_eq!(key.first, "tenant_id", "{table}: {}", key.name);
            }
            assert!(catalogue.columns(table).contains(&"tenant_id"), "{table}");
        }
    }
}

#[tokio::test]
async fn the_schema_is_the_same_on_both_engines() {
    let mut schemas = Vec::new();
    for engine in engines() {
        let catalogue = Catalogue::read(&migrated(&engine).await).await;
        let tables: Vec<String> = catalogue.tables().into_iter().map(str::to_owned).collect();
        let columns = tables.iter().map(|table| {
            catalogue.columns(table).into_iter().map(str::to_owned).collect::<Vec<_>>()
        });
        let columns: Vec<_> = columns.collect();
        let keys = catalogue
            .keys
            .iter()
            .filter(|key| !key.is_primary && !REFERENCE.contains(&&*key.table));
        let keys: Vec<String> = keys.map(|key| key.name.clone()).collect();
        schemas.push((tables, columns, keys));
    }

    assert!(schemas.windows(2).all(|pair| pair[0] == pair[1]), "{schemas:#?}");
}

#[tokio::test]
async fn sqlite_checks_the_types_of_every_table() {
    let engine = engines().remove(0);
    let db = migrated(&engine).await;

    let loose: Vec<(String,)> = db
        .fetch_all(Stmt::new(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
                AND strict = 0 AND name NOT LIKE 'sqlite%' AND name <> 'schema_migration'",
        ))
        .await
        .unwrap();

    assert_eq!(loose, []);
}

#[tokio::test]
async fn no_table_of_rows_that_stay_has_a_column_about_a_person() {
    for engine in engines() {
        let catalogue = Catalogue::read(&migrated(&engine).await).await;

        for (table, _) in APPEND_ONLY {
            let columns = catalogue.columns(table);
            assert!(!columns.is_empty(), "{table}");
            let personal = |column: &&&str| {
                **column == "name" || PERSONAL.iter().any(|part| column.contains(part))
            };
            let personal: Vec<_> = columns.iter().filter(personal).collect();
            assert!(personal.is_empty(), "{table}: {personal:?}");
        }
    }
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    for engine in engines() {
        let db = migrated(&engine).await;
        let before = Catalogue::read(&db).await;

        db.migrate().await.unwrap();

        assert_eq!(db.migration_state().await.unwrap(), MigrationState::Current);
        assert_eq!(Catalogue::read(&db).await, before);
    }
}

#[tokio::test]
async fn several_programs_may_migrate_at_once() {
    for engine in engines() {
        let settings = Settings::new(engine.url());
        let mut dbs = Vec::new();
        for _ in 0..3 {
            dbs.push(Db::open(&settings).await.unwrap());
        }
        assert_eq!(dbs[0].migration_state().await.unwrap(), MigrationState::Behind(0));

        let done = futures_util::future::join_all(dbs.iter().map(Db::migrate)).await;

        done.into_iter().for_each(Result::unwrap);
        assert_eq!(dbs[0].migration_state().await.unwrap(), MigrationState::Current);
        let versions = Stmt::new("SELECT COUNT(*) FROM schema_migration");
        let versions: i64 = dbs[0].begin().await.unwrap().fetch_scalar(versions).await.unwrap();
        assert_eq!(versions, SCHEMA_VERSION);
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_release_is_left_alone() {
    for engine in engines() {
        let db = migrated(&engine).await;
        let newer = SCHEMA_VERSION + 1;
        let mut tx = db.begin().await.unwrap();
        let stmt = Stmt::new("INSERT INTO schema_migration (version) VALUES ($1)");
        tx.execute(stmt.bind(newer)).await.unwrap();
        tx.commit().await.unwrap();

        let refused = db.migrate().await;

        let Err(Error::NewerSchema { found, known }) = refused else { panic!("{refused:?}") };
        assert_eq!((found, known), (newer, SCHEMA_VERSION));
        assert_eq!(db.migration_state().await.unwrap(), MigrationState::Newer(newer));
    }
}

#[tokio::test]
async fn what_is_written_once_can_not_be_changed_or_deleted() {
    for engine in engines() {
        let server = Server::start(engine).await;
        refusals::fill(&server).await;
        let db = &server.env.db;
        let catalogue = Catalogue::read(db).await;

        for (table, free) in APPEND_ONLY {
            assert!(refusals::count(db, table).await > 0, "{table} is empty");
            for column in catalogue.columns(table) {
                let change = format!("UPDATE {table} SET {column} = {column}");
                let refused = refusals::is_refused(db, &change).await;
                assert_eq!(refused, !free.contains(&column), "{change}");
            }
            assert!(refusals::is_refused(db, &format!("DELETE FROM {table}")).await, "{table}");
            assert!(refusals::is_refused(db, &replacing(db, table)).await, "{table}");
        }
    }
}

/// A way around the statements that change and delete.
fn replacing(db: &Db, table: &str) -> String {
    if db.engine() == "sqlite" {
        format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    } else {
        format!("TRUNCATE {table} CASCADE")
    }
}
