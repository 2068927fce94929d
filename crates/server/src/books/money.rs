//! Sums that cannot overflow, whatever was written over the rows.

use std::fmt;

use countinghouse_core::money::Amount;

/// A sum of amounts in 1/10,000 of the major unit, in 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sum(i128);

impl Sum {
    /// The sum, after more of it.
    pub(super) fn add(&mut self, units: i64) {
        self.0 += i128::from(units);
    }

    /// The sum, after less of it.
    pub(super) fn take(&mut self, units: i64) {
        self.0 -= i128::from(units);
    }

    /// Whether it is below zero.
    pub(super) const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl From<i64> for Sum {
    fn from(units: i64) -> Self {
        Self(i128::from(units))
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0) {
            Ok(units) if units != i64::MIN => Amount::from_units(units).fmt(f),
            _ => write!(f, "{} ten-thousandths", self.0),
        }
    }
}
