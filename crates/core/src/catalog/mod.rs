//! Plans: what they cost and what they hold.
//!
//! Prices, quotas and feature gates as the catalogue lists them, and how its administrators change
//! them. What is *not* here: who subscribed to a plan ([`subscriptions`](crate::subscriptions)), and
//! what is used of a quota.

mod gate;
mod listing;
mod name;
mod overrides;
mod seeded;

use crate::{
    id::PlanId,
    money::{Amount, Currency},
};

pub use self::{
    gate::{Gates, MFA, SSO, Verdict},
    listing::{Listing, NewPlan, PLAN_GATES_MAX, PlanChange, Refused, create},
    name::{NotAPlanName, PLAN_NAME_MAX, parse_name},
    overrides::{OVERRIDES_MAX, Override, TooManyOverrides, set_override},
    seeded::{FREE, SEEDED, SeededPlan},
};

/// How often a subscription is billed.
pub use crate::calendar::Cycle;

/// A plan of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `plan_…`
    pub id: PlanId,
    /// The name that subscriptions refer to, such as `pro`.
    pub name: String,
    /// The name that people read, such as `Professional`.
    pub display_name: String,
    /// What it is for, if anybody said.
    pub description: Option<String>,
    /// The currency of its prices.
    pub currency: Currency,
    /// What a month costs.
    pub monthly_price: Amount,
    /// What a year costs.
    pub yearly_price: Amount,
    /// How much may be used.
    pub quotas: Quotas,
    /// How many days the audit log reaches back; −1 is for ever.
    pub audit_log_days: i64,
    /// Whether it has multi-factor authentication.
    pub mfa_enabled: bool,
    /// Whether it has single sign-on.
    pub sso_enabled: bool,
    /// The level of support, such as `priority`.
    pub support_level: String,
    /// Whether the console shows it as the usual choice.
    pub is_popular: bool,
    /// Whether it takes new subscribers.
    pub status: PlanStatus,
}

/// How much may be used. −1 is unlimited, 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// People.
    pub users: i64,
    /// Storage in GiB.
    pub storage_gb: i64,
    /// Bandwidth in GiB a metering month.
    pub bandwidth_gb: i64,
    /// API calls a metering month.
    pub api_calls: i64,
    /// Text messages a day.
    pub sms: i64,
    /// Mails a day.
    pub email: i64,
}

/// The most of a quota that is counted.
pub const QUOTA_MAX: i64 = 1_000_000_000_000_000;

/// The most of a quota in GiB, so that its bytes are a number too.
pub const GIB_MAX: i64 = 1_000_000_000;

/// The most days that an audit log reaches back: a century.
pub const AUDIT_LOG_DAYS_MAX: i64 = 36_500;

/// No limit, as quotas and the days of an audit log say it.
pub const UNLIMITED: i64 = -1;

/// Whether a plan takes new subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanStatus {
    /// It does, and is listed.
    Active,
    /// It does not, and is listed for administrators.
    Inactive,
    /// It does not, and is listed nowhere.
    Archived,
}

impl Quotas {
    /// No limit to anything.
    pub const UNLIMITED: Self = Self {
        users: UNLIMITED,
        storage_gb: UNLIMITED,
        bandwidth_gb: UNLIMITED,
        api_calls: UNLIMITED,
        sms: UNLIMITED,
        email: UNLIMITED,
    };

    /// Storage in bytes.
    pub const fn storage_bytes(&self) -> i64 {
        bytes(self.storage_gb)
    }

    /// Bandwidth in bytes a metering month.
    pub const fn bandwidth_bytes(&self) -> i64 {
        bytes(self.bandwidth_gb)
    }
}

/// The bytes of a quota in GiB; what is unlimited stays so.
const fn bytes(gib: i64) -> i64 {
    const GIB: i64 = 1 << 30;
    if gib < 0 { UNLIMITED } else { gib.saturating_mul(GIB) }
}

impl Plan {
    /// What a period of `cycle` costs.
    pub fn price(&self, cycle: Cycle) -> Amount {
        match cycle {
            Cycle::Monthly => self.monthly_price,
            Cycle::Yearly => self.yearly_price,
        }
    }
}

impl PlanStatus {
    /// Its name in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Archived => "archived",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Archived].into_iter().find(|it| it.as_str() == name)
    }
}
