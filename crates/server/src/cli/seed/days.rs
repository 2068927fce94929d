//! Usage days, metered periods and alerts of a tenant.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Cycle, Date, Instant, Period, Zone, date_of, end_of, start_of},
    id::{AppId, AppPrice, SubscriptionApp, TenantId, UserId},
    metering::{Alert, AlertStatus, Channels, Fired, Price, PriceList, Resource, Threshold},
    money::{Amount, Currency, UnitPrice},
    subscriptions::Subscription,
};
use futures_util::StreamExt as _;

use super::{past::Past, words};
use crate::{
    alerts,
    apps::{self, NewApp},
    cli::Failure,
    command::Command,
    db::{Error, Tx},
    env::{Dice, Env},
    http::problem::ApiError,
    metering::{self, DayRow, MeteredRow},
};

/// The fewest and the most days of usage that are sown.
const DAYS_MIN: i64 = 90;
const DAYS_MAX: i64 = 400;

/// How many days a sown alert is shown as fired.
const FIRED_DAYS: i64 = 20;

/// How many of the apps have usage; the others only have bills.
const APPS: usize = 4;

const GIB: i64 = 1 << 30;

/// API calls of an app that cost nothing in a month.
const INCLUDED: i64 = 100_000;

/// What is included of a period that is open still: nothing is billed of it yet.
const ALL: i64 = -1;

/// What one more costs.
const PRICE: &str = "0.0004";

/// Enters days, metered periods and alerts. What is there already stays as it is.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// Whose.
    pub(super) tenant: TenantId,
    /// What was used.
    pub(super) days: Vec<DayRow>,
    /// What of it is billed.
    pub(super) metered: Vec<MeteredRow>,
    /// Since when the apps have a price.
    pub(super) since: Instant,
    /// Who made the alerts.
    pub(super) admin: UserId,
    /// When, and with which ids.
    pub(super) past: Past,
}

impl Command for Use {
    type Facts = bool;
    type Decision = (Vec<Alert>, Vec<(NewApp, PriceList)>);
    type Data = usize;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<bool, Error> {
        let first = alerts::alerts(tx, &self.tenant)?.next().await;
        Ok(first.transpose()?.is_some())
    }

    fn decide(&self, has_alerts: bool, env: &Env) -> Result<Self::Decision, ApiError> {
        let env = self.past.env(env);
        if has_alerts {
            return Ok((Vec::new(), Vec::new()));
        }
        let apps = words::APPS[..APPS].iter().filter_map(|app| self.priced(app, &env));
        Ok((self.alerts(&env), apps.collect()))
    }

    async fn save(&self, (new, priced): Self::Decision, tx: &mut Tx) -> Result<usize, Error> {
        let (named, lists): (Vec<NewApp>, Vec<PriceList>) = priced.into_iter().unzip();
        apps::enter(tx, &named).await?;
        for (app, list) in named.iter().zip(&lists) {
            apps::insert_list(tx, self.tenant.as_str(), &app.app, list).await?;
        }
        metering::insert_days(tx, &self.tenant, &self.days).await?;
        metering::insert_metered(tx, &self.tenant, &self.metered).await?;
        alerts::insert_alerts(tx, &self.tenant, &new).await?;
        Ok(self.days.len())
    }
}

impl Use {
    /// An app with the price by which its API calls are billed.
    fn priced(&self, app: &str, env: &Env) -> Option<(NewApp, PriceList)> {
        let at = self.since;
        let (app, id) = (AppId::parse(app).ok()?, env.id::<SubscriptionApp>(at));
        let price = Price {
            id: env.id::<AppPrice>(at),
            resource: Resource::ApiCalls,
            unit_label: Some("calls".to_owned()),
            included_units: INCLUDED,
            unit_price: UnitPrice::parse(PRICE).ok(),
            overage_unit_price: None,
        };
        let list = PriceList { ordinal: 1, since: at, prices: vec![price] };
        Some((NewApp { tenant: self.tenant.clone(), app, id, at }, list))
    }

    fn alerts(&self, env: &Env) -> Vec<Alert> {
        use AlertStatus::{Active, Silenced, Triggered};
        let now = env.now();
        let alert = |name: &str, resource, percent, channels, status| {
            Some(Alert {
                id: env.id(now),
                app: None,
                name: name.to_owned(),
                resource,
                threshold: Threshold::new(percent).ok()?,
                channels: Channels::parse(channels).ok()?,
                status,
                created_by: self.admin.clone(),
                fired: (status == Triggered).then(|| Fired { at: now, until: later(now) }),
                created_at: now,
                updated_at: now,
            })
        };
        let of_app = |it: Alert| Alert { app: AppId::parse(words::APPS[0]).ok(), ..it };
        let all = [
            alert("API calls at 80 %", Resource::ApiCalls, 80, "email,in_app", Active),
            alert("存储空间告警", Resource::Storage, 90, "email,sms", Active),
            alert("Traffic of the month", Resource::Bandwidth, 75, "webhook", Silenced),
            alert("短信额度即将用尽", Resource::Sms, 95, "in_app,sms", Triggered).map(of_app),
        ];
        all.into_iter().flatten().collect()
    }
}

/// What the apps of a tenant used on the days before `today`: as many as `span` has, within limits.
pub(super) fn days(dice: &mut Dice, today: Date, span: i64) -> Result<Vec<DayRow>, Failure> {
    let count = span.clamp(DAYS_MIN, DAYS_MAX);
    let mut days = Vec::new();
    for ago in (1..=count).rev() {
        let day = today.plus_days(-ago).map_err(Failure::because("the days"))?;
        for (place, app) in (1..).zip(&words::APPS[..APPS]) {
            days.push(used(dice, day, app, place, count - ago));
        }
    }
    Ok(days)
}

/// What the app at a place used: the first has most, and all grow.
fn used(dice: &mut Dice, day: Date, app: &str, place: i64, age: i64) -> DayRow {
    let mut about = |usual: i64| {
        let usual = usual / place;
        let grown = usual + usual * age / DAYS_MAX;
        dice.between(grown * 7 / 10, grown * 13 / 10)
    };
    let login_attempts = about(900);
    let measured = end_of(day, &Zone::UTC).plus_seconds(-1).unwrap_or(Instant::MAX);
    DayRow {
        day: day.to_string(),
        app_id: app.to_owned(),
        api_requests: about(12_000),
        storage_used: about(3 * GIB) + age * GIB / 40,
        bandwidth_used: about(GIB / 3),
        user_count: about(60),
        sms: about(70),
        email: about(800),
        login_attempts,
        failed_logins: login_attempts / 23,
        mfa_verifications: login_attempts / 4,
        storage_at: Some(measured.into()),
        users_at: Some(measured.into()),
    }
}

/// What is billed of the API calls, for each of the subscription's months that begin in the days.
pub(super) fn metered(
    days: &[DayRow],
    subscription: &Subscription,
    currency: Currency,
    now: Instant,
) -> Vec<MeteredRow> {
    let price = UnitPrice::parse(PRICE).unwrap_or(UnitPrice::ZERO);
    let mut metered = Vec::new();
    for period in months(subscription, days, now) {
        for app in &words::APPS[..APPS] {
            let is_in = |it: &&DayRow| it.app_id == *app && period.contains(start(it, now));
            let total_usage: i64 = days.iter().filter(is_in).map(|it| it.api_requests).sum();
            let is_over = period.end() <= now;
            let overage_units = if is_over { (total_usage - INCLUDED).max(0) } else { 0 };
            let amount = price.times(overage_units, currency).unwrap_or(Amount::ZERO);
            metered.push(MeteredRow {
                period_start: period.start().into(),
                app_id: (*app).to_owned(),
                resource_type: "api_calls".to_owned(),
                period_end: period.end().into(),
                total_usage,
                measured_at: None,
                included_units: if is_over { INCLUDED } else { ALL },
                unit_price: is_over.then(|| price.to_string()),
                overage_units,
                overage_amount: amount.units(),
                status: (if is_over { "invoiced" } else { "open" }).to_owned(),
                late_units: 0,
                late_due: None,
                bills: i64::from(is_over),
            });
        }
    }
    metered
}

/// The months of a subscription from its anchor up to now that begin after the first of the days.
fn months(subscription: &Subscription, days: &[DayRow], now: Instant) -> Vec<Period> {
    let first = days.first().map_or(now, |it| start(it, now));
    let (anchor, zone) = (&subscription.anchor, &subscription.zone);
    (0..)
        .map_while(|n| anchor.period(zone, Cycle::Monthly, n).ok())
        .take_while(|period| period.start() <= now)
        .filter(|period| period.start() >= first)
        .collect()
}

/// Until when what fires at an instant is shown as fired.
fn later(at: Instant) -> Instant {
    at.plus_days(FIRED_DAYS).unwrap_or(at)
}

/// When a day began.
fn start(day: &DayRow, now: Instant) -> Instant {
    Date::parse(&day.day).map_or(now, |day| start_of(day, &Zone::UTC))
}

/// The day that it is in UTC.
pub(super) fn day_of(now: Instant) -> Date {
    date_of(now, &Zone::UTC)
}
