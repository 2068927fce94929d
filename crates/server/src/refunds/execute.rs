//! Paying a refund, once, whatever breaks in between.

use axum::http::StatusCode;
use countinghouse_core::{
    id::{RefundId, TenantId, UserId},
    invoicing::Invoice,
    refunds::{Execution, Paid, RefundError, State, Wallet},
};

use super::{
    approval::{Approval, facts, none, refused},
    due::payees,
    store,
    view::ExecutedView,
    wallet::{self, Payout, WalletError},
};
use crate::{
    app::App,
    command::Command,
    db::{Error, Purpose, Tx},
    env::Env,
    http::{envelope::Answer, idempotency::Key, problem::ApiError},
    invoicing::{Ground, Notes, Refunded},
};

/// Pays a refund that was approved to a user, or goes on with one that is being paid. Without a user
/// it only goes on.
pub(super) async fn execute(
    app: &App,
    (tenant, id): (&TenantId, RefundId),
    user: Option<UserId>,
    key: Option<Key>,
) -> Result<Answer, ApiError> {
    let commands = app.commands();
    if let Some(kept) = commands.kept(tenant.as_str(), key.as_ref()).await? {
        return Ok(Answer { replayed: true, ..kept });
    }
    let tenant = tenant.clone();
    let wallet = wallet::of(app);
    let begin = Begin { tenant: tenant.clone(), id, user, wallet: wallet.identity() };
    commands.run(begin, None).await?;
    let Some(_held) = app.payouts().hold(&tenant, id) else {
        return Err(ApiError::Unavailable("the refund is being paid right now"));
    };
    let mut tx = app.env().db.snapshot(Purpose::Page).await?;
    let approval = store::find(&mut tx, tenant.as_str(), id).await?;
    tx.rollback().await?;
    let approval = approval.ok_or_else(|| none(id))?;
    let transaction = match &approval.state {
        State::Executing(paying) if paying.wallet != wallet.identity() => {
            return Err(ApiError::Unavailable(ELSEWHERE));
        }
        State::Executing(paying) => {
            let payout = Payout::of(&tenant, &approval, paying.payee.clone());
            wallet.refund(&payout).await.map_err(|error| away(&error, id))?
        }
        State::Completed(paid) => paid.transaction.clone(),
        _ => return Err(ApiError::internal("a refund that began is not being paid")),
    };
    commands.run(Complete { tenant, id, transaction, wallet: wallet.identity() }, key).await
}

/// Said when another process pays by another wallet.
const ELSEWHERE: &str =
    "another wallet is paying the refund; two processes have different settings";

/// That nobody knows whether the wallet paid.
fn away(error: &WalletError, id: RefundId) -> ApiError {
    tracing::warn!(?error, refund = %id, "the wallet did not say that it paid a refund");
    ApiError::Unavailable(
        "the wallet did not say that it paid; the refund is tried again, and paid once",
    )
}

/// Says that a refund is being paid, before the wallet is called.
#[derive(Clone, Debug)]
struct Begin {
    tenant: TenantId,
    id: RefundId,
    user: Option<UserId>,
    /// Which wallet will be called.
    wallet: Wallet,
}

/// A refund, its invoice, and whom it is due to.
type BeginFacts = Option<(Approval, Vec<UserId>)>;

impl Command for Begin {
    type Facts = BeginFacts;
    type Decision = Option<Approval>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<BeginFacts, Error> {
        let facts = facts(tx, &self.tenant, self.id).await?;
        let Some((approval, invoice)): Option<(Approval, Invoice)> = facts else {
            return Ok(None);
        };
        let due_to = payees(tx, self.tenant(), &invoice).await?;
        Ok(Some((approval, due_to)))
    }

    fn decide(&self, facts: BeginFacts, env: &Env) -> Result<Option<Approval>, ApiError> {
        let (mut approval, due_to) = facts.ok_or_else(|| none(self.id))?;
        let user = match (&self.user, &approval.state) {
            (Some(user), _) => user.clone(),
            (None, State::Executing(paying)) => paying.payee.clone(),
            (None, State::Completed(paid)) => paid.paying.payee.clone(),
            (None, _) => return Err(ApiError::Conflict("the refund is not being paid".to_owned())),
        };
        let to = (&user, due_to.as_slice());
        let execution = approval.state.execute(to, &self.wallet, env.now());
        if execution == Err(RefundError::OtherWallet)
            && let State::Executing(paying) = &approval.state
        {
            let (asked, now) = (paying.wallet.as_str(), self.wallet.as_str());
            tracing::warn!(asked, now, refund = %self.id, "another wallet was asked for a refund");
        }
        match execution.map_err(refused)? {
            Execution::Begins(paying) => {
                approval.state = State::Executing(paying);
                Ok(Some(approval))
            }
            Execution::GoesOn(_) | Execution::Done(_) => Ok(None),
        }
    }

    async fn save(&self, approval: Option<Approval>, tx: &mut Tx) -> Result<(), Error> {
        match approval {
            Some(approval) => store::update(tx, self.tenant(), &approval).await,
            None => Ok(()),
        }
    }
}

/// Says that the wallet paid, and notes it on the invoice.
#[derive(Clone, Debug)]
struct Complete {
    tenant: TenantId,
    id: RefundId,
    /// What the wallet calls the payment.
    transaction: String,
    /// Which wallet paid.
    wallet: Wallet,
}

/// A refund, and what a note over it rests on.
#[derive(Debug)]
struct CompleteFacts {
    approval: Approval,
    notes: Notes,
    ground: Ground,
}

/// A refund that is paid, and what that wrote; nothing where it was before.
type Completed = (Approval, Option<(Notes, Ground)>);

impl Command for Complete {
    type Facts = Option<CompleteFacts>;
    type Decision = Completed;
    type Data = ExecutedView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let Some(approval) = store::find(tx, self.tenant(), self.id).await? else {
            return Ok(None);
        };
        let notes = Notes::load_of_invoice(tx, self.tenant(), approval.invoice).await?;
        let Some(notes) = notes else { return Ok(None) };
        let subscription = notes.invoice(approval.invoice).and_then(|it| it.subscription);
        let ground = Ground::load(tx, &self.tenant, None, subscription).await?;
        Ok(Some(CompleteFacts { approval, notes, ground }))
    }

    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Completed, ApiError> {
        let CompleteFacts { mut approval, mut notes, mut ground } =
            facts.ok_or_else(|| none(self.id))?;
        let paying = match &approval.state {
            State::Completed(_) => return Ok((approval, None)),
            State::Executing(paying) if paying.wallet == self.wallet => paying.clone(),
            State::Executing(_) => return Err(ApiError::Unavailable(ELSEWHERE)),
            _ => return Err(ApiError::internal("a refund that was paid is not being paid")),
        };
        let refunded = Refunded {
            refund: self.id,
            invoice: approval.invoice,
            amount: approval.amount,
            words: &approval.reason,
            from: self.wallet.account(),
        };
        let at = ground.at(env);
        let note = notes.pay_out(&mut ground, refunded, env)?;
        let transaction = self.transaction.clone();
        approval.state = State::Completed(Paid { paying, transaction, note, at });
        Ok((approval, Some((notes, ground))))
    }

    async fn save(
        &self,
        (approval, written): Completed,
        tx: &mut Tx,
    ) -> Result<ExecutedView, Error> {
        if let Some((notes, ground)) = written {
            ground.save(tx).await?;
            notes.save(tx, self.tenant()).await?;
            store::update(tx, self.tenant(), &approval).await?;
        }
        Ok(ExecutedView::new(&approval))
    }
}
