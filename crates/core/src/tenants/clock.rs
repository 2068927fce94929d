//! Moving a tenant's own clock.

use crate::calendar::Instant;

/// Why a tenant's clock can't be set as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It would run backwards.
    #[error("the clock of the tenant shows {0}; it cannot be set back")]
    Backwards(Instant),
    /// There are rows that would be of the future.
    #[error("the tenant has rows as new as {0}; its clock cannot be set before them")]
    BeforeRows(Instant),
    /// The tenant would be thrown back.
    #[error("the clock of the tenant shows {0}, which is still to come")]
    AheadOfTime(Instant),
}

/// Whether the clock of a tenant, which has one that shows `shown` or none yet, may be set to `to`.
/// The first setting may name any instant, but none before the newest of the tenant's rows.
pub fn may_move_clock(
    shown: Option<Instant>,
    newest: Option<Instant>,
    to: Instant,
) -> Result<(), ClockError> {
    match (shown, newest) {
        (Some(shown), _) if to < shown => Err(ClockError::Backwards(shown)),
        (None, Some(newest)) if to < newest => Err(ClockError::BeforeRows(newest)),
        _ => Ok(()),
    }
}

/// Whether the clock of a tenant that shows `shown` may be taken away at the real time `now`.
pub fn may_remove_clock(shown: Option<Instant>, now: Instant) -> Result<(), ClockError> {
    match shown {
        Some(shown) if shown > now => Err(ClockError::AheadOfTime(shown)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_second(second).expect("it is within the calendar")
    }

    #[test]
    fn a_clock_goes_forward_only_and_begins_behind_the_rows() {
        let (early, middle, late) = (at(1), at(2), at(3));

        assert_eq!(may_move_clock(None, None, early), Ok(()));
        assert_eq!(may_move_clock(None, Some(middle), middle), Ok(()));
        assert_eq!(may_move_clock(Some(middle), Some(late), middle), Ok(()));
        assert_eq!(may_move_clock(Some(early), None, late), Ok(()));
        let backwards = may_move_clock(Some(middle), None, early);
        assert_eq!(backwards, Err(ClockError::Backwards(middle)));
        let before = may_move_clock(None, Some(middle), early);
        assert_eq!(before, Err(ClockError::BeforeRows(middle)));
    }

    #[test]
    fn a_clock_that_is_ahead_stays() {
        assert_eq!(may_remove_clock(None, at(1)), Ok(()));
        assert_eq!(may_remove_clock(Some(at(1)), at(1)), Ok(()));
        assert_eq!(may_remove_clock(Some(at(2)), at(1)), Err(ClockError::AheadOfTime(at(2))));
    }
}
