//! The refunds of a tenant against their invoices and notes.

mod store;

use super::{audit::Audit, report::Rule};
use crate::db::Error;

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    /// Compares the refunds of a tenant with what is held for them, and with what was noted.
    pub(super) async fn refunds(&mut self, tenant: &str) -> Result<(), Error> {
        if let Some(refund) = store::noted_otherwise(&mut self.tx, tenant).await? {
            self.found.note(Rule::Refund, tenant, || {
                format!("refund {refund} is completed, and its note is not there or says otherwise")
            });
        }
        if let Some(note) = store::noted_alone(&mut self.tx, tenant).await? {
            self.found.note(Rule::Refund, tenant, || {
                format!("note {note} is over a refund that was not completed")
            });
        }
        if let Some(invoice) = store::held_otherwise(&mut self.tx, tenant).await? {
            self.found.note(Rule::Refund, tenant, || {
                format!("{invoice} holds something else than its open refunds, or gave back more than was paid")
            });
        }
        Ok(())
    }
}
