//! In which metering period something counts.

use crate::{
    calendar::{
        Anchor, CalendarError, Cycle, Instant, Month, Period, Zone, date_of, end_of, start_of,
    },
    id::SubscriptionId,
};

/// How long a tenant's usage is counted in months from which anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// The tenant's first, second, … meter.
    pub ordinal: i64,
    /// From when on it counts.
    pub since: Instant,
    /// Until when, if another followed, or none.
    pub until: Option<Instant>,
    /// Whose anchor it is.
    pub subscription: SubscriptionId,
    /// Where its months are computed from.
    pub anchor: Anchor,
    /// The zone of the anchor.
    pub zone: Zone,
    /// The month of the anchor in which it begins, counted from 0. Where clocks were set back by a change
    /// of the zone it is the one that has begun already.
    pub number: u32,
    /// Whether nothing that is used is billed.
    pub trial: bool,
    /// When a trial ends, if nothing changes.
    pub trial_end: Option<Instant>,
}

/// A metering period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From when to when.
    pub period: Period,
    /// Whether nothing that is used in it is billed.
    pub trial: bool,
}

impl Meter {
    /// The metering period in which an instant is; none where the meter does not count.
    pub fn span_of(&self, at: Instant) -> Result<Option<Span>, CalendarError> {
        if at < self.since || self.until.is_some_and(|until| until <= at) {
            return Ok(None);
        }
        let number = self.number_of(at)?.max(self.number);
        let month = self.anchor.period(&self.zone, Cycle::Monthly, number)?;
        let end = self.until.map_or(month.end(), |until| until.min(month.end()));
        // What starts in the second showing of a local time starts there, not at the first.
        let is_first = number == self.number;
        let start = if is_first { self.since } else { month.start().max(self.since) };
        Ok(Some(Span { period: Period::new(start, end)?, trial: self.trial }))
    }

    /// Whether it counts at any instant: one that ended as it began does not.
    pub fn counts(&self) -> bool {
        self.until.is_none_or(|until| self.since < until)
    }

    /// The number of the month of the anchor in which an instant is, counted from 0.
    pub fn number_of(&self, at: Instant) -> Result<u32, CalendarError> {
        let first = Month::at(self.anchor.boundary(&self.zone, Cycle::Monthly, 0)?, &self.zone);
        let months = Month::at(at, &self.zone).months_since(first);
        let guess = u32::try_from(months.max(0)).map_err(|_| CalendarError::OutOfRange)?;
        if guess > 0 && at < self.anchor.boundary(&self.zone, Cycle::Monthly, guess)? {
            return Ok(guess - 1);
        }
        Ok(guess)
    }
}

/// The month of the calendar in which an instant is.
pub fn calendar_month(at: Instant, zone: &Zone) -> Result<Period, CalendarError> {
    let month = Month::of(date_of(at, zone));
    Period::new(start_of(month.first_day(), zone), end_of(month.last_day(), zone))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn meter(anchor: &str, zone: &str, since: &str) -> Meter {
        Meter {
            ordinal: 1,
            since: at(since),
            until: None,
            subscription: SubscriptionId::from_parts(1, 1),
            anchor: Anchor::parse(anchor).expect("an anchor"),
            zone: Zone::parse(zone).expect("a zone"),
            number: 0,
            trial: false,
            trial_end: None,
        }
    }

    fn span(meter: &Meter, text: &str) -> Option<(String, String)> {
        let span = meter.span_of(at(text)).expect("in range")?;
        Some((span.period.start().to_string(), span.period.end().to_string()))
    }

    fn pair(start: &str, end: &str) -> (String, String) {
        (start.to_owned(), end.to_owned())
    }

    #[test]
    fn months_are_those_of_the_anchor() {
        let meter = meter("2026-01-31T14:35:00", "Asia/Shanghai", "2026-01-31T06:35:00Z");

        assert_eq!(span(&meter, "2026-01-31T06:34:59Z"), None);
        let first = Some(pair("2026-01-31T06:35:00Z", "2026-02-28T06:35:00Z"));
        assert_eq!(span(&meter, "2026-01-31T06:35:00Z"), first);
        assert_eq!(span(&meter, "2026-02-28T06:34:59Z"), first);
        let second = Some(pair("2026-02-28T06:35:00Z", "2026-03-31T06:35:00Z"));
        assert_eq!(span(&meter, "2026-02-28T06:35:00Z"), second);
        assert_eq!(span(&meter, "2026-03-31T06:34:59Z"), second);
    }

    #[test]
    fn a_meter_that_begins_or_ends_inside_a_month_cuts_it() {
        let whole = meter("2026-01-10T00:00:00", "UTC", "2026-02-20T00:00:00Z");
        let cut = Meter { until: Some(at("2026-03-01T00:00:00Z")), ..whole.clone() };

        let rest = Some(pair("2026-02-20T00:00:00Z", "2026-03-10T00:00:00Z"));
        assert_eq!(span(&whole, "2026-02-25T00:00:00Z"), rest);
        let part = Some(pair("2026-02-20T00:00:00Z", "2026-03-01T00:00:00Z"));
        assert_eq!(span(&cut, "2026-02-25T00:00:00Z"), part);
        assert_eq!(span(&cut, "2026-03-01T00:00:00Z"), None);
        let never = Meter { until: Some(whole.since), ..whole };
        assert_eq!(span(&never, "2026-02-25T00:00:00Z"), None);
    }

    #[test]
    fn a_change_of_the_zone_neither_splits_nor_joins_months() {
        let tokyo = meter("2026-01-31T02:30:00", "Asia/Tokyo", "2026-01-30T17:30:00Z");
        let since = "2026-02-27T17:30:00Z";
        assert_eq!(tokyo.number_of(at(since)), Ok(1));
        let berlin = Meter { number: 1, ..meter("2026-01-31T02:30:00", "Europe/Berlin", since) };
        let auckland =
            Meter { number: 1, ..meter("2026-01-31T02:30:00", "Pacific/Auckland", since) };

        let whole = Some(pair(since, "2026-03-31T00:30:00Z"));
        assert_eq!(span(&berlin, since), whole);
        assert_eq!(span(&berlin, "2026-02-28T02:00:00Z"), whole);
        let shorter = Some(pair(since, "2026-03-30T13:30:00Z"));
        assert_eq!(span(&auckland, since), shorter);
    }

    #[test]
    fn without_a_subscription_months_are_the_calendars() {
        let zone = Zone::parse("America/New_York").expect("a zone");
        let month = calendar_month(at("2026-04-01T03:00:00Z"), &zone).expect("in range");

        assert_eq!(month.start(), at("2026-03-01T05:00:00Z"));
        assert_eq!(month.end(), at("2026-04-01T04:00:00Z"));
    }

    proptest! {
        #[test]
        fn periods_leave_no_gap_and_hold_what_they_are_asked_for(
            start in 1_500_000_000_i64..1_900_000_000,
            later in 0_i64..200_000_000,
            zone in prop::sample::select(vec![
                "UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe",
            ]),
        ) {
            let since = Instant::from_second(start).expect("in range");
            let zone = Zone::parse(zone).expect("a zone");
            let meter = Meter {
                ordinal: 1,
                since,
                until: None,
                subscription: SubscriptionId::from_parts(1, 1),
                anchor: Anchor::of(since, &zone),
                zone,
                number: 0,
                trial: false,
                trial_end: None,
            };
            let at = since.plus_seconds(later).expect("in range");
            let span = |at| meter.span_of(at).expect("in range").expect("it counts").period;
            let here = span(at);

            prop_assert!(here.contains(at), "{here:?} {at:?}");
            prop_assert_eq!(span(here.start()), here);
            prop_assert_eq!(span(here.end()).start(), here.end());
        }
    }
}
