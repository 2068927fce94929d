//! Going on with refunds of which nobody knows whether they were paid.

use countinghouse_core::id::{RefundId, TenantId};
use futures_util::future::join_all;

use super::{execute::execute, store};
use crate::{app::App, db::Error};

/// How many are gone on with at a time. Each may wait for the wallet.
const PAGE: i64 = 16;

/// A walk through all refunds that are being paid, of all tenants that live by the clock of the
/// service. Any number of walks may go on at once: each refund is paid once.
pub struct RefundRun {
    app: App,
    after: Option<(TenantId, RefundId)>,
}

impl RefundRun {
    /// Begins a walk.
    pub fn start(app: &App) -> Self {
        Self { app: app.clone(), after: None }
    }

    /// Goes on with the next ones, and says of each whether it is paid; nothing when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Vec<bool>>, Error> {
        let env = self.app.env();
        let clocks = env.tenant_clocks;
        let found = store::executing(&env.db, clocks, self.after.as_ref(), PAGE).await?;
        let Some(last) = found.last().cloned() else { return Ok(None) };
        let paid = found.iter().map(|(tenant, id)| execute(&self.app, (tenant, *id), None, None));
        let paid = join_all(paid).await;
        self.after = Some(last);
        Ok(Some(paid.iter().map(Result::is_ok).collect()))
    }
}
