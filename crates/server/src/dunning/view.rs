//! How the API shows settings about late payments, and what it takes to change them.

use countinghouse_core::{
    dunning::{AUTO_CANCEL_DAYS_MAX, GRACE_PERIOD_DAYS_MAX, RetrySchedule},
    id::TenantId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::settings::SettingsChange;
use crate::{
    http::{
        body::Body,
        fields::{Parsed, Text, Whole},
        problem::ApiError,
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
    tenants::DunningSettings,
};

/// What happens when, while a tenant does not pay. All days are counted from the first failure of an
/// invoice.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DunningSettingsView {
    /// Whose they are.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The days on which a payment is tried again, as a JSON array; empty if nothing was set.
    #[schema(example = "[1,3,7,14]")]
    retry_schedule: String,
    /// How many days access is kept; 0 if nothing was set.
    #[schema(example = 7)]
    grace_period_days: u8,
    /// After how many days the subscription is cancelled; 0 if nothing was set.
    #[schema(example = 30)]
    auto_cancel_days: u8,
    /// What mails about it say, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "{\"past_due\":\"Please pay {{invoice_number}}\"}")]
    email_templates: Option<String>,
    /// `active`; empty if nothing was set, and the defaults hold.
    #[schema(example = "active")]
    status: &'static str,
    /// When it was set first, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-12T10:00:00Z")]
    created_at: Option<Timestamp>,
    /// When it was set last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-12T10:00:00Z")]
    updated_at: Option<Timestamp>,
}

envelope! {
    /// Settings in their envelope.
    DunningSettingsBody { data: DunningSettingsView }
}

/// What is to change. What is absent stays; what was never set was the default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct DunningSettingsChangeBody {
    /// A JSON array, as text, of at most 20 days from 1 to 180, each later than the one before it.
    /// Those after `auto_cancel_days` are never reached.
    #[schema(
        example = "[1,3,7,14]",
        pattern = r"^\s*\[\s*(\d+\s*(,\s*\d+\s*)*)?\]\s*$",
        max_length = 500
    )]
    retry_schedule: Option<String>,
    /// How many days access is kept, 1 to 90.
    #[schema(example = 7, minimum = 1, maximum = 90)]
    grace_period_days: Option<i64>,
    /// After how many days the subscription is cancelled, 1 to 180 and more than the days of grace.
    #[schema(example = 30, minimum = 1, maximum = 180)]
    auto_cancel_days: Option<i64>,
    /// What mails about it say, in the form that your mailer wants, at most 10,000 letters; an empty
    /// text clears it.
    #[schema(example = "{\"past_due\":\"Please pay {{invoice_number}}\"}", max_length = 10_000)]
    email_templates: Option<String>,
}

/// How long templates may be, in letters.
const TEMPLATES_MAX: usize = 10_000;

impl DunningSettingsView {
    /// Shows what a tenant set, if it set anything.
    pub(super) fn new(tenant: &TenantId, settings: Option<&DunningSettings>) -> Self {
        let tenant_id = TenantText(tenant.clone());
        let Some(it) = settings else {
            return Self {
                tenant_id,
                retry_schedule: String::new(),
                grace_period_days: 0,
                auto_cancel_days: 0,
                email_templates: None,
                status: "",
                created_at: None,
                updated_at: None,
            };
        };
        Self {
            tenant_id,
            retry_schedule: it.policy.retry_schedule().to_string(),
            grace_period_days: it.policy.grace_period_days(),
            auto_cancel_days: it.policy.auto_cancel_days(),
            email_templates: it.email_templates.clone(),
            status: "active",
            created_at: Some(Timestamp(it.created_at)),
            updated_at: Some(Timestamp(it.updated_at)),
        }
    }
}

/// Reads what is to change in the settings of `tenant`.
pub(super) fn read(body: &Body, tenant: &str) -> Result<SettingsChange, ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("tenant_id", tenant);
    let retry_schedule = fields.optional("retry_schedule", Parsed(RetrySchedule::parse));
    let mut days = |name, most: u8| {
        let days = fields.optional(name, Whole(1..=i64::from(most)));
        days.and_then(|days| u8::try_from(days).ok())
    };
    let grace_period_days = days("grace_period_days", GRACE_PERIOD_DAYS_MAX);
    let auto_cancel_days = days("auto_cancel_days", AUTO_CANCEL_DAYS_MAX);
    let email_templates = fields.optional("email_templates", Text(TEMPLATES_MAX));
    if let (Some(grace), Some(cancel)) = (grace_period_days, auto_cancel_days)
        && cancel <= grace
    {
        fields.violate("auto_cancel_days", "out_of_range", "must be more than `grace_period_days`");
    }
    fields.finish(())?;
    Ok(SettingsChange { retry_schedule, grace_period_days, auto_cancel_days, email_templates })
}
