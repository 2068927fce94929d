//! What statements read, as the engine plans them.

use super::*;
use crate::db::{Db, Settings};

#[tokio::test]
async fn of_the_newest_prices_no_rows_of_older_lists_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db", dir.path().display());
    let db = Db::open(&Settings::new(url)).await.unwrap();
    db.migrate().await.unwrap();
    let stmt = Stmt::new("EXPLAIN QUERY PLAN ").push(PRICES).push(OF_NEWEST);

    let stmt = stmt.bind("acme").push_any_text(["app_001"]);
    let plan: Vec<(i64, i64, i64, String)> = db.fetch_all(stmt).await.unwrap();

    let by_key = "SEARCH p USING PRIMARY KEY (tenant_id=? AND app_id=? AND list=?)";
    assert!(plan.iter().any(|it| it.3 == by_key), "{plan:?}");
}
