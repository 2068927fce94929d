//! How administrators make and change plans.
//!
//! A change never reaches a period that is running: a subscription keeps the price that it was
//! billed at. What is *not* here: making a plan free again of its name, which is for ever.

use super::{Gates, Plan, PlanStatus, Quotas};
use crate::{
    calendar::Instant,
    id::{GateKey, PlanId},
    money::{Amount, Currency},
};

/// The most gates that a plan names, `mfa` and `sso` among them.
pub const PLAN_GATES_MAX: usize = 200;

/// A plan as its administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The plan.
    pub plan: Plan,
    /// The gates that are no flags of the plan.
    pub gates: Gates,
    /// When it was made.
    pub created_at: Instant,
    /// When it was changed last.
    pub updated_at: Instant,
}

/// What a new plan is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    /// The name that subscriptions refer to.
    pub name: String,
    /// The name that people read.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The currency of its prices, for ever.
    pub currency: Currency,
    /// What a month costs.
    pub monthly_price: Amount,
    /// What a year costs.
    pub yearly_price: Amount,
    /// How much may be used.
    pub quotas: Quotas,
    /// How many days the audit log reaches back.
    pub audit_log_days: i64,
    /// Whether it has multi-factor authentication.
    pub mfa_enabled: bool,
    /// Whether it has single sign-on.
    pub sso_enabled: bool,
    /// The level of support.
    pub support_level: String,
}

/// What is to be changed of a plan. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanChange {
    /// The name that people read.
    pub display_name: Option<String>,
    /// What it is for; an empty text takes the description away.
    pub description: Option<String>,
    /// What a month costs, from the next period of each subscription.
    pub monthly_price: Option<Amount>,
    /// What a year costs, likewise.
    pub yearly_price: Option<Amount>,
    /// People.
    pub users: Option<i64>,
    /// Storage in GiB.
    pub storage_gb: Option<i64>,
    /// Bandwidth in GiB a metering month.
    pub bandwidth_gb: Option<i64>,
    /// API calls a metering month.
    pub api_calls: Option<i64>,
    /// Text messages a day.
    pub sms: Option<i64>,
    /// Mails a day.
    pub email: Option<i64>,
    /// How many days the audit log reaches back.
    pub audit_log_days: Option<i64>,
    /// Whether it has multi-factor authentication.
    pub mfa_enabled: Option<bool>,
    /// Whether it has single sign-on.
    pub sso_enabled: Option<bool>,
    /// The level of support.
    pub support_level: Option<String>,
    /// Whether it takes new subscribers. It brings an archived plan back.
    pub status: Option<PlanStatus>,
}

/// Why the catalogue stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is a plan of that name, be it an archived one.
    #[error("there is a plan `{name}` already, which is {status}")]
    NameTaken {
        /// The name.
        name: String,
        /// What became of that plan.
        status: &'static str,
    },
    /// The plan would name too many gates.
    #[error("a plan has at most {PLAN_GATES_MAX} feature gates")]
    TooManyGates,
}

/// Makes a plan, which takes subscribers at once. `other` is the plan of that name, if there is one.
pub fn create(
    ask: NewPlan,
    other: Option<&Listing>,
    id: PlanId,
    at: Instant,
) -> Result<Listing, Refused> {
    if let Some(other) = other {
        return Err(Refused::NameTaken { name: ask.name, status: other.plan.status.as_str() });
    }
    let plan = Plan {
        id,
        name: ask.name,
        display_name: ask.display_name,
        description: ask.description,
        currency: ask.currency,
        monthly_price: ask.monthly_price,
        yearly_price: ask.yearly_price,
        quotas: ask.quotas,
        audit_log_days: ask.audit_log_days,
        mfa_enabled: ask.mfa_enabled,
        sso_enabled: ask.sso_enabled,
        support_level: ask.support_level,
        is_popular: false,
        status: PlanStatus::Active,
    };
    Ok(Listing { plan, gates: Gates::new(), created_at: at, updated_at: at })
}

impl Listing {
    /// Every gate that the plan names.
    pub fn all_gates(&self) -> Gates {
        let mut all = self.plan.flags();
        all.extend(self.gates.iter().map(|(key, enabled)| (key.clone(), *enabled)));
        all
    }

    /// The plan after a change.
    #[must_use]
    pub fn changed(self, change: &PlanChange, at: Instant) -> Self {
        let mut next = self.clone();
        let plan = &mut next.plan;
        set(&mut plan.display_name, change.display_name.as_ref());
        if let Some(description) = &change.description {
            plan.description = Some(description.clone()).filter(|text| !text.is_empty());
        }
        set(&mut plan.monthly_price, change.monthly_price.as_ref());
        set(&mut plan.yearly_price, change.yearly_price.as_ref());
        let quotas = &mut plan.quotas;
        set(&mut quotas.users, change.users.as_ref());
        set(&mut quotas.storage_gb, change.storage_gb.as_ref());
        set(&mut quotas.bandwidth_gb, change.bandwidth_gb.as_ref());
        set(&mut quotas.api_calls, change.api_calls.as_ref());
        set(&mut quotas.sms, change.sms.as_ref());
        set(&mut quotas.email, change.email.as_ref());
        set(&mut plan.audit_log_days, change.audit_log_days.as_ref());
        set(&mut plan.mfa_enabled, change.mfa_enabled.as_ref());
        set(&mut plan.sso_enabled, change.sso_enabled.as_ref());
        set(&mut plan.support_level, change.support_level.as_ref());
        set(&mut plan.status, change.status.as_ref());
        next.since(&self, at)
    }

    /// The plan with these gates open or closed; others stay.
    pub fn with_gates(self, gates: &Gates, at: Instant) -> Result<Self, Refused> {
        let mut next = self.clone();
        for (key, enabled) in gates {
            set_gate(&mut next, key, *enabled);
        }
        if next.all_gates().len() > PLAN_GATES_MAX {
            return Err(Refused::TooManyGates);
        }
        Ok(next.since(&self, at))
    }

    /// The plan out of every list. Its subscribers go on.
    #[must_use]
    pub fn archived(self, at: Instant) -> Self {
        let archive = PlanChange { status: Some(PlanStatus::Archived), ..PlanChange::default() };
        self.changed(&archive, at)
    }

    /// Marks when it became what it is, if it is not what it was.
    fn since(mut self, before: &Self, at: Instant) -> Self {
        if self != *before {
            self.updated_at = at.max(before.updated_at);
        }
        self
    }
}

fn set<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

fn set_gate(listing: &mut Listing, key: &GateKey, enabled: bool) {
    match listing.plan.flag_mut(key) {
        Some(flag) => *flag = enabled,
        None => {
            listing.gates.insert(key.clone(), enabled);
        }
    }
}

#[cfg(test)]
mod tests;
