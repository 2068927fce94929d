//! What a correction of an invoice rests on.

use countinghouse_core::{id::TenantId, invoicing::InvoiceNumber};

use crate::{
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{Ground, Notes},
    subscriptions::{self, Standing},
};

/// The notes on an invoice, the ground that they are on, and the subscription that it is for.
#[derive(Debug)]
pub(super) struct Footing {
    pub(super) notes: Notes,
    pub(super) ground: Ground,
    /// None where the invoice is for no subscription.
    pub(super) standing: Option<Standing>,
}

impl Footing {
    /// Loads what the correction of an invoice rests on, and the notes on it. The tenant is locked.
    pub(super) async fn of(
        tx: &mut Tx,
        tenant: &TenantId,
        (notes, invoice): (Notes, InvoiceNumber),
    ) -> Result<Self, Error> {
        let subscription = notes.invoice(invoice).and_then(|it| it.subscription);
        let ground = Ground::load(tx, tenant, None, subscription).await?;
        let found = match subscription {
            Some(id) => subscriptions::find(tx, tenant.as_str(), id).await?,
            None => None,
        };
        let standing = match found {
            Some(subscription) => Some(Standing::load(tx, tenant, subscription).await?),
            None => None,
        };
        Ok(Self { notes, ground, standing })
    }

    /// The same, loaded by the number of the invoice; nothing if there is none.
    pub(super) async fn load(
        tx: &mut Tx,
        tenant: &TenantId,
        invoice: InvoiceNumber,
    ) -> Result<Option<Self>, Error> {
        match Notes::load_of_invoice(tx, tenant.as_str(), invoice).await? {
            Some(notes) => Self::of(tx, tenant, (notes, invoice)).await.map(Some),
            None => Ok(None),
        }
    }

    /// Tells the subscription what became of its invoice.
    pub(super) fn heed(&mut self, env: &Env) -> Result<(), ApiError> {
        let Self { notes, ground, standing } = self;
        let at = ground.at(env);
        match standing {
            Some(standing) => standing.heed_notes(notes, (ground, at), env),
            None => Ok(()),
        }
    }

    /// Writes what was corrected.
    pub(super) async fn save(self, tx: &mut Tx, tenant: &TenantId) -> Result<(), Error> {
        if let Some(standing) = self.standing {
            standing.save(tx).await?;
        }
        self.ground.save(tx).await?;
        self.notes.save(tx, tenant.as_str()).await
    }
}
