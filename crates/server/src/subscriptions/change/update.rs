//! `PUT` of a subscription: its plan, its cycle, whether it renews.

use axum::http::StatusCode;

use super::plan::{ChangePlan, Changed, Facts, conflict, no_subscription};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::Ground,
    subscriptions::{Standing, events, service::view, view::SubscriptionView},
};

/// Changes a subscription. What it has already is no change of plan where something else is asked.
#[derive(Clone, Debug)]
pub(super) struct Update {
    /// The plan and the cycle, or neither.
    pub(super) change: ChangePlan,
    /// Whether it is to renew by itself; as before if absent.
    pub(super) auto_renew: Option<bool>,
}

/// What an update comes to.
#[derive(Debug)]
pub(super) enum Updated {
    /// Another plan or cycle, and maybe another renewal.
    Changed(Box<Changed>),
    /// Another renewal only.
    Renewal(Box<(Standing, Ground)>),
}

impl Command for Update {
    type Facts = Option<Facts>;
    type Decision = Updated;
    type Data = SubscriptionView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.change.tenant()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Facts>, Error> {
        self.change.load(tx).await
    }

    fn decide(&self, facts: Option<Facts>, env: &Env) -> Result<Updated, ApiError> {
        let facts = facts.ok_or_else(|| no_subscription(&self.change.tenant))?;
        let Some(auto_renew) = self.auto_renew else {
            return Ok(Updated::Changed(Box::new(self.change.decide(Some(facts), env)?)));
        };
        if facts.are_of_what_it_has(self.change.cycle) {
            let (mut standing, mut ground) = facts.into_standing();
            let (before, at) = (standing.subscription(), ground.at(env));
            let after = before.set_auto_renew(auto_renew, at).map_err(conflict)?;
            if after.version != before.version {
                ground.tell(after.id, events::renewal_changed(&after), at, env);
            }
            standing.change(after);
            return Ok(Updated::Renewal(Box::new((standing, ground))));
        }
        let mut changed = self.change.decide(Some(facts), env)?;
        changed.set_auto_renew(auto_renew, env);
        Ok(Updated::Changed(Box::new(changed)))
    }

    async fn save(&self, updated: Updated, tx: &mut Tx) -> Result<SubscriptionView, Error> {
        let after = match updated {
            Updated::Changed(changed) => {
                let after = changed.after().clone();
                changed.save(&self.change.tenant, self.change.effective, tx).await?;
                after
            }
            Updated::Renewal(standing) => {
                let (standing, ground) = *standing;
                let after = standing.subscription().clone();
                standing.save(tx).await?;
                ground.save(tx).await?;
                after
            }
        };
        view(tx, self.tenant(), &after).await
    }
}
