//! What statements read, as the engine plans them.

use super::*;
use crate::db::{Db, Settings};

/// The steps of a statement over days.
async fn plan(stmt: Stmt) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db", dir.path().display());
    let db = Db::open(&Settings::new(url)).await.unwrap();
    db.migrate().await.unwrap();
    let rows: Vec<(i64, i64, i64, String)> = db.fetch_all(stmt).await.unwrap();
    rows.into_iter().map(|row| row.3).filter(|step| step.contains("usage_day")).collect()
}

#[tokio::test]
async fn levels_are_found_by_single_steps_through_an_index() {
    let stmt = Stmt::new("EXPLAIN QUERY PLAN ").push(ALL_APPS).push(LEVELS);

    let steps = plan(stmt.bind("acme").bind("2026-01-31")).await;

    let single = [
        "(tenant_id=?)",
        "(tenant_id=? AND app_id>?)",
        "(tenant_id=? AND app_id=? AND day<?)",
        "(tenant_id=? AND day=? AND app_id=?)",
    ];
    assert!(steps.len() >= 5, "{steps:?}");
    assert!(steps.iter().all(|step| single.iter().any(|it| step.ends_with(it))), "{steps:?}");
}

#[tokio::test]
async fn of_the_days_of_one_app_no_rows_of_other_apps_are_read() {
    let stmt = Stmt::new("EXPLAIN QUERY PLAN ").push(DAYS_OF_APP).bind("acme").bind("app_1");

    let steps = plan(stmt.push_any_text(["2026-01-01", "2026-01-31"])).await;

    let single = "(tenant_id=? AND day=? AND app_id=?)";
    assert!(matches!(&steps[..], [only] if only.ends_with(single)), "{steps:?}");
}
