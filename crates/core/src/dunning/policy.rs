//! When what happens to whoever does not pay.

use super::RetrySchedule;

/// The most days that access is kept.
pub const GRACE_PERIOD_DAYS_MAX: u8 = 90;

/// The most days until a subscription is cancelled.
pub const AUTO_CANCEL_DAYS_MAX: u8 = 180;

/// When a payment is tried again, when access ends, and when the subscription does. All days are
/// counted from the first failure of an invoice.
///
/// Retries that come after the cancellation are never made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    retry_schedule: RetrySchedule,
    grace_period_days: u8,
    auto_cancel_days: u8,
}

/// Why there is no such policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The days of grace are out of range.
    #[error("must be from 1 to {GRACE_PERIOD_DAYS_MAX}")]
    Grace,
    /// The days until the cancellation are out of range.
    #[error("must be from 1 to {AUTO_CANCEL_DAYS_MAX}")]
    Cancel,
    /// It would be cancelled before the days of grace are over.
    #[error("must be more than the days of grace, which are {grace}")]
    CancelledInGrace {
        /// The days of grace.
        grace: u8,
    },
}

impl Policy {
    /// The policy that holds where none was set.
    pub const DEFAULT: Self =
        Self { retry_schedule: RetrySchedule::DEFAULT, grace_period_days: 7, auto_cancel_days: 30 };

    /// Makes a policy, if its parts go together.
    pub fn new(
        retry_schedule: RetrySchedule,
        grace_period_days: u8,
        auto_cancel_days: u8,
    ) -> Result<Self, PolicyError> {
        if !(1..=GRACE_PERIOD_DAYS_MAX).contains(&grace_period_days) {
            return Err(PolicyError::Grace);
        }
        if !(1..=AUTO_CANCEL_DAYS_MAX).contains(&auto_cancel_days) {
            return Err(PolicyError::Cancel);
        }
        if auto_cancel_days <= grace_period_days {
            return Err(PolicyError::CancelledInGrace { grace: grace_period_days });
        }
        Ok(Self { retry_schedule, grace_period_days, auto_cancel_days })
    }

    /// When a payment is tried again.
    pub const fn retry_schedule(&self) -> &RetrySchedule {
        &self.retry_schedule
    }

    /// How many days access is kept.
    pub const fn grace_period_days(&self) -> u8 {
        self.grace_period_days
    }

    /// After how many days the subscription is cancelled.
    pub const fn auto_cancel_days(&self) -> u8 {
        self.auto_cancel_days
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_ends_before_the_subscription_does_and_both_have_their_range() {
        let policy = |grace, cancel| Policy::new(RetrySchedule::DEFAULT, grace, cancel);

        assert_eq!(policy(7, 30), Ok(Policy::DEFAULT));
        assert!(policy(1, 2).is_ok() && policy(90, 180).is_ok());
        assert_eq!(policy(0, 30), Err(PolicyError::Grace));
        assert_eq!(policy(91, 180), Err(PolicyError::Grace));
        assert_eq!(policy(7, 0), Err(PolicyError::Cancel));
        assert_eq!(policy(7, 181), Err(PolicyError::Cancel));
        assert_eq!(policy(7, 7), Err(PolicyError::CancelledInGrace { grace: 7 }));
    }
}
