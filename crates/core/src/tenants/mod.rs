//! Tenants: what each set about its calendar and its invoices, and what holds where it set nothing.

mod change;
mod clock;
mod email;
mod language;

use crate::{
    calendar::Zone,
    money::{Currency, TaxMode, TaxRate},
};

pub use change::{CurrencyTie, CurrencyTied, Edit, ProfileChange};
pub use clock::{ClockError, may_move_clock, may_remove_clock};
pub use email::{Email, NotAnEmail};
pub use language::{Language, NotALanguage};

/// How many days a tenant has to pay, unless it set another number.
pub const DUE_DAYS_DEFAULT: u8 = 14;

/// How many days a tenant has to pay at most.
pub const DUE_DAYS_MAX: u8 = 90;

/// The terms of a tenant's invoices, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// How its lines are taxed.
    pub tax: TaxTerms,
    /// The zone of its calendar.
    pub zone: Zone,
    /// The currency it asked for, if it asked for one.
    pub currency: Option<Currency>,
    /// How many days it has to pay an invoice.
    pub due_days: u8,
    /// Who is billed, as it is copied onto invoices.
    pub buyer: Buyer,
    /// Where its mail goes.
    pub email: Option<Email>,
    /// The language of its people.
    pub language: Language,
}

/// How a tenant's invoices are taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxTerms {
    /// The rate of every line.
    pub rate: TaxRate,
    /// Whether prices contain it.
    pub mode: TaxMode,
}

/// Who is billed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// The legal name.
    pub legal_name: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The tax number.
    pub tax_id: Option<String>,
    /// Why no tax is due, if none is.
    pub tax_exempt_reason: Option<String>,
}

/// Who bills, as it is copied onto invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seller {
    /// The legal name.
    pub name: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The tax number.
    pub tax_id: Option<String>,
}

impl Profile {
    /// The currency of a tenant that is tied to none yet: what it asked for, or CNY.
    pub fn currency_or_default(&self) -> Currency {
        self.currency.unwrap_or(Currency::CNY)
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            tax: TaxTerms { rate: TaxRate::ZERO, mode: TaxMode::Exclusive },
            zone: Zone::UTC,
            currency: None,
            due_days: DUE_DAYS_DEFAULT,
            buyer: Buyer::default(),
            email: None,
            language: Language::default(),
        }
    }
}
