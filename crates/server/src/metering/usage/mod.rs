//! Usage as it is shown, judged and set right.
//!
//! | part | what |
//! |---|---|
//! | `stats` | what was used in a metering period or on some days, beside the quotas |
//! | `current` | today's calls, and the levels now |
//! | `timeline` | every day, its levels carried from the last that told any |
//! | `endpoints` | the calls of each endpoint, as a gateway counted them |
//! | `quota` | whether more may be used |
//! | `metered` | what is billed of usage, by period, app and resource |
//! | `corrections` | figures of days that administrators set right |
//!
//! All of it is read from rows by day, app and period, never from events, so that it costs the same
//! however many events there were. What is *not* here: taking events, which writes those rows.

mod ask;
mod corrections;
mod current;
mod endpoints;
mod metered;
mod quota;
mod stats;
mod store;
mod timeline;

pub(super) use self::quota::used;
pub use self::{
    corrections::{UsageCorrectionView, export as export_corrections},
    endpoints::{EndpointDayView, export as export_endpoints},
};

use countinghouse_core::{
    calendar::{Date, Instant, Zone, date_of},
    id::{AppId, TenantId},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::App,
    command,
    db::{Error, Tx},
    env::Env,
    tenants,
};

/// The most days that are shown at once.
const DAYS_MAX: i64 = 366;

/// Whose usage is asked for: a tenant's, or that of one of its apps.
#[derive(Clone, Debug)]
struct Whose {
    tenant: TenantId,
    app: Option<AppId>,
}

/// A tenant's calendar at a moment.
#[derive(Clone, Debug)]
struct Calendar {
    now: Instant,
    zone: Zone,
    today: Date,
}

/// The routes of usage.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(stats::routes())
        .merge(current::routes())
        .merge(timeline::routes())
        .merge(endpoints::routes())
        .merge(quota::routes())
        .merge(metered::routes())
        .merge(corrections::routes())
}

impl Whose {
    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    fn app(&self) -> Option<&str> {
        self.app.as_ref().map(AppId::as_str)
    }

    fn app_text(&self) -> Option<String> {
        self.app().map(str::to_owned)
    }
}

impl Calendar {
    /// A tenant's calendar now, by its own clock if it has one.
    async fn load(tx: &mut Tx, env: &Env, tenant: &str) -> Result<Self, Error> {
        let now = command::now_of(tx, env, tenant).await?;
        Ok(Self::at(now, tenants::profile(tx, tenant).await?.zone))
    }

    /// The calendar of a zone at a moment.
    fn at(now: Instant, zone: Zone) -> Self {
        Self { now, today: date_of(now, &zone), zone }
    }
}
