//! The list of subscriptions, of a tenant or of all.

use countinghouse_core::{dunning::Policy, id::TenantId, subscriptions::Subscription};

use super::{store, view::SubscriptionView};
use crate::{
    db::{Db, Purpose},
    http::{
        keyset::{COUNTED_MAX, Keyset},
        paging::{List, PageInfo},
        problem::ApiError,
        query::Query,
    },
    tenants,
};

/// A page of the subscriptions of `tenant`, or of all tenants, newest first.
pub(super) async fn page(
    db: &Db,
    tenant: Option<&TenantId>,
    query: &Query,
) -> Result<(Vec<SubscriptionView>, PageInfo), ApiError> {
    let tenant = tenant.map(TenantId::as_str);
    let list: List<'_> = &["subscriptions", tenant.unwrap_or_default()];
    let mut fields = query.fields()?;
    let keyset = Keyset::read(&mut fields, list);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let counted = store::count(&mut tx, tenant, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, tenant, keyset.after(), keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(|(_, it)| it.id.to_string());
    let info = keyset.info(counted, end.as_deref(), list);
    let tenants = found.iter().map(|(tenant, _)| tenant.as_str());
    let policies = tenants::dunning_policies(&mut tx, tenants).await?;
    let show = |(tenant, it): &(String, Subscription)| {
        let policy = policies.get(tenant).unwrap_or(&Policy::DEFAULT);
        SubscriptionView::new(tenant, it, policy)
    };
    Ok((found.iter().map(show).collect(), info))
}
