//! Values that are written into JSON as text, without a copy of their own.

use countinghouse_core::{
    calendar::{INSTANT_TEXT_LEN, Instant},
    id::TenantId,
};
use serde::{Serialize, Serializer};

/// An instant, RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp(pub Instant);

/// A tenant's id, shared by the rows of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantText(pub TenantId);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.write_to(&mut [0; INSTANT_TEXT_LEN]))
    }
}

impl Serialize for TenantText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}
