//! What statements read, as the engine plans them.

use super::*;
use crate::db::Settings;

async fn plan(db: &Db, stmt: Stmt) -> Vec<String> {
    let plan: Vec<(i64, i64, i64, String)> = db.fetch_all(stmt).await.unwrap();
    plan.into_iter().map(|row| row.3).collect()
}

#[tokio::test]
async fn of_the_invoices_of_a_tenant_only_those_that_are_open_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db", dir.path().display());
    let db = Db::open(&Settings::new(url)).await.unwrap();
    db.migrate().await.unwrap();
    let explain = || Stmt::new("EXPLAIN QUERY PLAN ");
    let open = "USING INDEX invoice_open (tenant_id=? AND subscription_id=?)";

    let pairs = vec![("acme".to_owned(), "sub_1".to_owned())];
    let steps = plan(&db, unpaid(explain(), pairs)).await;
    assert!(steps[0].starts_with("SCAN json_each"), "{steps:?}");
    assert_eq!(steps[1..], [format!("SEARCH i {open}")]);

    let of_subscription = explain()
        .push(SELECT)
        .push(" AND subscription_id = $2 AND status IN ('issued', 'overdue') ORDER BY record_seq");
    let steps = plan(&db, of_subscription.bind("acme").bind("sub_1")).await;
    assert_eq!(steps[0], format!("SEARCH invoice {open}"));
}
