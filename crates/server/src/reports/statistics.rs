//! A tenant, or one of its apps, in a few figures.

use countinghouse_core::{
    id::{AppId, TenantId},
    money::Amount,
    reports::{RETENTION_DAYS, Users, monthly_revenue, spent},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    db::{Db, Error, Purpose, Tx},
    http::{
        number::{AmountNumber, Number, RetentionNumber},
        shapes::envelope,
        text::TenantText,
    },
    invoicing, ledger, metering, subscriptions,
};

/// A tenant, or one of its apps, in a few figures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatisticsView {
    /// Whose they are.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The app, if they are those of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// What the subscription brings a month at its price, a yearly one a twelfth; 0 in a trial, while
    /// it is suspended, and for an app, which has no subscription of its own.
    #[schema(example = 99)]
    mrr: AmountNumber,
    /// The money that was paid, less what was paid back. Credit is no money.
    #[schema(example = 1188)]
    total_spend: AmountNumber,
    /// The users of each app on its last day of the last thirty that are known, together.
    #[schema(example = 45)]
    active_users: i64,
    /// How many of the users of thirty days before are still there, app by app; null where that isn't
    /// known.
    #[schema(required = true)]
    retention_rate: Option<RetentionNumber>,
}

envelope! {
    /// A tenant in a few figures, in its envelope.
    StatisticsBody { data: StatisticsView }
}

/// The figures of a tenant, or of one of its apps.
pub(super) async fn figures(
    db: &Db,
    tenant: &TenantId,
    app: Option<&AppId>,
) -> Result<StatisticsView, Error> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let app = app.map(AppId::as_str);
    let (mrr, total_spend) = match app {
        Some(app) => {
            let spend = invoicing::app_spend(&mut tx, tenant.as_str(), app).await?;
            (Amount::ZERO, spend.net())
        }
        None => of_tenant(&mut tx, tenant.as_str()).await?,
    };
    let levels = metering::user_levels(&mut tx, tenant.as_str(), app, 2 * RETENTION_DAYS).await?;
    tx.rollback().await?;
    let users = levels.map(|(newest, levels)| Users::count(&levels, newest)).unwrap_or_default();
    Ok(StatisticsView {
        tenant_id: TenantText(tenant.clone()),
        app_id: app.map(str::to_owned),
        mrr: Number(mrr),
        total_spend: Number(total_spend),
        active_users: users.active,
        retention_rate: users.retention.map(Number),
    })
}

/// What a tenant brings a month, and what it spent.
async fn of_tenant(tx: &mut Tx, tenant: &str) -> Result<(Amount, Amount), Error> {
    let latest = subscriptions::latest_in(tx, tenant).await?;
    let book = ledger::book(tx, tenant).await?;
    Ok((latest.as_ref().map_or(Amount::ZERO, monthly_revenue), spent(&book)))
}
