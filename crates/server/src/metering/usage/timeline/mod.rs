//! Every day of a time up to today.

mod api;

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::Date,
    metering::{Gib, Resource, TotalLevels},
};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::api::routes;
use super::{Calendar, Whose, store};
use crate::{
    db::Purpose,
    env::Env,
    http::{
        number::{GibNumber, Number},
        problem::ApiError,
        shapes::envelope,
        text::TenantText,
    },
};

/// Every day of a time up to today.
#[derive(Debug, Serialize, ToSchema)]
struct UsageTimelineView {
    /// Whose they are.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The app, if they are those of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// How many days.
    #[schema(example = 30)]
    days: i64,
    /// The days, the oldest first.
    timeline: Vec<UsageTimelinePoint>,
}

/// What was used on a day.
#[derive(Debug, Serialize, ToSchema)]
struct UsageTimelinePoint {
    /// The day in the tenant's zone.
    #[schema(example = "2026-05-01")]
    date: String,
    /// Calls of the API.
    #[schema(value_type = i64, example = 15_000)]
    api_requests: i128,
    /// GiB stored, as the day ended.
    #[schema(example = 2.5)]
    storage_gb: GibNumber,
    /// GiB moved.
    #[schema(example = 15)]
    bandwidth_gb: GibNumber,
    /// People, as the day ended.
    #[schema(value_type = i64, example = 120)]
    users: i128,
}

envelope! {
    /// Every day of a time up to today, in its envelope.
    UsageTimelineBody { data: UsageTimelineView }
}

/// What all apps used on a day together.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    calls: i128,
    bandwidth: i128,
}

/// The last `count` days of a tenant, or of one of its apps.
async fn timeline(env: &Env, whose: &Whose, count: i64) -> Result<UsageTimelineView, ApiError> {
    let (tenant, app) = (whose.tenant(), whose.app());
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let Calendar { zone, today, .. } = Calendar::load(&mut tx, env, tenant).await?;
    let first = today.plus_days(1 - count).unwrap_or(Date::MIN);
    let before = first.plus_days(-1).unwrap_or(first);
    let mut standing = store::standing(&mut tx, tenant, app, before, &zone).await?;
    let rows = store::days(&mut tx, tenant, app, (first, today)).await?;
    tx.rollback().await?;
    let mut told: BTreeMap<Date, Vec<store::AppDay>> = BTreeMap::new();
    for row in rows {
        told.entry(row.day).or_default().push(row);
    }
    let mut timeline = Vec::new();
    for ahead in 0..=first.days_until(today) {
        let day = first.plus_days(ahead).map_err(ApiError::internal)?;
        let mut moved = Moved::default();
        for row in told.get(&day).into_iter().flatten() {
            moved.calls += i128::from(row.sum(&Resource::ApiCalls));
            moved.bandwidth += i128::from(row.sum(&Resource::Bandwidth));
            standing.tell(&row.app, row.levels);
        }
        timeline.push(UsageTimelinePoint::new(day, moved, standing.at_end_of(day)));
    }
    let tenant_id = TenantText(whose.tenant.clone());
    Ok(UsageTimelineView { tenant_id, app_id: whose.app_text(), days: count, timeline })
}

impl UsageTimelinePoint {
    fn new(day: Date, moved: Moved, levels: TotalLevels) -> Self {
        Self {
            date: day.to_string(),
            api_requests: moved.calls,
            storage_gb: Number(Gib::of_bytes(levels.storage)),
            bandwidth_gb: Number(Gib::of_bytes(moved.bandwidth)),
            users: levels.users,
        }
    }
}
