//! What a document says.

use countinghouse_core::{
    calendar::Date,
    money::{Amount, Currency, TaxRate, UnitPrice},
};

use super::Wording;

/// An invoice or a credit note, ready to be shown. Amounts are what was stored: nothing is added
/// up, rounded or checked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is, and what only this kind says.
    pub kind: Kind,
    /// Its number, such as `INV-2026-000123`.
    pub number: String,
    /// The language of everything that isn't data.
    pub wording: Wording,
    /// Who bills, as it was at the issue. Without the settings of a company there is none.
    pub seller: Option<Party>,
    /// Who is billed, as it was at the issue.
    pub buyer: Party,
    /// The day of the issue, in the tenant's zone at that time.
    pub issued_on: Date,
    /// The currency of every amount.
    pub currency: Currency,
    /// How unit prices are meant.
    pub pricing: Pricing,
    /// What is billed or taken back, in order.
    pub lines: Vec<Line>,
    /// The sum of the lines, before tax.
    pub net: Amount,
    /// The tax, a part for each rate.
    pub taxes: Vec<TaxPart>,
    /// What it comes to, with tax.
    pub total: Amount,
}

/// The kinds of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It asks for money.
    Invoice(Invoice),
    /// It takes back a part of an invoice.
    CreditNote(CreditNote),
}

/// What only an invoice says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The day that it is due, in the tenant's zone.
    pub due_on: Date,
    /// The days that it bills.
    pub period: Option<Days>,
    /// What the credit balance covered.
    pub credit_applied: Amount,
    /// What credit notes took off it before it was paid.
    pub noted: Amount,
    /// What was paid.
    pub paid: Amount,
    /// What credit notes and refunds gave back of what had been paid.
    pub returned: Amount,
    /// What is still due.
    pub due: Amount,
    /// Whether it is paid.
    pub standing: Standing,
}

/// What only a credit note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// The number of the invoice that it corrects.
    pub invoice_number: String,
    /// The day on which that invoice was issued.
    pub invoice_issued_on: Date,
    /// Why.
    pub reason: Option<String>,
    /// What it took off what was due.
    pub lowered: Amount,
    /// What it gave back of what had been paid.
    pub returned: Amount,
    /// Whether it was cancelled since.
    pub is_cancelled: bool,
}

/// Where the payment of an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is to be paid, and there is time.
    Due,
    /// It is to be paid, and the day has passed.
    Overdue,
    /// Nothing is due, since that day if it is known.
    Paid(Option<Date>),
    /// It was paid, and all of it was given back.
    Refunded,
    /// It was withdrawn.
    Void,
}

/// A seller or a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The legal name.
    pub name: String,
    /// The address, in lines.
    pub address: Option<String>,
    /// The number that the tax office knows it by.
    pub tax_id: Option<String>,
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: Date,
    /// The last.
    pub last: Date,
}

/// Whether the tax is in the unit prices. A line's amount is without tax in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// It is not.
    BeforeTax,
    /// It is.
    TaxIncluded,
}

/// What is billed, or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub description: String,
    /// The days of the service.
    pub service: Option<Days>,
    /// How many.
    pub quantity: i64,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// The rate of its tax.
    pub rate: TaxRate,
    /// What it comes to, before tax.
    pub net: Amount,
}

/// The tax of one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxPart {
    /// The rate.
    pub rate: TaxRate,
    /// What is taxed at it, before tax.
    pub net: Amount,
    /// The tax.
    pub tax: Amount,
    /// Why there is none: exempt, or the buyer owes it.
    pub reason: Option<String>,
}
