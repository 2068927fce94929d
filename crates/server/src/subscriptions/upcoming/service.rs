//! Taking the next step of a subscription without keeping anything of it.

use countinghouse_core::{
    id::TenantId,
    subscriptions::{Status, Subscription},
};

use super::{
    super::{account, store},
    view::NextInvoiceView,
};
use crate::{command, db::Purpose, env::Env, http::problem::ApiError};

/// The invoice that the renewal of a tenant's subscription would issue now.
pub(super) async fn next_invoice(
    env: &Env,
    tenant: &TenantId,
) -> Result<NextInvoiceView, ApiError> {
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let env = command::env_of(&mut tx, env, tenant.as_str()).await?;
    let latest = store::latest(&mut tx, tenant.as_str()).await?;
    let live = latest.filter(|latest| latest.status.is_live());
    let none =
        || ApiError::NotFound { kind: "live subscription of tenant", id: tenant.to_string() };
    let live = live.ok_or_else(none)?;
    if !live.renews() {
        return Err(ApiError::Conflict(why_not(&live)));
    }
    let mut accounts = account::load(&mut tx, [(tenant, live.id)]).await?;
    let mut account = accounts.remove(tenant).ok_or_else(none)?;
    account.leave_earlier_usage_out();
    match account.end_period(&env)? {
        Some(issued) => Ok(NextInvoiceView::new(tenant, &account.subscription, &issued)?),
        None => Err(ApiError::Conflict(why_not(&live))),
    }
}

fn why_not(it: &Subscription) -> String {
    match it.status {
        Status::Suspended => "the subscription is suspended until it is paid for".to_owned(),
        _ => format!("the subscription ends at {} and is not renewed", it.period.end()),
    }
}
