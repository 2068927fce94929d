//! Plans: what they cost and what they hold.
//!
//! Prices and quotas as the catalogue lists them. What is *not* here: who subscribed to a plan
//! ([`subscriptions`](crate::subscriptions)), and what is used of a quota.

mod seeded;

use crate::{
    id::PlanId,
    money::{Amount, Currency},
};

pub use self::seeded::{SEEDED, SeededPlan};

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
