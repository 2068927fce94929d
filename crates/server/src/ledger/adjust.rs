//! Adjusting a tenant's credit by hand, in set form: the hottest posting there is.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use countinghouse_core::{
    id::TenantId,
    ledger::{Book, CreditView, Posting, Source, credit_granted, credit_taken_back},
    money::{Amount, Currency},
};

use super::{
    credit::CreditRow,
    refusal::refuse_currency,
    store::{self, NewEntry},
    view::CreditTransactionView,
};
use crate::{
    command::SetCommand,
    db::{Error, Stmt, Tx},
    env::Env,
    http::problem::ApiError,
    tenants,
};

/// Changes a tenant's credit balance.
#[derive(Clone, Debug)]
pub struct Adjust {
    /// Whose.
    pub tenant: TenantId,
    /// By how much; below zero takes back.
    pub amount: Amount,
    /// The currency of the amount, if the caller named one.
    pub currency: Option<Currency>,
    /// `promo` or `manual_adjust`.
    pub source: Source,
    /// What it is about. It is also its cause: the same one posts once.
    pub source_id: Option<String>,
    /// A note.
    pub remark: Option<String>,
}

/// What a set of adjustments rests on: each tenant's book, and what its causes posted before.
#[derive(Debug)]
pub struct State {
    books: BTreeMap<String, Book>,
    /// The currencies of tenants that set one, but have no postings yet.
    currencies: BTreeMap<String, Currency>,
    posted: BTreeMap<(String, String), Posted>,
    changed: BTreeSet<String>,
}

/// What a cause posted: the transaction as stored, or as decided earlier in the set.
#[derive(Clone, Debug)]
enum Posted {
    Stored(CreditRow),
    Decided(NewEntry),
}

/// What is written for one adjustment; nothing for a repeat of its cause.
type Decision = Option<(String, NewEntry)>;

#[derive(sqlx::FromRow)]
struct PostedRow {
    tenant_id: String,
    cause_id: String,
    #[sqlx(flatten)]
    transaction: CreditRow,
}

impl SetCommand for Adjust {
    type State = State;
    type Decision = Decision;
    type Data = CreditTransactionView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(set: &[&Self], tx: &mut Tx) -> Result<State, Error> {
        let named: BTreeSet<&str> = set.iter().map(|it| it.tenant.as_str()).collect();
        let books = store::books(tx, &named).await?;
        let causes: BTreeSet<(String, String)> =
            set.iter().filter_map(|it| Some((it.tenant.to_string(), it.named_cause()?))).collect();
        let posted = if causes.is_empty() { BTreeMap::new() } else { posted(tx, causes).await? };
        let new: BTreeSet<&str> =
            named.into_iter().filter(|tenant| !books.contains_key(*tenant)).collect();
        let currencies =
            if new.is_empty() { BTreeMap::new() } else { tenants::currencies(tx, &new).await? };
        Ok(State { books, currencies, posted, changed: BTreeSet::new() })
    }

    fn decide(
        &self,
        state: &mut State,
        env: &Env,
    ) -> Result<(Decision, CreditTransactionView), ApiError> {
        if let Some(repeat) = self.repeat(state)? {
            return Ok((None, repeat));
        }
        let tenant = self.tenant.to_string();
        let chosen = state.currencies.get(&tenant).copied().or(self.currency);
        let own = chosen.unwrap_or(Currency::CNY);
        let book = state.books.entry(tenant.clone()).or_default();
        let currency = book.currency().unwrap_or(own);
        refuse_currency(currency, self.currency, self.amount)?;
        let now = env.now();
        let cause =
            self.named_cause().unwrap_or_else(|| format!("adj:{}", hex::encode(env.ids.bytes())));
        let posting = self.posting(&cause)?;
        let entries = book.post(now, currency, &posting)?;
        let [entry] = <[_; 1]>::try_from(entries)
            .map_err(|_| ApiError::internal("an adjustment is one transfer"))?;
        let new = NewEntry::new(entry, env);
        let view = CreditTransactionView::decided(&self.tenant, &new)
            .ok_or_else(|| ApiError::internal("an adjustment changes the credit balance"))?;
        state.changed.insert(tenant.clone());
        if self.source_id.is_some() {
            state.posted.insert((tenant.clone(), cause), Posted::Decided(new.clone()));
        }
        Ok((Some((tenant, new)), view))
    }

    async fn save(state: State, decisions: Vec<Decision>, tx: &mut Tx) -> Result<(), Error> {
        if state.changed.is_empty() {
            return Ok(());
        }
        let changed = state.books.iter().filter(|(tenant, _)| state.changed.contains(*tenant));
        let books = changed.map(|(tenant, book)| (tenant.as_str(), book));
        let entries = decisions.iter().flatten().map(|(tenant, new)| (tenant.as_str(), new));
        store::save_all(tx, books, entries).await
    }
}

impl Adjust {
    /// The cause that the caller named.
    fn named_cause(&self) -> Option<String> {
        self.source_id.as_ref().map(|id| format!("adj:={id}"))
    }

    /// The answer of the first adjustment of the same cause, if there was one.
    fn repeat(&self, state: &State) -> Result<Option<CreditTransactionView>, ApiError> {
        let Some(cause) = self.named_cause() else { return Ok(None) };
        let Some(posted) = state.posted.get(&(self.tenant.to_string(), cause)) else {
            return Ok(None);
        };
        if posted.amount() != Some(self.amount) {
            let id = self.source_id.as_deref().unwrap_or_default();
            let told = format!("the source `{id}` was adjusted by another amount before");
            return Err(ApiError::Conflict(told));
        }
        Ok(match posted {
            Posted::Stored(row) => Some(CreditTransactionView::stored(&self.tenant, row.clone())?),
            Posted::Decided(new) => CreditTransactionView::decided(&self.tenant, new),
        })
    }

    fn posting(&self, cause: &str) -> Result<Posting, ApiError> {
        let view = CreditView {
            source: self.source,
            source_id: self.source_id.as_deref().map(Into::into),
            remark: self.remark.as_deref().map(Into::into),
        };
        let size = self.amount.checked_abs().unwrap_or(Amount::ZERO);
        let kind = if self.amount.is_negative() { credit_taken_back } else { credit_granted };
        kind(cause, size, view).map_err(ApiError::internal)
    }
}

impl Posted {
    /// By how much the balance changed.
    fn amount(&self) -> Option<Amount> {
        match self {
            Self::Stored(row) if row.debit == "credit" => Some(Amount::from_units(-row.amount)),
            Self::Stored(row) => Some(Amount::from_units(row.amount)),
            Self::Decided(new) => Some(new.entry().credit.as_ref()?.amount),
        }
    }
}

async fn posted(
    tx: &mut Tx,
    causes: BTreeSet<(String, String)>,
) -> Result<BTreeMap<(String, String), Posted>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, cause_id, credit_seq, credit_id, debit, amount, balance_after, source,
                source_id, remark, created_at FROM",
    );
    let stmt = stmt
        .push_text_pairs(causes.into_iter().collect())
        .push(" AS k JOIN ledger_transfer ON tenant_id = k.a AND cause_id = k.b");
    let rows: Vec<PostedRow> = tx.fetch_all(stmt).await?;
    let posted = rows.into_iter();
    Ok(posted.map(|row| ((row.tenant_id, row.cause_id), Posted::Stored(row.transaction))).collect())
}
