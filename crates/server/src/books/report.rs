//! What verifying finds.

use std::{collections::BTreeMap, fmt};

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident = $name:literal;)*) => {
        /// What must hold of the books.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])* $rule,)*
        }

        impl Rule {
            /// All of them, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }
        }
    };
}

rules! {
    /// Whoever is named anywhere is entered as a tenant.
    Tenant = "tenant.entered";
    /// A row can be read.
    Row = "row.readable";
    /// The catalogue has the plan of the tenant's live subscription, and of nobody else one.
    TenantPlan = "tenant.plan";
    /// A tenant's transfers are numbered from 1 without gaps.
    TransferSeq = "ledger.sequence";
    /// They never run backwards in time.
    TransferTime = "ledger.time";
    /// The transfers of a cause stand together, numbered from 1, and a cause posts once.
    TransferCause = "ledger.cause";
    /// Money moves only as the kinds of postings do, and more than nothing of it.
    TransferWay = "ledger.way";
    /// What touches the account `credit`, and nothing else, is a credit transaction, numbered
    /// without gaps.
    CreditSeq = "ledger.credit_sequence";
    /// So it is within its source.
    SourceSeq = "ledger.source_sequence";
    /// The balance after a credit transaction is the sum of all up to it, and not below zero.
    CreditBalance = "ledger.balance";
    /// The book has the counters and the totals of the transfers.
    Book = "ledger.book";
    /// Each month is closed once, in order and after its end, and nothing is deferred into it then.
    Month = "ledger.month";
    /// Each month earns what the documents have for it, be it closed or still to come.
    Revenue = "ledger.revenue";
    /// The months of reports have what was posted for them.
    RevenueMonth = "report.month";
    /// What is earned or deferred, less what was taken back of it, is what was billed, less what notes
    /// took back.
    Recognised = "report.recognised";
    /// What an app spent is what was paid for its records; no more was paid back than the ledger has.
    AppSpend = "report.app_spend";
    /// A tenant's records are numbered from 1 without gaps.
    RecordSeq = "record.sequence";
    /// They never run backwards in time.
    RecordTime = "record.time";
    /// Those of an app are numbered so too.
    AppSeq = "record.app_sequence";
    /// The counters of records are what can be counted.
    RecordCounter = "record.counter";
    /// Lines are numbered from 1, and sum to the invoice and its record.
    Lines = "record.lines";
    /// A record and its invoice are one to one and say the same.
    RecordInvoice = "record.invoice";
    /// The status of an invoice goes with that of its record.
    Status = "invoice.status";
    /// An invoice's parts are not more than its total, and it is paid exactly when nothing is due.
    Due = "invoice.due";
    /// Of an invoice that is void, and of no other, it is known since when.
    Void = "invoice.void";
    /// Steps of dunning are left of open invoices only, and what is overdue has failed; retries are
    /// counted.
    Dunning = "invoice.dunning";
    /// A subscription is past due or suspended only while an invoice of it fails.
    Unpaid = "subscription.unpaid";
    /// Messages are numbered from 1 without gaps, and each attempt at a payment was asked for by one.
    Outbox = "outbox.sequence";
    /// Numbers are without gaps in a year, in order of arrival, up to the series' last.
    Number = "invoice.number";
    /// The ledger has the invoice's total, tax, credit and payment under its causes.
    Posting = "invoice.posting";
    /// The chain says of each invoice of a subscription that it was issued, over the same total and for
    /// the same period.
    Event = "invoice.event";
    /// Credit notes are numbered without gaps, in the list and in each year, and their parts and their
    /// days sum to them.
    Note = "note.whole";
    /// The ledger has what a note took back of each account, and nothing of one that is cancelled.
    NotePosting = "note.posting";
    /// An invoice has been lowered by its notes, and by nothing else; they take back no more of it at
    /// any rate of tax than it has.
    NoteInvoice = "note.invoice";
    /// Each completed refund has its note and each note of a refund that, invoices hold what is asked for,
    /// and no more was given back than was paid.
    Refund = "refund.paid";
    /// No more is given back of a period of a subscription than was billed for it.
    PeriodCredit = "subscription.credit";
    /// The periods of a subscription follow each other: no time is left out but while it was suspended,
    /// none is covered twice, and it stands in the last one.
    Periods = "subscription.periods";
    /// An invoice of a period bills one that began, and no other does.
    PeriodBilled = "subscription.billed_once";
    /// A tenant's meters follow each other, and the one that runs is that of its live subscription.
    Meter = "usage.meter";
    /// What was billed of a metering period is what was used beyond what was included.
    Overage = "usage.overage";
    /// Metering periods and days have all that was reported.
    UsageEvents = "usage.events";
    /// Packs have events in the order of their keys, each in its range, and none that is still there.
    UsagePack = "usage.packed";
    /// The calls of endpoints in a month are those of its days.
    EndpointMonth = "usage.endpoints";
    /// A tenant's events are numbered from 1 without gaps.
    EventSeq = "chain.sequence";
    /// The chain of a subscription is whole.
    Chain = "chain.whole";
    /// Every full chunk of records is sealed, and nothing else is.
    Sealed = "search.sealed";
    /// A sealed chunk is what sealing its records makes.
    Index = "search.index";
    /// The index has the statuses of the records.
    IndexStatus = "search.status";
}

/// Where a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The rule.
    pub rule: Rule,
    /// Whose books.
    pub tenant: String,
    /// Which row, and what is wrong with it.
    pub words: String,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Tenants, the platform not among them.
    pub tenants: u64,
    /// Transfers.
    pub transfers: u64,
    /// Records.
    pub records: u64,
    /// Chained events.
    pub events: u64,
    /// Sealed chunks that were made again and compared.
    pub chunks: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The first break of each rule, in the order of [`Rule::ALL`].
    pub breaks: Vec<Break>,
    /// How much was read.
    pub counted: Counted,
}

/// Gathers breaks: the first of each rule.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<Rule, Break>);

impl Findings {
    /// Notes a break, unless its rule has one.
    pub(super) fn note(&mut self, rule: Rule, tenant: &str, words: impl FnOnce() -> String) {
        self.0.entry(rule).or_insert_with(|| Break {
            rule,
            tenant: tenant.to_owned(),
            words: words(),
        });
    }

    /// Notes a break where something does not hold.
    pub(super) fn expect(
        &mut self,
        holds: bool,
        rule: Rule,
        tenant: &str,
        words: impl FnOnce() -> String,
    ) {
        if !holds {
            self.note(rule, tenant, words);
        }
    }

    /// The breaks, in the order of their rules.
    pub(super) fn into_breaks(self) -> Vec<Break> {
        self.0.into_values().collect()
    }
}

impl Counted {
    /// All rows that were read.
    pub fn rows(&self) -> u64 {
        self.transfers + self.records + self.events
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: tenant {}: {}", self.rule, self.tenant, self.words)
    }
}
