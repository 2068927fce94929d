//! Taking an event back.

use super::{EventKey, Level, Measure, PeriodUse, Taken};
use crate::calendar::Instant;

/// Why an event can't be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeBackError {
    /// It was billed.
    #[error("the event was invoiced, so it can only be corrected by a credit note")]
    Invoiced,
    /// Its month is over.
    #[error("the month in which the event was reported is over")]
    MonthOver,
    /// It was billed, or its month is over, long ago.
    #[error("the event was packed away, so it can only be corrected by a credit note")]
    Packed,
}

/// A report of a level, as it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Which event it is.
    pub key: EventKey,
    /// How much there was; below zero it takes another back.
    pub amount: i64,
    /// When.
    pub occurred_at: Instant,
    /// When it was reported.
    pub received_at: Instant,
}

impl Measured {
    /// The level that it says.
    fn level(&self) -> Level {
        Level { amount: self.amount, at: Some(self.occurred_at.min(self.received_at)) }
    }
}

/// The level that is left without the event `gone`, which said `said`, of all reports of it and those
/// before, the last by its own time first: the last that was not taken back. None if none is sure yet,
/// since older ones are to be read.
pub fn level_without(
    (gone, said): (EventKey, Level),
    reports: &[Measured],
    is_all: bool,
) -> Option<Level> {
    let is_back = |key: EventKey| {
        let back = key.of_taking_back();
        reports.iter().any(|it| it.key == back)
    };
    let left = reports
        .iter()
        .filter(|it| it.amount > 0 && it.key != gone && !is_back(it.key))
        .map(Measured::level)
        // What a clock that was ahead said of later is counted when it came.
        .filter(|level| level.at <= said.at)
        .max_by_key(|level| (level.at, level.amount));
    // What takes a report back, and what was reported of the same instant, may still come.
    let oldest = reports.last().map(|it| it.occurred_at);
    match left {
        Some(level) if is_all || level.at > oldest => Some(level),
        None if is_all => Some(Level::default()),
        _ => None,
    }
}

impl PeriodUse {
    /// What is left of it without an event that counted in it, of which `left` is the level then;
    /// that waits for an invoice, or was counted when it had been invoiced `bill` times.
    pub fn without(
        &self,
        taken: &Taken,
        bill: i64,
        left: Option<(Level, Level)>,
    ) -> Result<Self, TakeBackError> {
        if self.bills != bill {
            return Err(TakeBackError::Invoiced);
        }
        let billed = self.total - self.late;
        let (total, measured_at) = match (taken.resource.measure(), left) {
            (Measure::Sum, _) => ((self.total - taken.amount).max(0), self.measured_at),
            (Measure::Level, Some((gone, level))) if self.level() == gone => {
                (level.amount, level.at)
            }
            (Measure::Level, _) => (self.total, self.measured_at),
        };
        let total = if self.bills > 0 { total.max(billed) } else { total };
        let late = if self.bills > 0 { total - billed } else { 0 };
        let late_due = self.late_due.filter(|_| late > 0);
        Ok(Self { total, measured_at, late, late_due, ..*self })
    }

    /// It as a level.
    fn level(&self) -> Level {
        Level { amount: self.total, at: self.measured_at }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Resource, *};
    use crate::calendar::Period;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn measured(id: &str, amount: i64, hour: u8) -> Measured {
        let occurred_at = at(&format!("2026-03-01T{hour:02}:00:00Z"));
        let received_at = at("2026-03-02T00:00:00Z");
        Measured { key: EventKey::of_id(id), amount, occurred_at, received_at }
    }

    fn back(of: &Measured) -> Measured {
        Measured { key: of.key.of_taking_back(), amount: -of.amount, ..*of }
    }

    #[test]
    fn the_level_that_is_left_is_the_last_that_was_not_taken_back() {
        let [first, second, third] =
            [measured("1", 5, 8), measured("2", 7, 9), measured("3", 6, 10)];
        let gone = (third.key, third.level());

        let all = [third, second, first];
        assert_eq!(level_without(gone, &all, true), Some(second.level()));
        assert_eq!(level_without(gone, &all, false), Some(second.level()));
        let second_too = [third, back(&second), second, first];
        assert_eq!(level_without(gone, &second_too, true), Some(first.level()));
        assert_eq!(level_without(gone, &second_too, false), None);
        assert_eq!(level_without(gone, &[third], true), Some(Level::default()));
        assert_eq!(level_without(gone, &[third], false), None);
        let same = Measured { occurred_at: second.occurred_at, ..measured("4", 9, 9) };
        assert_eq!(level_without(gone, &[third, second, same], true), Some(same.level()));
        let ahead = Measured {
            occurred_at: at("2026-03-01T10:05:00Z"),
            received_at: at("2026-03-01T10:00:00Z"),
            ..measured("5", 8, 10)
        };
        assert_eq!(level_without(gone, &[ahead, third, second], true), Some(ahead.level()));
        let later = Measured { received_at: at("2026-03-01T10:03:00Z"), ..ahead };
        assert_eq!(level_without(gone, &[later, third, second], true), Some(second.level()));
    }

    #[test]
    fn an_open_period_loses_what_was_counted_and_an_invoiced_one_only_what_waits() {
        let start = at("2026-03-01T00:00:00Z");
        let period = Period::new(start, at("2026-04-01T00:00:00Z")).expect("a period");
        let taken =
            Taken { app: None, resource: Resource::ApiCalls, amount: 5, occurred_at: start };
        let open = PeriodUse { total: 12, ..PeriodUse::new(period) };
        let billed = PeriodUse { total: 17, late: 5, bills: 1, ..open };

        assert_eq!(open.without(&taken, 0, None), Ok(PeriodUse { total: 7, ..open }));
        let left = PeriodUse { total: 12, late: 0, ..billed };
        assert_eq!(billed.without(&taken, 1, None), Ok(left));
        assert_eq!(billed.without(&taken, 0, None), Err(TakeBackError::Invoiced));

        let level = |amount, hour| measured("x", amount, hour).level();
        let users = Taken { resource: Resource::Users, ..taken };
        let counted = PeriodUse { total: 7, measured_at: level(7, 9).at, ..open };
        let left = counted.without(&users, 0, Some((level(7, 9), level(5, 8))));
        assert_eq!(left, Ok(PeriodUse { total: 5, measured_at: level(5, 8).at, ..open }));
        let other = counted.without(&users, 0, Some((level(6, 8), level(5, 7))));
        assert_eq!(other, Ok(counted));
    }
}
