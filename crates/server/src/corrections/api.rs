//! `/admin/billing/credit-note`, and voiding a billing record

use axum::extract::State;
use countinghouse_core::invoicing::NoteNumber;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{self, NoteAskBody},
    note::{CancelNote, HideNote, IssueNote, no_note},
    withdraw::Withdraw,
};
use crate::{
    app::App,
    db::Purpose,
    http::{
        auth::Admin,
        body::Body,
        envelope::{self, Answer, Done},
        fields::Text,
        idempotency::Idempotency,
        paging::PageParameters,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, Refusals},
    },
    invoicing::{self, FoundOf, NoteBody, NoteList},
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(issue_credit_note))
        .routes(routes!(get_credit_note, void_credit_note, delete_credit_note))
        .routes(routes!(list_credit_notes))
        .routes(routes!(void_record))
}

/// Issue a credit note
///
/// Takes an amount, tax included, back of an invoice that is issued, paid or overdue. It first lowers
/// what is due; nothing due any more is `paid`, and its dunning ends. What had been paid becomes
/// credit of the tenant (`refund`). Tax is taken back at the rates of the invoice, so that notes over
/// the whole of it take back exactly it. More than is left of the invoice is 409. A `super_admin` who
/// names no tenant by `X-Tenant-ID` finds the invoice in all; a number that several tenants have is
/// 409 then.
#[utoipa::path(
    post,
    path = "/admin/billing/invoice/{invoice_number}/credit-note",
    operation_id = "issueCreditNote",
    tag = "corrections",
    params(
        ("invoice_number" = String, Path, description = "The invoice", example = "INV-2026-000001"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = NoteAskBody,
    responses((status = 200, body = NoteBody, description = "The credit note"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn issue_credit_note(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let number = path.read("invoice_number", Text(usize::MAX))?;
    let (db, tenant) = (&app.env().db, admin.tenant.as_ref());
    let (found, currency) = invoicing::invoice_of(db, tenant, &number).await?;
    let (amount, reason) = ask::read(&body, &number, currency)?;
    let FoundOf { tenant, id: invoice } = found;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &body);
    app.commands().run(IssueNote { tenant, invoice, amount, reason }, key).await
}

/// Get a credit note
///
/// 404 where it was deleted.
#[utoipa::path(
    get,
    path = "/admin/billing/credit-note/{number}",
    operation_id = "getCreditNote",
    tag = "corrections",
    params(
        ("number" = String, Path, description = "The credit note", example = "CN-2026-000001"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
    ),
    responses((status = 200, body = NoteBody, description = "The credit note"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn get_credit_note(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let FoundOf { tenant, id } = find_note(&admin, &app, &path).await?;
    let mut tx = app.env().db.snapshot(Purpose::Page).await?;
    let view = invoicing::note_view(&mut tx, tenant.as_str(), id).await?;
    let view = view.ok_or_else(|| no_note(id))?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Void a credit note
///
/// What it lowered is due again, and the credit that it gave is taken back: 409 where that was spent,
/// or the invoice was settled since, or the note is cancelled already.
#[utoipa::path(
    put,
    path = "/admin/billing/credit-note/{number}",
    operation_id = "voidCreditNote",
    tag = "corrections",
    params(
        ("number" = String, Path, description = "The credit note", example = "CN-2026-000001"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is cancelled"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn void_credit_note(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let FoundOf { tenant, id: number } = find_note(&admin, &app, &path).await?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &Body::default());
    app.commands().run(CancelNote { tenant, number }, key).await
}

/// Delete a credit note
///
/// Takes a voided note out of lists; its number stays taken. 409 where it is not voided.
#[utoipa::path(
    delete,
    path = "/admin/billing/credit-note/{number}",
    operation_id = "deleteCreditNote",
    tag = "corrections",
    params(
        ("number" = String, Path, description = "The credit note", example = "CN-2026-000001"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is hidden"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn delete_credit_note(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let FoundOf { tenant, id: number } = find_note(&admin, &app, &path).await?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &Body::default());
    app.commands().run(HideNote { tenant, number }, key).await
}

async fn find_note(
    admin: &Admin,
    app: &App,
    path: &PathParameters,
) -> Result<FoundOf<NoteNumber>, ApiError> {
    let number = path.read("number", Text(usize::MAX))?;
    invoicing::note_of(&app.env().db, admin.tenant.as_ref(), &number).await
}

/// List credit notes
///
/// Newest first, those that changes of plan made too, the deleted ones left out: an `admin` sees its
/// own tenant's, a `super_admin` all, or those of the tenant of `X-Tenant-ID`. `total` is exact up to
/// 10,000; past that many only `cursor` leads.
#[utoipa::path(
    get,
    path = "/admin/billing/credit-notes",
    operation_id = "listCreditNotes",
    tag = "corrections",
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = NoteList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_credit_notes(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = invoicing::note_page(&app.env().db, admin.tenant.as_ref(), &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Void a billing record
///
/// Withdraws a record that is `pending` or `failed`, and its invoice: nothing is due of it any more,
/// and the credit that had paid a part of it returns. Row and number stay, and its period stays
/// billed. 409 otherwise, and where a credit note stands on the invoice.
#[utoipa::path(
    delete,
    path = "/admin/billing/records/{record_id}",
    operation_id = "voidRecord",
    tag = "corrections",
    params(
        ("record_id" = String, Path, description = "The record", example = "rec_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is void"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn void_record(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let record = path.read("record_id", Text(usize::MAX))?;
    let found = invoicing::record_of(&app.env().db, admin.tenant.as_ref(), &record).await?;
    let FoundOf { tenant, id: record } = found;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &Body::default());
    app.commands().run(Withdraw { tenant, record }, key).await
}
