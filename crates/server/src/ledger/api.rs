//! `/billing/credit-balance`, `/billing/credit-transactions`

use axum::extract::State;
use countinghouse_core::{calendar::Instant, id::TenantId, ledger::Source};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{self, AdjustBody},
    credit,
    view::{
        CreditBalanceBody, CreditBalanceView, CreditTransactionBody, CreditTransactionList,
        CreditTransactionView,
    },
};
use crate::{
    app::App,
    http::{
        auth::{TenantAdmin, TenantReader},
        body::Body,
        envelope::{self, Answer},
        fields::{Parsed, Word},
        idempotency::Idempotency,
        paging::{PageParameters, Paging},
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, Refusals},
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_credit_balance))
        .routes(routes!(get_credit_balance_as_admin))
        .routes(routes!(list_credit_transactions))
        .routes(routes!(list_credit_transactions_as_admin))
        .routes(routes!(adjust_credit_balance))
}

/// Get a tenant's credit balance
///
/// What the tenant may spend on invoices: the sum of its credit transactions, never below zero.
/// With `as_of`, what it was at that instant, transactions of that very second included.
#[utoipa::path(
    get,
    path = "/billing/credit-balance/{tenant_id}",
    operation_id = "getCreditBalance",
    tag = "ledger",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("as_of" = Option<String>, Query, description = "An instant, RFC 3339 (extension)", example = "2026-05-12T10:00:00Z"),
    ),
    responses((status = 200, body = CreditBalanceBody, description = "The balance"), Refusals),
    security(("bearer" = [])),
)]
async fn get_credit_balance(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show_balance(&app, &tenant, &query).await
}

/// Get a tenant's credit balance (administrators)
///
/// As `GET /billing/credit-balance/{tenant_id}`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/credit-balance/{tenant_id}",
    operation_id = "getCreditBalanceAsAdmin",
    tag = "ledger",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("as_of" = Option<String>, Query, description = "An instant, RFC 3339 (extension)", example = "2026-05-12T10:00:00Z"),
    ),
    responses((status = 200, body = CreditBalanceBody, description = "The balance"), Refusals),
    security(("bearer" = [])),
)]
async fn get_credit_balance_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show_balance(&app, &tenant, &query).await
}

async fn show_balance(app: &App, tenant: &TenantId, query: &Query) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let as_of = fields.optional("as_of", Parsed(Instant::parse));
    fields.finish(())?;
    let balance = credit::balance(&app.env().db, tenant, as_of).await?;
    let view = CreditBalanceView::new(tenant, balance);
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// List a tenant's credit transactions
///
/// Newest first. Each shows the balance after it; the newest one's is the credit balance. `source`
/// narrows the list to transactions of one origin, with a total of their own. A page costs the
/// same however deep it lies; `cursor` walks the whole list without drift.
#[utoipa::path(
    get,
    path = "/billing/credit-transactions/{tenant_id}",
    operation_id = "listCreditTransactions",
    tag = "ledger",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("source" = Option<String>, Query, description = "`proration`, `refund`, `promo`, `manual_adjust` or `invoice_payment`", pattern = "^(proration|refund|promo|manual_adjust|invoice_payment)$", example = "promo"),
        PageParameters,
    ),
    responses((status = 200, body = CreditTransactionList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_credit_transactions(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show_transactions(&app, &tenant, &query).await
}

/// List a tenant's credit transactions (administrators)
///
/// As `GET /billing/credit-transactions/{tenant_id}`, for an `admin` of the tenant or a
/// `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/credit-transactions/{tenant_id}",
    operation_id = "listCreditTransactionsAsAdmin",
    tag = "ledger",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("source" = Option<String>, Query, description = "`proration`, `refund`, `promo`, `manual_adjust` or `invoice_payment`", pattern = "^(proration|refund|promo|manual_adjust|invoice_payment)$", example = "promo"),
        PageParameters,
    ),
    responses((status = 200, body = CreditTransactionList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_credit_transactions_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show_transactions(&app, &tenant, &query).await
}

const SOURCES: &[(&str, Source)] = &[
    ("proration", Source::Proration),
    ("refund", Source::Refund),
    ("promo", Source::Promo),
    ("manual_adjust", Source::ManualAdjust),
    ("invoice_payment", Source::InvoicePayment),
];

async fn show_transactions(
    app: &App,
    tenant: &TenantId,
    query: &Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let source = fields.optional("source", Word(SOURCES));
    let list = ["credit", tenant.as_str(), source.map_or("", Source::as_str)];
    let paging = Paging::read(&mut fields, &list);
    fields.finish(())?;
    let page = credit::page(&app.env().db, tenant, source, paging).await?;
    let show = |row| CreditTransactionView::stored(tenant, row);
    let items = page.transactions.into_iter().map(show).collect::<Result<Vec<_>, _>>()?;
    let info = paging.info(page.total, &list);
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Adjust a tenant's credit balance
///
/// Grants credit (`amount` above 0) or takes it back (below 0); the balance never falls below
/// zero: 409. `source_id`, if sent, is the adjustment's cause: the same one with the same amount
/// answers what the first did, with another amount it is 409. An `Idempotency-Key` serves too.
/// Extension.
#[utoipa::path(
    post,
    path = "/admin/billing/credit-balance/{tenant_id}/adjust",
    operation_id = "adjustCreditBalance",
    tags = ["ledger", "extension"],
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = AdjustBody,
    responses((status = 201, body = CreditTransactionBody, description = "The transaction"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn adjust_credit_balance(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let adjust = ask::read(&app.env().db, &tenant, &body).await?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    app.adjustments().run(adjust, key).await
}
