//! Changing the plan, the cycle, or both; and what that would come to.
//!
//! The preview is the change itself, decided on a snapshot and not saved.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Cycle, Instant, days_between},
    catalog::Plan,
    id::{CreditTransactionId, TenantId},
    invoicing::{Draft, InvoiceKind, InvoiceNumber, PricedLine, RecordType},
    money::Amount,
    subscriptions::{
        BilledLine, ChangeLine, ChangePlan as Ask, LineId, Outcome, PlanChange, Quote, Subscription,
    },
};

use super::{
    store::{self as changes, Made},
    view::PlanChangeView,
};
use crate::{
    catalog,
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{Bill, Ground, NoteCause, NoteReason, Notes, Payment},
    subscriptions::{Standing, events, store},
    tenants,
};

/// When a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effective {
    /// At once.
    Now,
    /// When the running period ends.
    PeriodEnd,
}

/// Changes what a tenant is subscribed to.
#[derive(Clone, Debug)]
pub(super) struct ChangePlan {
    /// Whose.
    pub(super) tenant: TenantId,
    /// The plan to have, by name or id; the present one if absent.
    pub(super) plan: Option<String>,
    /// How often it is to be billed; as before if absent.
    pub(super) cycle: Option<Cycle>,
    /// When.
    pub(super) effective: Effective,
    /// What it was said to come to.
    pub(super) quote: Option<Quote>,
}

/// What a change of plan rests on.
#[derive(Debug)]
pub(super) struct Facts {
    plan: Option<Plan>,
    standing: Standing,
    billed: Vec<BilledLine>,
    ground: Ground,
    notes: Notes,
}

/// A change of plan as it was decided.
#[derive(Debug)]
pub(super) struct Changed {
    /// The subscription before it.
    pub(super) before: Subscription,
    /// The plan that is to be had.
    pub(super) plan: String,
    /// The instant at which it was worked out.
    pub(super) at: Instant,
    /// Its lines with their tax; none if it waits for the end of the period.
    pub(super) draft: Draft,
    /// What of that is not given back, since credit notes and refunds gave it back already.
    pub(super) withheld: Amount,
    /// The invoice that it made.
    pub(super) invoice: Option<InvoiceNumber>,
    /// The credit transaction that it made.
    pub(super) credit: Option<CreditTransactionId>,
    /// The version of the subscription that it makes.
    version: i64,
    /// For each line the version with which its period began, and the line that it gives back.
    places: Vec<(i64, Option<LineId>)>,
    standing: Standing,
    ground: Ground,
    notes: Notes,
}

impl Facts {
    async fn load(
        tx: &mut Tx,
        tenant: &TenantId,
        plan: Option<&str>,
        cycle: Option<Cycle>,
    ) -> Result<Option<Self>, Error> {
        let Some(subscription) = store::latest(tx, tenant.as_str()).await? else { return Ok(None) };
        let name = plan.unwrap_or(&subscription.plan);
        let cuts = cycle.is_some_and(|cycle| cycle != subscription.cycle);
        let plan = catalog::plan_by_name_or_id(tx, name).await?;
        Ok(Some(Self {
            plan,
            billed: changes::billed(tx, tenant.as_str(), &subscription).await?,
            ground: Ground::load(tx, tenant, None, Some(subscription.id)).await?,
            notes: Notes::load(tx, tenant.as_str(), subscription.id).await?,
            standing: {
                let standing = Standing::load(tx, tenant, subscription).await?;
                if cuts { standing.with_usage(tx).await? } else { standing }
            },
        }))
    }
}

impl Facts {
    /// Whether the plan that was asked for is the one that the subscription has, and the cycle.
    pub(super) fn are_of_what_it_has(&self, cycle: Option<Cycle>) -> bool {
        let has = self.standing.subscription();
        let same_plan = self.plan.as_ref().is_some_and(|plan| plan.name == has.plan);
        same_plan && cycle.is_none_or(|cycle| cycle == has.cycle)
    }

    /// Only the subscription, and what its documents rest on.
    pub(super) fn into_standing(self) -> (Standing, Ground) {
        (self.standing, self.ground)
    }
}

impl Command for ChangePlan {
    type Facts = Option<Facts>;
    type Decision = Changed;
    type Data = PlanChangeView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Facts>, Error> {
        Facts::load(tx, &self.tenant, self.plan.as_deref(), self.cycle).await
    }

    fn decide(&self, facts: Option<Facts>, env: &Env) -> Result<Changed, ApiError> {
        let mut facts = facts.ok_or_else(|| no_subscription(&self.tenant))?;
        let unknown =
            || ApiError::NotFound { kind: "plan", id: self.plan.clone().unwrap_or_default() };
        let plan = facts.plan.take().ok_or_else(unknown)?;
        match self.effective {
            Effective::Now => self.now(facts, &plan, env),
            Effective::PeriodEnd => self.later(facts, &plan, env),
        }
    }

    async fn save(&self, changed: Changed, tx: &mut Tx) -> Result<PlanChangeView, Error> {
        let policy = tenants::dunning_policy(tx, self.tenant()).await?;
        let view = PlanChangeView::new(&self.tenant, &changed, &policy);
        changed.save(&self.tenant, self.effective, tx).await?;
        Ok(view)
    }
}

impl ChangePlan {
    /// Makes the change, and issues what it comes to.
    fn now(&self, facts: Facts, plan: &Plan, env: &Env) -> Result<Changed, ApiError> {
        let Facts { mut standing, billed, mut ground, mut notes, .. } = facts;
        let before = standing.subscription().clone();
        let now = ground.at(env);
        let at = self.quoted_at(&before, now)?;
        let mode = ground.profile.tax.mode;
        let amounts: Vec<_> = billed.iter().map(|line| line.billed(mode)).collect();
        let ask = Ask { plan, zone: &ground.profile.zone, cycle: self.cycle, billed: &amounts, at };
        let change = before.change_plan(ask).map_err(conflict)?;
        let lines = change.lines(&before, &billed, plan, at).map_err(conflict)?;
        let draft = draft(&lines, &ground, &before)?;
        let withheld = notes.withheld(&draft);
        if let Some(quote) = &self.quote {
            let outcome = Outcome { after: &change.after, draft: &draft, withheld };
            quote.holds(outcome).map_err(conflict)?;
        }
        let version = change.after.version;
        ground.tell(before.id, events::plan_changed(&change.after, &draft), now, env);
        let (mut invoice, mut credit) = (None, None);
        if draft.total.is_positive() {
            let bill = bill(&change, plan, &lines, &ground);
            invoice = Some(ground.issue(bill, env)?.number());
        } else if draft.total.is_negative() {
            let (subscription, reason) = (before.id, NoteReason::Proration);
            let cause = NoteCause { subscription, version, reason };
            credit = notes.take_back(&mut ground, &draft, cause, env)?;
        }
        standing.change(change.after);
        standing.meter((&mut ground, at), env)?;
        standing.heed_notes(&notes, (&mut ground, now), env)?;
        let places = lines.iter().map(|line| (line.period_since, line.gives_back)).collect();
        let unbilled = Changed::unbilled((before, standing), plan, at, draft, (ground, notes));
        Ok(Changed { withheld, invoice, credit, version, places, ..unbilled })
    }

    /// Keeps the change for the end of the period.
    fn later(&self, facts: Facts, plan: &Plan, env: &Env) -> Result<Changed, ApiError> {
        let Facts { mut standing, mut ground, notes, .. } = facts;
        let before = standing.subscription().clone();
        let at = ground.at(env);
        let after = before.change_plan_later(plan, self.cycle, at).map_err(conflict)?;
        ground.tell(before.id, events::renewal_changed(&after), at, env);
        let draft = draft(&[], &ground, &before)?;
        standing.change(after);
        Ok(Changed::unbilled((before, standing), plan, at, draft, (ground, notes)))
    }

    /// The instant at which the change is worked out: that of the quote, if it can still be had.
    fn quoted_at(&self, before: &Subscription, now: Instant) -> Result<Instant, ApiError> {
        let Some(quote) = &self.quote else { return Ok(now) };
        quote.check(before, now).map_err(conflict)?;
        if now >= before.period.end() {
            let why = format!("the period ended at {}, so the quote is over", before.period.end());
            return Err(ApiError::Conflict(why));
        }
        Ok(quote.at())
    }
}

impl Changed {
    /// A change to `plan` without documents.
    fn unbilled(
        (before, standing): (Subscription, Standing),
        plan: &Plan,
        at: Instant,
        draft: Draft,
        (ground, notes): (Ground, Notes),
    ) -> Self {
        let (version, plan) = (standing.subscription().version, plan.name.clone());
        let (invoice, credit, places) = (None, None, Vec::new());
        let withheld = Amount::ZERO;
        Self {
            before,
            plan,
            at,
            draft,
            withheld,
            invoice,
            credit,
            version,
            places,
            standing,
            ground,
            notes,
        }
    }

    /// The subscription after it.
    pub(super) fn after(&self) -> &Subscription {
        self.standing.subscription()
    }

    /// What it comes to, with a quote for it.
    pub(super) fn quote(&self) -> Quote {
        let Self { draft, withheld, .. } = self;
        let outcome = Outcome { after: self.after(), draft, withheld: *withheld };
        Quote::of(&self.before, self.at, outcome)
    }

    /// The days of the present period that are left, that of the change among them.
    pub(super) fn remaining_days(&self) -> i64 {
        days_between(self.at, self.before.period.end(), &self.before.zone).max(0)
    }

    /// Sets whether it renews by itself as well.
    pub(super) fn set_auto_renew(&mut self, auto_renew: bool, env: &Env) {
        let mut after = self.after().clone();
        after.cancel_at_period_end &= !auto_renew;
        after.auto_renew = auto_renew;
        let at = self.ground.at(env);
        self.ground.tell(after.id, events::renewal_changed(&after), at, env);
        self.standing.change(after);
    }

    /// Writes it.
    pub(super) async fn save(
        self,
        tenant: &TenantId,
        effective: Effective,
        tx: &mut Tx,
    ) -> Result<(), Error> {
        let Self { before, at, draft, invoice, version, places, standing, ground, notes, .. } =
            self;
        standing.save(tx).await?;
        ground.save(tx).await?;
        notes.save(tx, tenant.as_str()).await?;
        if effective == Effective::PeriodEnd {
            return Ok(());
        }
        let made = Made { version, at, held: before.held(), invoice, undone: false };
        let lines = draft.lines.into_iter().zip(places);
        let lines: Vec<_> = lines.map(|(line, (since, of))| (line, since, of)).collect();
        changes::insert(tx, tenant.as_str(), before.id, &made, &lines).await
    }
}

/// That a tenant has no subscription.
pub(super) fn no_subscription(tenant: &TenantId) -> ApiError {
    ApiError::NotFound { kind: "subscription of tenant", id: tenant.to_string() }
}

/// That the state of things forbids it.
pub(super) fn conflict(why: impl std::error::Error) -> ApiError {
    ApiError::Conflict(why.to_string())
}

/// The lines with their tax.
pub(super) fn draft(
    lines: &[ChangeLine],
    ground: &Ground,
    of: &Subscription,
) -> Result<Draft, ApiError> {
    let priced: Vec<PricedLine> = lines.iter().map(|line| line.priced.clone()).collect();
    Draft::new(priced, ground.profile.tax, of.currency).map_err(conflict)
}

fn bill(change: &PlanChange, plan: &Plan, lines: &[ChangeLine], ground: &Ground) -> Bill {
    let after = &change.after;
    Bill {
        subscription: Some(after.into()),
        app: None,
        kind: InvoiceKind::Change,
        record_type: RecordType::Proration,
        description: format!("Change to {}, billed {}", plan.display_name, after.cycle),
        lines: lines.iter().map(|line| line.priced.clone()).collect(),
        terms: ground.profile.tax,
        currency: after.currency,
        period: after.period,
        use_credit: true,
        payment: Payment::Awaited,
        payment_method: None,
        due_days: None,
    }
}
