//! Reports: what the books come to, for those who read them.
//!
//! Everything here is a sum of what is kept elsewhere, or a way to name a range of days. What is
//! *not* here: how a report is written, and where its figures are read from.

mod amortization;
mod statistics;
mod tax_range;

pub use self::amortization::{Amortization, EarnedMonth, amortization};
pub use self::statistics::{Level, RETENTION_DAYS, Retention, Users, monthly_revenue, spent};
pub use self::tax_range::{NotATaxRange, TaxRange};
