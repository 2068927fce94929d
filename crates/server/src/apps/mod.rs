//! placeholder
use std::collections::BTreeMap;

use countinghouse_core::{calendar::Instant, id::AppId, metering::Resource};

use crate::db::{Error, Rows, Stmt, Time, Tx};

/// App.
#[derive(Debug)]
pub struct App {
    /// d
    pub deleted_at: Option<Instant>,
}
/// New.
#[derive(Debug)]
pub struct NewApp {
    /// t
    pub tenant: String,
    /// a
    pub app: AppId,
    /// at
    pub at: Instant,
}
/// apps
pub async fn apps(
    tx: &mut Tx,
    pairs: Vec<(String, String)>,
) -> Result<BTreeMap<(String, String), App>, Error> {
    let stmt = Stmt::new("SELECT tenant_id, app_id, deleted_at FROM")
        .push_text_pairs(pairs)
        .push(" AS k JOIN subscription_app ON tenant_id = k.a AND app_id = k.b");
    let rows: Vec<(String, String, Option<Time>)> = tx.fetch_all(stmt).await?;
    rows.into_iter()
        .map(|(t, a, d)| Ok(((t, a), App { deleted_at: d.map(Time::instant).transpose()? })))
        .collect()
}
/// enter
pub async fn enter(tx: &mut Tx, new: &[NewApp]) -> Result<(), Error> {
    let mut rows =
        Rows::new("subscription_app", &["tenant_id", "app_id", "id", "status", "created_at"]);
    for it in new {
        rows.push(vec![
            it.tenant.as_str().into(),
            it.app.as_str().into(),
            format!("sa_{}", it.app).into(),
            "active".into(),
            it.at.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}
/// lists
pub async fn price_lists(
    _tx: &mut Tx,
    _tenants: &std::collections::BTreeSet<&str>,
) -> Result<BTreeMap<(String, String), Vec<countinghouse_core::metering::PriceList>>, Error> {
    Ok(BTreeMap::new())
}
/// deleted
pub async fn deleted(_tx: &mut Tx, _tenant: &str) -> Result<BTreeMap<String, Instant>, Error> {
    Ok(BTreeMap::new())
}
/// known
pub async fn known_resources(
    _tx: &mut Tx,
    _pairs: Vec<(String, String)>,
) -> Result<BTreeMap<(String, String), Vec<Resource>>, Error> {
    Ok(BTreeMap::new())
}
