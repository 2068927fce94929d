//! Who holds people's money: the wallet service of the settings, or the built-in wallet.

mod built_in;
mod service;

use countinghouse_core::{
    id::{TenantId, UserId},
    money::{Amount, Currency},
    refunds,
};
use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};

use self::{built_in::BuiltIn, service::Service};
use super::approval::Approval;
use crate::app::App;

/// Holds people's money.
pub(super) trait Wallet: Send + Sync {
    /// Pays, once for each key, and gives what the wallet calls the payment: for the same key the
    /// same.
    fn refund<'a>(&'a self, payout: &'a Payout) -> BoxFuture<'a, Result<String, WalletError>>;

    /// What a user of a tenant has.
    fn balance<'a>(
        &'a self,
        tenant: &'a TenantId,
        user: &'a UserId,
    ) -> BoxFuture<'a, Result<Held, WalletError>>;

    /// Which one it is.
    fn identity(&self) -> refunds::Wallet;
}

/// What is to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payout {
    /// By which the wallet knows it again.
    pub(super) key: String,
    /// To whom.
    pub(super) user: UserId,
    pub(super) amount: Amount,
    pub(super) currency: Currency,
    /// What for: the refund's id.
    pub(super) reference: String,
}

/// What a wallet holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) balance: Amount,
    /// How much of that can't be spent now.
    pub(super) frozen: Amount,
    pub(super) currency: Currency,
}

/// Why nobody knows what the wallet did, or has.
#[derive(Debug, thiserror::Error)]
pub(super) enum WalletError {
    /// It did not answer, or not in time.
    #[error("the wallet did not answer")]
    Away(#[from] reqwest::Error),
    /// It can't be called.
    #[error("no connection to the wallet can be made")]
    Unreachable,
    /// It answered something else than what was asked for.
    #[error("the wallet answered {0}")]
    Nonsense(String),
    /// What it holds could not be read.
    #[error("the wallet could not be read")]
    Store(#[from] crate::db::Error),
}

/// The wallet that serves.
pub(super) fn of(app: &App) -> Box<dyn Wallet + '_> {
    match &app.outside().wallet {
        Some(settings) => Box::new(Service { settings, client: app.payouts().client() }),
        None => Box::new(BuiltIn { db: &app.env().db }),
    }
}

impl Payout {
    /// What a refund pays to a user. Its key is made of the refund alone.
    pub(super) fn of(tenant: &TenantId, it: &Approval, user: UserId) -> Self {
        let mut digest = Sha256::new();
        for part in [tenant.as_str(), it.id.to_string().as_str()] {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self {
            key: format!("refund-{}", hex::encode(digest.finalize())),
            user,
            amount: it.amount,
            currency: it.currency,
            reference: it.id.to_string(),
        }
    }
}
