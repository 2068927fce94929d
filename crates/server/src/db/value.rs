//! A value on its way into a statement, and how each engine stores it.
//!
//! | here | PostgreSQL | SQLite |
//! |---|---|---|
//! | [`Value::Int`] | `BIGINT` | `INTEGER` |
//! | [`Value::Text`] | `TEXT` | `TEXT` |
//! | [`Value::Bool`] | `BOOLEAN` | `INTEGER` |
//! | [`Value::Bytes`] | `BYTEA` | `BLOB` |
//! | [`Value::Time`] | `TIMESTAMPTZ` | `INTEGER`, microseconds since 1970 |

use countinghouse_core::{calendar::Instant, money::Amount};
use sqlx::{
    Decode, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef, types::Oid},
    sqlite::{SqliteTypeInfo, SqliteValueRef},
};

use super::Error;

/// A value that both engines can store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Int(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// A truth value.
    Bool(Option<bool>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// An instant.
    Time(Option<Time>),
}

/// An instant as the store keeps it: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The instant, or that the stored value is beyond the calendar.
    pub fn instant(self) -> Result<Instant, Error> {
        Instant::from_micros(self.0).map_err(|_| Error::corrupt("", &self.0.to_string(), "instant"))
    }
}

/// PostgreSQL counts from 2000-01-01T00:00:00Z.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// The type ids of `timestamptz` and its array, fixed in PostgreSQL's catalogue.
const TIMESTAMPTZ: Oid = Oid(1184);
const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        ty.oid() == Some(TIMESTAMPTZ)
    }
}

impl PgHasArrayType for Time {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ_ARRAY)
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&(self.0 - POSTGRES_EPOCH), buffer)
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let bytes: [u8; 8] = value.as_bytes()?.try_into()?;
        let micros = i64::from_be_bytes(bytes).checked_add(POSTGRES_EPOCH);
        Ok(Self(micros.ok_or("an instant beyond range")?))
    }
}

impl Type<Sqlite> for Time {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(ty: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(ty)
    }
}

impl Decode<'_, Sqlite> for Time {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(<i64 as Decode<Sqlite>>::decode(value)?))
    }
}

macro_rules! into_value {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value.into()))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(Into::into))
            }
        }
    )*};
}

into_value! {
    i64 => Int,
    i32 => Int,
    &str => Text,
    String => Text,
    bool => Bool,
    &[u8] => Bytes,
    Vec<u8> => Bytes,
    Time => Time,
}

impl From<Instant> for Time {
    fn from(instant: Instant) -> Self {
        Self(instant.as_micros())
    }
}

impl From<Instant> for Value {
    fn from(instant: Instant) -> Self {
        Self::Time(Some(instant.into()))
    }
}

impl From<Option<Instant>> for Value {
    fn from(instant: Option<Instant>) -> Self {
        Self::Time(instant.map(Into::into))
    }
}

impl From<Amount> for Value {
    fn from(amount: Amount) -> Self {
        Self::Int(Some(amount.units()))
    }
}

impl From<&[u8; 32]> for Value {
    fn from(value: &[u8; 32]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}
