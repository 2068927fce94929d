//! Document numbers: gapless in a tenant's series and year.

use std::{fmt, str::FromStr};

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// Invoices: `INV`.
    Invoice,
    /// Credit notes: `CN`.
    CreditNote,
}

/// A text is not an invoice number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number like `{}-2026-000001`", .0.as_str())]
pub struct NotANumber(Series);

impl Series {
    /// What its numbers start with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "INV",
            Self::CreditNote => "CN",
        }
    }

    fn write(self, f: &mut fmt::Formatter<'_>, year: u16, serial: u64) -> fmt::Result {
        write!(f, "{}-{year:04}-{serial:06}", self.as_str())
    }

    fn read(self, text: &str) -> Option<(u16, u64)> {
        let rest = text.strip_prefix(self.as_str())?.strip_prefix('-')?;
        let (year, serial) = rest.split_once('-')?;
        Some((year.parse().ok()?, serial.parse().ok()?))
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $series:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            /// The year of its issue in the tenant's zone.
            pub year: u16,
            /// The place in that year, from 1.
            pub serial: u64,
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Series::$series.write(f, self.year, self.serial)
            }
        }

        impl FromStr for $name {
            type Err = NotANumber;

            /// Reads the one way a number is written.
            fn from_str(text: &str) -> Result<Self, NotANumber> {
                let refused = NotANumber(Series::$series);
                let (year, serial) = Series::$series.read(text).ok_or(refused)?;
                let number = Self { year, serial };
                if number.to_string() == text { Ok(number) } else { Err(refused) }
            }
        }
    };
}

number! {
    /// An invoice's number, written `INV-2026-000001`: at least six digits, more when they are
    /// needed.
    InvoiceNumber, Invoice
}

number! {
    /// A credit note's number, written `CN-2026-000001`.
    NoteNumber, CreditNote
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
    fn a_credit_note_is_no_invoice() {
        let note = NoteNumber { year: 2026, serial: 7 };

        assert_eq!(note.to_string(), "CN-2026-000007");
        assert_eq!("CN-2026-000007".parse(), Ok(note));
        let refused = "INV-2026-000007".parse::<NoteNumber>().map_err(|error| error.to_string());
        assert_eq!(refused, Err("expected a number like `CN-2026-000001`".to_owned()));
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
            assert_eq!(text.parse::<InvoiceNumber>(), Err(NotANumber(Series::Invoice)), "{text}");
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
