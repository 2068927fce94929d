//! Asking for a refund, agreeing to it or not, and taking it back.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    id::{RefundId, TenantId, UserId},
    invoicing::{Invoice, InvoiceNumber, RefundAmountError},
    money::{Amount, Currency},
    refunds::{Decided, RefundError, State},
};

use super::{due::payees, store, view::ApprovalView};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::{envelope, problem::ApiError},
    invoicing, ledger,
};

/// Said where a refund could never be paid.
const NOBODY: &str = "a refund is paid to whoever administers the subscription, and the tenant never had one; a credit note gives the money back as credit";

/// A refund that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Approval {
    pub(super) id: RefundId,
    pub(super) invoice: InvoiceNumber,
    pub(super) amount: Amount,
    pub(super) currency: Currency,
    /// Why, in words.
    pub(super) reason: String,
    /// The payment that is refunded, as whoever asked calls it.
    pub(super) payment: String,
    /// What is said to whoever agrees.
    pub(super) comments: Option<String>,
    pub(super) asked_by: UserId,
    pub(super) asked_at: Instant,
    pub(super) state: State,
}

/// Asks for a refund.
#[derive(Clone, Debug)]
pub(super) struct Submit {
    pub(super) tenant: TenantId,
    pub(super) asked_by: UserId,
    pub(super) invoice: InvoiceNumber,
    pub(super) amount: Amount,
    pub(super) reason: String,
    pub(super) payment: String,
    pub(super) comments: Option<String>,
}

/// Agrees to a refund, or refuses it.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) tenant: TenantId,
    pub(super) id: RefundId,
    pub(super) by: UserId,
    pub(super) verdict: Verdict,
}

/// What is said of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be paid.
    Approved,
    /// It may not.
    Rejected,
}

/// Takes a refund out of lists that was not paid.
#[derive(Clone, Debug)]
pub(super) struct Delete {
    pub(super) tenant: TenantId,
    pub(super) id: RefundId,
}

/// A refund and its invoice.
pub(super) type Facts = Option<(Approval, Invoice)>;

impl Command for Submit {
    /// The invoice, and whether there is somebody whom its refund is due to.
    type Facts = Option<(Invoice, bool)>;
    type Decision = (Approval, Invoice);
    type Data = ApprovalView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let found = invoicing::invoice(tx, self.tenant(), self.invoice).await?;
        let Some((invoice, _)) = found else { return Ok(None) };
        let is_due = !payees(tx, self.tenant(), &invoice).await?.is_empty();
        Ok(Some((invoice, is_due)))
    }

    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let none = || ApiError::NotFound { kind: "invoice", id: self.invoice.to_string() };
        let (invoice, is_due) = facts.ok_or_else(none)?;
        if !is_due {
            return Err(ApiError::Conflict(NOBODY.to_owned()));
        }
        let currency = invoice.due.currency;
        ledger::refuse_currency(currency, None, self.amount)?;
        let invoice = invoice.hold(self.amount).map_err(refused_amount)?;
        let at = env.now();
        let approval = Approval {
            id: env.id(at),
            invoice: self.invoice,
            amount: self.amount,
            currency,
            reason: self.reason.clone(),
            payment: self.payment.clone(),
            comments: self.comments.clone(),
            asked_by: self.asked_by.clone(),
            asked_at: at,
            state: State::Submitted,
        };
        Ok((approval, invoice))
    }

    async fn save(
        &self,
        (approval, invoice): Self::Decision,
        tx: &mut Tx,
    ) -> Result<ApprovalView, Error> {
        store::insert(tx, self.tenant(), &approval).await?;
        invoicing::save_invoice(tx, self.tenant(), &invoice).await?;
        Ok(ApprovalView::new(&self.tenant, &approval))
    }
}

impl Command for Judge {
    type Facts = Facts;
    type Decision = (Approval, Option<Invoice>);
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        facts(tx, &self.tenant, self.id).await
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let (mut approval, invoice) = facts.ok_or_else(|| none(self.id))?;
        let decided = Decided { by: self.by.clone(), at: env.now() };
        let (state, invoice) = match self.verdict {
            Verdict::Approved => (approval.state.approve(&approval.asked_by, decided), None),
            Verdict::Rejected => {
                (approval.state.reject(decided), Some(invoice.release(approval.amount)))
            }
        };
        approval.state = state.map_err(refused)?;
        Ok((approval, invoice))
    }

    async fn save(&self, (approval, invoice): Self::Decision, tx: &mut Tx) -> Result<(), Error> {
        store::update(tx, self.tenant(), &approval).await?;
        match invoice {
            Some(invoice) => invoicing::save_invoice(tx, self.tenant(), &invoice).await,
            None => Ok(()),
        }
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl Command for Delete {
    type Facts = Facts;
    type Decision = (Option<Invoice>, Instant);
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        facts(tx, &self.tenant, self.id).await
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let (approval, invoice) = facts.ok_or_else(|| none(self.id))?;
        approval.state.delete().map_err(refused)?;
        let held = approval.state.is_open();
        Ok((held.then(|| invoice.release(approval.amount)), env.now()))
    }

    async fn save(&self, (invoice, at): Self::Decision, tx: &mut Tx) -> Result<(), Error> {
        store::delete(tx, self.tenant(), self.id, at).await?;
        match invoice {
            Some(invoice) => invoicing::save_invoice(tx, self.tenant(), &invoice).await,
            None => Ok(()),
        }
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

/// Loads a refund and its invoice; nothing if it is not there, or deleted.
pub(super) async fn facts(tx: &mut Tx, tenant: &TenantId, id: RefundId) -> Result<Facts, Error> {
    let Some(approval) = store::find(tx, tenant.as_str(), id).await? else { return Ok(None) };
    let found = invoicing::invoice(tx, tenant.as_str(), approval.invoice).await?;
    Ok(found.map(|(invoice, _)| (approval, invoice)))
}

/// That there is no such refund.
pub(super) fn none(id: RefundId) -> ApiError {
    ApiError::NotFound { kind: "refund", id: id.to_string() }
}

/// What can't be done to a refund, as a caller is told.
pub(super) fn refused(error: RefundError) -> ApiError {
    match error {
        RefundError::SamePerson => {
            ApiError::Forbidden("whoever asked for a refund may not approve it")
        }
        RefundError::Status { .. } | RefundError::OtherPayee | RefundError::OtherWallet => {
            ApiError::Conflict(error.to_string())
        }
    }
}

fn refused_amount(error: RefundAmountError) -> ApiError {
    ApiError::Conflict(error.to_string())
}
