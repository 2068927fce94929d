//! Usage days, metered periods and alerts of a tenant.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Date, Instant, Period, Zone, date_of, start_of},
    id::{AppId, TenantId, UserId},
    money::{Amount, Currency, UnitPrice},
    subscriptions::Subscription,
};
use rand::{RngExt as _, rngs::StdRng};

use super::{past::Past, words};
use crate::{
    cli::Failure,
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    metering::{self, Alert, MeteredPeriod, Used, UsedDay},
};

/// The fewest and the most days of usage that are sown.
const DAYS_MIN: i64 = 90;
const DAYS_MAX: i64 = 400;

/// The apps whose usage is known; the others only have bills.
const APPS: usize = 4;

const GIB: i64 = 1 << 30;

/// Enters days, metered periods and alerts. What is there already stays as it is.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// Whose.
    pub(super) tenant: TenantId,
    /// What was used.
    pub(super) days: Vec<UsedDay>,
    /// What of it is billed.
    pub(super) metered: Vec<MeteredPeriod>,
    /// Who made the alerts.
    pub(super) admin: UserId,
    /// When, and with which ids.
    pub(super) past: Past,
}

impl Command for Use {
    type Facts = bool;
    type Decision = Vec<Alert>;
    type Data = usize;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<bool, Error> {
        metering::has_alerts(tx, self.tenant.as_str()).await
    }

    fn decide(&self, has_alerts: bool, env: &Env) -> Result<Vec<Alert>, ApiError> {
        let env = self.past.env(env);
        Ok(if has_alerts { Vec::new() } else { self.alerts(&env) })
    }

    async fn save(&self, alerts: Vec<Alert>, tx: &mut Tx) -> Result<usize, Error> {
        let tenant = self.tenant.as_str();
        metering::enter_days(tx, tenant, &self.days).await?;
        metering::enter_metered(tx, tenant, &self.metered).await?;
        metering::enter_alerts(tx, tenant, &alerts).await?;
        Ok(self.days.len())
    }
}

impl Use {
    fn alerts(&self, env: &Env) -> Vec<Alert> {
        let at = env.now();
        let app = self.days.iter().find_map(|it| it.app.clone());
        let alert = |name: &str, resource, threshold_percent, channels, status| Alert {
            id: env.id(at),
            app: None,
            name: name.to_owned(),
            resource,
            threshold_percent,
            channels,
            status,
            last_triggered_at: (status == "triggered").then_some(at),
            created_by: self.admin.clone(),
            created_at: at,
        };
        vec![
            alert("API calls at 80 %", "api_calls", 80, "email,in_app", "active"),
            alert("存储空间告警", "storage", 90, "email,sms", "active"),
            alert("Traffic of the month", "bandwidth", 75, "webhook", "silenced"),
            Alert {
                app, ..alert("短信额度即将用尽", "sms", 95, "in_app,sms", "triggered")
            },
        ]
    }
}

/// What the apps of a tenant used on the days before `today`: as many as `span` has, within limits.
pub(super) fn days(random: &mut StdRng, today: Date, span: i64) -> Result<Vec<UsedDay>, Failure> {
    let count = span.clamp(DAYS_MIN, DAYS_MAX);
    let mut days = Vec::new();
    for ago in (1..=count).rev() {
        let day = today.plus_days(-ago).map_err(Failure::because("the days"))?;
        for (place, app) in (1_i64..).zip(&words::APPS[..APPS]) {
            let app = Some(AppId::parse(app).map_err(Failure::because("the apps"))?);
            days.push(UsedDay { day, app, used: used(random, place, count - ago) });
        }
    }
    Ok(days)
}

/// What the app at a place used: the first has most, and all grow.
fn used(random: &mut StdRng, place: i64, age: i64) -> Used {
    let mut about = |usual: i64| {
        let usual = usual / place;
        let grown = usual + usual * age / 400;
        random.random_range(grown * 7 / 10..=grown * 13 / 10)
    };
    let login_attempts = about(900);
    Used {
        api_requests: about(12_000),
        storage: about(3 * GIB) + age * GIB / 40,
        bandwidth: about(GIB / 3),
        users: about(60),
        sms: about(70),
        email: about(800),
        login_attempts,
        failed_logins: login_attempts / 23,
        mfa_verifications: login_attempts / 4,
    }
}

/// What is billed of the API calls, for each of the subscription's months that the days overlap.
pub(super) fn metered(
    days: &[UsedDay],
    subscription: &Subscription,
    currency: Currency,
    now: Instant,
) -> Vec<MeteredPeriod> {
    let price = UnitPrice::parse("0.0004").unwrap_or(UnitPrice::ZERO);
    let included = 100_000;
    let mut metered: Vec<MeteredPeriod> = Vec::new();
    for period in months(subscription, days, now) {
        for app in &words::APPS[..APPS] {
            let is_in = |it: &&UsedDay| {
                it.app.as_ref().is_some_and(|of| of.as_str() == *app)
                    && period.contains(start_of(it.day, &Zone::UTC))
            };
            let total = days.iter().filter(is_in).map(|it| it.used.api_requests).sum::<i64>();
            let overage = (total - included).max(0);
            let Ok(app) = AppId::parse(app) else { continue };
            metered.push(MeteredPeriod {
                period,
                app,
                resource: "api_calls",
                total,
                included,
                overage,
                amount: price.times(overage, currency).unwrap_or(Amount::ZERO),
                is_invoiced: period.end() <= now,
            });
        }
    }
    metered
}

/// The months of a subscription from its anchor up to now that begin after the first of the days.
fn months(subscription: &Subscription, days: &[UsedDay], now: Instant) -> Vec<Period> {
    use countinghouse_core::calendar::Cycle::Monthly;
    let first = days.first().map_or(now, |it| start_of(it.day, &Zone::UTC));
    let (anchor, zone) = (&subscription.anchor, &subscription.zone);
    (0..)
        .map_while(|n| anchor.period(zone, Monthly, n).ok())
        .take_while(|period| period.start() <= now)
        .filter(|period| period.start() >= first)
        .collect()
}

/// The day that it is in UTC.
pub(super) fn day_of(now: Instant) -> Date {
    date_of(now, &Zone::UTC)
}
