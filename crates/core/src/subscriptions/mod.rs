//! Subscriptions: who has which plan, and for which period.
//!
//! Decides when periods begin and end, and what they cost. What is *not* here: the invoice of a
//! period ([`invoicing`](crate::invoicing)).

mod cancel;
mod change;
mod dunning;
mod lines;
mod notice;
mod proration;
mod quote;
mod renewal;
mod rollback;
#[cfg(test)]
pub(crate) mod samples;
mod subscribe;
mod trial;

use crate::{
    calendar::{Anchor, Cycle, Instant, Period, Zone},
    id::{SubscriptionId, UserId},
    money::{Amount, Currency},
};

pub use self::cancel::CancelError;
pub use self::change::{ChangeError, ChangePlan, Charge, PlanChange};
pub use self::dunning::Restored;
pub use self::lines::{
    BilledLine, ChangeLine, LineId, credit_lines, left_of, overage_line, period_line,
};
pub use self::notice::{NOTICE_DAYS, notice_at};
pub use self::proration::{Billed, Credited, Part, credit_from, part_from};
pub use self::quote::{NotAQuote, Outcome, QUOTE_SECONDS, Quote, QuoteError};
pub use self::renewal::AtPeriodEnd;
pub use self::rollback::{Held, RollbackError};
pub use self::subscribe::{Subscribe, SubscribeError, TRIAL_DAYS_MAX, subscribe};
pub use self::trial::{EXTEND_DAYS_MAX, TrialError};

/// A tenant's subscription to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `sub_…`
    pub id: SubscriptionId,
    /// The tenant's first, second, … subscription.
    pub ordinal: i64,
    /// The name of the plan.
    pub plan: String,
    /// Where it stands.
    pub status: Status,
    /// How often it is billed.
    pub cycle: Cycle,
    /// What the current period costs, as it was billed.
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// Whether a new period follows the current one.
    pub auto_renew: bool,
    /// Whether it ends with the current period.
    pub cancel_at_period_end: bool,
    /// Where its boundaries are computed from.
    pub anchor: Anchor,
    /// The zone of the anchor.
    pub zone: Zone,
    /// Which period is running: 0 is the trial, 1 the first paid one.
    pub period_number: u32,
    /// The period that is running.
    pub period: Period,
    /// The version with which that period began. No other period of the subscription has it.
    pub period_since: i64,
    /// What it is changed to when the period ends, if that was asked for.
    pub next: Option<NextPlan>,
    /// When the trial ends or ended.
    pub trial_end: Option<Instant>,
    /// When its tenant is told that the period ends, until that was done.
    pub notice_at: Option<Instant>,
    /// Who administers it.
    pub admin: UserId,
    /// When it was made.
    pub created_at: Instant,
    /// Counts its changes, from 1.
    pub version: i64,
}

/// A plan and a cycle that wait for the end of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPlan {
    /// The name of the plan.
    pub plan: String,
    /// How often it is billed.
    pub cycle: Cycle,
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing is billed yet.
    Trial,
    /// Paid for, or about to be.
    Active,
    /// A payment failed or is late; access is kept.
    PastDue,
    /// A payment is late beyond the grace period; access is not kept.
    Suspended,
    /// Ended by a cancellation.
    Cancelled,
    /// Ended because it was not renewed.
    Expired,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Trial, Self::Active, Self::PastDue, Self::Suspended, Self::Cancelled, Self::Expired];

    /// Its name in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether the tenant has it now. A tenant has one such subscription at most.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Expired)
    }
}
