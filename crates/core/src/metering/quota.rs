//! Whether more may be used.

use super::Resource;
use crate::catalog::UNLIMITED;

/// How often a quota is full again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Every metering month.
    Month,
    /// Every day.
    Day,
    /// Never: it is about how much there is.
    Never,
}

/// What a check of a quota says. It reserves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaVerdict {
    /// Whether what is asked for fits.
    pub allowed: bool,
    /// How much more there is; −1 is as much as anybody likes.
    pub remaining: i64,
}

impl Resource {
    /// How often its quota is full again.
    pub const fn renewal(&self) -> Renewal {
        match self {
            Self::Storage | Self::Users => Renewal::Never,
            it if it.is_daily() => Renewal::Day,
            _ => Renewal::Month,
        }
    }
}

/// Judges whether `requested` more fit into a quota of which `current` are used.
pub fn judge(limit: i64, current: i128, requested: i64) -> QuotaVerdict {
    if limit == UNLIMITED {
        return QuotaVerdict { allowed: true, remaining: UNLIMITED };
    }
    let left = i128::from(limit) - current;
    let allowed = i128::from(requested) <= left;
    QuotaVerdict { allowed, remaining: i64::try_from(left.max(0)).unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_to_the_last_unit_is_allowed() {
        let of = |limit, current, requested| {
            let it = judge(limit, current, requested);
            (it.allowed, it.remaining)
        };

        assert_eq!(of(10, 7, 3), (true, 3));
        assert_eq!(of(10, 7, 4), (false, 3));
        assert_eq!(of(10, 12, 1), (false, 0));
        assert_eq!(of(0, 0, 1), (false, 0));
        assert_eq!(of(-1, 1 << 100, i64::MAX), (true, -1));
        assert_eq!(of(i64::MAX, 0, i64::MAX), (true, i64::MAX));
        assert_eq!(of(i64::MAX, 1, i64::MAX), (false, i64::MAX - 1));
    }

    #[test]
    fn messages_are_by_the_day_levels_at_any_time_and_the_rest_by_the_month() {
        use Renewal::{Day, Month, Never};

        let renewals = Resource::BUILT_IN.map(|it| it.renewal());

        assert_eq!(renewals, [Month, Never, Month, Never, Day, Day, Month, Month, Month]);
        assert_eq!(Resource::Priced("gpu".into()).renewal(), Month);
    }

    proptest! {
        #[test]
        fn what_remains_may_be_used_and_no_more(limit in 0..1_000_i64, current in 0..2_000_i128) {
            let left = judge(limit, current, 1).remaining;

            prop_assert!(left == 0 || judge(limit, current, left).allowed);
            prop_assert!(!judge(limit, current, left + 1).allowed);
        }
    }
}
