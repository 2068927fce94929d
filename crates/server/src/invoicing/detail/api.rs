//! `/billing/invoice/{invoice_number}`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use countinghouse_core::{id::TenantId, invoicing::InvoiceNumber};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Detail, InvoiceBody, InvoiceView, find, sheet};
use crate::{
    app::App,
    db::{Db, Purpose},
    http::{
        auth::TokenTenant,
        csv::{CsvText, FORMATS, Format},
        download::Download,
        envelope::{self, Answer},
        fields::Text,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The longest number that is looked for, in letters.
const NUMBER_MAX: usize = 64;

/// The routes of this capability.
pub(in crate::invoicing) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_invoice)).routes(routes!(export_invoice))
}

/// Get an invoice
///
/// With every line, the tax by rate, and what became of it: credit, notes, payments. What it says
/// never changes: seller, buyer, plan and prices are those of the issue. Invoices are looked for in
/// the token's tenant; one of another tenant is 404.
#[utoipa::path(
    get,
    path = "/billing/invoice/{invoice_number}",
    operation_id = "getInvoice",
    tag = "invoicing",
    params(("invoice_number" = String, Path, description = "The number of the invoice", example = "INV-2026-000001")),
    responses((status = 200, body = InvoiceBody, description = "The invoice"), Refusals),
    security(("bearer" = [])),
)]
async fn get_invoice(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let found = wanted(&app.env().db, &tenant, &path).await?;
    Ok(Answer::ok(envelope::data(&InvoiceView::from(&found), app.env().now())?))
}

/// Export an invoice
///
/// As a file to be saved: `json` is the same as `GET /billing/invoice/{invoice_number}`; `csv` is a
/// table (RFC 4180, UTF-8) of one row a line item, in which no cell is taken for a formula: text that
/// looks like one begins with `'`.
#[utoipa::path(
    get,
    path = "/billing/invoice/{invoice_number}/export",
    operation_id = "exportInvoice",
    tag = "invoicing",
    params(
        ("invoice_number" = String, Path, description = "The number of the invoice", example = "INV-2026-000001"),
        ("format" = Option<String>, Query, description = "`json` or `csv`; `json` if absent", pattern = "^(json|csv)$", example = "json"),
    ),
    responses(
        (status = 200, description = "The file", content((InvoiceBody = "application/json"), (CsvText = "text/csv; charset=utf-8"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn export_invoice(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Response, ApiError> {
    let mut fields = query.fields()?;
    let format = fields.optional("format", FORMATS).unwrap_or_default();
    fields.finish(())?;
    let found = wanted(&app.env().db, &tenant, &path).await?;
    let file = match format {
        Format::Csv => sheet::of(&found)?,
        Format::Json => Download {
            kind: "application/json",
            name: format!("{}.json", found.number),
            bytes: envelope::data(&InvoiceView::from(&found), app.env().now())?,
        },
    };
    Ok(file.into_response())
}

/// The invoice that the path names, in a tenant.
async fn wanted(db: &Db, tenant: &TenantId, path: &PathParameters) -> Result<Detail, ApiError> {
    let text = path.read("invoice_number", Text(NUMBER_MAX))?;
    let found = match text.parse::<InvoiceNumber>() {
        Ok(number) => find(&mut db.snapshot(Purpose::Page).await?, tenant, number).await?,
        Err(_) => None,
    };
    found.ok_or(ApiError::NotFound { kind: "invoice", id: text })
}
