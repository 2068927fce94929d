//! One invoice with all that it says and all that became of it.

mod api;
mod note;
mod sheet;
mod store;
mod view;

use countinghouse_core::{
    calendar::{Instant, Period, Zone},
    id::TenantId,
    invoicing::{Due, InvoiceStatus, RatePart},
    money::{Amount, TaxMode, TaxRate, UnitPrice},
    tenants::{Buyer, Language, Seller},
};

pub(super) use self::api::routes;
pub(crate) use self::view::{InvoiceBody, InvoiceList};
pub use self::{
    note::{NoteDetail, find as find_note},
    store::{find, load},
    view::InvoiceView,
};

/// An invoice as it stands.
#[derive(Clone, Debug)]
pub struct Detail {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its number.
    pub number: String,
    /// The subscription that it is for, if it is for one.
    pub subscription: Option<String>,
    /// What that was to, and how often it is billed.
    pub plan: Option<(String, String)>,
    /// The app that it is for, if it is for one.
    pub app: Option<String>,
    /// `subscription`, `usage`, `proration` or `adjustment`.
    pub record_type: String,
    /// What it is for, in words.
    pub description: String,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// What is due of it, and in which currency.
    pub due: Due,
    /// The sum of its lines, without tax.
    pub net: Amount,
    /// The tax.
    pub tax: Amount,
    /// When it was issued.
    pub issued_at: Instant,
    /// When it is due.
    pub due_at: Instant,
    /// When nothing was due any more.
    pub paid_at: Option<Instant>,
    /// The period that it bills.
    pub period: Period,
    /// The zone of its days.
    pub zone: Zone,
    /// Who bills.
    pub seller: Seller,
    /// Who is billed.
    pub buyer: Buyer,
    /// The language of who is billed.
    pub language: Language,
    /// Whether the unit prices contain the tax.
    pub tax_mode: TaxMode,
    /// What is billed.
    pub lines: Vec<DetailLine>,
}

/// A line of an invoice as it is stored.
#[derive(Clone, Debug)]
pub struct DetailLine {
    /// What it is for.
    pub description: String,
    /// What was used.
    pub resource_type: String,
    /// How many.
    pub quantity: i64,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// Its amount without tax.
    pub net: Amount,
    /// The rate of its tax.
    pub rate: TaxRate,
    /// Its tax.
    pub tax: Amount,
    /// What it covers.
    pub service: Option<Period>,
}

impl Detail {
    /// What is to be paid of it still: nothing of what was withdrawn.
    pub fn amount_due(&self) -> Amount {
        let is_open = matches!(self.status, InvoiceStatus::Issued | InvoiceStatus::Overdue);
        if is_open { self.due.amount() } else { Amount::ZERO }
    }

    /// What it has at each rate of tax, in the order of its lines.
    pub fn rates(&self) -> Vec<RatePart> {
        let mut parts: Vec<RatePart> = Vec::new();
        for line in &self.lines {
            let more = |amount: Amount, by: Amount| Amount::from_units(amount.units() + by.units());
            match parts.iter_mut().find(|part| part.rate == line.rate) {
                Some(part) => {
                    (part.net, part.tax) = (more(part.net, line.net), more(part.tax, line.tax));
                }
                None => parts.push(RatePart { rate: line.rate, net: line.net, tax: line.tax }),
            }
        }
        parts
    }

    /// Why there is no tax at a rate, if it is nothing and a reason was given.
    pub fn exemption(&self, rate: TaxRate) -> Option<&str> {
        self.buyer.tax_exempt_reason.as_deref().filter(|_| rate.is_zero())
    }
}
