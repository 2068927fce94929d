//! `/billing/records`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use countinghouse_core::id::{AppId, TenantId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    detail, listed, records, search, tabled,
    view::{RecordList, RecordView},
};
use crate::{
    app::App,
    http::{
        auth::{TenantAdmin, TenantReader, TokenTenant},
        csv::{CsvText, FORMATS, Format, TablePage},
        envelope::{self, Answer},
        fields::Parsed,
        paging::{PageInfo, PageParameters, Paging},
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_records))
        .routes(routes!(list_records_of_app))
        .routes(routes!(list_records_as_admin))
        .routes(routes!(list_invoices))
        .routes(routes!(search_records))
        .merge(detail::routes())
        .merge(listed::routes())
}

/// List a tenant's billing records
///
/// Newest first, with the lines of each. `app_id` narrows the list to one app, with a total of its
/// own. A page and its total cost the same however deep it lies and however many records there
/// are; `cursor` walks the whole list without drift while new records arrive.
///
/// With `format=csv` the page is a table (RFC 4180, UTF-8) of one row a line item, in which no cell is
/// taken for a formula: text that looks like one begins with `'`. `X-Total-Count` and `X-Next-Cursor`
/// say what `pagination` does.
#[utoipa::path(
    get,
    path = "/billing/records/{tenant_id}",
    operation_id = "listRecords",
    tag = "invoicing",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only records of this app", example = "app_001"),
        ("format" = Option<String>, Query, description = "`json` or `csv` (extension); `json` if absent", pattern = "^(json|csv)$", example = "json"),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of the list", content((RecordList = "application/json"), (CsvText = "text/csv; charset=utf-8"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn list_records(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Response, ApiError> {
    show(&app, &tenant, None, &query).await
}

/// List an app's billing records
///
/// The same as `GET /billing/records/{tenant_id}?app_id=`.
#[utoipa::path(
    get,
    path = "/billing/records/{tenant_id}/apps/{app_id}",
    operation_id = "listRecordsOfApp",
    tag = "invoicing",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
        ("format" = Option<String>, Query, description = "`json` or `csv` (extension); `json` if absent", pattern = "^(json|csv)$", example = "json"),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of the list", content((RecordList = "application/json"), (CsvText = "text/csv; charset=utf-8"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn list_records_of_app(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Response, ApiError> {
    show(&app, &tenant, Some(path.read("app_id", Parsed(AppId::parse))?), &query).await
}

/// List a tenant's billing records (administrators)
///
/// As `GET /billing/records/{tenant_id}`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/records/{record_id}",
    operation_id = "listRecordsAsAdmin",
    tag = "invoicing",
    params(
        ("record_id" = String, Path, description = "The tenant. The position is named for the record that `DELETE` takes there", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only records of this app", example = "app_001"),
        ("format" = Option<String>, Query, description = "`json` or `csv` (extension); `json` if absent", pattern = "^(json|csv)$", example = "json"),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of the list", content((RecordList = "application/json"), (CsvText = "text/csv; charset=utf-8"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn list_records_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Response, ApiError> {
    show(&app, &tenant, None, &query).await
}

/// List the caller's billing records (SDK alias)
///
/// The same as `GET /billing/records/{tenant_id}`, for the token's tenant.
#[utoipa::path(
    get,
    path = "/billing/invoices",
    operation_id = "listInvoices",
    tag = "invoicing",
    params(
        ("app_id" = Option<String>, Query, description = "Only records of this app", example = "app_001"),
        ("format" = Option<String>, Query, description = "`json` or `csv` (extension); `json` if absent", pattern = "^(json|csv)$", example = "json"),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of the list", content((RecordList = "application/json"), (CsvText = "text/csv; charset=utf-8"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn list_invoices(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    query: Query,
) -> Result<Response, ApiError> {
    show(&app, &tenant, None, &query).await
}

/// Shows a page of the list of `app`, or of the app that the query names, or of all.
async fn show(
    app: &App,
    tenant: &TenantId,
    of: Option<AppId>,
    query: &Query,
) -> Result<Response, ApiError> {
    let mut fields = query.fields()?;
    let named = fields.optional("app_id", Parsed(AppId::parse));
    let of = of.or(named);
    let of = of.as_ref().map(AppId::as_str);
    let list = ["records", tenant.as_str(), of.unwrap_or_default()];
    let paging = Paging::read(&mut fields, &list);
    let format = fields.optional("format", FORMATS).unwrap_or_default();
    fields.finish(())?;
    let db = &app.env().db;
    let page = records::page(db, tenant, of, paging).await?;
    let lines = records::lines(db, tenant, &page.records).await?;
    let items = RecordView::page(tenant, page.records, lines)?;
    answer(app, format, &items, paging.info(page.total, &list))
}

/// Search a tenant's billing records
///
/// Newest first, with the lines of each; a record must fit every filter. `search` is split on white
/// space: each word must occur in the description, the type or the description of a line, in
/// whatever case, or begin the record id or the invoice number, or (digits) end the number. Dates
/// are in the tenant's zone and include both days; amounts include both ends.
///
/// `total` is exact up to 10,000; where more match it is 10,000 and `total_is_exact` is false. Past
/// row 10,000 only `cursor` leads. A search that would take more than 5 s is refused with 503.
#[utoipa::path(
    get,
    path = "/billing/records/{tenant_id}/search",
    operation_id = "searchRecords",
    tag = "invoicing",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only records of this app", example = "app_001"),
        ("status" = Option<String>, Query, description = "`pending`, `paid`, `failed`, `refunded` or `void`", example = "paid"),
        ("date_from" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", example = "2026-04-01"),
        ("date_to" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", example = "2026-04-30"),
        ("min_amount" = Option<f64>, Query, description = "The least amount, tax included", example = 99),
        ("max_amount" = Option<f64>, Query, description = "The largest amount, tax included", example = 499),
        ("search" = Option<String>, Query, description = "Words, at most 10 and 200 letters", example = "professional 专业"),
        ("page" = Option<i64>, Query, description = "The page, from 1; it must begin within the first 10,000 rows", minimum = 1),
        ("page_size" = Option<i64>, Query, description = "Rows of a page, 1 to 100; larger is 100", minimum = 1),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters (extension)"),
        ("format" = Option<String>, Query, description = "`json` or `csv` (extension); `json` if absent", pattern = "^(json|csv)$", example = "json"),
    ),
    responses(
        (status = 200, description = "A page of what matches", content((RecordList = "application/json"), (CsvText = "text/csv; charset=utf-8"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn search_records(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Response, ApiError> {
    let db = &app.env().db;
    let (ask, paging) = search::read(db, &tenant, &query).await?;
    let found = app.searches().find(db, &tenant, &ask, paging).await?;
    let list = ask.list(&tenant);
    let info = paging.info_of_found(found.total, found.total_is_exact, found.next, &list);
    let items = RecordView::page(&tenant, found.records, found.lines)?;
    answer(&app, ask.format, &items, info)
}

/// A page in the form that was asked for.
fn answer(
    app: &App,
    format: Format,
    items: &[RecordView],
    info: PageInfo,
) -> Result<Response, ApiError> {
    if format.is_csv() {
        let PageInfo { total, next_cursor, .. } = info;
        return Ok(TablePage { table: tabled::of(items)?, total, next_cursor }.into_response());
    }
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?).into_response())
}
