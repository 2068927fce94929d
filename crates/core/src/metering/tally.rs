//! Counting: what events make of what was used.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Event, EventError, EventKey, Measure, Meter, Packed, Resource, Span, Taken};
use crate::{
    calendar::{Anchor, CalendarError, Date, Instant, Month, Period, Zone, date_of},
    id::AppId,
};

/// Which days of a tenant are meant: of an app or of none, and the day.
pub type DayKey = (Option<AppId>, Date);

/// Which use of a tenant in a metering period is meant: of an app or of none, what, and when the
/// period starts.
pub type PeriodKey = (Option<AppId>, Resource, Instant);

/// What is used at a time, and since when that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// How much.
    pub amount: i64,
    /// When it was measured, if it ever was.
    pub at: Option<Instant>,
}

/// What an app, or no app, used on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayUse {
    /// Calls of the API.
    pub api_requests: i64,
    /// Bytes moved.
    pub bandwidth: i64,
    /// Text messages.
    pub sms: i64,
    /// Mails.
    pub email: i64,
    /// Attempts to log in.
    pub login_attempts: i64,
    /// Those that failed.
    pub failed_logins: i64,
    /// Second factors checked.
    pub mfa_verifications: i64,
    /// Bytes stored as it ends.
    pub storage: Level,
    /// Users as it ends.
    pub users: Level,
}

/// What was used of a resource in a metering period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodUse {
    /// The period.
    pub period: Period,
    /// How much; of a level, how much there is.
    pub total: i64,
    /// When a level was measured.
    pub measured_at: Option<Instant>,
    /// How much of it waits for the next invoice, since the period's is issued.
    pub late: i64,
    /// When that is invoiced at the latest; none where nothing waits.
    pub late_due: Option<Instant>,
    /// How often it was invoiced; 0 while the period is open.
    pub bills: i64,
}

/// Something that is kept, and whether it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// As it was found; none if it is new.
    pub before: Option<T>,
    /// As it is now.
    pub now: T,
}

/// An event that is counted: a row that is written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which event it is.
    pub key: EventKey,
    /// What it says.
    pub taken: Taken,
    /// The day that it counts in.
    pub day: Date,
    /// The metering period that it counts in, and how often that was invoiced before.
    pub period: Option<(Instant, i64)>,
}

/// Where an event counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The instant that decides, never ahead of now.
    pub at: Instant,
    /// The day in the tenant's zone.
    pub day: Date,
    /// The metering period, if there is a subscription.
    pub span: Option<Span>,
}

/// What a tenant's usage is counted by.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// The tenant's zone.
    pub zone: Zone,
    /// Its meters, the oldest first.
    pub meters: Vec<Meter>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// It counts, and this is how much was used in its period since; none without a subscription.
    New(Option<i64>),
    /// It had been counted before.
    Duplicate,
}

/// A tenant's usage, as far as a set of events touches it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What is counted by.
    pub grid: Grid,
    /// The events of the set that were taken before.
    pub taken: HashMap<EventKey, Taken>,
    /// Those that were taken so long ago that they are packed away.
    pub packed: HashMap<EventKey, Packed>,
    /// The apps that are known, and since when nothing of each is counted any more.
    pub apps: BTreeMap<AppId, Option<Instant>>,
    /// What else apps may report: what they have, or had, a price for.
    pub priced: BTreeSet<(AppId, Resource)>,
    /// The newest days before those that are touched and not there, for the levels that go on.
    pub before: BTreeMap<DayKey, (Date, DayUse)>,
    /// Days.
    pub days: BTreeMap<DayKey, Kept<DayUse>>,
    /// Days of what only apps have a price for.
    pub priced_days: BTreeMap<(AppId, Date, Resource), Kept<i64>>,
    /// Metering periods.
    pub periods: BTreeMap<PeriodKey, Kept<PeriodUse>>,
    /// Apps that are named for the first time.
    pub new_apps: Vec<AppId>,
    /// Events that are to be written.
    pub counted: Vec<Counted>,
    /// Levels that were measured on a day that is over, for the days since that are not touched.
    pub late_levels: BTreeMap<(DayKey, Resource), Level>,
}

impl Level {
    /// Takes note of a measurement: the last one counts, the larger of one instant. Says whether it
    /// does.
    pub fn heed(&mut self, amount: i64, at: Instant) -> bool {
        let is_newer = self.at < Some(at) || (self.at == Some(at) && self.amount < amount);
        if is_newer {
            *self = Self { amount, at: Some(at) };
        }
        is_newer
    }
}

impl DayUse {
    /// The day after which nothing was reported: its levels go on.
    #[must_use]
    pub fn goes_on(&self) -> Self {
        Self { storage: self.storage, users: self.users, ..Self::default() }
    }

    /// A resource's level; none of what adds up.
    pub fn level_mut(&mut self, resource: &Resource) -> Option<&mut Level> {
        match resource {
            Resource::Storage => Some(&mut self.storage),
            Resource::Users => Some(&mut self.users),
            _ => None,
        }
    }

    /// A resource's sum; none of a level, or of what only apps have a price for.
    pub fn sum_mut(&mut self, resource: &Resource) -> Option<&mut i64> {
        Some(match resource {
            Resource::ApiCalls => &mut self.api_requests,
            Resource::Bandwidth => &mut self.bandwidth,
            Resource::Sms => &mut self.sms,
            Resource::Email => &mut self.email,
            Resource::LoginAttempts => &mut self.login_attempts,
            Resource::FailedLogins => &mut self.failed_logins,
            Resource::MfaVerifications => &mut self.mfa_verifications,
            Resource::Storage | Resource::Users | Resource::Priced(_) => return None,
        })
    }

    /// How much was used of a resource, or how much there is of it.
    pub fn of(&self, resource: &Resource) -> i64 {
        let mut own = *self;
        let sum = own.sum_mut(resource).map(|sum| *sum);
        sum.or_else(|| own.level_mut(resource).map(|level| level.amount)).unwrap_or(0)
    }
}

impl PeriodUse {
    /// A period of which nothing was used yet.
    pub const fn new(period: Period) -> Self {
        Self { period, total: 0, measured_at: None, late: 0, late_due: None, bills: 0 }
    }

    /// Adds what was used. What comes late is invoiced when it is `due` at the latest.
    fn add(&mut self, amount: i64, due: impl Fn() -> Instant) -> Result<(), EventError> {
        self.total = self.total.checked_add(amount).ok_or(EventError::TooMuch)?;
        self.add_late(amount, due);
        Ok(())
    }

    /// Lets what was added wait for the next invoice, if the period's is issued. It is never more than
    /// the whole.
    fn add_late(&mut self, amount: i64, due: impl Fn() -> Instant) {
        if self.bills > 0 {
            self.late += amount;
            self.late_due.get_or_insert_with(due);
        }
    }

    /// Takes note of a level, in the same way. What was invoiced already is only ever raised.
    fn heed(&mut self, amount: i64, at: Instant, due: impl Fn() -> Instant) {
        let mut level = Level { amount: self.total, at: self.measured_at };
        if !level.heed(amount, at) || (self.bills > 0 && amount <= self.total) {
            return;
        }
        self.add_late(amount - self.total, due);
        (self.total, self.measured_at) = (level.amount, level.at);
    }
}

impl<T: Copy + PartialEq> Kept<T> {
    /// As it was found.
    pub const fn found(value: T) -> Self {
        Self { before: Some(value), now: value }
    }

    /// As it begins.
    pub const fn new(value: T) -> Self {
        Self { before: None, now: value }
    }

    /// Whether there is anything to write.
    pub fn is_changed(&self) -> bool {
        self.before != Some(self.now)
    }
}

impl Grid {
    /// It as it is at an instant: a trial that is over by then is followed by what is paid, also while
    /// nobody has come by to end it.
    #[must_use]
    pub fn as_of(mut self, now: Instant) -> Self {
        let Some(last) = self.meters.last_mut().filter(|it| it.until.is_none()) else {
            return self;
        };
        let Some(end) = last.trial_end.filter(|end| *end <= now) else { return self };
        last.until = Some(end);
        let paid = Meter {
            ordinal: last.ordinal + 1,
            since: end,
            until: None,
            subscription: last.subscription,
            anchor: Anchor::of(end, &self.zone),
            zone: self.zone.clone(),
            number: 0,
            trial: false,
            trial_end: None,
        };
        self.meters.push(paid);
        self
    }

    /// The metering period of a subscription in which an instant is.
    pub fn span_of(&self, at: Instant) -> Result<Option<Span>, CalendarError> {
        let meter = self.meters.iter().rev().find(|meter| meter.since <= at);
        meter.map_or(Ok(None), |meter| meter.span_of(at))
    }

    /// The end of the month that runs at an instant: of the metering period, or without a subscription
    /// of the month of the calendar.
    pub fn end_of_month(&self, at: Instant) -> Instant {
        let of_calendar = || Month::at(at, &self.zone).end_in(&self.zone);
        let of_meter = self.span_of(at).map(|span| span.map(|it| it.period.end()));
        of_meter.map_or(Instant::MAX, |end| end.unwrap_or_else(of_calendar))
    }

    /// The metering period in which a level is known from the start that was measured at `at`, before any
    /// meter counted: the first of the next meter, if there is one.
    pub fn first_span_after(&self, at: Instant) -> Result<Option<Span>, CalendarError> {
        let next = self.meters.iter().find(|meter| at < meter.since && meter.counts());
        next.map_or(Ok(None), |meter| meter.span_of(meter.since))
    }

    /// Where an event counts that arrives `now`.
    pub fn place(&self, event: &Event, now: Instant) -> Result<Place, EventError> {
        let at = event.counted_at(now)?;
        let span = self.span_of(at).map_err(|_| EventError::BeyondCalendar)?;
        Ok(Place { at, day: date_of(at, &self.zone), span })
    }
}

impl Tally {
    /// Counts an event that arrives `now`; one that is refused changes nothing. Every day and period
    /// in which an event may count has been looked for by then.
    pub fn count(&mut self, event: &Event, now: Instant) -> Result<Count, EventError> {
        if let Some(taken) = self.taken.get(&event.key) {
            event.repeats(taken)?;
            return Ok(Count::Duplicate);
        }
        if let Some(packed) = self.packed.get(&event.key) {
            event.repeats_packed(packed)?;
            return Ok(Count::Duplicate);
        }
        let place = self.grid.place(event, now)?;
        self.heed_app(event, place.at)?;
        let period = self.period_with(event, &place, now)?;
        let known_in = match (event.resource.measure(), place.span) {
            (Measure::Level, None) => self.grid.first_span_after(place.at),
            _ => Ok(None),
        };
        let known_in = known_in.map_err(|_| EventError::BeyondCalendar)?;
        self.count_in_day(event, &place, now)?;
        let taken = Taken {
            app: event.app.clone(),
            resource: event.resource.clone(),
            amount: event.amount,
            occurred_at: event.occurred_at.unwrap_or(now),
        };
        let mut counted =
            Counted { key: event.key, taken: taken.clone(), day: place.day, period: None };
        let mut total = None;
        if let Some(used) = period {
            counted.period = Some((used.period.start(), used.bills));
            total = Some(used.total);
            self.put_period(event, used, (place.at, now));
        }
        if let Some(span) = known_in {
            self.put_level(event, span.period, (place.at, now));
        }
        self.counted.push(counted);
        self.taken.insert(event.key, taken);
        if let Some(app) = event.app.as_ref().filter(|app| !self.apps.contains_key(app)) {
            self.apps.insert(app.clone(), None);
            self.new_apps.push(app.clone());
        }
        Ok(Count::New(total))
    }

    /// Refuses what an app can't report.
    fn heed_app(&self, event: &Event, at: Instant) -> Result<(), EventError> {
        let deleted_at = event.app.as_ref().and_then(|app| self.apps.get(app).copied().flatten());
        if deleted_at.is_some_and(|deleted_at| deleted_at <= at) {
            return Err(EventError::AppDeleted);
        }
        if !matches!(event.resource, Resource::Priced(_)) {
            return Ok(());
        }
        let pair = event.app.clone().map(|app| (app, event.resource.clone()));
        let is_known = pair.is_some_and(|pair| self.priced.contains(&pair));
        if is_known { Ok(()) } else { Err(EventError::UnknownResource) }
    }

    /// What the period of an event comes to with it.
    fn period_with(
        &self,
        event: &Event,
        place: &Place,
        now: Instant,
    ) -> Result<Option<PeriodUse>, EventError> {
        let Some(Span { period, .. }) = place.span else { return Ok(None) };
        let key = (event.app.clone(), event.resource.clone(), period.start());
        let due = || self.grid.end_of_month(now);
        let mut used = self.periods.get(&key).map_or(PeriodUse::new(period), |kept| kept.now);
        match event.resource.measure() {
            Measure::Sum => used.add(event.amount, due)?,
            Measure::Level => used.heed(event.amount, place.at, due),
        }
        Ok(Some(used))
    }

    fn put_period(&mut self, event: &Event, used: PeriodUse, (at, now): (Instant, Instant)) {
        let (app, resource) = (event.app.clone(), event.resource.clone());
        let start = used.period.start();
        let kept = self.periods.entry((app.clone(), resource.clone(), start));
        kept.or_insert(Kept::new(used)).now = used;
        if resource.measure() == Measure::Level {
            // What went on into later periods was measured before.
            self.heed_from((app, resource, start), event.amount, (at, now));
        }
    }

    /// Takes note of a level that was measured before any meter counted: it is that of `first`, in which
    /// one begins to count, and of the periods since.
    fn put_level(&mut self, event: &Event, first: Period, (at, now): (Instant, Instant)) {
        let deleted_at = event.app.as_ref().and_then(|app| self.apps.get(app).copied().flatten());
        if deleted_at.is_some_and(|deleted_at| deleted_at <= first.start()) {
            return;
        }
        let key = (event.app.clone(), event.resource.clone(), first.start());
        self.periods.entry(key.clone()).or_insert_with(|| Kept::new(PeriodUse::new(first)));
        self.heed_from(key, event.amount, (at, now));
    }

    /// Takes note of a level in a period and in those after it.
    fn heed_from(&mut self, from: PeriodKey, amount: i64, (at, now): (Instant, Instant)) {
        let due = || self.grid.end_of_month(now);
        let (app, resource) = (from.0.clone(), from.1.clone());
        let later = self.periods.range_mut(from..);
        let same = later.take_while(|(key, _)| (&key.0, &key.1) == (&app, &resource));
        same.for_each(|(_, kept)| kept.now.heed(amount, at, due));
    }

    fn count_in_day(
        &mut self,
        event: &Event,
        place: &Place,
        now: Instant,
    ) -> Result<(), EventError> {
        let (day, amount) = (place.day, event.amount);
        if let (Resource::Priced(_), Some(app)) = (&event.resource, &event.app) {
            let key = (app.clone(), day, event.resource.clone());
            let used = self.priced_days.get(&key).map_or(0, |kept| kept.now);
            let used = used.checked_add(amount).ok_or(EventError::TooMuch)?;
            self.priced_days.entry(key).or_insert(Kept::new(used)).now = used;
            return Ok(());
        }
        let key = (event.app.clone(), day);
        let fresh = (!self.days.contains_key(&key)).then(|| self.levels_before(&key));
        let mut used = fresh.unwrap_or_else(|| self.days[&key].now);
        if let Some(sum) = used.sum_mut(&event.resource) {
            *sum = sum.checked_add(amount).ok_or(EventError::TooMuch)?;
        }
        if let Some(level) = used.level_mut(&event.resource) {
            level.heed(amount, place.at);
        }
        self.days.entry(key.clone()).or_insert(Kept::new(used)).now = used;
        if event.resource.measure() == Measure::Level && day < date_of(now, &self.grid.zone) {
            self.carry_on(key, event, place.at);
        }
        Ok(())
    }

    /// A level that was measured on a day that is over goes on into the days since.
    fn carry_on(&mut self, key: DayKey, event: &Event, at: Instant) {
        let later = self.days.range_mut(key.clone()..).skip(1);
        for (_, kept) in later.take_while(|((app, _), _)| *app == key.0) {
            if let Some(level) = kept.now.level_mut(&event.resource) {
                level.heed(event.amount, at);
            }
        }
        let late = self.late_levels.entry((key, event.resource.clone())).or_default();
        late.heed(event.amount, at);
    }

    /// What a day begins with that is not there: the levels of the newest before it, or what was measured
    /// since on a day that is over.
    fn levels_before(&self, key: &DayKey) -> DayUse {
        let stored = self.before.get(key).copied();
        let touched = self.days.range(..key.clone()).next_back();
        let touched = touched.filter(|((app, _), _)| *app == key.0);
        let touched = touched.map(|((_, day), kept)| (*day, kept.now));
        let newest = stored.into_iter().chain(touched).max_by_key(|(day, _)| *day);
        let mut used = newest.map(|(_, used)| used.goes_on()).unwrap_or_default();
        for (((app, day), resource), late) in &self.late_levels {
            let is_before = *app == key.0 && *day < key.1;
            let level = used.level_mut(resource).filter(|_| is_before);
            if let Some((level, at)) = level.zip(late.at) {
                level.heed(late.amount, at);
            }
        }
        used
    }
}

#[cfg(test)]
mod tests;
