//! Notes as they are read: one, and pages of them.

use countinghouse_core::{id::TenantId, invoicing::NoteNumber};

use super::{store, store::NoteRow, view::NoteView};
use crate::{
    db::{Db, Error, Purpose, Tx},
    http::{
        keyset::{COUNTED_MAX, Keyset},
        paging::{List, PageInfo},
        problem::ApiError,
        query::Query,
    },
};

/// The note of that number, unless it is hidden.
pub async fn note_row(
    tx: &mut Tx,
    tenant: &str,
    number: NoteNumber,
) -> Result<Option<NoteRow>, Error> {
    Ok(store::row(tx, tenant, number).await?.filter(|row| !row.is_hidden()))
}

/// The same, as it is shown.
pub async fn note_view(
    tx: &mut Tx,
    tenant: &str,
    number: NoteNumber,
) -> Result<Option<NoteView>, Error> {
    note_row(tx, tenant, number).await?.map(NoteView::try_from).transpose()
}

/// A page of the notes of a tenant, or of all tenants, newest first.
pub async fn note_page(
    db: &Db,
    tenant: Option<&TenantId>,
    query: &Query,
) -> Result<(Vec<NoteView>, PageInfo), ApiError> {
    let tenant = tenant.map(TenantId::as_str);
    let list: List<'_> = &["credit-notes", tenant.unwrap_or_default()];
    let mut fields = query.fields()?;
    let keyset = Keyset::read(&mut fields, list);
    let after = keyset.after().map(store::Place::parse);
    if after.as_ref().is_some_and(Option::is_none) {
        fields.violate("cursor", "malformed", "must be a `next_cursor` of this list");
    }
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let counted = store::count(&mut tx, tenant, COUNTED_MAX + 1).await?;
    let rows = (keyset.skipped(), keyset.size() + 1);
    let mut found = store::page(&mut tx, tenant, after.flatten().as_ref(), rows).await?;
    let size = usize::try_from(keyset.size()).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let end = found.last().filter(|_| more).map(NoteRow::place).transpose()?;
    let info = keyset.info(counted, end.as_deref(), list);
    let views = found.into_iter().map(NoteView::try_from).collect::<Result<_, _>>()?;
    Ok((views, info))
}
