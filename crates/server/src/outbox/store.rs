//! Messages in the database.

use countinghouse_core::calendar::Instant;

use super::Pushed;
use crate::db::{Error, Rows, Stmt, Time, Tx};

const MESSAGE: &[&str] = &["tenant_id", "seq", "message_id", "kind", "created_at", "payload"];

/// The number of the tenant's last message, 0 before the first.
pub(super) async fn last_seq(tx: &mut Tx, tenant: &str) -> Result<i64, Error> {
    let stmt =
        Stmt::new("SELECT seq FROM outbox_message WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1");
    let row: Option<(i64,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map_or(0, |(seq,)| seq))
}

/// When the tenant's last message was pushed, if there is one.
pub(super) async fn last_at(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT created_at FROM outbox_message WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
    );
    let row: Option<(Time,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    row.map(|(at,)| at.instant()).transpose()
}

/// Enters messages.
pub(super) async fn insert(tx: &mut Tx, tenant: &str, pushed: &[Pushed]) -> Result<(), Error> {
    let mut rows = Rows::new("outbox_message", MESSAGE);
    for Pushed { seq, id, at, message } in pushed {
        let unwritable = |_| Error::corrupt("outbox_message", &id.to_string(), "payload");
        let payload = serde_json::to_string(message).map_err(unwritable)?;
        rows.push(vec![
            tenant.into(),
            (*seq).into(),
            id.to_string().into(),
            message.kind().as_str().into(),
            (*at).into(),
            payload.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}
