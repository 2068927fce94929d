//! Where a credit transaction comes from.

use std::fmt;

/// Why a tenant's credit balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A change of plan or cycle in a period.
    Proration,
    /// A note on an invoice that was paid.
    Refund,
    /// A gift.
    Promo,
    /// A correction by hand.
    ManualAdjust,
    /// Credit that paid an invoice, or came back from one.
    InvoicePayment,
}

/// A text names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected proration, refund, promo, manual_adjust or invoice_payment")]
pub struct NotASource;

impl Source {
    /// Every source, in the order in which their counters are stored.
    pub const ALL: [Self; 5] =
        [Self::Proration, Self::Refund, Self::Promo, Self::ManualAdjust, Self::InvoicePayment];

    /// Reads a name as on the wire and in the store.
    pub fn parse(text: &str) -> Result<Self, NotASource> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or(NotASource)
    }

    /// Its name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proration => "proration",
            Self::Refund => "refund",
            Self::Promo => "promo",
            Self::ManualAdjust => "manual_adjust",
            Self::InvoicePayment => "invoice_payment",
        }
    }

    /// Its place in [`Self::ALL`].
    pub(super) const fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_reads_back_and_stands_where_it_says() {
        for (place, source) in Source::ALL.into_iter().enumerate() {
            assert_eq!(Source::parse(source.as_str()), Ok(source));
            assert_eq!(source.place(), place);
        }
        assert_eq!(Source::parse("gift"), Err(NotASource));
    }
}
