//! The list of a tenant's exports.

use countinghouse_core::{id::TenantId, reports::TaxRange};

use super::{address::Addresses, export::good_until, store, view::TaxExportView};
use crate::{
    app::App,
    db::Purpose,
    http::{
        envelope::{self, Answer},
        fields::Parsed,
        paging::Paging,
        problem::ApiError,
        query::Query,
    },
};

/// A page of a tenant's exports, or of those of the same days, newest first.
pub(super) async fn page(app: &App, tenant: &TenantId, query: &Query) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let period = fields.optional("period", Parsed(TaxRange::parse));
    let period = period.map(|period| period.to_string());
    let period = period.as_deref();
    let list = ["tax_exports", tenant.as_str(), period.unwrap_or_default()];
    let paging = Paging::read(&mut fields, &list);
    fields.finish(())?;
    let addresses = Addresses::of(app.outside())?;
    let env = app.env();
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let total = store::newest(&mut tx, tenant.as_str(), period).await?;
    let range = paging.range(total);
    let exports = store::page(&mut tx, tenant.as_str(), period, range).await?;
    tx.rollback().await?;
    let until = good_until(env);
    let show = |it| TaxExportView::new(tenant, it, (&addresses, until));
    let items: Vec<TaxExportView> = exports.iter().map(show).collect();
    Ok(Answer::ok(envelope::list(&items, &paging.info(total, &list), env.now())?))
}
