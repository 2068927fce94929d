//! How the API shows usage and what is billed of it.

use countinghouse_core::money::Amount;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{DayRow, MeteredRow};
use crate::{
    db::{Error, Time},
    http::text::Timestamp,
};

/// What a tenant used on one day, in all its apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsageDayView {
    /// The day in the tenant's zone.
    #[schema(example = "2026-05-01")]
    date: String,
    /// Users, as the day ended.
    #[schema(value_type = i64, example = 120)]
    user_count: i128,
    /// Calls of the API.
    #[schema(value_type = i64, example = 15_000)]
    api_requests: i128,
    /// Bytes stored, as the day ended.
    #[schema(value_type = i64, example = 2_684_354_560_i64)]
    storage_used: i128,
    /// Bytes moved.
    #[schema(value_type = i64, example = 16_106_127_360_i64)]
    bandwidth_used: i128,
    /// Attempts to log in.
    #[schema(value_type = i64, example = 340)]
    login_attempts: i128,
    /// Those of them that failed.
    #[schema(value_type = i64, example = 12)]
    failed_logins: i128,
    /// Second factors checked.
    #[schema(value_type = i64, example = 80)]
    mfa_verifications: i128,
}

/// What was used of a resource in a metering period, as it is billed.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeteredUsageView {
    /// When the period began, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-04-01T00:00:00Z")]
    period_start: Timestamp,
    /// When the period ended; that instant is no longer part of it.
    #[schema(value_type = String, example = "2026-05-01T00:00:00Z")]
    period_end: Timestamp,
    /// The app that used it; absent if none is named.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false, example = "app_001")]
    app_id: String,
    /// The resource.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// Units used.
    #[schema(example = 120_000)]
    total_usage: i64,
    /// Units that cost nothing; -1 is all of them.
    #[schema(example = 100_000)]
    included_units: i64,
    /// Units used beyond those.
    #[schema(example = 20_000)]
    overage_units: i64,
    /// What those cost, decimal text.
    #[schema(example = "8")]
    overage_amount: String,
    /// `open` or `invoiced`.
    #[schema(example = "invoiced")]
    status: String,
}

impl UsageDayView {
    /// Shows what was used in one app.
    pub(super) fn new(row: &DayRow) -> Self {
        let mut day = Self {
            date: row.day.clone(),
            user_count: 0,
            api_requests: 0,
            storage_used: 0,
            bandwidth_used: 0,
            login_attempts: 0,
            failed_logins: 0,
            mfa_verifications: 0,
        };
        day.add(row);
        day
    }

    /// Whether a row is of the same day.
    pub(super) fn is_of(&self, row: &DayRow) -> bool {
        self.date == row.day
    }

    /// Adds what was used in another app. Levels add up too: a tenant's is the sum of its apps'.
    pub(super) fn add(&mut self, row: &DayRow) {
        self.user_count += i128::from(row.user_count);
        self.api_requests += i128::from(row.api_requests);
        self.storage_used += i128::from(row.storage_used);
        self.bandwidth_used += i128::from(row.bandwidth_used);
        self.login_attempts += i128::from(row.login_attempts);
        self.failed_logins += i128::from(row.failed_logins);
        self.mfa_verifications += i128::from(row.mfa_verifications);
    }
}

impl MeteredUsageView {
    /// Shows metered usage.
    pub fn new(row: MeteredRow) -> Result<Self, Error> {
        Ok(Self {
            period_start: timestamp(row.period_start)?,
            period_end: timestamp(row.period_end)?,
            app_id: row.app_id,
            resource_type: row.resource_type,
            total_usage: row.total_usage,
            included_units: row.included_units,
            overage_units: row.overage_units,
            overage_amount: Amount::from_units(row.overage_amount).to_string(),
            status: row.status,
        })
    }
}

fn timestamp(time: Time) -> Result<Timestamp, Error> {
    Ok(Timestamp(time.instant()?))
}
