//! Invoices and credit notes as files.

use axum::extract::State;
use countinghouse_core::invoicing::InvoiceNumber;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::filling;
use crate::{
    app::App,
    db::Purpose,
    http::{
        auth::{Admin, TokenTenant},
        download::Download,
        fields::Text,
        path::Path as PathParameters,
        problem::ApiError,
        refusals::{Conflicts, Refusals},
    },
    invoicing::{self, FoundOf},
};

/// The longest number that is looked for, in letters.
const NUMBER_MAX: usize = 64;

/// A document as PDF.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "%PDF-1.7 …")]
#[expect(dead_code, reason = "it documents a body, which is drawn")]
pub(super) struct PdfBytes(Vec<u8>);

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(draw_invoice)).routes(routes!(draw_credit_note))
}

/// Get an invoice as PDF
///
/// Seller, buyer, every line, the tax by rate with the reason where there is none, credit, notes and
/// payments, in the language that the tenant had at the issue: Chinese for `zh`, both for `mul`, else
/// English. The same state of an invoice is the same bytes. When too many wait to be drawn, 503.
#[utoipa::path(
    get,
    path = "/billing/invoice/{invoice_number}/pdf",
    operation_id = "drawInvoice",
    tag = "documents",
    params(("invoice_number" = String, Path, description = "The number of the invoice", example = "INV-2026-000001")),
    responses((status = 200, body = PdfBytes, content_type = "application/pdf", description = "The document, PDF 1.7 (PDF/UA-1)"), Refusals),
    security(("bearer" = [])),
)]
async fn draw_invoice(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Download, ApiError> {
    let text = path.read("invoice_number", Text(NUMBER_MAX))?;
    let mut tx = app.env().db.snapshot(Purpose::Page).await?;
    let found = match text.parse::<InvoiceNumber>() {
        Ok(number) => invoicing::invoice_detail(&mut tx, &tenant, number).await?,
        Err(_) => None,
    };
    tx.rollback().await?;
    let found = found.ok_or(ApiError::NotFound { kind: "invoice", id: text })?;
    app.drawings().file(filling::of_invoice(&found)).await
}

/// Get a credit note as PDF
///
/// What it takes back by rate of tax, of which invoice and why, and whether that lowered what was due
/// or was given back. A `super_admin` names the tenant by `X-Tenant-ID`, or finds the note over all
/// tenants: 409 where several have one of that number.
#[utoipa::path(
    get,
    path = "/admin/billing/credit-note/{number}/pdf",
    operation_id = "drawCreditNote",
    tags = ["documents", "extension"],
    params(("number" = String, Path, description = "The number of the credit note", example = "CN-2026-000001")),
    responses(
        (status = 200, body = PdfBytes, content_type = "application/pdf", description = "The document, PDF 1.7 (PDF/UA-1)"),
        Refusals, Conflicts,
    ),
    security(("bearer" = [])),
)]
async fn draw_credit_note(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Download, ApiError> {
    let text = path.read("number", Text(NUMBER_MAX))?;
    let db = &app.env().db;
    let FoundOf { tenant, id } = invoicing::note_of(db, admin.tenant.as_ref(), &text).await?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let found = invoicing::note_detail(&mut tx, &tenant, id).await?;
    tx.rollback().await?;
    let found = found.ok_or(ApiError::NotFound { kind: "credit note", id: text })?;
    app.drawings().file(filling::of_note(&found)).await
}
