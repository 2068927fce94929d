//! On which days a payment is tried again.

use std::fmt;

/// The most retries of a schedule.
pub const RETRIES_MAX: usize = 20;

/// The last day of a schedule at most. No subscription lives longer without payment.
pub const RETRY_DAY_MAX: u8 = 180;

/// Days after the first failure on which a payment is tried again: each later than the one before.
/// There may be none.
///
/// ```
/// # use countinghouse_core::dunning::RetrySchedule;
/// let schedule = RetrySchedule::parse("[1, 3, 7, 14]").unwrap();
/// assert_eq!(schedule.days(), [1, 3, 7, 14]);
/// assert_eq!(schedule.to_string(), "[1,3,7,14]");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The days; zeros behind them.
    days: [u8; RETRIES_MAX],
    count: usize,
}

/// Why a text is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is no JSON array of whole numbers.
    #[error("must be a JSON array of whole days such as [1,3,7,14]")]
    NotAList,
    /// A day is out of range.
    #[error("must name days from 1 to {RETRY_DAY_MAX}")]
    Day,
    /// A day is not later than the one before it.
    #[error("must name each day later than the one before it")]
    NotRising,
    /// There are too many.
    #[error("must name at most {RETRIES_MAX} days")]
    TooMany,
}

impl RetrySchedule {
    /// The schedule that holds where none was set.
    pub const DEFAULT: Self = {
        let mut days = [0; RETRIES_MAX];
        [days[0], days[1], days[2], days[3]] = [1, 3, 7, 14];
        Self { days, count: 4 }
    };

    /// Reads a JSON array of days.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
        let inside = text.trim_matches(is_space).strip_prefix('[');
        let inside = inside.and_then(|it| it.strip_suffix(']')).ok_or(ScheduleError::NotAList)?;
        let mut schedule = Self { days: [0; RETRIES_MAX], count: 0 };
        if inside.trim_matches(is_space).is_empty() {
            return Ok(schedule);
        }
        for number in inside.split(',') {
            schedule.push(number.trim_matches(is_space))?;
        }
        Ok(schedule)
    }

    /// The days, in their order.
    pub fn days(&self) -> &[u8] {
        &self.days[..self.count]
    }

    fn push(&mut self, number: &str) -> Result<(), ScheduleError> {
        let digits = number.strip_prefix('-').unwrap_or(number);
        let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_whole || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(ScheduleError::NotAList);
        }
        let day = number.parse().ok().filter(|day| (1..=RETRY_DAY_MAX).contains(day));
        let day = day.ok_or(ScheduleError::Day)?;
        if self.days().last().is_some_and(|last| day <= *last) {
            return Err(ScheduleError::NotRising);
        }
        let place = self.days.get_mut(self.count).ok_or(ScheduleError::TooMany)?;
        *place = day;
        self.count += 1;
        Ok(())
    }
}

impl fmt::Display for RetrySchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, day) in self.days().iter().enumerate() {
            write!(f, "{}{day}", if place == 0 { "" } else { "," })?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for RetrySchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_rising_list_of_days_is_refused() {
        use ScheduleError::{Day, NotAList, NotRising, TooMany};
        let many = format!("[{}]", (1..=21).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        let cases = [
            ("", NotAList),
            ("1,3", NotAList),
            ("[1,3", NotAList),
            ("[1,,3]", NotAList),
            ("[1,3,]", NotAList),
            ("[1.5]", NotAList),
            ("[01]", NotAList),
            ("[1e1]", NotAList),
            ("[\"1\"]", NotAList),
            ("[[1]]", NotAList),
            ("[0]", Day),
            ("[-1]", Day),
            ("[181]", Day),
            ("[99999999999999999999]", Day),
            ("[1,1]", NotRising),
            ("[3,1]", NotRising),
            (&many, TooMany),
        ];

        for (text, expected) in cases {
            assert_eq!(RetrySchedule::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn there_may_be_no_retry_and_the_default_has_four() {
        assert_eq!(RetrySchedule::parse(" [ ] ").map(|it| it.to_string()), Ok("[]".to_owned()));
        assert_eq!(RetrySchedule::parse("[1,3,7,14]"), Ok(RetrySchedule::DEFAULT));
    }

    proptest! {
        #[test]
        fn a_schedule_reads_back(days in proptest::collection::btree_set(1..=RETRY_DAY_MAX, 0..=RETRIES_MAX)) {
            let days: BTreeSet<u8> = days;
            let text = format!("{:?}", days.iter().collect::<Vec<_>>());

            let schedule = RetrySchedule::parse(&text).expect("it rises");

            prop_assert!(schedule.days().iter().eq(&days));
            prop_assert_eq!(RetrySchedule::parse(&schedule.to_string()), Ok(schedule));
        }
    }
}
