//! Figures of days that are set right, and where that is billed.

use std::fmt;

use super::{Meter, Resource, Span};
use crate::{
    calendar::{CalendarError, DATE_TEXT_LEN, Date, Instant},
    id::AppId,
};

/// The resources whose figures of a day may be set right.
pub const CORRECTABLE: [Resource; 7] = [
    Resource::Users,
    Resource::ApiCalls,
    Resource::Storage,
    Resource::Bandwidth,
    Resource::LoginAttempts,
    Resource::FailedLogins,
    Resource::MfaVerifications,
];

/// Which figures are meant: those of a day, of one app or of none.
///
/// ```
/// # use countinghouse_core::metering::UsageId;
/// let id = UsageId::parse("2026-01-31:app_001").unwrap();
/// assert_eq!(id.app.as_ref().map(|app| app.as_str()), Some("app_001"));
/// assert_eq!(id.to_string(), "2026-01-31:app_001");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageId {
    /// The day in the tenant's zone.
    pub day: Date,
    /// The app.
    pub app: Option<AppId>,
}

/// A text names no figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a day such as 2026-01-31, or a day and an app such as 2026-01-31:app_001")]
pub struct NotAUsageId;

/// A figure that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Of what.
    pub resource: Resource,
    /// What it was.
    pub before: i64,
    /// What it is from now on.
    pub after: i64,
}

/// What is corrected was billed: that takes a credit note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the usage of that day was invoiced; what was billed is corrected by a credit note")]
pub struct Billed;

impl UsageId {
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DD:<app>`.
    pub fn parse(text: &str) -> Result<Self, NotAUsageId> {
        let (day, rest) = text.split_at_checked(DATE_TEXT_LEN).ok_or(NotAUsageId)?;
        let day = Date::parse(day).map_err(|_| NotAUsageId)?;
        let app = match rest {
            "" => None,
            rest => {
                let app = rest.strip_prefix(':').ok_or(NotAUsageId)?;
                Some(AppId::parse(app).map_err(|_| NotAUsageId)?)
            }
        };
        Ok(Self { day, app })
    }

    /// The app as it is stored: empty is none.
    pub fn app_text(&self) -> &str {
        self.app.as_ref().map_or("", AppId::as_str)
    }
}

impl fmt::Display for UsageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.app {
            Some(app) => write!(f, "{}:{app}", self.day),
            None => fmt::Display::fmt(&self.day, f),
        }
    }
}

impl Correction {
    /// Those of the figures that are to be `set` that are not so yet.
    pub fn of(set: &[(Resource, i64)], mut stored: impl FnMut(&Resource) -> i64) -> Vec<Self> {
        let all = set.iter().map(|(resource, after)| Self {
            resource: resource.clone(),
            before: stored(resource),
            after: *after,
        });
        all.filter(|it| it.before != it.after).collect()
    }

    /// What a sum becomes that the figure is a part of. Of a day that a period's start cuts, the
    /// period has a part only, so that the sum may have been less than what is taken from it.
    pub fn moves(&self, sum: i64) -> i64 {
        let moved = i128::from(sum) + i128::from(self.after) - i128::from(self.before);
        i64::try_from(moved.max(0)).unwrap_or(i64::MAX)
    }
}

/// The metering period that a day counts for as a whole: the last that has a part of it. None where
/// no subscription was there all day.
pub fn span_of_day(
    meters: &[Meter],
    (start, end): (Instant, Instant),
) -> Result<Option<Span>, CalendarError> {
    let is_there = |it: &&Meter| {
        let until = it.until.map_or(end, |until| until.min(end));
        it.since.max(start) < until
    };
    let Some(meter) = meters.iter().rev().find(is_there) else { return Ok(None) };
    let until = meter.until.map_or(end, |until| until.min(end));
    meter.span_of(until.plus_seconds(-1)?)
}

/// The metering period whose usage changes with a figure of a day: the one that the day counts for,
/// while it was not invoiced. What was is refused, unless a part of the day is in no period at all:
/// then it is that part that is set right, which nobody is billed for.
pub fn billed_in(
    span: Option<Span>,
    is_invoiced: bool,
    end: Instant,
) -> Result<Option<Span>, Billed> {
    match span {
        Some(span) if is_invoiced && span.period.end() >= end => Err(Billed),
        Some(_) if is_invoiced => Ok(None),
        span => Ok(span),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        calendar::{Anchor, Zone, date_of, end_of, start_of},
        id::SubscriptionId,
    };

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn meter(since: &str, until: Option<&str>) -> Meter {
        Meter {
            ordinal: 1,
            since: at(since),
            until: until.map(at),
            subscription: SubscriptionId::from_parts(1, 1),
            anchor: Anchor::of(at(since), &Zone::UTC),
            zone: Zone::UTC,
            number: 0,
            trial: false,
            trial_end: None,
        }
    }

    fn day(text: &str) -> (Instant, Instant) {
        let date = Date::parse(text).expect("a date");
        (start_of(date, &Zone::UTC), end_of(date, &Zone::UTC))
    }

    /// When the period begins that a day counts for.
    fn counts_for(meters: &[Meter], text: &str) -> Option<String> {
        let span = span_of_day(meters, day(text)).expect("in range");
        span.map(|span| span.period.start().to_string())
    }

    #[test]
    fn a_usage_id_is_a_day_and_perhaps_an_app() {
        for text in ["2026-01-31", "2026-01-31:app", "2026-01-31:a:b", "2024-02-29::"] {
            assert_eq!(UsageId::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(UsageId::parse("2026-01-31").expect("a day").app_text(), "");
        for bad in [
            "",
            "2026-01",
            "2026-02-30",
            "2026-01-31:",
            "2026-01-31app",
            "2026-01-31:a/b",
            "2026-01-3é",
        ] {
            assert_eq!(UsageId::parse(bad), Err(NotAUsageId), "{bad:?}");
        }
    }

    #[test]
    fn only_what_changes_is_corrected() {
        let set = [(Resource::Users, 5), (Resource::ApiCalls, 7)];

        let corrections = Correction::of(&set, |it| if *it == Resource::Users { 5 } else { 9 });

        let only = Correction { resource: Resource::ApiCalls, before: 9, after: 7 };
        assert_eq!(corrections, std::slice::from_ref(&only));
        assert_eq!((only.moves(20), only.moves(1), only.moves(i64::MAX)), (18, 0, i64::MAX - 2));
        let more = Correction { after: 10, ..only };
        assert_eq!((more.moves(0), more.moves(i64::MAX)), (1, i64::MAX));
    }

    #[test]
    fn a_day_counts_for_the_last_period_that_has_a_part_of_it() {
        let meters = [
            meter("2026-01-10T12:00:00Z", Some("2026-03-15T12:00:00Z")),
            meter("2026-03-20T06:00:00Z", None),
        ];

        assert_eq!(counts_for(&meters, "2026-01-09"), None);
        let first = Some("2026-01-10T12:00:00Z".to_owned());
        assert_eq!(counts_for(&meters, "2026-01-10"), first);
        assert_eq!(counts_for(&meters, "2026-02-09"), first);
        let second = Some("2026-02-10T12:00:00Z".to_owned());
        assert_eq!(counts_for(&meters, "2026-02-10"), second);
        let cut = Some("2026-03-10T12:00:00Z".to_owned());
        assert_eq!(counts_for(&meters, "2026-03-15"), cut);
        assert_eq!(counts_for(&meters, "2026-03-16"), None);
        let other = Some("2026-03-20T06:00:00Z".to_owned());
        assert_eq!(counts_for(&meters, "2026-03-20"), other);
        assert_eq!(counts_for(&[], "2026-03-20"), None);
        let never = [meter("2026-01-10T12:00:00Z", Some("2026-01-10T12:00:00Z"))];
        assert_eq!(counts_for(&never, "2026-01-10"), None);
    }

    #[test]
    fn what_was_invoiced_stays_but_for_what_lies_outside_of_it() {
        let meters = [meter("2026-01-10T12:00:00Z", Some("2026-03-15T12:00:00Z"))];
        let of = |text: &str, is_invoiced| {
            let span = span_of_day(&meters, day(text)).expect("in range");
            billed_in(span, is_invoiced, day(text).1).map(|span| span.is_some())
        };

        assert_eq!(of("2026-01-09", false), Ok(false));
        assert_eq!(of("2026-02-01", false), Ok(true));
        assert_eq!(of("2026-02-01", true), Err(Billed));
        assert_eq!(of("2026-01-10", true), Err(Billed));
        assert_eq!(of("2026-03-15", false), Ok(true));
        assert_eq!(of("2026-03-15", true), Ok(false));
    }

    proptest! {
        #[test]
        fn any_text_is_a_usage_id_or_a_refusal(text in "\\PC*|2026-[01][0-9]-[0-3][0-9](:\\PC*)?") {
            if let Ok(id) = UsageId::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn every_day_of_a_meter_counts_for_a_period_that_has_a_part_of_it(
            start in 1_500_000_000_i64..1_900_000_000,
            later in 0_i64..200_000_000,
            zone in prop::sample::select(vec!["UTC", "Asia/Shanghai", "Pacific/Apia", "America/Sao_Paulo"]),
        ) {
            let zone = Zone::parse(zone).expect("a zone");
            let since = Instant::from_second(start).expect("in range");
            let at = since.plus_seconds(later).expect("in range");
            let anchor = Anchor::of(since, &zone);
            let meters = [Meter { since, anchor, zone: zone.clone(), ..meter("2026-01-10T12:00:00Z", None) }];
            let date = date_of(at, &zone);
            let (start, end) = (start_of(date, &zone), end_of(date, &zone));

            let span = span_of_day(&meters, (start, end)).expect("in range").expect("it counts");

            prop_assert!(span.period.start() < end && span.period.end() >= end);
        }
    }
}
