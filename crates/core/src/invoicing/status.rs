//! The closed words of records and invoices.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in the API and the store.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == name)
            }
        }
    };
}

words! {
    /// Where a billing record stands.
    RecordStatus {
        /// Waiting to be paid.
        Pending = "pending",
        /// Paid, or nothing was due.
        Paid = "paid",
        /// The last attempt to collect it failed.
        Failed = "failed",
        /// All of it went back.
        Refunded = "refunded",
        /// Withdrawn.
        Void = "void",
    }
}

words! {
    /// Where an invoice stands.
    InvoiceStatus {
        /// Something is due.
        Issued = "issued",
        /// Nothing is due any more.
        Paid = "paid",
        /// Something is due, and its date has passed.
        Overdue = "overdue",
        /// Withdrawn.
        Void = "void",
        /// All of it went back.
        Refunded = "refunded",
    }
}

words! {
    /// What a billing record is for.
    RecordType {
        /// A period of a plan.
        Subscription = "subscription",
        /// What was used beyond what was included.
        Usage = "usage",
        /// A change of plan.
        Proration = "proration",
        /// Anything else.
        Adjustment = "adjustment",
    }
}

impl RecordStatus {
    /// A small number for compact indexes. It never changes.
    pub const fn code(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Paid => 1,
            Self::Failed => 2,
            Self::Refunded => 3,
            Self::Void => 4,
        }
    }
}
