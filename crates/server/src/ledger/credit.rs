//! The tenant's view of its credit: a balance, and the transactions that made it.

use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    ledger::Source,
    money::{Amount, Currency},
};

use super::view::CreditTransactionView;
use crate::{
    db::{Db, Error, Purpose, Stmt, Time, Tx},
    http::{
        paging::Paging,
        stream::{CutOff, Out},
    },
    tenants,
};

/// A credit transaction as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CreditRow {
    /// Its place in the tenant's list.
    pub credit_seq: i64,
    /// `ctr_…`
    pub credit_id: String,
    /// The account that was debited; `credit` if the balance fell.
    pub debit: String,
    /// How much, above zero, in 1/10,000 of the major unit.
    pub amount: i64,
    /// The balance after it.
    pub balance_after: i64,
    /// Why.
    pub source: String,
    /// About what.
    pub source_id: Option<String>,
    /// A note.
    pub remark: Option<String>,
    /// When.
    pub created_at: Time,
}

/// Some transactions of a list, newest first, and how many the list has.
#[derive(Clone, Debug)]
pub(super) struct CreditPage {
    pub(super) transactions: Vec<CreditRow>,
    pub(super) total: i64,
}

/// What a tenant has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Balance {
    pub(super) currency: Currency,
    pub(super) amount: Amount,
    /// When it last changed.
    pub(super) changed_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct CreditOfPage {
    total: i64,
    #[sqlx(flatten)]
    transaction: CreditRow,
}

#[derive(sqlx::FromRow)]
struct BalanceRow {
    currency: String,
    balance: i64,
    changed_at: Option<Time>,
}

/// One page of a tenant's transactions, or of those of one source.
pub(super) async fn page(
    db: &Db,
    tenant: &TenantId,
    source: Option<Source>,
    paging: Paging,
) -> Result<CreditPage, Error> {
    let rows: Vec<CreditOfPage> = db.fetch_all(page_stmt(tenant, source, paging)).await?;
    let total = match rows.first() {
        Some(row) => row.total,
        None => count(db, tenant, source).await?,
    };
    let transactions = rows.into_iter().map(|row| row.transaction).collect();
    Ok(CreditPage { transactions, total })
}

fn page_stmt(tenant: &TenantId, source: Option<Source>, paging: Paging) -> Stmt {
    let places = |stmt: Stmt| {
        let from = paging.from().unwrap_or_else(|| paging.skipped());
        stmt.bind(tenant.as_str()).bind(from).bind(paging.size())
    };
    let select = "SELECT b.last AS total, t.credit_seq, t.credit_id, t.debit, t.amount,
            t.balance_after, t.source, t.source_id, t.remark, t.created_at FROM (";
    let book = Stmt::new(select).push(counter(source));
    match (source, paging.from()) {
        (None, None) => places(book.push(
            ") AS b JOIN ledger_transfer AS t ON t.tenant_id = $1
                AND t.credit_seq <= b.last - $2 AND t.credit_seq > b.last - $2 - $3
             ORDER BY t.credit_seq DESC",
        )),
        (None, Some(_)) => places(book.push(
            ") AS b JOIN ledger_transfer AS t ON t.tenant_id = $1
                AND t.credit_seq <= $2 AND t.credit_seq > $2 - $3
             ORDER BY t.credit_seq DESC",
        )),
        (Some(source), None) => places(book.push(
            ") AS b JOIN ledger_transfer AS t ON t.tenant_id = $1 AND t.source = $4
                AND t.source_seq <= b.last - $2 AND t.source_seq > b.last - $2 - $3
             ORDER BY t.source_seq DESC",
        ))
        .bind(source.as_str()),
        (Some(source), Some(_)) => places(book.push(
            ") AS b JOIN ledger_transfer AS t ON t.tenant_id = $1 AND t.source = $4
                AND t.source_seq <= $2 AND t.source_seq > $2 - $3
             ORDER BY t.source_seq DESC",
        ))
        .bind(source.as_str()),
    }
}

/// Selects how many transactions a list has, as `last`.
fn counter(source: Option<Source>) -> &'static str {
    match source {
        None => "SELECT credit_seq AS last FROM ledger_book WHERE tenant_id = $1",
        Some(Source::Proration) => {
            "SELECT proration_seq AS last FROM ledger_book WHERE tenant_id = $1"
        }
        Some(Source::Refund) => "SELECT refund_seq AS last FROM ledger_book WHERE tenant_id = $1",
        Some(Source::Promo) => "SELECT promo_seq AS last FROM ledger_book WHERE tenant_id = $1",
        Some(Source::ManualAdjust) => {
            "SELECT manual_adjust_seq AS last FROM ledger_book WHERE tenant_id = $1"
        }
        Some(Source::InvoicePayment) => {
            "SELECT invoice_payment_seq AS last FROM ledger_book WHERE tenant_id = $1"
        }
    }
}

async fn count(db: &Db, tenant: &TenantId, source: Option<Source>) -> Result<i64, Error> {
    let row: Option<(i64,)> =
        db.fetch_optional(Stmt::new(counter(source)).bind(tenant.as_str())).await?;
    Ok(row.map_or(0, |(last,)| last))
}

/// What the tenant has now; nothing if nothing was ever posted.
const BALANCE: &str = "SELECT b.currency, b.credit_credit - b.debit_credit AS balance,
        t.created_at AS changed_at
     FROM ledger_book AS b
     LEFT JOIN ledger_transfer AS t ON t.tenant_id = b.tenant_id AND t.credit_seq = b.credit_seq
     WHERE b.tenant_id = $1";

/// What the tenant had at an instant. Time never runs backwards along `credit_seq`, so the last
/// transaction up to then is found by halving.
const BALANCE_AS_OF: &str = "WITH RECURSIVE bound (low, high) AS (
        SELECT CAST(0 AS BIGINT), credit_seq FROM ledger_book WHERE tenant_id = $1
        UNION ALL
        SELECT CASE WHEN t.created_at <= $2 THEN t.credit_seq ELSE b.low END,
               CASE WHEN t.created_at <= $2 THEN b.high ELSE t.credit_seq - 1 END
        FROM bound AS b
        JOIN ledger_transfer AS t
            ON t.tenant_id = $1 AND t.credit_seq = (b.low + b.high + 1) / 2
        WHERE b.low < b.high)
     SELECT k.currency, COALESCE(t.balance_after, 0) AS balance, t.created_at AS changed_at
     FROM ledger_book AS k
     JOIN bound AS b ON b.low = b.high
     LEFT JOIN ledger_transfer AS t ON t.tenant_id = $1 AND t.credit_seq = b.low
     WHERE k.tenant_id = $1";

/// What a tenant has, or had at an instant, that instant included.
pub(super) async fn balance(
    db: &Db,
    tenant: &TenantId,
    as_of: Option<Instant>,
) -> Result<Balance, Error> {
    let row: Option<BalanceRow> = db.fetch_optional(balance_stmt(tenant, as_of)).await?;
    match row {
        Some(row) => row.balance(),
        None => nothing(&mut db.snapshot(Purpose::Page).await?, tenant).await,
    }
}

/// The same, at the moment of a snapshot.
pub(super) async fn balance_in(tx: &mut Tx, tenant: &TenantId) -> Result<Balance, Error> {
    let row: Option<BalanceRow> = tx.fetch_optional(balance_stmt(tenant, None)).await?;
    match row {
        Some(row) => row.balance(),
        None => nothing(tx, tenant).await,
    }
}

/// What a tenant has that was never posted to: nothing, in its own currency.
async fn nothing(tx: &mut Tx, tenant: &TenantId) -> Result<Balance, Error> {
    let currency = tenants::profile(tx, tenant.as_str()).await?.currency_or_default();
    Ok(Balance { currency, amount: Amount::ZERO, changed_at: None })
}

fn balance_stmt(tenant: &TenantId, as_of: Option<Instant>) -> Stmt {
    match as_of {
        None => Stmt::new(BALANCE).bind(tenant.as_str()),
        Some(at) => Stmt::new(BALANCE_AS_OF).bind(tenant.as_str()).bind(at),
    }
}

impl BalanceRow {
    fn balance(&self) -> Result<Balance, Error> {
        let currency = Currency::parse(&self.currency);
        Ok(Balance {
            currency: currency.map_err(|_| Error::corrupt("ledger_book", "", "currency"))?,
            amount: Amount::from_units(self.balance),
            changed_at: self.changed_at.map(Time::instant).transpose()?,
        })
    }
}

/// How many transactions of an export are read by one statement.
const BATCH: i64 = 1_000;

/// Writes every credit transaction of a tenant, newest first, as elements of an array.
pub async fn export(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    let mut below = i64::MAX;
    loop {
        let stmt = Stmt::new(
            "SELECT credit_seq, credit_id, debit, amount, balance_after, source, source_id, remark,
                created_at
             FROM ledger_transfer WHERE tenant_id = $1 AND credit_seq < $2
             ORDER BY credit_seq DESC LIMIT $3",
        );
        let stmt = stmt.bind(tenant.as_str()).bind(below).bind(BATCH);
        let rows: Vec<CreditRow> = tx.fetch_all(stmt).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        below = last.credit_seq;
        for row in rows {
            out.element();
            out.value(&CreditTransactionView::stored(tenant, row)?)?;
            out.make_room().await?;
        }
    }
}
