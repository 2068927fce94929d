//! What it takes to set figures right.

use countinghouse_core::metering::{AMOUNT_MAX, CORRECTABLE, Resource};
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{Text, Whole},
    problem::ApiError,
};

/// The longest reason, in letters.
const REASON_MAX: usize = 500;

/// Figures of a day that are set right. What is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct UsageStatsUpdateBody {
    /// People, as the day ended.
    #[schema(example = 120, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    user_count: Option<i64>,
    /// Calls of the API.
    #[schema(example = 15_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    api_requests: Option<i64>,
    /// Bytes stored, as the day ended.
    #[schema(example = 2_684_354_560_i64, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    storage_used: Option<i64>,
    /// Bytes moved.
    #[schema(example = 16_106_127_360_i64, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    bandwidth_used: Option<i64>,
    /// Attempts to log in.
    #[schema(example = 340, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    login_attempts: Option<i64>,
    /// Those of them that failed.
    #[schema(example = 12, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    failed_logins: Option<i64>,
    /// Second factors checked.
    #[schema(example = 80, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    mfa_verifications: Option<i64>,
    /// Why, at most 500 letters.
    #[schema(example = "The gateway counted twice", max_length = 500)]
    reason: Option<String>,
}

/// Figures that are set, and why.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) figures: Vec<(Resource, i64)>,
    pub(super) reason: Option<String>,
}

impl Set {
    pub(super) fn read(body: &Body) -> Result<Self, ApiError> {
        let mut fields = body.fields()?;
        let mut figures = Vec::new();
        for resource in CORRECTABLE {
            let value = fields.optional(member(&resource), Whole(0..=AMOUNT_MAX));
            figures.extend(value.map(|value| (resource, value)));
        }
        let reason = fields.optional("reason", Text(REASON_MAX));
        fields.finish(())?;
        Ok(Self { figures, reason })
    }
}

/// What a resource is called among the figures of a day.
fn member(resource: &Resource) -> &'static str {
    match resource {
        Resource::Users => "user_count",
        Resource::ApiCalls => "api_requests",
        Resource::Storage => "storage_used",
        Resource::Bandwidth => "bandwidth_used",
        Resource::LoginAttempts => "login_attempts",
        Resource::FailedLogins => "failed_logins",
        Resource::MfaVerifications => "mfa_verifications",
        Resource::Sms => "sms",
        Resource::Email => "email",
        Resource::Priced(_) => "",
    }
}
