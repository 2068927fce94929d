//! `/admin/billing/refund-approval`, `/billing/balance`

use axum::extract::State;
use countinghouse_core::id::{RefundId, TenantId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    approval::{self, Delete, Judge, Submit, Verdict},
    ask::{self, Ask, ExecuteBody, SubmitBody},
    execute, list, store,
    view::{ApprovalBody, ApprovalList, ApprovalView, BalanceBody, BalanceView, ExecutedBody},
    wallet,
};
use crate::{
    app::App,
    db::Purpose,
    http::{
        auth::{Admin, TokenTenant},
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
    invoicing::FoundOf,
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(submit_refund))
        .routes(routes!(get_refund, delete_refund))
        .routes(routes!(approve_refund))
        .routes(routes!(reject_refund))
        .routes(routes!(execute_refund))
        .routes(routes!(list_refunds))
        .routes(routes!(get_balance))
}

/// Ask for a refund
///
/// Of money that was received for an invoice; credit that paid a part of it is no money. No more than
/// was received, less what was refunded, noted into credit, or is asked for already: 409. The amount
/// is held from now on, until the refund is rejected, deleted or paid: no credit note takes it. Two
/// people are needed: somebody else approves it. `transaction_id` is kept as it is.
#[utoipa::path(
    post,
    path = "/admin/billing/refund-approval",
    operation_id = "submitRefund",
    tag = "refunds",
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = SubmitBody,
    responses((status = 200, body = ApprovalBody, description = "The refund, `submitted`"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn submit_refund(
    admin: Admin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let (found, currency) = ask::find_invoice(&app.env().db, admin.tenant.as_ref(), &body).await?;
    let FoundOf { tenant, id: invoice } = found;
    let Ask { amount, reason, payment, comments } = ask::read(&body, currency)?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &body);
    let asked_by = admin.caller.user.clone();
    let submit = Submit { tenant, asked_by, invoice, amount, reason, payment, comments };
    app.commands().run(submit, key).await
}

/// Get a refund
///
/// 404 where it was deleted.
#[utoipa::path(
    get,
    path = "/admin/billing/refund-approval/{approval_id}",
    operation_id = "getRefund",
    tag = "refunds",
    params(
        ("approval_id" = String, Path, description = "The refund", example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
    ),
    responses((status = 200, body = ApprovalBody, description = "The refund"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn get_refund(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let (tenant, id) = find(&admin, &app, &path).await?;
    let mut tx = app.env().db.snapshot(Purpose::Page).await?;
    let found = store::find(&mut tx, tenant.as_str(), id).await?;
    let found = found.ok_or_else(|| approval::none(id))?;
    let view = ApprovalView::new(&tenant, &found);
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Delete a refund
///
/// Takes it out of lists and lets go of what it held. 409 where it is being paid or was paid.
#[utoipa::path(
    delete,
    path = "/admin/billing/refund-approval/{approval_id}",
    operation_id = "deleteRefund",
    tag = "refunds",
    params(
        ("approval_id" = String, Path, description = "The refund", example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is deleted"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn delete_refund(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let (tenant, id) = find(&admin, &app, &path).await?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &Body::default());
    app.commands().run(Delete { tenant, id }, key).await
}

/// Approve a refund
///
/// 403 for whoever asked for it, 409 where it was decided already.
#[utoipa::path(
    post,
    path = "/admin/billing/refund-approval/{approval_id}/approve",
    operation_id = "approveRefund",
    tag = "refunds",
    params(
        ("approval_id" = String, Path, description = "The refund", example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is approved"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn approve_refund(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    judge(&admin, &app, &path, &idempotency, Verdict::Approved).await
}

/// Reject a refund
///
/// Lets go of what it held; whoever asked for it may, too. 409 where it was decided already.
#[utoipa::path(
    post,
    path = "/admin/billing/refund-approval/{approval_id}/reject",
    operation_id = "rejectRefund",
    tag = "refunds",
    params(
        ("approval_id" = String, Path, description = "The refund", example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is rejected"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn reject_refund(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    judge(&admin, &app, &path, &idempotency, Verdict::Rejected).await
}

async fn judge(
    admin: &Admin,
    app: &App,
    path: &PathParameters,
    idempotency: &Idempotency,
    verdict: Verdict,
) -> Result<Answer, ApiError> {
    let (tenant, id) = find(admin, app, path).await?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &Body::default());
    let by = admin.caller.user.clone();
    app.commands().run(Judge { tenant, id, by, verdict }, key).await
}

/// Execute a refund
///
/// Pays an approved refund to the wallet of the subscription's administrator, once however often it
/// is executed, and notes it on the invoice; all of an invoice refunded makes it `refunded`. 409 for
/// another `user_id`. Where the wallet is away, too slow, or answers something else, it is 503: the
/// refund stays `executing` and is tried again, by you or by itself, until the wallet has said that it
/// paid.
#[utoipa::path(
    post,
    path = "/admin/billing/refund-approval/{approval_id}/execute",
    operation_id = "executeRefund",
    tag = "refunds",
    params(
        ("approval_id" = String, Path, description = "The refund", example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ExecuteBody,
    responses((status = 200, body = ExecutedBody, description = "It is paid"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn execute_refund(
    admin: Admin,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let user = ask::payee(&body)?;
    let (tenant, id) = find(&admin, &app, &path).await?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &body);
    execute::execute(&app, (&tenant, id), Some(user), key).await
}

/// The refund that a path names. Within a tenant it is not looked for yet.
async fn find(
    admin: &Admin,
    app: &App,
    path: &PathParameters,
) -> Result<(TenantId, RefundId), ApiError> {
    let text = path.read("approval_id", Text(usize::MAX))?;
    let none = || ApiError::NotFound { kind: "refund", id: text.clone() };
    let id = text.parse().map_err(|_| none())?;
    match &admin.tenant {
        Some(tenant) => Ok((tenant.clone(), id)),
        None => Ok((store::tenant_of(&app.env().db, id).await?.ok_or_else(none)?, id)),
    }
}

/// List refunds
///
/// Newest first, the deleted ones left out: an `admin` sees its own tenant's, a `super_admin` all, or
/// those of the tenant of `X-Tenant-ID`. `total` is exact up to 10,000; past that many only `cursor`
/// leads.
#[utoipa::path(
    get,
    path = "/admin/billing/refund-approvals",
    operation_id = "listRefunds",
    tag = "refunds",
    params(
        ("status" = Option<String>, Query, description = "`submitted`, `approved`, `rejected`, `executing` or `completed`", pattern = "^(submitted|approved|rejected|executing|completed)$", example = "submitted"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = ApprovalList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_refunds(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(&app.env().db, admin.tenant.as_ref(), &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Get the caller's wallet balance
///
/// What the wallet service has for the caller; without one, what was refunded to them in the token's
/// tenant. 503 where the wallet service does not answer.
#[utoipa::path(
    get,
    path = "/billing/balance",
    operation_id = "getBalance",
    tag = "refunds",
    responses((status = 200, body = BalanceBody, description = "The balance"), Refusals),
    security(("bearer" = [])),
)]
async fn get_balance(
    TokenTenant { tenant, caller }: TokenTenant,
    State(app): State<App>,
) -> Result<Answer, ApiError> {
    let held = wallet::of(&app).balance(&tenant, &caller.user).await.map_err(|error| {
        tracing::warn!(?error, "the wallet did not tell a balance");
        ApiError::Unavailable("the wallet did not answer")
    })?;
    let view = BalanceView::new(caller.user.as_str(), &held);
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
