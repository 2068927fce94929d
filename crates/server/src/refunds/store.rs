//! Refunds in the database.

use countinghouse_core::{
    calendar::Instant,
    id::{RefundId, TenantId, UserId},
    money::{Amount, Currency},
    refunds::{Decided, Paid, Paying, State, Wallet},
};

use super::approval::Approval;
use crate::{
    command::PLATFORM,
    db::{Db, Error, Rows, Stmt, Time, Tx},
    env::TenantClocks,
};

const COLUMNS: &[&str] = &[
    "tenant_id",
    "refund_id",
    "invoice_number",
    "amount",
    "currency",
    "reason",
    "transaction_id",
    "reviewer_comments",
    "status",
    "requested_by",
    "requested_at",
];

const SELECT: &str = "SELECT tenant_id, refund_id, invoice_number, amount, currency, reason,
    transaction_id, reviewer_comments, status, requested_by, requested_at, decided_by, decided_at,
    payee, wallet, executing_at, completed_at, wallet_transaction_id, note_number FROM refund_approval";

#[derive(sqlx::FromRow)]
struct ApprovalRow {
    tenant_id: String,
    refund_id: String,
    invoice_number: String,
    amount: i64,
    currency: String,
    reason: String,
    transaction_id: String,
    reviewer_comments: Option<String>,
    status: String,
    requested_by: String,
    requested_at: Time,
    decided_by: Option<String>,
    decided_at: Option<Time>,
    payee: Option<String>,
    wallet: Option<String>,
    executing_at: Option<Time>,
    completed_at: Option<Time>,
    wallet_transaction_id: Option<String>,
    note_number: Option<String>,
}

/// Enters a refund that is asked for.
pub(super) async fn insert(tx: &mut Tx, tenant: &str, it: &Approval) -> Result<(), Error> {
    let mut rows = Rows::new("refund_approval", COLUMNS);
    rows.push(vec![
        tenant.into(),
        it.id.to_string().into(),
        it.invoice.to_string().into(),
        it.amount.into(),
        it.currency.as_str().into(),
        it.reason.as_str().into(),
        it.payment.as_str().into(),
        it.comments.as_deref().into(),
        it.state.as_str().into(),
        it.asked_by.as_str().into(),
        it.asked_at.into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

/// Writes how far a refund is.
pub(super) async fn update(tx: &mut Tx, tenant: &str, it: &Approval) -> Result<(), Error> {
    let (decided, paying, paid) = match &it.state {
        State::Submitted => (None, None, None),
        State::Approved(decided) | State::Rejected(decided) => (Some(decided), None, None),
        State::Executing(paying) => (Some(&paying.approved), Some(paying), None),
        State::Completed(paid) => (Some(&paid.paying.approved), Some(&paid.paying), Some(paid)),
    };
    let stmt = Stmt::new(
        "UPDATE refund_approval SET status = $3, decided_by = $4, decided_at = $5, payee = $6,
            executing_at = $7, completed_at = $8, wallet_transaction_id = $9, note_number = $10,
            wallet = $11
         WHERE tenant_id = $1 AND refund_id = $2",
    );
    let stmt = stmt
        .bind(tenant)
        .bind(it.id.to_string())
        .bind(it.state.as_str())
        .bind(decided.map(|it| it.by.as_str()))
        .bind(decided.map(|it| it.at))
        .bind(paying.map(|it| it.payee.as_str()))
        .bind(paying.map(|it| it.since))
        .bind(paid.map(|it| it.at))
        .bind(paid.map(|it| it.transaction.as_str()))
        .bind(paid.map(|it| it.note.to_string()))
        .bind(paying.map(|it| it.wallet.as_str()));
    tx.execute(stmt).await?;
    Ok(())
}

/// Takes a refund out of lists.
pub(super) async fn delete(
    tx: &mut Tx,
    tenant: &str,
    id: RefundId,
    at: Instant,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE refund_approval SET deleted_at = $3 WHERE tenant_id = $1 AND refund_id = $2",
    );
    tx.execute(stmt.bind(tenant).bind(id.to_string()).bind(at)).await?;
    Ok(())
}

/// A refund of a tenant, unless it was deleted.
pub(super) async fn find(
    tx: &mut Tx,
    tenant: &str,
    id: RefundId,
) -> Result<Option<Approval>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" WHERE tenant_id = $1 AND refund_id = $2 AND deleted_at IS NULL")
        .bind(tenant)
        .bind(id.to_string());
    let row: Option<ApprovalRow> = tx.fetch_optional(stmt).await?;
    row.map(|row| row.read().map(|(_, approval)| approval)).transpose()
}

/// The tenant of a refund, be it deleted.
pub(super) async fn tenant_of(db: &Db, id: RefundId) -> Result<Option<TenantId>, Error> {
    let stmt = Stmt::new("SELECT tenant_id FROM refund_approval WHERE refund_id = $1");
    let row: Option<(String,)> = db.fetch_optional(stmt.bind(id.to_string())).await?;
    let corrupt = |_| Error::corrupt("refund_approval", &id.to_string(), "tenant_id");
    row.map(|(tenant,)| TenantId::parse(&tenant).map_err(corrupt)).transpose()
}

/// How many refunds a tenant has, or all have, of a status if one is named; counted up to `most`.
pub(super) async fn count(
    tx: &mut Tx,
    (tenant, status): (Option<&str>, Option<&str>),
    most: i64,
) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COUNT(*) FROM (SELECT 1 AS one FROM refund_approval");
    let stmt = stmt.push(whose(tenant)).bind(tenant.unwrap_or(PLATFORM)).bind(most);
    let stmt = match status {
        Some(status) => stmt.push(" AND status = $3").bind(status),
        None => stmt,
    };
    tx.fetch_scalar(stmt.push(" LIMIT $2) AS counted")).await
}

/// Refunds before another, or after so many, newest first, with the tenant of each.
pub(super) async fn page(
    tx: &mut Tx,
    (tenant, status): (Option<&str>, Option<&str>),
    before: Option<&str>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<(TenantId, Approval)>, Error> {
    let stmt = Stmt::new(SELECT).push(whose(tenant)).bind(tenant.unwrap_or(PLATFORM));
    let stmt = stmt.bind(limit).bind(skipped);
    let stmt = match (before, status) {
        (None, None) => stmt,
        (Some(before), None) => stmt.push(" AND refund_id < $4").bind(before),
        (None, Some(status)) => stmt.push(" AND status = $4").bind(status),
        (Some(before), Some(status)) => {
            stmt.push(" AND refund_id < $4 AND status = $5").bind(before).bind(status)
        }
    };
    let stmt = stmt.push(" ORDER BY refund_id DESC LIMIT $2 OFFSET $3");
    let rows: Vec<ApprovalRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(ApprovalRow::read).collect()
}

/// The refunds of a tenant that come before another, newest first: those that `user` asked for or
/// was paid, or all.
pub(super) async fn of_tenant(
    tx: &mut Tx,
    tenant: &str,
    user: Option<&UserId>,
    (before, limit): (Option<&str>, i64),
) -> Result<Vec<(TenantId, Approval)>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" WHERE tenant_id = $1 AND deleted_at IS NULL")
        .bind(tenant)
        .bind(limit);
    let stmt = match (before, user) {
        (None, None) => stmt,
        (Some(before), None) => stmt.push(" AND refund_id < $3").bind(before),
        (None, Some(user)) => {
            stmt.push(" AND (requested_by = $3 OR payee = $3)").bind(user.as_str())
        }
        (Some(before), Some(user)) => {
            let stmt = stmt.push(" AND refund_id < $3 AND (requested_by = $4 OR payee = $4)");
            stmt.bind(before).bind(user.as_str())
        }
    };
    let rows: Vec<ApprovalRow> =
        tx.fetch_all(stmt.push(" ORDER BY refund_id DESC LIMIT $2")).await?;
    rows.into_iter().map(ApprovalRow::read).collect()
}

/// The next refunds after another that are being paid, of all tenants that live by the clock of the
/// service.
pub(super) async fn executing(
    db: &Db,
    clocks: TenantClocks,
    after: Option<&(TenantId, RefundId)>,
    limit: i64,
) -> Result<Vec<(TenantId, RefundId)>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, refund_id FROM refund_approval
         WHERE status = 'executing' AND (tenant_id, refund_id) > ($1, $2)",
    );
    let (tenant, id) =
        after.map_or((PLATFORM, String::new()), |(tenant, id)| (tenant.as_str(), id.to_string()));
    let stmt = stmt.bind(tenant).bind(id).bind(limit);
    let stmt = match clocks {
        TenantClocks::Ignored => stmt,
        TenantClocks::Followed => stmt.push(
            " AND NOT EXISTS (SELECT 1 FROM tenant
                WHERE tenant.tenant_id = refund_approval.tenant_id AND clock_at IS NOT NULL)",
        ),
    };
    let stmt = stmt.push(" ORDER BY tenant_id, refund_id LIMIT $3");
    let rows: Vec<(String, String)> = db.fetch_all(stmt).await?;
    let read = |(tenant, id): &(String, String)| {
        let corrupt = |column| Error::corrupt("refund_approval", id, column);
        let tenant = TenantId::parse(tenant).map_err(|_| corrupt("tenant_id"))?;
        Ok((tenant, id.parse().map_err(|_| corrupt("refund_id"))?))
    };
    rows.iter().map(read).collect()
}

/// What the built-in wallet holds for a user of a tenant: what was paid to them there.
pub(super) async fn held_for(tx: &mut Tx, tenant: &str, user: &UserId) -> Result<Amount, Error> {
    let stmt = Stmt::new(
        "SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM refund_approval AS r
         JOIN credit_note AS n ON n.tenant_id = r.tenant_id AND n.refund_id = r.refund_id
         WHERE r.tenant_id = $1 AND r.payee = $2 AND r.status = 'completed' AND n.paid_from = 'wallet'",
    );
    let units: i64 = tx.fetch_scalar(stmt.bind(tenant).bind(user.as_str())).await?;
    Ok(Amount::from_units(units))
}

/// The condition for one tenant, or for all of them: the platform has no refunds.
fn whose(tenant: Option<&str>) -> &'static str {
    match tenant {
        Some(_) => " WHERE tenant_id = $1 AND deleted_at IS NULL",
        None => " WHERE tenant_id <> $1 AND deleted_at IS NULL",
    }
}

impl ApprovalRow {
    fn read(self) -> Result<(TenantId, Approval), Error> {
        let corrupt = |column| Error::corrupt("refund_approval", &self.refund_id, column);
        let state = self.state()?;
        let tenant = TenantId::parse(&self.tenant_id).map_err(|_| corrupt("tenant_id"))?;
        let approval = Approval {
            id: self.refund_id.parse().map_err(|_| corrupt("refund_id"))?,
            invoice: self.invoice_number.parse().map_err(|_| corrupt("invoice_number"))?,
            amount: Amount::from_units(self.amount),
            currency: Currency::parse(&self.currency).map_err(|_| corrupt("currency"))?,
            asked_by: UserId::parse(&self.requested_by).map_err(|_| corrupt("requested_by"))?,
            asked_at: self.requested_at.instant()?,
            state,
            reason: self.reason,
            payment: self.transaction_id,
            comments: self.reviewer_comments,
        };
        Ok((tenant, approval))
    }

    fn state(&self) -> Result<State, Error> {
        let corrupt = |column| Error::corrupt("refund_approval", &self.refund_id, column);
        Ok(match self.status.as_str() {
            "submitted" => State::Submitted,
            "approved" => State::Approved(self.decided()?),
            "rejected" => State::Rejected(self.decided()?),
            "executing" => State::Executing(self.paying()?),
            "completed" => {
                let note = self.note_number.as_deref().and_then(|it| it.parse().ok());
                let transaction = self.wallet_transaction_id.clone();
                State::Completed(Paid {
                    paying: self.paying()?,
                    transaction: transaction.ok_or_else(|| corrupt("wallet_transaction_id"))?,
                    note: note.ok_or_else(|| corrupt("note_number"))?,
                    at: self.completed_at.ok_or_else(|| corrupt("completed_at"))?.instant()?,
                })
            }
            _ => return Err(corrupt("status")),
        })
    }

    fn decided(&self) -> Result<Decided, Error> {
        let corrupt = |column| Error::corrupt("refund_approval", &self.refund_id, column);
        let by = self.decided_by.as_deref().and_then(|by| UserId::parse(by).ok());
        let at = self.decided_at.ok_or_else(|| corrupt("decided_at"))?.instant()?;
        Ok(Decided { by: by.ok_or_else(|| corrupt("decided_by"))?, at })
    }

    fn paying(&self) -> Result<Paying, Error> {
        let corrupt = |column| Error::corrupt("refund_approval", &self.refund_id, column);
        let payee = self.payee.as_deref().and_then(|payee| UserId::parse(payee).ok());
        Ok(Paying {
            approved: self.decided()?,
            payee: payee.ok_or_else(|| corrupt("payee"))?,
            wallet: self.wallet.as_deref().map(Wallet::named).ok_or_else(|| corrupt("wallet"))?,
            since: self.executing_at.ok_or_else(|| corrupt("executing_at"))?.instant()?,
        })
    }
}
