//! Messages in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::calendar::Instant;

use super::Pushed;
use crate::db::{Error, Rows, Stmt, Time, Tx};

const MESSAGE: &[&str] = &["tenant_id", "seq", "message_id", "kind", "created_at", "payload"];

/// The numbers of the last messages of those of `tenants` that have any.
pub(super) async fn last_seqs(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<String, i64>, Error> {
    let stmt = Stmt::new(
        "SELECT t.tenant_id,
                (SELECT MAX(m.seq) FROM outbox_message AS m WHERE m.tenant_id = t.tenant_id)
         FROM tenant AS t WHERE t.tenant_id",
    );
    let stmt = stmt.push_any_text(tenants.iter().copied());
    let rows: Vec<(String, Option<i64>)> = tx.fetch_all(stmt).await?;
    Ok(rows.into_iter().filter_map(|(tenant, last)| Some((tenant, last?))).collect())
}

/// When the tenant's last message was pushed, if there is one.
pub(super) async fn last_at(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT created_at FROM outbox_message WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
    );
    let row: Option<(Time,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    row.map(|(at,)| at.instant()).transpose()
}

/// Enters messages, each with its tenant.
pub(super) async fn insert(tx: &mut Tx, pushed: &[(&str, &Pushed)]) -> Result<(), Error> {
    let mut rows = Rows::new("outbox_message", MESSAGE);
    for (tenant, Pushed { seq, id, at, message }) in pushed {
        let unwritable = |_| Error::corrupt("outbox_message", &id.to_string(), "payload");
        let payload = serde_json::to_string(message).map_err(unwritable)?;
        rows.push(vec![
            (*tenant).into(),
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
