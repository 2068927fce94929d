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
        stream::{CutOff, Out},
    },
};

/// How many notes an export reads by one statement.
const EXPORTED: i64 = 1_000;

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

/// Writes the notes of a tenant, newest first, as elements of an array; the hidden ones are left out.
pub async fn export_notes(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    let mut after = None;
    loop {
        let rows = (0, EXPORTED);
        let found = store::page(tx, Some(tenant.as_str()), after.as_ref(), rows).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some(last.place()?);
        for note in found {
            out.element();
            out.value(&NoteView::try_from(note)?)?;
            out.make_room().await?;
        }
    }
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
    let after = keyset.after_read(&mut fields, store::Place::parse);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let counted = store::count(&mut tx, tenant, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, tenant, after.as_ref(), keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(NoteRow::place).transpose()?.map(|it| it.to_string());
    let info = keyset.info(counted, end.as_deref(), list);
    let views = found.into_iter().map(NoteView::try_from).collect::<Result<_, _>>()?;
    Ok((views, info))
}
