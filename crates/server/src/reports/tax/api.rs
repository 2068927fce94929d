//! `/admin/billing/tax-export`, `/admin/billing/tax-exports`, `/public/tax-exports`

use axum::{extract::State, response::Response};
use countinghouse_core::id::{TaxExportId, TenantId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    address::{Addresses, CHANGED},
    ask::Ask,
    document::Download,
    export, list,
    view::{TaxExportBody, TaxExportList, TaxReportBody, TaxReportText},
};
use crate::{
    app::App,
    http::{
        auth::{Admin, Anyone},
        envelope::Answer,
        fields::{Parsed, Text},
        paging::PageParameters,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The most digits of an instant, and of a signature.
const EXPIRES_MAX: usize = 20;
const SIGNATURE_MAX: usize = 64;

/// The routes of this capability.
pub(in crate::reports) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export_taxes))
        .routes(routes!(list_tax_exports))
        .routes(routes!(download_tax_export))
}

/// Export taxes
///
/// Taxes by rate and document, of a year, a quarter, a month, or of the days from `start_date` to
/// `end_date` (today if absent), in the tenant's zone; without either, of the present month. What is
/// answered is where the export can be fetched; what is kept of it is of which days it is, as of when,
/// and how far the tenant's invoices and notes were, so the same address always gives the same. As long
/// as nothing is posted, asking again gives the same export. A tenant that nobody ever named in a write
/// is 404.
///
/// An invoice counts on the day on which it is issued, a credit note the other way on the day of its
/// own, what is withdrawn the other way on the day on which that happens. So the rows of a document
/// sum to what it says, and days that are over never change. Without the setting `secret_key` it is
/// 503. An `admin` exports its own tenant, a `super_admin` that of `X-Tenant-ID`.
#[utoipa::path(
    get,
    path = "/admin/billing/tax-export",
    operation_id = "exportTaxes",
    tag = "reports",
    params(
        ("tax_period" = Option<String>, Query, description = "`2026`, `2026-Q1` or `2026-04`; not together with days", example = "2026-Q1", pattern = "^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?$"),
        ("start_date" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", example = "2026-01-01"),
        ("end_date" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", example = "2026-03-31"),
        ("format" = Option<String>, Query, description = "`csv` or `json`; `csv` if absent", example = "csv", pattern = "^(csv|json)$"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose taxes; a `super_admin` must name it", example = "tnt_xyz789"),
    ),
    responses((status = 200, body = TaxExportBody, description = "Where it can be fetched"), Refusals),
    security(("bearer" = [])),
)]
async fn export_taxes(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let ask = Ask::read(&query)?;
    export::keep(&app, (admin.one_tenant()?, admin.is_at_home()), ask).await
}

/// List tax exports
///
/// Those that were asked for, newest first, each with an address that is good for a day. `period`
/// narrows the list to exports of the same days, with a total of their own.
#[utoipa::path(
    get,
    path = "/admin/billing/tax-exports",
    operation_id = "listTaxExports",
    tag = "reports",
    params(
        ("period" = Option<String>, Query, description = "`2026`, `2026-Q1`, `2026-04` or `2026-04-02/2026-04-09`", example = "2026-Q1"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose exports; a `super_admin` must name it", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = TaxExportList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_tax_exports(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    list::page(&app, admin.one_tenant()?, &query).await
}

/// Download a tax export
///
/// The address of an export is signed and good for a day: whoever has it needs no token. One that was
/// changed in any part, or has expired, is 403. The file is made again as of the instant that the
/// export was asked for, in one consistent snapshot, and streamed; if something fails half-way the
/// connection breaks. Comma-separated values follow RFC 4180, and text that a sheet would take for a
/// formula has a `'` in front. A tenant has one download at a time: another one is 503, and so it is
/// while those of other tenants have all places. A reader that takes nothing for 30 s is given up.
/// Extension.
#[utoipa::path(
    get,
    path = "/public/tax-exports/{tenant_id}/{tax_report_id}",
    operation_id = "downloadTaxExport",
    tags = ["reports", "extension"],
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("tax_report_id" = String, Path, description = "The export", example = "tax_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("expires" = String, Query, description = "Until when the address is good, in seconds since 1970", example = "1776333600"),
        ("signature" = String, Query, description = "What shows that the address was given by this service", example = "0f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e0f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e"),
    ),
    responses(
        (
            status = 200,
            description = "The export",
            content((TaxReportText = "text/csv"), (TaxReportBody = "application/json")),
        ),
        Refusals,
    ),
)]
async fn download_tax_export(
    _: Anyone,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Response, ApiError> {
    let mut fields = query.fields()?;
    let expires = fields.required("expires", Text(EXPIRES_MAX));
    let signature = fields.required("signature", Text(SIGNATURE_MAX));
    let (expires, signature) = fields.finish((expires, signature))?;
    let changed = || ApiError::Forbidden(CHANGED);
    let expires = expires.parse().map_err(|_| changed())?;
    let tenant = path.read("tenant_id", Parsed(TenantId::parse)).map_err(|_| changed())?;
    let id =
        path.read("tax_report_id", Parsed(str::parse::<TaxExportId>)).map_err(|_| changed())?;
    let addresses = Addresses::of(app.outside())?;
    addresses.check(&tenant, id, (expires, &signature), app.env().now())?;
    let place = app.downloads().place(&tenant).await?;
    let download = Download::open(app.env(), tenant, id, place).await?;
    let (name, content_type) = download.name();
    Ok(download.start().into_file(content_type, &name))
}
