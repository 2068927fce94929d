//! What is to be checked.

use countinghouse_core::{
    id::{AppId, TenantId},
    metering::{RESOURCE_MAX, Resource},
};
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{Parsed, Whole},
    problem::ApiError,
};

const RESOURCE: &str = "resource_type";

/// What is to be used.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct QuotaCheckAskBody {
    /// Of what: `api_calls`, `storage` (bytes), `bandwidth` (bytes), `users`, `sms`, `email`,
    /// `login_attempts`, `failed_logins`, `mfa_verifications`, or what the app has a price for.
    #[schema(example = "api_calls", pattern = "^[a-z][a-z0-9_.-]*$", max_length = 64)]
    resource_type: String,
    /// How much more.
    #[schema(example = 100, minimum = 1)]
    requested_amount: i64,
    /// The app that is to use it. The quota is the tenant's all the same.
    #[schema(example = "app_001", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    app_id: Option<String>,
}

// The pattern above says what `Resource::parse` takes.
const _: () = assert!(RESOURCE_MAX == 64);

/// What is to be checked.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) tenant: TenantId,
    pub(super) app: Option<AppId>,
    pub(super) resource: Resource,
    pub(super) amount: i64,
}

impl Ask {
    pub(super) fn read(tenant: &TenantId, body: &Body) -> Result<Self, ApiError> {
        let mut fields = body.fields()?;
        let resource = fields.required(RESOURCE, Parsed(Resource::parse));
        let amount = fields.required("requested_amount", Whole(1..=i64::MAX));
        let app = fields.optional("app_id", Parsed(AppId::parse));
        let (resource, amount) = fields.finish((resource, amount))?;
        Ok(Self { tenant: tenant.clone(), app, resource, amount })
    }
}

/// Nobody counts that.
pub(super) fn unknown_resource() -> ApiError {
    let known = Resource::BUILT_IN.map(|it| format!("`{it}`")).join(", ");
    let rule = format!("must be one of {known}, or what the app of `app_id` has a price for");
    ApiError::invalid(RESOURCE, "unknown_word", rule)
}
