//! One credit note with the invoice that it takes back of.

mod store;

use countinghouse_core::{
    calendar::{Instant, Zone},
    invoicing::RatePart,
    money::Amount,
};

use super::{super::notes::NoteReason, Detail};

pub use self::store::find;

/// A credit note as it stands.
#[derive(Clone, Debug)]
pub struct NoteDetail {
    /// Its number.
    pub number: String,
    /// The invoice that it takes back of.
    pub invoice: Detail,
    /// Why it was issued.
    pub reason: NoteReason,
    /// What was said of it, if anything.
    pub remark: Option<String>,
    /// Whether it was cancelled since.
    pub is_cancelled: bool,
    /// What it takes back at each rate of tax.
    pub parts: Vec<RatePart>,
    /// Without tax.
    pub net: Amount,
    /// Tax included.
    pub total: Amount,
    /// What it took off what was due.
    pub lowered: Amount,
    /// What it gave back of what had been paid, as credit or by a refund.
    pub returned: Amount,
    /// When it was issued.
    pub issued_at: Instant,
    /// The zone of the day of that: the tenant may have moved since the invoice.
    pub zone: Zone,
}
