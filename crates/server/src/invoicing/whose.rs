//! Whose a document is that an administrator names.
//!
//! An `admin` looks in their own tenant. A `super_admin` who names no tenant looks in all: numbers are
//! counted for each tenant, so one may be that of several, which is a conflict.

use countinghouse_core::{
    id::{RecordId, TenantId},
    invoicing::{InvoiceNumber, NoteNumber},
    money::Currency,
};

use super::{notes::tenants_of_note, store};
use crate::{db::Db, http::problem::ApiError};

pub use super::store::number_of_record;

/// A document that was found, and whose it is.
#[derive(Clone, Debug)]
pub struct FoundOf<T> {
    /// Whose.
    pub tenant: TenantId,
    /// What it is known by.
    pub id: T,
}

/// The invoice of that number, with its currency.
pub async fn invoice_of(
    db: &Db,
    tenant: Option<&TenantId>,
    number: &str,
) -> Result<(FoundOf<InvoiceNumber>, Currency), ApiError> {
    let none = || ApiError::NotFound { kind: "invoice", id: number.to_owned() };
    let id: InvoiceNumber = number.parse().map_err(|_| none())?;
    let found = store::numbered(db, tenant, id).await?;
    let (tenant, currency) = only(found, "number")?.ok_or_else(none)?;
    Ok((FoundOf { tenant, id }, currency))
}

/// The credit note of that number. Within a tenant it is not looked for yet.
pub async fn note_of(
    db: &Db,
    tenant: Option<&TenantId>,
    number: &str,
) -> Result<FoundOf<NoteNumber>, ApiError> {
    let none = || ApiError::NotFound { kind: "credit note", id: number.to_owned() };
    let id: NoteNumber = number.parse().map_err(|_| none())?;
    let tenant = match tenant {
        Some(tenant) => tenant.clone(),
        None => only(tenants_of_note(db, id).await?, "number")?.ok_or_else(none)?,
    };
    Ok(FoundOf { tenant, id })
}

/// The billing record of that id. Within a tenant it is not looked for yet.
pub async fn record_of(
    db: &Db,
    tenant: Option<&TenantId>,
    record: &str,
) -> Result<FoundOf<RecordId>, ApiError> {
    let none = || ApiError::NotFound { kind: "billing record", id: record.to_owned() };
    let id: RecordId = record.parse().map_err(|_| none())?;
    let tenant = match tenant {
        Some(tenant) => tenant.clone(),
        None => only(store::tenants_of_record(db, id).await?, "id")?.ok_or_else(none)?,
    };
    Ok(FoundOf { tenant, id })
}

/// The only one that was found.
fn only<T>(found: Vec<T>, what: &str) -> Result<Option<T>, ApiError> {
    let mut found = found.into_iter();
    let one = found.next();
    if found.next().is_some() {
        let why = format!("several tenants have this {what}; name one by X-Tenant-ID");
        return Err(ApiError::Conflict(why));
    }
    Ok(one)
}
