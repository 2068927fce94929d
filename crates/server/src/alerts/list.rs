//! The list of alerts, of a tenant or of all.

use countinghouse_core::{
    id::{AppId, TenantId},
    metering::{AlertStatus, Resource},
};

use super::{
    store::{self, Asked, Listed},
    view::UsageAlertView,
};
use crate::{
    db::Purpose,
    env::Env,
    http::{
        fields::{Parsed, Word},
        keyset::{COUNTED_MAX, Keyset},
        paging::{List, PageInfo},
        problem::ApiError,
        query::Query,
    },
};

const STATUSES: Word<AlertStatus> = Word(&[
    ("active", AlertStatus::Active),
    ("silenced", AlertStatus::Silenced),
    ("triggered", AlertStatus::Triggered),
]);

/// A page of the alerts of `tenant`, or of all tenants, newest first.
pub(super) async fn page(
    env: &Env,
    tenant: Option<&TenantId>,
    query: &Query,
) -> Result<(Vec<UsageAlertView>, PageInfo), ApiError> {
    let mut fields = query.fields()?;
    let app = fields.optional("app_id", Parsed(AppId::parse));
    let resource = fields.optional("resource_type", Parsed(Resource::parse));
    let status = fields.optional("status", STATUSES);
    let asked = Asked {
        tenant: tenant.map(TenantId::as_str),
        app: app.as_ref().map_or("", AppId::as_str),
        resource: resource.as_ref().map_or("", Resource::as_str),
        status,
        now: env.now(),
        clocks: env.tenant_clocks,
    };
    let list: List<'_> = &[
        "usage alerts",
        asked.tenant.unwrap_or_default(),
        asked.app,
        asked.resource,
        status.map_or("", AlertStatus::as_str),
    ];
    let keyset = Keyset::read(&mut fields, list);
    fields.finish(())?;
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let counted = store::count(&mut tx, &asked, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, &asked, keyset.after(), keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(|it| it.alert.id.to_string());
    let info = keyset.info(counted, end.as_deref(), list);
    let show = |Listed { tenant, alert, clock }: &Listed| {
        UsageAlertView::new(tenant, alert, env.of_tenant(*clock).now())
    };
    Ok((found.iter().map(show).collect(), info))
}
