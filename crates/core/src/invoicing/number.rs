//! Document numbers: gapless in a tenant's series and year.

use std::{fmt, str::FromStr};

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// Invoices: `INV`.
    Invoice,
}

/// A document's number, written `INV-2026-000001`: at least six digits, more when they are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvoiceNumber {
    /// The year of its issue in the tenant's zone.
    pub year: u16,
    /// The place in that year, from 1.
    pub serial: u64,
}

/// A text is not an invoice number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number like `INV-2026-000001`")]
pub struct NotANumber;

impl Series {
    /// What its numbers start with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "INV",
        }
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}-{:06}", Series::Invoice.as_str(), self.year, self.serial)
    }
}

impl FromStr for InvoiceNumber {
    type Err = NotANumber;

    /// Reads the one way a number is written.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let rest = text.strip_prefix(Series::Invoice.as_str()).and_then(|it| it.strip_prefix('-'));
        let (year, serial) = rest.and_then(|it| it.split_once('-')).ok_or(NotANumber)?;
        let year = year.parse().map_err(|_| NotANumber)?;
        let serial = serial.parse().map_err(|_| NotANumber)?;
        let number = Self { year, serial };
        if number.to_string() == text { Ok(number) } else { Err(NotANumber) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_has_at_least_six_digits_and_more_when_needed() {
        assert_eq!(InvoiceNumber { year: 2026, serial: 7 }.to_string(), "INV-2026-000007");
        assert_eq!(InvoiceNumber { year: 2026, serial: 1_234_567 }.to_string(), "INV-2026-1234567");
    }

    #[test]
    fn other_ways_to_write_a_number_are_refused() {
        for text in [
            "INV-2026-7",
            "inv-2026-000007",
            "INV-2026-+00007",
            "INV-26-000007",
            "CN-2026-000007",
            "",
        ] {
            assert_eq!(text.parse::<InvoiceNumber>(), Err(NotANumber), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_reads_back(year in 1_u16..=9999, serial: u64) {
            let number = InvoiceNumber { year, serial };
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }
    }
}
