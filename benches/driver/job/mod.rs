//! What can be measured: one file a job.

mod calm;
mod depth;
mod export;
mod failures;
mod five_years;
mod gates;
mod metering;
mod money_back;
mod pages;
mod pdf;
mod plan_change;
mod posting;
mod renewals;
mod reports;
mod search;
mod seed;
mod start;
mod tax_export;
mod two_processes;

use clap::ValueEnum;

use crate::{Outcome, bench::Bench, report::Row};

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Job {
    /// Any page of records with its total, beside the same statements in `pgbench`
    Pages,
    /// The first, the middle and the last page of short and long lists
    Depth,
    /// Searches for common, rare and missing words, and by date, amount and status
    Search,
    /// Credit postings to one tenant, beside plain SQL, one posting a transaction
    PostingHot,
    /// Credit postings to many tenants, beside plain SQL, one posting a transaction
    PostingSpread,
    /// The export of a tenant's whole data
    Export,
    /// Writes through two processes on one database, beside one process
    TwoProcesses,
    /// Filling a database with records
    Seed,
    /// How soon the service answers, and what it holds when nothing happens
    Start,
    /// Commands of which some fail half-way
    Failures,
    /// A run of renewals, beside the same rows written in sets
    Renewals,
    /// A preview and the change of plan to its quote, beside the statements of both
    PlanChange,
    /// One tenant through five years by its test clock
    FiveYears,
    /// Gate checks and quotas, beside a read of one row
    Gates,
    /// The taxes of all invoices of a tenant
    TaxExport,
    /// Statistics, and what months earn
    Reports,
    /// Drawing invoices, and lists beside that
    Pdf,
    /// Credit notes and refunds of one invoice, by many at once
    MoneyBack,
    /// Reports of usage, one event a request, beside plain SQL, one event a transaction
    MeteringOne,
    /// Reports of usage in batches, beside sets of rows; and some that were sent before
    MeteringBatch,
    /// Batches into a table with millions of events, beside an empty one
    MeteringDepth,
    /// What is shown of millions of events, and quota checks while more are reported
    MeteringReads,
}

impl Job {
    /// As the command line names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Depth => "depth",
            Self::Search => "search",
            Self::PostingHot => "posting-hot",
            Self::PostingSpread => "posting-spread",
            Self::Export => "export",
            Self::TwoProcesses => "two-processes",
            Self::Seed => "seed",
            Self::Start => "start",
            Self::Failures => "failures",
            Self::Renewals => "renewals",
            Self::PlanChange => "plan-change",
            Self::FiveYears => "five-years",
            Self::Gates => "gates",
            Self::TaxExport => "tax-export",
            Self::Reports => "reports",
            Self::Pdf => "pdf",
            Self::MoneyBack => "money-back",
            Self::MeteringOne => "metering-one",
            Self::MeteringBatch => "metering-batch",
            Self::MeteringDepth => "metering-depth",
            Self::MeteringReads => "metering-reads",
        }
    }

    /// What it measures, for a reader of its numbers.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Pages => {
                "Random pages of 20 records with their lines and the total of the list, on 16 \
                 connections, beside the same two statements in `pgbench -M prepared -c 16 -j 2`."
            }
            Self::Depth => {
                "The first, the middle and the last page of lists of different lengths: on one \
                 connection, and on 16. Compared are the fastest and the slowest of all of them."
            }
            Self::Search => {
                "Searches with lines and totals that are exact to 10,000. Words are chosen from \
                 what `seed` made, and how many records have them is counted with plain SQL."
            }
            Self::PostingHot => {
                "`POST /admin/billing/credit-balance/{tenant_id}/adjust` for one tenant on 64 \
                 connections, beside the same entries with plain SQL, one posting a transaction: \
                 `pgbench` with 8 and with 64 clients, the better one; on SQLite one connection \
                 with `BEGIN IMMEDIATE` … `COMMIT`, `synchronous=FULL`."
            }
            Self::PostingSpread => {
                "As `posting-hot`, but spread over ten thousand tenants (fewer, if fewer than a \
                 million records are asked for)."
            }
            Self::Export => {
                "`POST /internal/billing/export-user-data` for the administrator of a tenant. \
                 Memory is `RssAnon` of the service, read throughout; the growth is from before \
                 the first export to the most that was seen in any."
            }
            Self::TwoProcesses => {
                "Adjustments of credit and payments, half and half, to 16 tenants on 64 \
                 connections: through two processes on one PostgreSQL database, and through one."
            }
            Self::Seed => {
                "`seed`: records with lines and search index, into a database with nothing but \
                 the schema."
            }
            Self::Start => {
                "From the start of the process on a database that has its schema to the first \
                 answer; memory five seconds later; the size of the binary."
            }
            Self::Failures => {
                "In process, 64 callers: a command that writes one row, of which some fail after \
                 they have written. What shared a transaction with such a one is run again."
            }
            Self::Renewals => {
                "In process: a run over subscriptions of as many tenants whose periods are over, \
                 each with invoice, record, line, transfers, events, message and new period; beside \
                 it, the rows that it wrote copied to other tenants with `INSERT … SELECT`, 500 \
                 tenants a transaction. Then a run that finds 1 % due."
            }
            Self::PlanChange => {
                "`prorations/calculate` and `change-plan` with its quote, an upgrade of each of as \
                 many tenants with a billed period, on 16 connections; beside it, on as many \
                 connections (SQLite: one), what both read, and the rows that the change wrote \
                 copied to another tenant, a change a transaction."
            }
            Self::FiveYears => {
                "A sandbox, one tenant, one connection: five years by one move of its test clock \
                 with credit that pays for all; and month by month, with invoices that fall due \
                 and are paid late, and ten changes of plan."
            }
            Self::Gates => {
                "`feature-gates/check` for random tenants and `plans/{plan}/quotas`, on 16 \
                 connections, beside `credit-balance`, which reads one row by its key."
            }
            Self::TaxExport => {
                "`tax-export` of all days of a tenant as CSV, fetched from its address. Memory is \
                 `RssAnon` of the service, read throughout; the growth is from before the first \
                 download to the most that was seen in any."
            }
            Self::Reports => {
                "`statistics` of a tenant and of one of its apps, and `revenue-amortization`, on 4 \
                 connections."
            }
            Self::Pdf => {
                "In process, one thread: an invoice in English and Chinese, drawn again and again; \
                 the time is that of a processor. Then random pages of records at a fixed rate, \
                 alone and while 16 invoices a second are drawn over HTTP."
            }
            Self::MoneyBack => {
                "16 connections take one unit each of one paid invoice, by a credit note or by a \
                 refund that is asked for, approved by somebody else and paid by the built-in \
                 wallet; a quarter more than it has is asked for."
            }
            Self::MeteringOne => metering::one::ABOUT,
            Self::MeteringBatch => metering::batch::ABOUT,
            Self::MeteringDepth => metering::depth::ABOUT,
            Self::MeteringReads => metering::reads::ABOUT,
        }
    }

    /// Measures.
    pub(crate) async fn run(self, bench: &mut Bench) -> Outcome<Vec<Row>> {
        match self {
            Self::Pages => pages::run(bench).await,
            Self::Depth => depth::run(bench).await,
            Self::Search => search::run(bench).await,
            Self::PostingHot => posting::run(bench, &posting::HOT).await,
            Self::PostingSpread => posting::run(bench, &posting::SPREAD).await,
            Self::Export => export::run(bench).await,
            Self::TwoProcesses => two_processes::run(bench).await,
            Self::Seed => seed::run(bench),
            Self::Start => start::run(bench).await,
            Self::Failures => failures::run(bench),
            Self::Renewals => renewals::run(bench),
            Self::PlanChange => plan_change::run(bench).await,
            Self::FiveYears => five_years::run(bench).await,
            Self::Gates => gates::run(bench).await,
            Self::TaxExport => tax_export::run(bench).await,
            Self::Reports => reports::run(bench).await,
            Self::Pdf => pdf::run(bench).await,
            Self::MoneyBack => money_back::run(bench).await,
            Self::MeteringOne => metering::one::run(bench).await,
            Self::MeteringBatch => metering::batch::run(bench).await,
            Self::MeteringDepth => metering::depth::run(bench).await,
            Self::MeteringReads => metering::reads::run(bench).await,
        }
    }
}
