//! Changing the plan, the cycle, or both, in the middle of a period.
//!
//! The change and its preview are this one function: who asks twice at one instant is told the same
//! to the cent. What is *not* here: tax, the invoice or the credit note that the net becomes
//! ([`invoicing`](crate::invoicing)), and the change that waits for the end of the period.

use super::{
    Billed, Credited, NextPlan, Part, Status, Subscription, credit_from, notice_at, part_from,
    proration::units,
};
use crate::{
    calendar::{CalendarError, Cycle, Instant, Period, Zone, first_period},
    catalog::{Plan, PlanStatus},
    money::{Amount, Currency},
};

/// What somebody asks for, and what it meets.
#[derive(Clone, Copy, Debug)]
pub struct ChangePlan<'a> {
    /// The plan to have from now on; the present one may be named.
    pub plan: &'a Plan,
    /// The zone of the tenant. A period that begins now is in it; one that goes on keeps its own.
    pub zone: &'a Zone,
    /// How often it is to be billed; as before if absent.
    pub cycle: Option<Cycle>,
    /// Every line that was billed for the running period, or credited in it, and of which something is
    /// left.
    pub billed: &'a [Billed],
    /// Now.
    pub at: Instant,
}

/// What a change of plan does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChange {
    /// The subscription after it.
    pub after: Subscription,
    /// What is given back of the lines that were billed.
    pub credited: Vec<Credited>,
    /// What is asked for the new plan; nothing in a trial.
    pub charge: Option<Charge>,
}

/// What is asked for the new plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What a whole period costs.
    pub price: Amount,
    /// The part that is asked for.
    pub part: Part,
    /// The days that it covers.
    pub service: Period,
}

/// Why a plan can't be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// It is what the subscription has.
    #[error("the subscription already has the plan `{plan}`, billed {cycle}")]
    Same {
        /// The plan.
        plan: String,
        /// The cycle.
        cycle: Cycle,
    },
    /// The subscription is at an end, or its payment is too late.
    #[error("the subscription is {0}")]
    NotServed(&'static str),
    /// The plan takes no new subscribers.
    #[error("the plan `{0}` takes no new subscribers")]
    PlanClosed(String),
    /// The subscription is billed in another currency.
    #[error("the plan is priced in {plan}, but the subscription is billed in {subscription}")]
    OtherCurrency {
        /// The plan's.
        plan: Currency,
        /// The subscription's.
        subscription: Currency,
    },
    /// The period is over, and what follows it is not there yet.
    #[error("the period ended at {0}, and its renewal is due first")]
    PeriodEnded(Instant),
    /// The new period ends beyond the calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl Subscription {
    /// Changes plan and cycle.
    ///
    /// Within a cycle the period stays: what is left of the lines billed for it is given back, and
    /// the new price is asked for the days that are left. Another cycle starts a period of its own
    /// now, at its whole price. In a trial no money moves.
    pub fn change_plan(&self, ask: ChangePlan<'_>) -> Result<PlanChange, ChangeError> {
        let cycle = ask.cycle.unwrap_or(self.cycle);
        self.refuse(ask.plan, cycle, ask.at)?;
        let mut after = Self {
            plan: ask.plan.name.clone(),
            cycle,
            amount: ask.plan.price(cycle),
            next: None,
            version: self.version + 1,
            ..self.clone()
        };
        if self.status == Status::Trial {
            return Ok(PlanChange { after, credited: Vec::new(), charge: None });
        }
        let credited = credit_from(ask.at, ask.billed, &self.zone, self.currency);
        let charge = if cycle == self.cycle {
            self.charge_rest(after.amount, ask.at)?
        } else {
            after.start_again(ask.zone, ask.at)?;
            after.whole_period()
        };
        Ok(PlanChange { after, credited, charge: Some(charge) })
    }

    fn refuse_unserved(&self, at: Instant) -> Result<(), ChangeError> {
        if matches!(self.status, Status::Suspended | Status::Cancelled | Status::Expired) {
            return Err(ChangeError::NotServed(self.status.as_str()));
        }
        let end = self.period.end();
        if at >= end { Err(ChangeError::PeriodEnded(end)) } else { Ok(()) }
    }

    fn refuse(&self, plan: &Plan, cycle: Cycle, at: Instant) -> Result<(), ChangeError> {
        self.refuse_unserved(at)?;
        if (plan.name.as_str(), cycle) == (self.plan.as_str(), self.cycle) {
            return Err(ChangeError::Same { plan: self.plan.clone(), cycle });
        }
        if plan.status != PlanStatus::Active && plan.name != self.plan {
            return Err(ChangeError::PlanClosed(plan.name.clone()));
        }
        if plan.currency != self.currency {
            let subscription = self.currency;
            return Err(ChangeError::OtherCurrency { plan: plan.currency, subscription });
        }
        Ok(())
    }

    /// The new price for what is left of the period.
    fn charge_rest(&self, price: Amount, at: Instant) -> Result<Charge, CalendarError> {
        let part = part_from(at, price, self.period, &self.zone, self.currency);
        Ok(Charge { price, part, service: Period::new(at, self.period.end())? })
    }

    /// Keeps the change for the end of the period, in place of any that waits already. What it has
    /// now may be named to drop one that waits. No money moves until then.
    pub fn change_plan_later(
        &self,
        plan: &Plan,
        cycle: Option<Cycle>,
        at: Instant,
    ) -> Result<Self, ChangeError> {
        let cycle = cycle.unwrap_or(self.cycle);
        let next = NextPlan { plan: plan.name.clone(), cycle };
        let is_present = (next.plan.as_str(), cycle) == (self.plan.as_str(), self.cycle);
        if is_present && self.next.is_some() {
            self.refuse_unserved(at)?;
        } else {
            self.refuse(plan, cycle, at)?;
        }
        let next = (!is_present).then_some(next);
        Ok(Self { next, version: self.version + 1, ..self.clone() })
    }

    /// Starts the first period of a new anchor in the zone of the tenant, under the version that is
    /// already the new one.
    pub(super) fn start_again(&mut self, zone: &Zone, at: Instant) -> Result<(), CalendarError> {
        let (anchor, period) = first_period(at, zone, self.cycle)?;
        self.zone.clone_from(zone);
        (self.anchor, self.period, self.period_number) = (anchor, period, 1);
        self.period_since = self.version;
        self.notice_at = Some(notice_at(period));
        Ok(())
    }
}

impl PlanChange {
    /// What is to be paid for it before tax, as it was priced; below zero, what is given back.
    pub fn net_units(&self) -> i128 {
        let charge = self.charge.map_or(0, |it| i128::from(it.part.amount.units()));
        charge - units(self.credited.iter().map(|it| it.part.amount))
    }
}

#[cfg(test)]
mod tests;
