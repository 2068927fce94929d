//! What statements read, as the engine plans them.

use super::*;
use crate::db::{Db, Settings};

#[tokio::test]
async fn of_the_days_of_one_app_no_rows_of_other_apps_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db", dir.path().display());
    let db = Db::open(&Settings::new(url)).await.unwrap();
    db.migrate().await.unwrap();
    let days = days_before(Date::parse("2026-03-01").unwrap(), 60);
    let stmt = Stmt::new("EXPLAIN QUERY PLAN ").push(LEVELS_OF_APP);

    let stmt = stmt.bind("acme").bind("app_1").push_any_text(days);
    let plan: Vec<(i64, i64, i64, String)> = db.fetch_all(stmt).await.unwrap();

    let by_key = "SEARCH usage_day USING PRIMARY KEY (tenant_id=? AND day=? AND app_id=?)";
    assert!(plan.iter().any(|it| it.3 == by_key), "{plan:?}");
}
