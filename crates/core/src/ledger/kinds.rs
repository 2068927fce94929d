//! The closed list of what moves money.

use std::fmt::{self, Write};

use super::Account::{
    self, Cash, Credit, DeferredRevenue, Promotions, Receivable, Refunds, Revenue, TaxPayable,
    Wallet,
};

/// What a posting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostingKind {
    /// An invoice was finalized.
    InvoiceIssued,
    /// An invoice was withdrawn.
    InvoiceVoided,
    /// A month was closed.
    RevenueRecognised,
    /// A credit note took back a part of an invoice.
    NoteIssued,
    /// A credit note was cancelled.
    NoteCancelled,
    /// A refund was paid out.
    RefundPaid,
    /// Credit paid an invoice.
    CreditUsed,
    /// Credit that had paid an invoice came back from it.
    CreditReturned,
    /// Money for an invoice came in.
    MoneyReceived,
    /// Credit was given.
    CreditGranted,
    /// Credit that had been given was taken back.
    CreditTakenBack,
}

/// A way in which a kind of posting moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindRow {
    /// The kind.
    pub kind: PostingKind,
    /// The account it debits.
    pub debit: Account,
    /// The account it credits.
    pub credit: Account,
    /// What part of it goes this way, and when.
    pub when: &'static str,
}

/// Every way in which money moves; the typed functions make no other transfer.
///
/// A part of an invoice, or what a month earned, goes the same way backwards where it is below zero.
pub const KINDS: &[KindRow] = &[
    row(PostingKind::InvoiceIssued, Receivable, DeferredRevenue, "net of what is served in time"),
    row(PostingKind::InvoiceIssued, Receivable, Revenue, "net of usage, earned when it is billed"),
    row(PostingKind::InvoiceIssued, Receivable, TaxPayable, "tax"),
    row(PostingKind::InvoiceVoided, DeferredRevenue, Receivable, "net of what was to be served"),
    row(PostingKind::InvoiceVoided, Revenue, Receivable, "net of usage"),
    row(PostingKind::InvoiceVoided, TaxPayable, Receivable, "tax"),
    row(PostingKind::RevenueRecognised, DeferredRevenue, Revenue, "what a closed month earned"),
    row(PostingKind::NoteIssued, DeferredRevenue, Receivable, "net that is not earned yet"),
    row(PostingKind::NoteIssued, Refunds, Receivable, "net that is earned"),
    row(PostingKind::NoteIssued, TaxPayable, Receivable, "tax"),
    row(PostingKind::NoteIssued, Receivable, Credit, "what had been paid of it"),
    row(PostingKind::NoteCancelled, Credit, Receivable, "what had gone back as credit"),
    row(PostingKind::NoteCancelled, Receivable, DeferredRevenue, "net that is not earned yet"),
    row(PostingKind::NoteCancelled, Receivable, Refunds, "net that is earned"),
    row(PostingKind::NoteCancelled, Receivable, TaxPayable, "tax"),
    row(PostingKind::RefundPaid, DeferredRevenue, Receivable, "net that is not earned yet"),
    row(PostingKind::RefundPaid, Refunds, Receivable, "net that is earned"),
    row(PostingKind::RefundPaid, TaxPayable, Receivable, "tax"),
    row(PostingKind::RefundPaid, Receivable, Wallet, "paid by the built-in wallet"),
    row(PostingKind::RefundPaid, Receivable, Cash, "paid by a wallet service"),
    row(PostingKind::CreditUsed, Credit, Receivable, "credit pays an invoice"),
    row(PostingKind::CreditReturned, Receivable, Credit, "credit comes back from a void invoice"),
    row(PostingKind::MoneyReceived, Cash, Receivable, "a payment settles an invoice"),
    row(PostingKind::MoneyReceived, Cash, Credit, "a payment for a voided invoice"),
    row(PostingKind::CreditGranted, Promotions, Credit, "a gift or a correction upwards"),
    row(PostingKind::CreditTakenBack, Credit, Promotions, "a correction downwards"),
];

const fn row(kind: PostingKind, debit: Account, credit: Account, when: &'static str) -> KindRow {
    KindRow { kind, debit, credit, when }
}

/// [`KINDS`] as a table in Markdown, for the documents.
pub fn kinds_table_markdown() -> String {
    let mut table = String::from("| kind | debit | credit | when |\n|---|---|---|---|\n");
    for KindRow { kind, debit, credit, when } in KINDS {
        writeln!(table, "| `{kind}` | `{debit}` | `{credit}` | {when} |")
            .expect("a string takes any text");
    }
    table
}

impl PostingKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::InvoiceIssued,
        Self::InvoiceVoided,
        Self::RevenueRecognised,
        Self::NoteIssued,
        Self::NoteCancelled,
        Self::RefundPaid,
        Self::CreditUsed,
        Self::CreditReturned,
        Self::MoneyReceived,
        Self::CreditGranted,
        Self::CreditTakenBack,
    ];

    /// Reads a name as stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether a part of it that is below zero goes the same way backwards.
    pub const fn may_go_back(self) -> bool {
        matches!(
            self,
            Self::InvoiceIssued
                | Self::InvoiceVoided
                | Self::RevenueRecognised
                | Self::NoteIssued
                | Self::NoteCancelled
                | Self::RefundPaid
        )
    }

    /// Whether it may move money from `debit` to `credit`.
    pub fn moves(self, debit: Account, credit: Account) -> bool {
        KINDS.iter().filter(|row| row.kind == self).any(|row| {
            let way = (row.debit, row.credit);
            way == (debit, credit) || (self.may_go_back() && way == (credit, debit))
        })
    }

    /// Its name in the store and in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvoiceIssued => "invoice_issued",
            Self::InvoiceVoided => "invoice_voided",
            Self::RevenueRecognised => "revenue_recognised",
            Self::NoteIssued => "note_issued",
            Self::NoteCancelled => "note_cancelled",
            Self::RefundPaid => "refund_paid",
            Self::CreditUsed => "credit_used",
            Self::CreditReturned => "credit_returned",
            Self::MoneyReceived => "money_received",
            Self::CreditGranted => "credit_granted",
            Self::CreditTakenBack => "credit_taken_back",
        }
    }
}

impl fmt::Display for PostingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_and_moves_money_some_way() {
        for kind in PostingKind::ALL {
            assert_eq!(PostingKind::parse(kind.as_str()), Some(kind));
            assert!(KINDS.iter().any(|row| row.kind == kind), "{kind}");
        }
        assert_eq!(PostingKind::parse("theft"), None);
    }

    #[test]
    fn a_kind_moves_money_only_its_way() {
        assert!(PostingKind::MoneyReceived.moves(Cash, Receivable));
        assert!(!PostingKind::MoneyReceived.moves(Receivable, Cash));
        assert!(PostingKind::InvoiceIssued.moves(TaxPayable, Receivable));
        assert!(!PostingKind::InvoiceIssued.moves(Receivable, Cash));
    }

    #[test]
    fn the_table_has_a_row_for_each_way() {
        let table = kinds_table_markdown();

        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), KINDS.len() + 2);
        assert_eq!(rows[0], "| kind | debit | credit | when |");
        assert_eq!(rows[4], "| `invoice_issued` | `receivable` | `tax_payable` | tax |");
    }
}
