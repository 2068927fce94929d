//! Exact decimals as JSON numbers.
//!
//! The text of the number is made from integers and handed to the serialiser as it is, so it passes
//! through no binary float, and JSON elsewhere in the process keeps its ordinary numbers.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use countinghouse_core::{
    metering::{Gib, Latency},
    money::{Amount, TaxRate, UnitPrice},
    reports::Retention,
};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::{Value, value::RawValue};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, SchemaType, Type},
    },
};

/// Longer than the longest decimal that any [`Exact`] value is written with.
const TEXT_MAX: usize = 64;

/// A value written as an exact, unpadded JSON number: `99`, `5.94`, `0.05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<T>(pub T);

/// An amount of money as a JSON number.
pub type AmountNumber = Number<Amount>;

/// A unit price as a JSON number.
pub type UnitPriceNumber = Number<UnitPrice>;

/// A tax rate (0 to 1) as a JSON number.
pub type TaxRateNumber = Number<TaxRate>;

/// A part of a whole as a JSON number.
pub type RetentionNumber = Number<Retention>;

/// Bytes in GiB as a JSON number.
pub type GibNumber = Number<Gib>;

/// How long a call takes as a JSON number.
pub type LatencyNumber = Number<Latency>;

/// A value whose `Display` is the JSON number that is exactly it.
pub trait Exact: fmt::Display + Copy {
    /// What its schema is called.
    const NAME: &'static str;
    /// What its schema says.
    const DESCRIPTION: &'static str;
    /// A number that is one.
    const EXAMPLE: &'static str;

    /// The value, where it has no decimals.
    fn whole(self) -> Option<i64>;
}

impl Exact for Amount {
    const NAME: &'static str = "Amount";
    const DESCRIPTION: &'static str =
        "An amount of money in major units, exact: with at most the decimals of its currency.";
    const EXAMPLE: &'static str = "99";

    fn whole(self) -> Option<i64> {
        self.whole()
    }
}

impl Exact for UnitPrice {
    const NAME: &'static str = "UnitPrice";
    const DESCRIPTION: &'static str = "A price of one, exact, with at most 12 decimals.";
    const EXAMPLE: &'static str = "99";

    fn whole(self) -> Option<i64> {
        self.whole()
    }
}

impl Exact for TaxRate {
    const NAME: &'static str = "TaxRate";
    const DESCRIPTION: &'static str = "A rate of tax, 0 to 1, exact, with at most 6 decimals.";
    const EXAMPLE: &'static str = "0.06";

    fn whole(self) -> Option<i64> {
        None
    }
}

impl Exact for Retention {
    const NAME: &'static str = "RetentionRate";
    const DESCRIPTION: &'static str = "A part of a whole, 0 to 1, with at most 4 decimals.";
    const EXAMPLE: &'static str = "0.95";

    fn whole(self) -> Option<i64> {
        None
    }
}

impl Exact for Gib {
    const NAME: &'static str = "Gib";
    const DESCRIPTION: &'static str = "Bytes in GiB (2^30), with at most 4 decimals.";
    const EXAMPLE: &'static str = "2.5";

    fn whole(self) -> Option<i64> {
        self.whole()
    }
}

impl Exact for Latency {
    const NAME: &'static str = "Latency";
    const DESCRIPTION: &'static str = "Milliseconds, with at most 3 decimals.";
    const EXAMPLE: &'static str = "12.5";

    fn whole(self) -> Option<i64> {
        self.whole()
    }
}

/// An amount of money as it is sent: a JSON number, or a string of its decimals.
#[derive(Debug)]
pub struct AmountSent;

/// Text of a number, on the stack.
struct Digits {
    text: [u8; TEXT_MAX],
    len: usize,
}

impl<T: Exact> Serialize for Number<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(whole) = self.0.whole() {
            return serializer.serialize_i64(whole);
        }
        let mut digits = Digits { text: [0; TEXT_MAX], len: 0 };
        write!(digits, "{}", self.0).map_err(S::Error::custom)?;
        let raw: &RawValue =
            serde_json::from_slice(&digits.text[..digits.len]).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<T: Exact> PartialSchema for Number<T> {
    fn schema() -> RefOr<Schema> {
        let example = serde_json::from_str::<Value>(T::EXAMPLE).unwrap_or_default();
        let number =
            ObjectBuilder::new().schema_type(Type::Number).description(Some(T::DESCRIPTION));
        number.examples([example]).into()
    }
}

impl<T: Exact> ToSchema for Number<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

impl PartialSchema for AmountSent {
    fn schema() -> RefOr<Schema> {
        let description = "An amount of money in major units, as a number or as a string of the same \
                           decimals; exact, with at most the decimals of its currency.";
        ObjectBuilder::new()
            .schema_type(SchemaType::Array(vec![Type::Number, Type::String]))
            .pattern(Some(r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"))
            .description(Some(description))
            .examples([Value::from(99)])
            .into()
    }
}

impl ToSchema for AmountSent {}

impl fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.text.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use countinghouse_core::money::{Currency, MAX_TOTAL};
    use proptest::prelude::*;

    use super::*;

    fn json(value: impl Serialize) -> String {
        serde_json::to_string(&value).expect("it is JSON")
    }

    #[test]
    fn amounts_are_exact_and_unpadded() {
        let amounts = [("99", "99.00"), ("5.94", "5.94"), ("0.05", "5e-2"), ("-12.5", "-12.50")];

        for (written, sent) in amounts {
            let amount = Amount::parse(sent, Currency::CNY).expect("it is an amount");
            assert_eq!(json(Number(amount)), written);
        }
        assert_eq!(json(Number(MAX_TOTAL)), "100000000000000");
    }

    #[test]
    fn unit_prices_keep_every_decimal() {
        let price = UnitPrice::parse("0.000000000001").expect("it has 12 decimals");

        assert_eq!(json(Number(price)), "0.000000000001");
    }

    proptest! {
        #[test]
        fn any_amount_is_written_as_its_text(units: i64) {
            let amount = Amount::from_units(units);

            prop_assert_eq!(json([Number(amount)]), format!("[{amount}]"));
        }
    }
}
