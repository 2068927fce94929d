//! Issuing documents: what an invoice rests on, and what it does.
//!
//! A command of any room that bills something loads the tenant's [`Ground`], issues on it as often
//! as it must, and saves it: record, lines, invoice, number, transfers, chained events, messages.

use std::{collections::BTreeMap, sync::Arc};

use countinghouse_core::{
    calendar::{Cycle, Instant, Period, Zone, date_of},
    chain::{EventKind, Payload},
    dunning::Policy,
    id::{AppId, CreditTransactionId, SubscriptionId, TenantId},
    invoicing::{
        Draft, Invoice, InvoiceKind, InvoiceNumber, Issue, PricedLine, RecordStatus, RecordType,
        Settlement, issue,
    },
    ledger::{
        Book, InvoiceParts, Posting, Served, credit_used, invoice_issued, money_received,
        money_received_late,
    },
    money::{Amount, Currency},
    subscriptions::Subscription,
    tenants::{Profile, TaxTerms},
};

use super::{events, issued::Issued};
use crate::{chain::Chain, env::Env, http::problem::ApiError, ledger::NewEntry, outbox::Outbox};

/// What the documents of a tenant rest on, and what was issued on it.
#[derive(Debug)]
pub struct Ground {
    pub(super) tenant: TenantId,
    /// The tenant's terms.
    pub profile: Profile,
    /// The tenant's ledger, as the documents so far leave it.
    pub book: Book,
    /// The tenant's chains, likewise.
    pub chain: Chain,
    /// What others are to be told.
    pub outbox: Outbox,
    pub(super) collecting: Collecting,
    pub(super) counters: Counters,
    pub(super) serials: BTreeMap<u16, u64>,
    pub(super) entries: Vec<NewEntry>,
    pub(super) issued: Vec<Issued>,
    /// The invoices that were withdrawn, and when.
    pub(super) voided: Vec<(InvoiceNumber, Instant)>,
}

/// Whether whoever collects payments is asked for those of new documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collecting {
    Asked,
    LeftAlone,
}

/// How far the lists of records are.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    /// The last place in the tenant's list.
    pub(super) all: i64,
    /// The end of the list of each app that documents may be for.
    pub(super) apps: BTreeMap<String, AppCounter>,
    /// When the last record arrived.
    pub(super) last_at: Option<Instant>,
}

/// How far the list of an app's records is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AppCounter {
    /// Its last place.
    pub(super) last: i64,
    /// When a document was added to it, if one was since it was loaded.
    pub(super) added_at: Option<Instant>,
}

/// What is to be billed.
#[derive(Clone, Debug)]
pub struct Bill {
    /// The subscription that it is for, if it is for one.
    pub subscription: Option<Subscribed>,
    /// The app that it is for.
    pub app: Option<AppId>,
    /// Why.
    pub kind: InvoiceKind,
    /// What for.
    pub record_type: RecordType,
    /// What for, in words.
    pub description: String,
    /// What, line by line.
    pub lines: Vec<PricedLine>,
    /// How it is taxed.
    pub terms: TaxTerms,
    /// The currency of its prices.
    pub currency: Currency,
    /// The period that it bills.
    pub period: Period,
    /// Whether the credit balance pays for it first.
    pub use_credit: bool,
    /// What is known of its payment.
    pub payment: Payment,
    /// How it was or will be paid, if anybody said.
    pub payment_method: Option<String>,
    /// How many days there are to pay, if not as many as the tenant has.
    pub due_days: Option<u8>,
}

/// A subscription as it is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Its id.
    pub id: SubscriptionId,
    /// The plan.
    pub plan: String,
    /// How often it is billed.
    pub cycle: Cycle,
}

/// What is known of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// Nothing yet.
    Awaited,
    /// The money came.
    Received,
    /// It was tried, and failed; by this policy it is tried again.
    Failed(Policy),
}

impl From<&Subscription> for Subscribed {
    fn from(it: &Subscription) -> Self {
        Self { id: it.id, plan: it.plan.clone(), cycle: it.cycle }
    }
}

impl Ground {
    /// The instant of what is decided now: never before what the tenant's lists hold.
    pub fn at(&self, env: &Env) -> Instant {
        let last = self.counters.last_at.max(self.book.state().last_at);
        last.map_or(env.now(), |last| last.max(env.now()))
    }

    /// Bills, and gives the document.
    pub fn issue(&mut self, bill: Bill, env: &Env) -> Result<Issued, ApiError> {
        let at = self.at(env);
        let draft = Draft::new(bill.lines.clone(), bill.terms, bill.currency)
            .map_err(|error| ApiError::invalid("amount", "out_of_range", error.to_string()))?;
        let number = self.next_number(at);
        let credit = if bill.use_credit { self.book.credit_balance() } else { Amount::ZERO };
        let issue_of = Issue {
            number,
            subscription: bill.subscription.as_ref().map(|it| it.id),
            kind: bill.kind,
            period: bill.period,
            credit,
            due_days: bill.due_days.unwrap_or(self.profile.due_days),
            at,
        };
        let invoice =
            issue(&draft, issue_of).map_err(|error| ApiError::Conflict(error.to_string()))?;
        let parts = parts(bill.record_type, &draft, at, &self.profile.zone);
        self.post_issue(&draft, &parts, &invoice, at, env)?;
        let (invoice, status) = self.take_payment(invoice, bill.payment, at, env)?;
        let invoice = self.collect(invoice, at, env);
        self.serials.insert(number.year, number.serial);
        self.counters.all += 1;
        self.counters.last_at = Some(at);
        let app_seq = bill.app.as_ref().map(|app| self.counters.next_of_app(app, at));
        let (seq, id) = (self.counters.all, env.id(at));
        let seller = Arc::clone(&env.seller);
        let issued = Issued { seq, app_seq, id, status, at, bill, draft, invoice, seller };
        self.issued.push(issued.clone());
        Ok(issued)
    }

    /// Posts what an answer about a payment did to an open invoice, and chains it.
    pub fn settle(
        &mut self,
        invoice: &Invoice,
        settlement: &Settlement,
        at: Instant,
        env: &Env,
    ) -> Result<(), ApiError> {
        let event = match settlement {
            Settlement::Unchanged => return Ok(()),
            Settlement::Failed => events::payment_failed(invoice),
            Settlement::Late { invoice, received } => {
                let number = invoice.number.to_string();
                let posting =
                    money_received_late(&format!("inv:{number}:paid"), *received, &number);
                let posting = posting.map_err(ApiError::internal)?;
                self.post(at, invoice.due.currency, &posting, env)?;
                events::invoice_paid(invoice)
            }
            Settlement::Paid { invoice, received } => {
                let cause = format!("inv:{}:paid", invoice.number);
                let posting = money_received(&cause, *received).map_err(ApiError::internal)?;
                self.post(at, invoice.due.currency, &posting, env)?;
                events::invoice_paid(invoice)
            }
        };
        if let Some(subscription) = invoice.subscription {
            self.chain.append(env, &self.tenant, subscription, event, at);
        }
        Ok(())
    }

    fn next_number(&self, at: Instant) -> InvoiceNumber {
        let year = date_of(at, &self.profile.zone).year();
        InvoiceNumber { year, serial: self.serials.get(&year).map_or(1, |last| last + 1) }
    }

    fn post_issue(
        &mut self,
        draft: &Draft,
        parts: &InvoiceParts,
        invoice: &Invoice,
        at: Instant,
        env: &Env,
    ) -> Result<(), ApiError> {
        let number = invoice.number.to_string();
        let posting = invoice_issued(&format!("inv:{number}"), parts);
        self.post(at, draft.currency, &posting.map_err(ApiError::internal)?, env)?;
        let applied = invoice.due.credit_applied;
        let posting = credit_used(&format!("inv:{number}:credit"), applied, &number, None);
        self.post(at, draft.currency, &posting.map_err(ApiError::internal)?, env)?;
        let Some(subscription) = invoice.subscription else { return Ok(()) };
        let mut events = vec![events::invoice_issued(draft, invoice)];
        if applied.is_positive() {
            events.push(events::credit_applied(invoice));
        }
        if !invoice.is_open() {
            events.push(events::invoice_paid(invoice));
        }
        for event in events {
            self.chain.append(env, &self.tenant, subscription, event, at);
        }
        Ok(())
    }

    /// Settles an invoice that is just issued with what is known of its payment.
    fn take_payment(
        &mut self,
        invoice: Invoice,
        payment: Payment,
        at: Instant,
        env: &Env,
    ) -> Result<(Invoice, RecordStatus), ApiError> {
        let said = match payment {
            _ if !invoice.is_open() => return Ok((invoice, RecordStatus::Paid)),
            Payment::Awaited => return Ok((invoice, RecordStatus::Pending)),
            Payment::Received => RecordStatus::Paid,
            Payment::Failed(_) => RecordStatus::Failed,
        };
        let settlement = invoice
            .settle(invoice.due.amount(), invoice.due.currency, said, at)
            .map_err(|error| ApiError::Conflict(error.to_string()))?;
        self.settle(&invoice, &settlement, at, env)?;
        Ok(match (settlement, payment) {
            (Settlement::Paid { invoice, .. }, _) => (invoice, RecordStatus::Paid),
            (_, Payment::Failed(policy)) => (invoice.failed(at, policy), said),
            _ => (invoice, said),
        })
    }

    /// Posts, and gives the credit transaction that the tenant sees of it, if it sees one.
    pub(super) fn post(
        &mut self,
        at: Instant,
        currency: Currency,
        posting: &Posting,
        env: &Env,
    ) -> Result<Option<CreditTransactionId>, ApiError> {
        let entries = self.book.post(at, currency, posting)?;
        let new: Vec<NewEntry> =
            entries.into_iter().map(|entry| NewEntry::new(entry, env)).collect();
        let seen = new.iter().find_map(NewEntry::id);
        self.entries.extend(new);
        Ok(seen)
    }

    /// Chains what happened to a subscription of the tenant.
    pub fn tell(
        &mut self,
        subscription: SubscriptionId,
        event: (EventKind, Payload),
        at: Instant,
        env: &Env,
    ) {
        self.chain.append(env, &self.tenant, subscription, event, at);
    }
}

impl Counters {
    fn next_of_app(&mut self, app: &AppId, at: Instant) -> i64 {
        let counter = self.apps.entry(app.to_string()).or_default();
        counter.last += 1;
        counter.added_at = Some(at);
        counter.last
    }
}

/// What is earned as the days of its lines pass, and what is earned already: usage.
pub(super) fn parts(
    record_type: RecordType,
    draft: &Draft,
    issued_at: Instant,
    zone: &Zone,
) -> InvoiceParts {
    let (pieces, usage) = if record_type == RecordType::Usage {
        (Vec::new(), draft.net)
    } else {
        let pieces = draft.lines.iter().map(|line| line.served(issued_at, zone));
        (pieces.collect(), Amount::ZERO)
    };
    InvoiceParts { deferred: Served { pieces, zone: zone.clone() }, usage, tax: draft.tax }
}
