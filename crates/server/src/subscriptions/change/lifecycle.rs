//! Ending a subscription, and its trial made longer or cut short.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    catalog::Plan,
    id::{TenantId, UserId},
    subscriptions::{BilledLine, Subscription, credit_lines},
};

use super::{
    plan::{conflict, draft, no_subscription},
    store as changes,
    view::TrialView,
};
use crate::{
    catalog,
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::{envelope, problem::ApiError},
    invoicing::{self, Ground, NoteCause, NoteReason, Notes},
    metering::Usage,
    subscriptions::{Standing, bill::of_period, events, metered, store},
};

/// A tenant's subscription, and what its documents rest on.
#[derive(Debug)]
pub(super) struct Footing {
    pub(super) subscription: Subscription,
    pub(super) ground: Ground,
}

impl Footing {
    pub(super) async fn load(tx: &mut Tx, tenant: &TenantId) -> Result<Option<Self>, Error> {
        let Some(subscription) = store::latest(tx, tenant.as_str()).await? else { return Ok(None) };
        let ground = Ground::load(tx, tenant, None, Some(subscription.id)).await?;
        Ok(Some(Self { subscription, ground }))
    }
}

/// Lets a subscription end with its period.
#[derive(Clone, Debug)]
pub(super) struct Cancel {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Who asks, where only its administrator may.
    pub(super) only_admin: Option<UserId>,
}

impl Command for Cancel {
    type Facts = Option<Footing>;
    type Decision = Option<(Subscription, Ground)>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Footing>, Error> {
        Footing::load(tx, &self.tenant).await
    }

    fn decide(&self, facts: Option<Footing>, env: &Env) -> Result<Self::Decision, ApiError> {
        let facts = facts.ok_or_else(|| no_subscription(&self.tenant))?;
        let Footing { subscription, mut ground } = facts;
        if self.only_admin.as_ref().is_some_and(|user| *user != subscription.admin) {
            let why =
                "only the administrator of the subscription, or a role `admin`, may cancel it";
            return Err(ApiError::Forbidden(why));
        }
        let at = ground.at(env);
        let after = subscription.cancel(at).map_err(conflict)?;
        if after.version == subscription.version {
            return Ok(None);
        }
        ground.tell(after.id, events::renewal_changed(&after), at, env);
        Ok(Some((after, ground)))
    }

    async fn save(&self, decision: Self::Decision, tx: &mut Tx) -> Result<(), Error> {
        let Some((after, ground)) = decision else { return Ok(()) };
        store::update_all(tx, [(self.tenant(), &after)]).await?;
        ground.save(tx).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

/// Ends a subscription at once, and gives back what is left of its period.
#[derive(Clone, Debug)]
pub(super) struct EndNow {
    /// Whose.
    pub(super) tenant: TenantId,
}

/// What ending rests on.
#[derive(Debug)]
pub(super) struct EndFacts {
    footing: Footing,
    billed: Vec<BilledLine>,
    notes: Notes,
    usage: Usage,
}

impl Command for EndNow {
    type Facts = Option<EndFacts>;
    type Decision = (Subscription, Ground, Notes, Usage);
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<EndFacts>, Error> {
        let Some(footing) = Footing::load(tx, &self.tenant).await? else { return Ok(None) };
        let subscription = &footing.subscription;
        let billed = changes::billed(tx, self.tenant(), subscription).await?;
        let notes = Notes::load(tx, self.tenant(), subscription.id).await?;
        let usage = Usage::load(tx, self.tenant()).await?;
        Ok(Some(EndFacts { footing, billed, notes, usage }))
    }

    fn decide(&self, facts: Option<EndFacts>, env: &Env) -> Result<Self::Decision, ApiError> {
        let facts = facts.ok_or_else(|| no_subscription(&self.tenant))?;
        let EndFacts { footing, billed, mut notes, mut usage } = facts;
        let Footing { subscription, mut ground } = footing;
        let at = ground.at(env);
        let mode = ground.profile.tax.mode;
        let amounts: Vec<_> = billed.iter().map(|line| line.billed(mode)).collect();
        let (after, credited) = subscription.end_now(&amounts, at).map_err(conflict)?;
        let lines = credit_lines(&credited, &subscription, &billed, at).map_err(conflict)?;
        let draft = draft(&lines, &ground, &subscription)?;
        ground.tell(after.id, events::ended_now(&after, &draft), at, env);
        if draft.total.is_negative() {
            let (version, reason) = (after.version, NoteReason::Cancellation);
            let cause = NoteCause { subscription: after.id, version, reason };
            notes.take_back(&mut ground, &draft, cause, env)?;
        }
        metered::follow(&mut usage, &after, (&mut ground, at), env)?;
        Ok((after, ground, notes, usage))
    }

    async fn save(&self, decision: Self::Decision, tx: &mut Tx) -> Result<(), Error> {
        let (after, ground, notes, usage) = decision;
        store::update_all(tx, [(self.tenant(), &after)]).await?;
        Usage::save_many(tx, [(self.tenant(), &usage)]).await?;
        catalog::set_tenant_plan(tx, self.tenant(), None).await?;
        ground.save(tx).await?;
        notes.save(tx, self.tenant()).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

/// Makes a trial longer, or cuts it short.
#[derive(Clone, Debug)]
pub(super) struct ChangeTrial {
    /// Whose.
    pub(super) tenant: TenantId,
    /// By how many days it is made longer; none ends it.
    pub(super) extend_days: Option<u8>,
}

/// What a change of a trial rests on.
#[derive(Debug)]
pub(super) struct TrialFacts {
    standing: Standing,
    ground: Ground,
    plan: Option<Plan>,
}

impl Command for ChangeTrial {
    type Facts = Option<TrialFacts>;
    type Decision = (Standing, Ground);
    type Data = TrialView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<TrialFacts>, Error> {
        let Some(footing) = Footing::load(tx, &self.tenant).await? else { return Ok(None) };
        let Footing { subscription, ground } = footing;
        let plan = catalog::plan_by_name_or_id(tx, subscription.plan_after_period()).await?;
        let standing = Standing::load(tx, &self.tenant, subscription).await?;
        let standing = standing.with_usage(tx).await?;
        Ok(Some(TrialFacts { standing, ground, plan }))
    }

    fn decide(&self, facts: Option<TrialFacts>, env: &Env) -> Result<Self::Decision, ApiError> {
        let facts = facts.ok_or_else(|| no_subscription(&self.tenant))?;
        let TrialFacts { mut standing, mut ground, plan } = facts;
        let (subscription, at) = (standing.subscription(), ground.at(env));
        if let Some(days) = self.extend_days {
            let after = subscription.extend_trial(days, at).map_err(conflict)?;
            ground.tell(after.id, events::trial_extended(&after), at, env);
            standing.change(after);
            standing.meter((&mut ground, at), env)?;
            return Ok((standing, ground));
        }
        let plan = plan.ok_or_else(|| ApiError::internal("a subscription has no plan"))?;
        let zone = &ground.profile.zone;
        let (after, _) = subscription.cancel_trial(&plan, zone, at).map_err(conflict)?;
        ground.tell(after.id, events::trial_ended(&after), at, env);
        ground.issue(of_period(&after, &plan, ground.profile.tax), env)?;
        standing.change(after);
        standing.meter((&mut ground, at), env)?;
        standing.heed_failures((&mut ground, at), env);
        Ok((standing, ground))
    }

    async fn save(
        &self,
        (standing, ground): Self::Decision,
        tx: &mut Tx,
    ) -> Result<TrialView, Error> {
        let after = standing.subscription().clone();
        standing.save(tx).await?;
        ground.save(tx).await?;
        if let (None, Some(ended)) = (self.extend_days, after.trial_end) {
            // What the trial had put off counts from here.
            invoicing::look_again(tx, self.tenant(), after.id, ended).await?;
        }
        Ok(TrialView::new(self.tenant(), &after, self.extend_days))
    }
}
