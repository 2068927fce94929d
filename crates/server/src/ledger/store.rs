//! Books and transfers in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    id::CreditTransactionId,
    ledger::{Account, Book, BookState, Entry, Schedule, Source},
    money::{Amount, Currency},
};

use super::months::RevenueMonths;
use crate::{
    db::{Error, Rows, Stmt, Time, Tx, Value},
    env::Env,
};

/// The columns of a book: those of [`BookRow`], in the order of [`Account::ALL`] and
/// [`Source::ALL`].
const BOOK: &[&str] = &[
    "tenant_id",
    "currency",
    "last_at",
    "last_seq",
    "credit_seq",
    "proration_seq",
    "refund_seq",
    "promo_seq",
    "manual_adjust_seq",
    "invoice_payment_seq",
    "debit_receivable",
    "debit_credit",
    "debit_cash",
    "debit_wallet",
    "debit_revenue",
    "debit_deferred_revenue",
    "debit_tax_payable",
    "debit_refunds",
    "debit_promotions",
    "credit_receivable",
    "credit_credit",
    "credit_cash",
    "credit_wallet",
    "credit_revenue",
    "credit_deferred_revenue",
    "credit_tax_payable",
    "credit_refunds",
    "credit_promotions",
    "deferred",
    "closed_month",
    "close_at",
];

const REPLACE_BOOK: &str = "ON CONFLICT (tenant_id) DO UPDATE SET
    currency = excluded.currency, last_at = excluded.last_at, last_seq = excluded.last_seq,
    credit_seq = excluded.credit_seq, proration_seq = excluded.proration_seq,
    refund_seq = excluded.refund_seq, promo_seq = excluded.promo_seq,
    manual_adjust_seq = excluded.manual_adjust_seq,
    invoice_payment_seq = excluded.invoice_payment_seq,
    debit_receivable = excluded.debit_receivable, debit_credit = excluded.debit_credit,
    debit_cash = excluded.debit_cash, debit_wallet = excluded.debit_wallet,
    debit_revenue = excluded.debit_revenue,
    debit_deferred_revenue = excluded.debit_deferred_revenue,
    debit_tax_payable = excluded.debit_tax_payable, debit_refunds = excluded.debit_refunds,
    debit_promotions = excluded.debit_promotions,
    credit_receivable = excluded.credit_receivable, credit_credit = excluded.credit_credit,
    credit_cash = excluded.credit_cash, credit_wallet = excluded.credit_wallet,
    credit_revenue = excluded.credit_revenue,
    credit_deferred_revenue = excluded.credit_deferred_revenue,
    credit_tax_payable = excluded.credit_tax_payable, credit_refunds = excluded.credit_refunds,
    credit_promotions = excluded.credit_promotions, deferred = excluded.deferred,
    closed_month = excluded.closed_month, close_at = excluded.close_at";

const TRANSFER: &[&str] = &[
    "tenant_id",
    "seq",
    "cause_id",
    "leg",
    "kind",
    "debit",
    "credit",
    "amount",
    "created_at",
    "credit_id",
    "credit_seq",
    "source",
    "source_seq",
    "balance_after",
    "source_id",
    "remark",
    "month",
];

#[derive(sqlx::FromRow)]
struct BookRow {
    tenant_id: String,
    currency: String,
    last_at: Time,
    last_seq: i64,
    credit_seq: i64,
    proration_seq: i64,
    refund_seq: i64,
    promo_seq: i64,
    manual_adjust_seq: i64,
    invoice_payment_seq: i64,
    debit_receivable: i64,
    debit_credit: i64,
    debit_cash: i64,
    debit_wallet: i64,
    debit_revenue: i64,
    debit_deferred_revenue: i64,
    debit_tax_payable: i64,
    debit_refunds: i64,
    debit_promotions: i64,
    credit_receivable: i64,
    credit_credit: i64,
    credit_cash: i64,
    credit_wallet: i64,
    credit_revenue: i64,
    credit_deferred_revenue: i64,
    credit_tax_payable: i64,
    credit_refunds: i64,
    credit_promotions: i64,
    deferred: String,
    closed_month: Option<String>,
    close_at: Option<Time>,
}

/// An entry of a tenant's book, with the id of its credit transaction if it is one.
#[derive(Clone, Debug)]
pub struct NewEntry {
    entry: Entry,
    id: Option<CreditTransactionId>,
}

impl NewEntry {
    /// Gives the entry an id, if its tenant will see it.
    pub fn new(entry: Entry, env: &Env) -> Self {
        let id = entry.credit.is_some().then(|| env.id(entry.at));
        Self { entry, id }
    }

    /// What is entered.
    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The id of the credit transaction.
    pub fn id(&self) -> Option<CreditTransactionId> {
        self.id
    }
}

/// The book of a tenant.
pub async fn book(tx: &mut Tx, tenant: &str) -> Result<Book, Error> {
    let mut books = books(tx, &BTreeSet::from([tenant])).await?;
    Ok(books.remove(tenant).unwrap_or_default())
}

/// The books of `tenants`; a tenant without postings has none.
pub async fn books(tx: &mut Tx, tenants: &BTreeSet<&str>) -> Result<BTreeMap<String, Book>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, currency, last_at, last_seq, credit_seq, proration_seq, refund_seq,
            promo_seq, manual_adjust_seq, invoice_payment_seq, debit_receivable, debit_credit,
            debit_cash, debit_wallet, debit_revenue, debit_deferred_revenue, debit_tax_payable,
            debit_refunds, debit_promotions, credit_receivable, credit_credit, credit_cash,
            credit_wallet, credit_revenue, credit_deferred_revenue, credit_tax_payable,
            credit_refunds, credit_promotions, deferred, closed_month, close_at
         FROM ledger_book WHERE tenant_id",
    );
    let rows: Vec<BookRow> = tx.fetch_all(stmt.push_any_text(tenants.iter().copied())).await?;
    rows.into_iter().map(|row| Ok((row.tenant_id.clone(), row.try_into()?))).collect()
}

/// Writes entries of any number of tenants in one statement, and their books in another; where they
/// earn or take back something, the months of that in a third.
pub async fn save_all<'a>(
    tx: &mut Tx,
    books: impl IntoIterator<Item = (&'a str, &'a Book)>,
    entries: impl IntoIterator<Item = (&'a str, &'a NewEntry)>,
) -> Result<(), Error> {
    let mut transfers = Rows::new("ledger_transfer", TRANSFER);
    let mut months = RevenueMonths::default();
    for (tenant, entry) in entries {
        transfers.push(transfer_row(tenant, entry));
        months.add(tenant, entry.entry());
    }
    let mut rows = Rows::new("ledger_book", BOOK).otherwise(REPLACE_BOOK);
    for (tenant, book) in books {
        rows.push(book_row(tenant, book)?);
    }
    tx.insert(transfers).await?;
    tx.insert(rows).await?;
    months.save(tx).await
}

fn transfer_row(tenant: &str, NewEntry { entry, id }: &NewEntry) -> Vec<Value> {
    let credit = entry.credit.as_ref();
    vec![
        tenant.into(),
        entry.seq.into(),
        (&*entry.cause_id).into(),
        entry.leg.into(),
        entry.kind.as_str().into(),
        entry.transfer.debit().as_str().into(),
        entry.transfer.credit().as_str().into(),
        entry.transfer.amount().into(),
        entry.at.into(),
        id.map(|id| id.to_string()).into(),
        credit.map(|it| it.credit_seq).into(),
        credit.map(|it| it.view.source.as_str()).into(),
        credit.map(|it| it.source_seq).into(),
        credit.map(|it| it.balance_after.units()).into(),
        credit.and_then(|it| it.view.source_id.as_deref()).into(),
        credit.and_then(|it| it.view.remark.as_deref()).into(),
        entry.month.map(|month| month.to_string()).into(),
    ]
}

fn book_row(tenant: &str, book: &Book) -> Result<Vec<Value>, Error> {
    let state = book.state();
    let missing = |column| Error::corrupt("ledger_book", tenant, column);
    let currency = state.currency.ok_or_else(|| missing("currency"))?;
    let last_at = state.last_at.ok_or_else(|| missing("last_at"))?;
    let mut row: Vec<Value> = Vec::with_capacity(BOOK.len());
    row.push(tenant.into());
    row.push(currency.as_str().into());
    row.push(last_at.into());
    row.push(state.last_seq.into());
    row.push(state.credit_seq.into());
    row.extend(state.source_seqs.iter().map(|seq| Value::from(*seq)));
    row.extend(state.debits.iter().map(|total| Value::from(*total)));
    row.extend(state.credits.iter().map(|total| Value::from(*total)));
    row.push(state.schedule.to_string().into());
    row.push(state.schedule.closed().map(|month| month.to_string()).into());
    row.push(state.close_at.into());
    Ok(row)
}

impl TryFrom<BookRow> for Book {
    type Error = Error;

    fn try_from(row: BookRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("ledger_book", &row.tenant_id, column);
        let debits: [i64; Account::ALL.len()] = [
            row.debit_receivable,
            row.debit_credit,
            row.debit_cash,
            row.debit_wallet,
            row.debit_revenue,
            row.debit_deferred_revenue,
            row.debit_tax_payable,
            row.debit_refunds,
            row.debit_promotions,
        ];
        let credits: [i64; Account::ALL.len()] = [
            row.credit_receivable,
            row.credit_credit,
            row.credit_cash,
            row.credit_wallet,
            row.credit_revenue,
            row.credit_deferred_revenue,
            row.credit_tax_payable,
            row.credit_refunds,
            row.credit_promotions,
        ];
        let source_seqs: [i64; Source::ALL.len()] = [
            row.proration_seq,
            row.refund_seq,
            row.promo_seq,
            row.manual_adjust_seq,
            row.invoice_payment_seq,
        ];
        let schedule = Schedule::parse(row.closed_month.as_deref(), &row.deferred);
        let book = Self::restore(BookState {
            currency: Some(Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?),
            last_at: Some(row.last_at.instant()?),
            last_seq: row.last_seq,
            credit_seq: row.credit_seq,
            source_seqs,
            debits: debits.map(Amount::from_units),
            credits: credits.map(Amount::from_units),
            schedule: schedule.map_err(|_| corrupt("deferred"))?,
            close_at: row.close_at.map(Time::instant).transpose()?,
        });
        book.map_err(|_| corrupt("deferred"))
    }
}
