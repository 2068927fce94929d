//! What the overage of a tenant must be: worked out apart from the service, by what the rules say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};

use super::fraction::Fraction;

/// A price: how much is included, and what a unit beyond costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    pub(super) included: i64,
    pub(super) unit: Fraction,
}

/// All prices of an app from a second on.
pub(super) type List = (i64, BTreeMap<String, Price>);

/// What was used of a resource in a period.
#[derive(Clone, Debug, Default)]
struct Use {
    total: i64,
    measured: Option<i64>,
    late: i64,
    is_closed: bool,
    /// By which price it was closed.
    price: Option<Price>,
    billed: i64,
}

/// A line: what it says, units, unit price, amount.
pub(super) type Line = (String, i64, String, String);

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) resource: String,
    pub(super) amount: i64,
    /// When, if that is said.
    pub(super) occurred: Option<i64>,
}

/// A tenant as the rules have it.
pub(super) struct Oracle {
    pub(super) zone: TimeZone,
    pub(super) decimals: u32,
    /// The periods, each from a second to a second; the last is running.
    pub(super) periods: Vec<(i64, i64)>,
    pub(super) lists: BTreeMap<String, Vec<List>>,
    /// By app, resource and place of the period.
    used: BTreeMap<(String, String, usize), Use>,
    known: BTreeSet<String>,
    /// Levels before there was a period.
    before: BTreeMap<(String, String), (i64, i64)>,
    pub(super) lines: Vec<Line>,
}

fn is_level(resource: &str) -> bool {
    ["users", "storage"].contains(&resource)
}

impl Use {
    fn heed(&mut self, amount: i64, at: i64) {
        let is_newer =
            self.measured < Some(at) || (self.measured == Some(at) && self.total < amount);
        if !is_newer || (self.is_closed && amount <= self.total) {
            return;
        }
        self.late += if self.is_closed { amount - self.total } else { 0 };
        (self.total, self.measured) = (amount, Some(at));
    }
}

impl Oracle {
    pub(super) fn new(zone: TimeZone, decimals: u32) -> Self {
        Self {
            zone,
            decimals,
            periods: Vec::new(),
            lists: BTreeMap::new(),
            used: BTreeMap::new(),
            known: BTreeSet::new(),
            before: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// The first period begins.
    pub(super) fn begin(&mut self, period: (i64, i64)) {
        self.periods.push(period);
        for ((app, resource), (at, amount)) in self.before.clone() {
            let level = Use { total: amount, measured: Some(at), ..Use::default() };
            self.used.insert((app, resource, 0), level);
        }
    }

    /// Takes an event that arrives now, and gives what becomes of it.
    pub(super) fn take(&mut self, event: &Event, now: i64) -> &'static str {
        let Event { id, app, resource, amount, occurred } = event.clone();
        let at = occurred.unwrap_or(now).min(now);
        if self.known.contains(&id) {
            return "duplicate";
        }
        let lists = self.lists.get(&app).into_iter().flatten();
        let is_priced = lists.clone().any(|(_, prices)| prices.contains_key(&resource));
        if resource.starts_with("gpu") && !is_priced {
            return "rejected";
        }
        self.known.insert(id);
        let place = self.periods.iter().position(|(start, end)| (*start..*end).contains(&at));
        // What was there before the first period was there when it began.
        let is_before = self.periods.first().is_some_and(|(start, _)| at < *start);
        let place = place.or((is_before && is_level(&resource)).then_some(0));
        let Some(place) = place else {
            if self.periods.is_empty() && is_level(&resource) {
                let level = self.before.entry((app, resource)).or_insert((at, 0));
                *level = (*level).max((at, amount));
            }
            return "accepted";
        };
        let it = self.used.entry((app.clone(), resource.clone(), place)).or_default();
        if !is_level(&resource) {
            it.total += amount;
            it.late += if it.is_closed { amount } else { 0 };
            return "accepted";
        }
        it.heed(amount, at);
        for later in place + 1..self.periods.len() {
            if let Some(it) = self.used.get_mut(&(app.clone(), resource.clone(), later)) {
                it.heed(amount, at);
            }
        }
        "accepted"
    }

    /// What is over and open before the running period's end is billed, a period at a time.
    pub(super) fn catch_up(&mut self, until: i64) {
        let last = self.periods.len() - 1;
        while let Some(place) = (0..last).find(|it| self.is_open(*it)) {
            assert!(self.periods[place].1 <= until);
            let lines = self.bill(place);
            // Where all of it is nothing there is no invoice.
            if lines.iter().any(|(_, amount)| !amount.is_zero()) {
                self.lines.extend(lines.into_iter().map(|(line, _)| line));
            }
        }
    }

    /// The running period ends, and the next begins.
    pub(super) fn renew(&mut self, next: (i64, i64)) {
        let place = self.periods.len() - 1;
        self.periods.push(next);
        let lines = self.bill(place);
        self.lines.extend(lines.into_iter().map(|(line, _)| line));
    }

    fn is_open(&self, place: usize) -> bool {
        self.used.iter().any(|(key, it)| key.2 == place && !it.is_closed)
    }

    /// Bills what is pending of periods up to one.
    fn bill(&mut self, last: usize) -> Vec<(Line, Fraction)> {
        let (mut lines, mut on) = (Vec::new(), Vec::new());
        let keys: Vec<_> = self.used.keys().filter(|key| key.2 <= last).cloned().collect();
        for key in keys {
            let price = self.price(&key.0, &key.1, self.periods[key.2]);
            let it = self.used.get_mut(&key).unwrap();
            let was_closed = it.is_closed;
            if was_closed && it.late == 0 {
                continue;
            }
            if !was_closed {
                it.price = price;
                if is_level(&key.1) && it.total > 0 {
                    on.push((key.clone(), it.clone()));
                }
            }
            (it.is_closed, it.late) = (true, 0);
            let Some(price) = it.price else { continue };
            let units = (it.total - price.included).max(0) - it.billed;
            if units != 0 {
                it.billed += units;
                lines.push(self.line(&key, price, units, was_closed));
            }
        }
        for ((app, resource, place), it) in on {
            let level = Use { total: it.total, measured: it.measured, ..Use::default() };
            let next = (app, resource, place + 1);
            if place + 1 < self.periods.len() {
                self.used.entry(next).or_insert(level);
            }
        }
        lines
    }

    /// The price of an app for a period: the first that there ever was acts in the period in which it
    /// was set, later ones in those that start with them.
    fn price(&self, app: &str, resource: &str, (start, end): (i64, i64)) -> Option<Price> {
        let lists = self.lists.get(app)?;
        let (since, first) = lists.iter().find(|(_, prices)| prices.contains_key(resource))?;
        if *since > start {
            return first.get(resource).copied().filter(|_| *since < end);
        }
        let at_start = lists.iter().rfind(|(since, _)| *since <= start)?;
        at_start.1.get(resource).copied()
    }

    fn line(
        &self,
        (app, resource, place): &(String, String, usize),
        price: Price,
        units: i64,
        is_late: bool,
    ) -> (Line, Fraction) {
        let (start, end) = self.periods[*place];
        let day = |second: i64| {
            let at = Timestamp::from_second(second).unwrap();
            self.zone.to_datetime(at).date().to_string()
        };
        let late = if is_late { ", reported late" } else { "" };
        let words = format!(
            "{resource} of {app} beyond {} included, {} to {}{late}",
            price.included,
            day(start),
            day(end - 1)
        );
        let amount = price.unit.times(units).rounded(self.decimals);
        ((words, units, price.unit.to_string(), amount.to_string()), amount)
    }
}
