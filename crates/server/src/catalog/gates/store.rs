//! The plans that tenants have, and the overrides of their gates, in the database.

use countinghouse_core::{
    catalog::{FREE, MFA, Override, SSO, Verdict},
    id::{GateKey, TenantId, UserId},
};

use crate::db::{Db, Error, Rows, Stmt, Time, Tx};

/// An override with whose it is.
#[derive(sqlx::FromRow)]
struct OverrideRow {
    tenant_id: String,
    gate_key: String,
    override_id: String,
    enabled: bool,
    updated_by: String,
    created_at: Time,
    updated_at: Time,
}

#[derive(sqlx::FromRow)]
struct VerdictRow {
    mfa_enabled: Option<bool>,
    sso_enabled: Option<bool>,
    granted: Option<bool>,
    tenant_override: Option<bool>,
}

/// Whether a tenant may pass a gate: one statement, four rows by their keys.
pub(super) async fn verdict(db: &Db, tenant: &str, gate: &GateKey) -> Result<Verdict, Error> {
    let stmt = Stmt::new(
        "SELECT p.mfa_enabled, p.sso_enabled, g.enabled AS granted, o.enabled AS tenant_override
         FROM (SELECT COALESCE((SELECT plan FROM tenant_plan WHERE tenant_id = $1), $3) AS plan)
             AS own
         LEFT JOIN plan AS p ON p.name = own.plan
         LEFT JOIN plan_gate AS g ON g.plan = own.plan AND g.gate_key = $2
         LEFT JOIN gate_override AS o ON o.tenant_id = $1 AND o.gate_key = $2",
    );
    let stmt = stmt.bind(tenant).bind(gate.as_str()).bind(FREE);
    let row: Option<VerdictRow> = db.fetch_optional(stmt).await?;
    Ok(row.map_or(Verdict { plan_entitled: false, tenant_override: None }, |row| {
        let granted = match gate.as_str() {
            MFA => row.mfa_enabled,
            SSO => row.sso_enabled,
            _ => row.granted,
        };
        Verdict { plan_entitled: granted.unwrap_or(false), tenant_override: row.tenant_override }
    }))
}

/// The name of the plan that a tenant subscribes to now.
pub(super) async fn subscribed(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new("SELECT plan FROM tenant_plan WHERE tenant_id = $1").bind(tenant);
    let row: Option<(String,)> = tx.fetch_optional(stmt).await?;
    Ok(row.map(|(plan,)| plan))
}

/// Says which plan a tenant subscribes to now.
pub(super) async fn subscribe(tx: &mut Tx, tenant: &str, plan: &str) -> Result<(), Error> {
    let mut rows = Rows::new("tenant_plan", &["tenant_id", "plan"])
        .otherwise("ON CONFLICT (tenant_id) DO UPDATE SET plan = excluded.plan");
    rows.push(vec![tenant.into(), plan.into()]);
    tx.insert(rows).await?;
    Ok(())
}

/// Says that these tenants subscribe to no plan now.
pub(super) async fn unsubscribe(tx: &mut Tx, tenants: &[&str]) -> Result<(), Error> {
    let stmt = Stmt::new("DELETE FROM tenant_plan WHERE tenant_id");
    tx.execute(stmt.push_any_text(tenants.iter().copied())).await?;
    Ok(())
}

/// A tenant's overrides, in the order of their gates.
pub(super) async fn overrides(tx: &mut Tx, tenant: &str) -> Result<Vec<Override>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, gate_key, override_id, enabled, updated_by, created_at, updated_at
         FROM gate_override WHERE tenant_id = $1",
    );
    let rows: Vec<OverrideRow> = tx.fetch_all(stmt.bind(tenant)).await?;
    let mut own = rows.into_iter().map(OverrideRow::read).collect::<Result<Vec<_>, _>>()?;
    // The engines would sort texts differently.
    own.sort_by(|(_, one), (_, other)| one.gate.cmp(&other.gate));
    Ok(own.into_iter().map(|(_, it)| it).collect())
}

/// The overrides of all tenants that were set last, at most `limit` of them.
pub(super) async fn recent_overrides(
    db: &Db,
    limit: i64,
) -> Result<Vec<(TenantId, Override)>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, gate_key, override_id, enabled, updated_by, created_at, updated_at
         FROM gate_override ORDER BY updated_at DESC, override_id DESC LIMIT $1",
    );
    let rows: Vec<OverrideRow> = db.fetch_all(stmt.bind(limit)).await?;
    rows.into_iter().map(OverrideRow::read).collect()
}

/// Saves an override.
pub(super) async fn save_override(tx: &mut Tx, tenant: &str, it: &Override) -> Result<(), Error> {
    const COLUMNS: &[&str] = &[
        "tenant_id",
        "gate_key",
        "override_id",
        "enabled",
        "updated_by",
        "created_at",
        "updated_at",
    ];
    let mut rows = Rows::new("gate_override", COLUMNS).otherwise(
        "ON CONFLICT (tenant_id, gate_key) DO UPDATE SET enabled = excluded.enabled,
             updated_by = excluded.updated_by, updated_at = excluded.updated_at",
    );
    rows.push(vec![
        tenant.into(),
        it.gate.as_str().into(),
        it.id.to_string().into(),
        it.enabled.into(),
        it.updated_by.as_str().into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

/// Takes an override away, if there is one.
pub(super) async fn delete_override(
    tx: &mut Tx,
    tenant: &str,
    gate: &GateKey,
) -> Result<(), Error> {
    let stmt = Stmt::new("DELETE FROM gate_override WHERE tenant_id = $1 AND gate_key = $2");
    tx.execute(stmt.bind(tenant).bind(gate.as_str())).await?;
    Ok(())
}

impl OverrideRow {
    fn read(self) -> Result<(TenantId, Override), Error> {
        let corrupt = |column| Error::corrupt("gate_override", &self.override_id, column);
        let tenant = TenantId::parse(&self.tenant_id).map_err(|_| corrupt("tenant_id"))?;
        let read = Override {
            id: self.override_id.parse().map_err(|_| corrupt("override_id"))?,
            gate: GateKey::parse(&self.gate_key).map_err(|_| corrupt("gate_key"))?,
            enabled: self.enabled,
            updated_by: UserId::parse(&self.updated_by).map_err(|_| corrupt("updated_by"))?,
            created_at: self.created_at.instant()?,
            updated_at: self.updated_at.instant()?,
        };
        Ok((tenant, read))
    }
}
