//! The list of refunds, of a tenant or of all.

use countinghouse_core::id::TenantId;

use super::{store, view::ApprovalView};
use crate::{
    db::{Db, Purpose},
    http::{
        fields::Word,
        keyset::{COUNTED_MAX, Keyset},
        paging::{List, PageInfo},
        problem::ApiError,
        query::Query,
    },
};

const STATUSES: &[(&str, &str)] = &[
    ("submitted", "submitted"),
    ("approved", "approved"),
    ("rejected", "rejected"),
    ("executing", "executing"),
    ("completed", "completed"),
];

/// A page of the refunds of `tenant`, or of all tenants, newest first.
pub(super) async fn page(
    db: &Db,
    tenant: Option<&TenantId>,
    query: &Query,
) -> Result<(Vec<ApprovalView>, PageInfo), ApiError> {
    let tenant = tenant.map(TenantId::as_str);
    let mut fields = query.fields()?;
    let status = fields.optional("status", Word(STATUSES));
    let list: List<'_> = &["refunds", tenant.unwrap_or_default(), status.unwrap_or_default()];
    let keyset = Keyset::read(&mut fields, list);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let of = (tenant, status);
    let counted = store::count(&mut tx, of, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, of, keyset.after(), keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(|(_, it)| it.id.to_string());
    let info = keyset.info(counted, end.as_deref(), list);
    Ok((found.iter().map(|(tenant, it)| ApprovalView::new(tenant, it)).collect(), info))
}
