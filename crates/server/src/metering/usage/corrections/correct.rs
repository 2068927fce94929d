//! Setting figures of a day right.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Instant, Zone, end_of, start_of},
    id::{SubscriptionApp, TenantId, UserId},
    metering::{Correction, Grid, Measure, Resource, Span, UsageId, billed_in, span_of_day},
};

use super::{
    super::{
        super::{Meters, store::DayRow, view::UsageDayView},
        Calendar,
    },
    ask::Set,
    store::{
        self, Carried, Metered,
        trace::{self, NewTrace},
    },
};
use crate::{
    apps::{self, NewApp},
    command::Command,
    db::{Error, Time, Tx},
    env::Env,
    http::problem::ApiError,
};

/// Sets figures of a day right.
#[derive(Clone, Debug)]
pub(super) struct Correct {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Which.
    pub(super) usage: UsageId,
    /// What they are from now on.
    pub(super) set: Set,
    /// By whom.
    pub(super) caller: UserId,
}

/// What there is.
#[derive(Debug)]
pub(super) struct Facts {
    zone: Zone,
    /// The day's figures, or what they begin with.
    row: DayRow,
    /// The period that the day counts for, and what is metered of it.
    span: Option<Span>,
    metered: Vec<Metered>,
    last_seq: i64,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Corrected {
    row: DayRow,
    traces: Vec<NewTrace>,
    /// What is metered of the period that the day is billed in, as it becomes.
    metered: Vec<Metered>,
    carried: Vec<Carried>,
    /// The app, should nobody have named it before.
    app: Option<NewApp>,
}

impl Command for Correct {
    type Facts = Facts;
    type Decision = Corrected;
    type Data = UsageDayView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let Meters(Grid { meters, zone }) = Meters::load(tx, self.tenant()).await?;
        let (start, end) = (start_of(self.usage.day, &zone), end_of(self.usage.day, &zone));
        let corrupt = |_| Error::corrupt("meter", self.tenant(), "anchor");
        let span = span_of_day(&meters, (start, end)).map_err(corrupt)?;
        let metered = match &span {
            Some(span) => store::metered(tx, self.tenant(), span.period.start()).await?,
            None => Vec::new(),
        };
        let row = store::day(tx, self.tenant(), &self.usage).await?;
        let last_seq = trace::last_seq(tx, self.tenant()).await?;
        Ok(Facts { zone, row, span, metered, last_seq })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Corrected, ApiError> {
        let Facts { zone, mut row, span, metered, last_seq } = facts;
        let Calendar { now, zone, today } = Calendar::at(env.now(), zone);
        if self.usage.day > today {
            return Err(ApiError::invalid("usage_id", "out_of_range", "must not be after today"));
        }
        let corrections = Correction::of(&self.set.figures, |it| *figure(&mut row, it));
        let end = end_of(self.usage.day, &zone);
        let billing = Billing { usage: &self.usage, span, metered: &metered, end };
        let billed = corrections.iter().map(|it| billing.bill(it, now));
        let billed: Vec<Option<Metered>> = billed.collect::<Result<_, _>>()?;
        for it in &corrections {
            *figure(&mut row, &it.resource) = it.after;
            set_measured(&mut row, &it.resource, billing.measured(now));
        }
        let levels = corrections.iter().filter(|it| it.resource.measure() == Measure::Level);
        let carried = levels.map(|it| billing.carried(it, now)).collect();
        let kept = |(seq, correction)| NewTrace {
            seq,
            correction,
            reason: self.set.reason.clone(),
            by: self.caller.clone(),
            at: now,
        };
        let traces = (last_seq + 1..).zip(corrections).map(kept).collect();
        let app = self.usage.app.clone().map(|app| NewApp {
            tenant: self.tenant.clone(),
            app,
            id: env.id::<SubscriptionApp>(now),
            at: now,
        });
        let metered = billed.into_iter().flatten().collect();
        Ok(Corrected { row, traces, metered, carried, app })
    }

    async fn save(&self, corrected: Corrected, tx: &mut Tx) -> Result<UsageDayView, Error> {
        let Corrected { row, traces, metered, carried, app } = corrected;
        if traces.is_empty() {
            return Ok(UsageDayView::new(&row));
        }
        let tenant = self.tenant();
        apps::enter(tx, app.as_slice()).await?;
        store::save_day(tx, tenant, &row).await?;
        store::save_metered(tx, tenant, &metered).await?;
        for it in &carried {
            store::carry(tx, tenant, &self.usage, it).await?;
        }
        trace::keep(tx, tenant, &self.usage, &traces).await?;
        Ok(UsageDayView::new(&row))
    }
}

/// Where the figures of a day are billed.
struct Billing<'a> {
    usage: &'a UsageId,
    /// The period that the day counts for.
    span: Option<Span>,
    /// What is metered of it, of all apps.
    metered: &'a [Metered],
    /// When the day ends.
    end: Instant,
}

impl Billing<'_> {
    /// What is metered of the period once a figure is corrected; none where nobody is billed for it, and
    /// for a level that is metered already, which [`Billing::carried`] takes there.
    fn bill(&self, it: &Correction, now: Instant) -> Result<Option<Metered>, ApiError> {
        let app = self.usage.app_text();
        let is_same = |other: &&Metered| other.app == app && other.resource == it.resource;
        let stored = self.metered.iter().find(is_same);
        let is_invoiced = match stored {
            Some(stored) => stored.is_invoiced,
            // Nothing was billed of it, but the period was.
            None => self.metered.iter().any(|other| other.is_invoiced),
        };
        let span = billed_in(self.span, is_invoiced, self.end);
        let span = span.map_err(|billed| ApiError::Conflict(billed.to_string()))?;
        let is_level = it.resource.measure() == Measure::Level;
        let Some(Span { period, .. }) = span else { return Ok(None) };
        if is_level && stored.is_some() {
            return Ok(None);
        }
        let before = stored.map_or(0, |stored| stored.total);
        Ok(Some(Metered {
            period,
            app: app.to_owned(),
            resource: it.resource.clone(),
            total: if is_level { it.after } else { it.moves(before) },
            measured_at: is_level.then(|| self.measured(now)),
            is_invoiced: false,
        }))
    }

    /// How far a level goes: from the day on, until another was measured.
    fn carried(&self, it: &Correction, now: Instant) -> Carried {
        Carried {
            resource: it.resource.clone(),
            level: it.after,
            measured_at: self.measured(now),
            day_end: self.end,
            periods_from: self.span.map_or(self.end, |span| span.period.start()),
        }
    }

    /// When a level of the day counts as measured: as late on it as can be.
    fn measured(&self, now: Instant) -> Instant {
        self.end.plus_seconds(-1).map_or(now, |last| last.min(now))
    }
}

/// Where the figure of a resource stands. Those that can't be set right have none.
fn figure<'r>(row: &'r mut DayRow, resource: &Resource) -> &'r mut i64 {
    match resource {
        Resource::Users => &mut row.user_count,
        Resource::ApiCalls => &mut row.api_requests,
        Resource::Storage => &mut row.storage_used,
        Resource::Bandwidth => &mut row.bandwidth_used,
        Resource::Sms => &mut row.sms,
        Resource::Email => &mut row.email,
        Resource::LoginAttempts => &mut row.login_attempts,
        Resource::FailedLogins => &mut row.failed_logins,
        Resource::MfaVerifications | Resource::Priced(_) => &mut row.mfa_verifications,
    }
}

/// Says when a level was measured; nothing of a sum.
fn set_measured(row: &mut DayRow, resource: &Resource, at: Instant) {
    match resource {
        Resource::Users => row.users_at = Some(Time::from(at)),
        Resource::Storage => row.storage_at = Some(Time::from(at)),
        _ => (),
    }
}
