//! Whether two lists say the same, in whatever order, without keeping either.

use std::{
    hash::{BuildHasher as _, RandomState},
    num::Wrapping,
};

use super::money::Sum;

/// What a cause did to the accounts that an invoice can be read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Posted {
    /// What is owed after it, more or less.
    pub(super) receivable: Sum,
    /// What tax is owed to the state after it, more or less.
    pub(super) tax: Sum,
}

/// Adds up what is on one list and takes off what is on another, each under a hash whose key
/// nobody knows; nothing is left where both say the same.
#[derive(Debug, Default)]
pub(super) struct Fingerprint {
    key: RandomState,
    left: Wrapping<u64>,
}

impl Posted {
    /// Takes a transfer in.
    pub(super) fn add(&mut self, debit: &str, credit: &str, units: i64) {
        match debit {
            "receivable" => self.receivable.add(units),
            "tax_payable" => self.tax.take(units),
            _ => (),
        }
        match credit {
            "receivable" => self.receivable.take(units),
            "tax_payable" => self.tax.add(units),
            _ => (),
        }
    }
}

impl Fingerprint {
    /// Adds what a cause did; nothing if it did nothing.
    pub(super) fn add(&mut self, cause: &str, posted: Posted) {
        self.left += self.of(cause, posted);
    }

    /// Takes it off again.
    pub(super) fn take(&mut self, cause: &str, posted: Posted) {
        self.left -= self.of(cause, posted);
    }

    /// Whether everything that was added was taken off.
    pub(super) fn is_empty(&self) -> bool {
        self.left.0 == 0
    }

    fn of(&self, cause: &str, posted: Posted) -> u64 {
        if posted == Posted::default() { 0 } else { self.key.hash_one((cause, posted)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed(units: i64) -> Posted {
        Posted { receivable: units.into(), tax: Sum::default() }
    }

    #[test]
    fn the_order_does_not_matter_and_nothing_is_nothing() {
        let mut fingerprint = Fingerprint::default();

        fingerprint.add("inv:1", owed(5));
        fingerprint.add("inv:2", owed(7));
        fingerprint.add("inv:3", Posted::default());
        fingerprint.take("inv:2", owed(7));
        fingerprint.take("inv:1", owed(5));

        assert!(fingerprint.is_empty());
    }

    #[test]
    fn another_cause_or_amount_is_left_over() {
        for (cause, posted) in [("inv:2", owed(5)), ("inv:1", owed(6)), ("inv:1", owed(-5))] {
            let mut fingerprint = Fingerprint::default();

            fingerprint.add("inv:1", owed(5));
            fingerprint.take(cause, posted);

            assert!(!fingerprint.is_empty(), "{cause}");
        }
    }
}
