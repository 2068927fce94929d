//! One step: what happens to a subscription at the end of one of its periods.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    id::{SubscriptionId, TenantId},
    subscriptions::Status,
};

use super::{
    super::account::{self, Account, Accounts},
    view::{RenewalOutcome, RenewalResult},
};
use crate::{
    command::SetCommand,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
};

/// Renews a subscription whose period is over, or ends it: one period, at what the plan costs now.
/// Its invoice is of now too, however long ago the period ended. It waits for the steps of dunning
/// that were due before that.
///
/// A set holds one such command of a tenant; a second one would be told to come back.
#[derive(Clone, Debug)]
pub struct Renew {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub subscription: SubscriptionId,
    /// The end of the period that is over. At any other it is done already, or not due.
    pub due: Instant,
}

impl Renew {
    fn is_due(&self, account: &Account, env: &Env) -> bool {
        account.subscription.due_at() == Some(self.due) && self.due <= env.now()
    }

    fn outcome(&self, result: RenewalResult) -> RenewalOutcome {
        RenewalOutcome::new(&self.tenant, self.subscription, result)
    }
}

impl SetCommand for Renew {
    type State = Accounts;
    type Decision = Option<Account>;
    type Data = RenewalOutcome;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(set: &[&Self], tx: &mut Tx) -> Result<Accounts, Error> {
        account::load(tx, set.iter().map(|it| (&it.tenant, it.subscription))).await
    }

    fn decide(
        &self,
        accounts: &mut Accounts,
        env: &Env,
    ) -> Result<(Option<Account>, RenewalOutcome), ApiError> {
        // What is refused below is dropped with all that it had done to its account.
        let mut account = accounts.remove(&self.tenant).ok_or(ApiError::Busy)?;
        if account.subscription.id != self.subscription || !self.is_due(&account, env) {
            return Ok((None, self.outcome(RenewalResult::Skipped)));
        }
        if account.waits_for_dunning() {
            return Ok((None, self.outcome(RenewalResult::Waits)));
        }
        let issued = account.end_period(env)?;
        let outcome = match account.subscription.status {
            Status::Cancelled => self.outcome(RenewalResult::Cancelled),
            Status::Expired => self.outcome(RenewalResult::Expired),
            _ => self.outcome(RenewalResult::Renewed).with_invoice(issued.as_ref()),
        };
        Ok((Some(account), outcome))
    }

    async fn save(_: Accounts, taken: Vec<Option<Account>>, tx: &mut Tx) -> Result<(), Error> {
        let taken: Vec<Account> = taken.into_iter().flatten().collect();
        if taken.is_empty() {
            return Ok(());
        }
        Account::save_all(taken, tx).await
    }
}
