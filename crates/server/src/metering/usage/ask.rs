//! What a query asks for: an app, some days.

use countinghouse_core::{
    calendar::Date,
    id::{AppId, TenantId},
};

use super::{DAYS_MAX, Whose};
use crate::http::{
    fields::{Fields, Parsed, Whole},
    path::Path,
    problem::ApiError,
};

/// The parameter that names an app.
const APP: &str = "app_id";

/// The last of the days that are asked for.
const END: &str = "end_date";

/// The days that are asked for, the first and the last of them too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dates {
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

/// The app that the path names.
pub(super) fn app_of(path: &Path) -> Result<AppId, ApiError> {
    path.read(APP, Parsed(AppId::parse))
}

/// Whose usage it is: of the app that the path names, or else of one that the query names, or else of
/// the whole tenant.
pub(super) fn whose(tenant: TenantId, in_path: Option<AppId>, fields: &mut Fields<'_>) -> Whose {
    let app = match in_path {
        Some(app) => {
            fields.must_repeat(APP, app.as_str());
            Some(app)
        }
        None => fields.optional(APP, Parsed(AppId::parse)),
    };
    Whose { tenant, app }
}

/// How many days are asked for, up to today.
pub(super) fn days(fields: &mut Fields<'_>, otherwise: i64) -> i64 {
    fields.optional("days", Whole(1..=DAYS_MAX)).unwrap_or(otherwise)
}

impl Dates {
    /// Reads `start_date` and `end_date`. What is wrong is kept in the fields.
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let from = fields.optional("start_date", Parsed(Date::parse));
        let to = fields.optional(END, Parsed(Date::parse));
        if let Some((from, to)) = from.zip(to)
            && let Some(rule) = broken(from, to)
        {
            fields.violate(END, "out_of_range", rule);
        }
        Self { from, to }
    }

    /// The first and the last day, where one of the two was left out.
    pub(super) fn whole(from: Date, to: Date) -> Result<(Date, Date), ApiError> {
        match broken(from, to) {
            Some(rule) => Err(ApiError::invalid(END, "out_of_range", rule)),
            None => Ok((from, to)),
        }
    }
}

/// The rule that two days break.
fn broken(from: Date, to: Date) -> Option<&'static str> {
    if to < from {
        return Some("must not be before `start_date`");
    }
    (from.days_until(to) >= DAYS_MAX).then_some("must be at most 365 days after `start_date`")
}
