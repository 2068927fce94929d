//! Money: exact amounts, currencies, unit prices, tax, and the only places that round.
//!
//! An [`Amount`] counts ten-thousandths of a currency's major unit, so every currency of ISO 4217
//! fits and amounts compare by value. What has to be rounded is rounded once, half away from zero
//! on the magnitude, to the currency's minor unit. Nothing here is a binary float, and nothing
//! overflows silently: arithmetic that can fail says so.
//!
//! Not in here: balances and accounts (`ledger`), and exchange rates, which do not exist: a
//! tenant has one currency.

mod allocation;
mod amount;
mod currency;
mod decimal;
mod rounding;
mod tax;
mod tax_rate;
mod unit_price;

pub use allocation::allocate;
pub(crate) use allocation::shares;
pub use amount::{AMOUNT_TEXT_MAX, Amount, AmountError, MAX_AMOUNT, MAX_TOTAL};
pub use currency::{Currency, NotACurrency};
pub use tax::{RateTotal, TaxMode, Taxed, TaxedLine, tax_lines};
pub use tax_rate::{TaxRate, TaxRateError};
pub use unit_price::{UnitPrice, UnitPriceError};
