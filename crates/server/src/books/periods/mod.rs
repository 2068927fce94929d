//! The periods of a tenant's subscriptions, as its events tell of them, one after the other: none is
//! left out, none is covered twice, and each is billed once.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Instant, Period},
    chain::EventKind,
};
use serde::Deserialize;

use super::{
    chains::EventRow,
    report::{Findings, Rule},
};
use crate::db::{Error, Tx};

/// The periods as far as events were read.
#[derive(Debug)]
pub(super) struct Periods<'a> {
    tenant: &'a str,
    courses: BTreeMap<String, Course>,
}

/// The course of one subscription.
#[derive(Debug)]
struct Course {
    /// The period that it is in.
    now: Period,
    /// Whether it is suspended: then time may pass that no period covers.
    is_suspended: bool,
    /// The one that the latest change of cycle cut short, while that can be undone.
    cut: Option<Period>,
    /// When the first period began that an invoice of one was issued for. What a seed says of the
    /// time before has no documents.
    billed_from: Option<Instant>,
    /// Those that began, and that no invoice of a period was issued for yet.
    unbilled: BTreeSet<(Instant, Instant)>,
}

/// What an event says of periods; other members don't matter here.
#[derive(Debug, Deserialize)]
struct Says {
    period_start: Option<String>,
    period_end: Option<String>,
    trial_end: Option<String>,
    status: Option<String>,
    /// Of an invoice.
    kind: Option<String>,
}

impl<'a> Periods<'a> {
    /// Has read nothing.
    pub(super) fn new(tenant: &'a str) -> Self {
        Self { tenant, courses: BTreeMap::new() }
    }

    /// Judges the tenant's next event. What can't be read is for the chain to find.
    pub(super) fn read(&mut self, row: &EventRow, found: &mut Findings) {
        let Some(kind) = EventKind::parse(&row.kind) else { return };
        let Ok(says) = serde_json::from_str::<Says>(&row.payload) else { return };
        let rule = match kind {
            EventKind::InvoiceIssued => Rule::PeriodBilled,
            _ => Rule::Periods,
        };
        let fits = self.follows(kind, &row.subscription_id, &says);
        found.expect(fits, rule, self.tenant, || {
            let (start, end) = (says.period_start.as_deref(), says.period_end.as_deref());
            let (start, end) = (start.unwrap_or("?"), end.unwrap_or("?"));
            let (kind, subscription) = (&row.kind, &row.subscription_id);
            format!("event {} ({kind}) of {subscription} names {start} to {end}", row.seq)
        });
    }

    /// Whether an event fits those before it, and goes on from there.
    fn follows(&mut self, kind: EventKind, subscription: &str, says: &Says) -> bool {
        let Some(course) = self.courses.get_mut(subscription) else {
            let Some(period) = says.period() else { return kind != EventKind::SubscriptionCreated };
            if kind != EventKind::SubscriptionCreated {
                return kind == EventKind::InvoiceIssued && !says.is_of_a_period();
            }
            let is_billed = says.status.as_deref() != Some("trial");
            self.courses.insert(subscription.to_owned(), Course::of(period, is_billed));
            return true;
        };
        match (kind, says.period()) {
            (EventKind::TrialExtended, _) => course.lengthen(says),
            (EventKind::SubscriptionEnded, _) => says.end() == Some(course.now.end()),
            (EventKind::InvoiceIssued, Some(period)) => {
                !says.is_of_a_period() || course.bill(period)
            }
            (EventKind::SubscriptionRenewed, Some(period)) => {
                let fits = period.start() == course.now.end();
                course.begin(period, true);
                fits
            }
            (EventKind::SubscriptionRestored, Some(period)) => {
                // It was suspended beyond its end, and nobody is billed for that time.
                let is_later = course.is_suspended && period.start() >= course.now.end();
                let fits = period == course.now || is_later;
                course.is_suspended = false;
                if period != course.now {
                    course.begin(period, true);
                }
                fits
            }
            (EventKind::SubscriptionSuspended, _) => {
                course.is_suspended = true;
                true
            }
            (EventKind::TrialEnded, Some(period)) => {
                let fits = course.is_in(period.start());
                course.begin(period, true);
                fits
            }
            (EventKind::PlanChanged, Some(period)) => course.change(period),
            (EventKind::PlanRolledBack, Some(period)) => course.undo(period),
            // One that began twice, or one that says nothing of its period.
            (EventKind::SubscriptionCreated, _)
            | (
                EventKind::SubscriptionRenewed
                | EventKind::SubscriptionRestored
                | EventKind::TrialEnded
                | EventKind::PlanChanged
                | EventKind::PlanRolledBack,
                None,
            ) => false,
            _ => true,
        }
    }

    /// Notes what began and was never billed.
    fn miss(&self, found: &mut Findings) {
        for (subscription, course) in &self.courses {
            let missed = course.unbilled.iter();
            let missed =
                missed.filter(|(start, _)| course.billed_from.is_some_and(|it| it < *start));
            for (start, end) in missed {
                found.note(Rule::PeriodBilled, self.tenant, || {
                    format!("{subscription} was not billed from {start} to {end}")
                });
            }
        }
    }

    /// Compares the ends with the subscriptions as they are stored.
    pub(super) async fn finish(self, tx: &mut Tx, found: &mut Findings) -> Result<(), Error> {
        let tenant = self.tenant;
        self.miss(found);
        for (subscription, start, end) in store::running(tx, tenant).await? {
            let told = self.courses.get(&subscription).map(|course| course.now);
            let told = told.map(|period| (period.start(), period.end()));
            let stands = (start.instant()?, end.instant()?);
            found.expect(told == Some(stands), Rule::Periods, tenant, || {
                let (start, end) = stands;
                format!("{subscription} stands from {start} to {end}, which no event says")
            });
        }
        Ok(())
    }
}

impl Course {
    fn of(period: Period, is_billed: bool) -> Self {
        let mut course = Self {
            now: period,
            is_suspended: false,
            cut: None,
            billed_from: None,
            unbilled: BTreeSet::new(),
        };
        course.begin(period, is_billed);
        course
    }

    /// A period is billed, if it began and was not yet.
    fn bill(&mut self, period: Period) -> bool {
        self.billed_from = self.billed_from.or(Some(period.start()));
        self.unbilled.remove(&(period.start(), period.end()))
    }

    /// Another period begins, which an invoice of a period bills, or the document of a change.
    fn begin(&mut self, period: Period, is_billed: bool) {
        (self.now, self.cut) = (period, None);
        if is_billed {
            self.unbilled.insert((period.start(), period.end()));
        }
    }

    fn is_in(&self, at: Instant) -> bool {
        self.now.start() <= at && at < self.now.end()
    }

    /// A trial ends later.
    fn lengthen(&mut self, says: &Says) -> bool {
        let Some(end) = says.trial_end.as_deref().and_then(|end| Instant::parse(end).ok()) else {
            return false;
        };
        let longer = Period::new(self.now.start(), end).ok().filter(|_| end > self.now.end());
        self.now = longer.unwrap_or(self.now);
        longer.is_some()
    }

    /// Its plan changes, or its cycle: that begins a period in the one that was running.
    fn change(&mut self, period: Period) -> bool {
        if period == self.now {
            return true;
        }
        let fits = self.is_in(period.start());
        let before = self.now;
        self.begin(period, false);
        self.cut = Some(before);
        fits
    }

    /// A change is undone: the period goes on, or the one that a change of cycle had cut short.
    fn undo(&mut self, period: Period) -> bool {
        if period == self.now {
            return true;
        }
        let fits = self.cut == Some(period);
        (self.now, self.cut) = (period, None);
        fits
    }
}

impl Says {
    fn period(&self) -> Option<Period> {
        let start = Instant::parse(self.period_start.as_deref()?).ok()?;
        Period::new(start, self.end()?).ok()
    }

    fn end(&self) -> Option<Instant> {
        Instant::parse(self.period_end.as_deref()?).ok()
    }

    fn is_of_a_period(&self) -> bool {
        self.kind.as_deref() == Some("period")
    }
}

#[cfg(test)]
mod tests;
