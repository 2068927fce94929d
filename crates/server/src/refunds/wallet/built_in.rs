//! The built-in wallet: what it holds for people is the account `wallet` of their tenant's ledger.

use countinghouse_core::{
    id::{TenantId, UserId},
    money::Amount,
    refunds,
};
use futures_util::future::{BoxFuture, FutureExt as _, ready};

use super::{Held, Payout, Wallet, WalletError};
use crate::{
    db::{Db, Purpose},
    ledger,
    refunds::store,
};

/// Letters of the digest in what a payment is called.
const LETTERS: usize = 32;

/// It pays by what is committed when the refund is completed, so there is nothing to do before.
pub(super) struct BuiltIn<'a> {
    pub(super) db: &'a Db,
}

impl Wallet for BuiltIn<'_> {
    fn refund<'a>(&'a self, payout: &'a Payout) -> BoxFuture<'a, Result<String, WalletError>> {
        let key = payout.key.trim_start_matches("refund-");
        ready(Ok(format!("wtx_{}", key.get(..LETTERS).unwrap_or(key)))).boxed()
    }

    fn balance<'a>(
        &'a self,
        tenant: &'a TenantId,
        user: &'a UserId,
    ) -> BoxFuture<'a, Result<Held, WalletError>> {
        let held = async move {
            let mut tx = self.db.snapshot(Purpose::Page).await?;
            let balance = store::held_for(&mut tx, tenant.as_str(), user).await?;
            let currency = ledger::currency(&mut tx, tenant).await?;
            Ok(Held { balance, frozen: Amount::ZERO, currency })
        };
        held.boxed()
    }

    fn identity(&self) -> refunds::Wallet {
        refunds::Wallet::BuiltIn
    }
}
