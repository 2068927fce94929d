//! Ids that know what they name.
//!
//! [`Id`]s are ours: a prefix and a ULID, made from the caller's clock and randomness and sortable
//! by creation. [`TenantId`], [`AppId`], [`UserId`] and [`GateKey`] are the caller's: any short
//! visible text.
//! Nothing here draws a number or reads a clock.

use std::{fmt, marker::PhantomData, str::FromStr, sync::Arc};

use ulid::{ULID_LEN, Ulid};

/// The longest id that a caller may give a tenant, an app or a user, in characters.
pub const EXTERNAL_ID_MAX: usize = 128;

/// Something that has ids.
pub trait Named {
    /// What its ids start with, such as `rec`.
    const PREFIX: &'static str;
}

/// The id of a `T`, written as its prefix, `_` and the 26 upper-case characters of a ULID.
///
/// Ids of different things do not mix: passing a [`PlanId`] for a [`RecordId`] does not compile,
/// and `plan_…` does not parse as a record's. They sort by creation, as values and as text.
pub struct Id<T> {
    ulid: u128,
    names: PhantomData<fn() -> T>,
}

/// A text is not an id of the right kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with `{prefix}_`")]
pub struct NotAnId {
    prefix: &'static str,
}

impl<T> Id<T> {
    /// Makes an id from the milliseconds since 1970 (the low 48 bits count) and randomness (the
    /// low 80 bits count). The caller made sure it is fresh.
    pub const fn from_parts(millis: u64, random: u128) -> Self {
        Self { ulid: Ulid::from_parts(millis, random).0, names: PhantomData }
    }

    /// The milliseconds since 1970 that it was made from.
    pub const fn millis(self) -> u64 {
        Ulid(self.ulid).timestamp_ms()
    }
}

impl<T: Named> FromStr for Id<T> {
    type Err = NotAnId;

    /// Reads the one way an id is written; lower case or look-alike letters are refused.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let not_an_id = NotAnId { prefix: T::PREFIX };
        let digits = text.strip_prefix(T::PREFIX).and_then(|rest| rest.strip_prefix('_'));
        let digits = digits.filter(|digits| digits.len() == ULID_LEN).ok_or(not_an_id)?;
        let ulid = Ulid::from_string(digits).map_err(|_| not_an_id)?;
        if ulid.array_to_str(&mut [0; ULID_LEN]) != digits {
            return Err(not_an_id);
        }
        Ok(Self { ulid: ulid.0, names: PhantomData })
    }
}

impl<T: Named> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::PREFIX)?;
        f.write_str("_")?;
        f.write_str(Ulid(self.ulid).array_to_str(&mut [0; ULID_LEN]))
    }
}

impl<T: Named> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Deriving these would ask the same of `T`, which is only a name.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ulid.cmp(&other.ulid)
    }
}

impl<T> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

/// Declares what has ids: the name, its prefix, and the name of its id.
macro_rules! named {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $id:ident;)*) => {$(
        $(#[$doc])*
        pub enum $name {}

        impl Named for $name {
            const PREFIX: &'static str = $prefix;
        }

        #[doc = concat!("`", $prefix, "_…`")]
        pub type $id = Id<$name>;
    )*};
}

named! {
    /// Names billing records.
    Record "rec" RecordId;
    /// Names subscriptions.
    Subscription "sub" SubscriptionId;
    /// Names credit transactions.
    CreditTransaction "ctr" CreditTransactionId;
    /// Names usage alerts.
    UsageAlert "ua" UsageAlertId;
    /// Names chained events.
    Event "evt" EventId;
    /// Names plans.
    Plan "plan" PlanId;
    /// Names overrides of feature gates.
    GateOverride "fgo" GateOverrideId;
    /// Names payment gateways.
    Gateway "pg" GatewayId;
    /// Names tax exports.
    TaxExport "tax" TaxExportId;
    /// Names refunds.
    Refund "ref" RefundId;
    /// Names apps of tenants, as they are billed.
    SubscriptionApp "sa" SubscriptionAppId;
    /// Names prices of apps.
    AppPrice "arp" AppPriceId;
}

/// Why a text cannot be the id of a tenant, an app or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExternalIdError {
    /// It is empty or longer than [`EXTERNAL_ID_MAX`].
    #[error("an id has 1 to {EXTERNAL_ID_MAX} characters")]
    Length,
    /// It has a character that is not visible ASCII, or a `/`.
    #[error("an id has only visible ASCII characters without `/`")]
    Character,
    /// It is `.` or `..`, which mean something else in a path.
    #[error("an id is not `.` or `..`")]
    Dots,
}

fn external_id(text: &str) -> Result<Arc<str>, ExternalIdError> {
    if text.is_empty() || text.len() > EXTERNAL_ID_MAX {
        return Err(ExternalIdError::Length);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
        return Err(ExternalIdError::Character);
    }
    if matches!(text, "." | "..") {
        return Err(ExternalIdError::Dots);
    }
    Ok(Arc::from(text))
}

/// Declares an id that callers choose.
macro_rules! external_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// 1 to 128 visible ASCII characters without `/`, not `.` or `..`. Cloning is cheap.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts a text that can be such an id, already percent-decoded.
            pub fn parse(text: &str) -> Result<Self, ExternalIdError> {
                external_id(text).map(Self)
            }

            /// The text, as the caller wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ExternalIdError;

            fn from_str(text: &str) -> Result<Self, ExternalIdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    )*};
}

external_id! {
    /// The id of a tenant.
    TenantId;
    /// The id of one of a tenant's apps.
    AppId;
    /// The id of a person.
    UserId;
    /// The key of a feature gate.
    GateKey;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_reads_back_and_sorts_as_its_text(
            (millis, other) in (0..1_u64 << 48, 0..1_u64 << 48),
            random: u128,
        ) {
            let id = RecordId::from_parts(millis, random);
            let later = RecordId::from_parts(other, random);

            prop_assert_eq!(id.to_string().parse::<RecordId>(), Ok(id));
            prop_assert_eq!(id.millis(), millis);
            prop_assert_eq!(id.cmp(&later), id.to_string().cmp(&later.to_string()));
        }

        #[test]
        fn any_text_is_read_back_or_refused(text in "\\PC*|rec_[0-7][0-9A-Za-z]{25}") {
            if let Ok(id) = text.parse::<RecordId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn any_external_id_is_kept_as_it_is_or_refused(text: String) {
            if let Ok(id) = TenantId::parse(&text) {
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }

    #[test]
    fn an_id_is_its_prefix_and_a_ulid() {
        let id = PlanId::from_parts(1_469_918_176_385, 1);

        assert_eq!(id.to_string(), "plan_01ARYZ6S410000000000000001");
    }

    #[test]
    fn the_id_of_another_thing_or_in_another_spelling_is_refused() {
        let refused = [
            "plan_01ARYZ6S410000000000000001",
            "rec_01aryz6s410000000000000001",
            "rec_01ARYZ6S41000000000000000O",
            "rec_81ARYZ6S410000000000000001",
            "rec_01ARYZ6S41000000000000001",
            "rec_01ARYZ6S41000000000000000é",
            "rec-01ARYZ6S410000000000000001",
            "rec_",
            "",
        ];

        for text in refused {
            assert_eq!(text.parse::<RecordId>(), Err(NotAnId { prefix: "rec" }), "{text}");
        }
    }

    #[test]
    fn a_caller_may_use_any_short_visible_text_without_a_slash() {
        let longest = "x".repeat(EXTERNAL_ID_MAX);
        for text in ["acme", "...", "%2F", "~!@#$^&*()", "0", longest.as_str()] {
            assert_eq!(TenantId::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_text_that_would_be_lost_in_a_path_is_refused() {
        assert_eq!(AppId::parse(""), Err(ExternalIdError::Length));
        assert_eq!(AppId::parse(&"x".repeat(129)), Err(ExternalIdError::Length));
        for text in ["a/b", "a b", "a\n", "\u{7f}", "\0", "租户"] {
            assert_eq!(AppId::parse(text), Err(ExternalIdError::Character), "{text:?}");
        }
        assert_eq!(UserId::parse("."), Err(ExternalIdError::Dots));
        assert_eq!(UserId::parse(".."), Err(ExternalIdError::Dots));
    }
}
