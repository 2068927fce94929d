//! Prices of one unit, which may be far below the smallest amount.

use std::fmt;

use super::{
    Amount, AmountError, Currency, MAX_AMOUNT,
    decimal::{self, Fault},
    rounding::divide_half_away,
};

/// The most digits a unit price has after the point.
const DECIMALS: u32 = 12;
/// How many of the smallest unit price make one major unit.
const PER_MAJOR: i128 = 1_000_000_000_000;
/// How many of the smallest unit price make one unit of an amount.
const PER_AMOUNT_UNIT: i128 = PER_MAJOR / 10_000;
/// The largest unit price, the same as the largest amount.
const MAX: i128 = MAX_AMOUNT.units() as i128 * PER_AMOUNT_UNIT;
/// Room for 20 digits, a sign, a point and the decimals.
const TEXT_MAX: usize = 34;

/// The price of one unit, exact to 12 digits after the point; negative for a credit.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitPrice(i128);

/// Why a text is not a unit price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitPriceError {
    /// The text is not a decimal number as JSON writes it.
    #[error("a unit price is a decimal number such as 0.0004")]
    NotANumber,
    /// It has more than 12 digits after the point.
    #[error("a unit price has at most 12 decimals")]
    TooManyDecimals,
    /// The magnitude is above [`MAX_AMOUNT`], or the exponent beyond ±99.
    #[error("a unit price is at most {MAX_AMOUNT}")]
    TooLarge,
}

impl UnitPrice {
    /// Free.
    pub const ZERO: Self = Self(0);

    /// Reads decimal text, exactly, or refuses it.
    pub fn parse(text: &str) -> Result<Self, UnitPriceError> {
        let decimals = i32::try_from(DECIMALS).map_err(|_| UnitPriceError::TooManyDecimals)?;
        decimal::parse(text, decimals, MAX).map(Self).map_err(|fault| match fault {
            Fault::Empty | Fault::NotANumber => UnitPriceError::NotANumber,
            Fault::Decimals => UnitPriceError::TooManyDecimals,
            Fault::Exponent | Fault::Magnitude => UnitPriceError::TooLarge,
        })
    }

    /// How many major units it is, where it is a whole number of them.
    pub fn whole(self) -> Option<i64> {
        if self.0 % PER_MAJOR == 0 { i64::try_from(self.0 / PER_MAJOR).ok() } else { None }
    }

    /// Whether it is below nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// What `quantity` units cost: the exact product, rounded once to the currency's minor unit.
    ///
    /// The only error is [`AmountError::TooLarge`].
    ///
    /// ```
    /// # use countinghouse_core::money::{Currency, UnitPrice};
    /// let price = UnitPrice::parse("0.0004").unwrap();
    /// assert_eq!(price.times(12_345, Currency::CNY).unwrap().to_string(), "4.94");
    /// ```
    pub fn times(self, quantity: i64, currency: Currency) -> Result<Amount, AmountError> {
        let exact = self.0.checked_mul(i128::from(quantity)).ok_or(AmountError::TooLarge)?;
        let minor_unit = i128::from(currency.minor_unit().units());
        let minor = divide_half_away(exact, PER_AMOUNT_UNIT * minor_unit);
        Amount::from_wide(minor * minor_unit)
            .filter(|amount| amount.is_within(MAX_AMOUNT))
            .ok_or(AmountError::TooLarge)
    }
}

impl From<Amount> for UnitPrice {
    fn from(amount: Amount) -> Self {
        Self(i128::from(amount.units()) * PER_AMOUNT_UNIT)
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_major = PER_MAJOR.unsigned_abs();
        let magnitude = self.0.unsigned_abs();
        let part = |part: u128| u64::try_from(part).expect("a price is at most 10^15 major units");
        let (whole, fraction) = (part(magnitude / per_major), part(magnitude % per_major));
        let mut buffer = [0; TEXT_MAX];
        f.pad(decimal::write(&mut buffer, self.is_negative(), whole, fraction, DECIMALS))
    }
}

impl fmt::Debug for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cost(price: &str, quantity: i64, code: &str) -> Result<String, AmountError> {
        let currency = Currency::parse(code).expect("a known code");
        let price = UnitPrice::parse(price).expect("a unit price");
        price.times(quantity, currency).map(|amount| amount.to_string())
    }

    #[test]
    fn a_product_is_rounded_once_half_away_from_zero() {
        assert_eq!(cost("0.005", 1, "CNY").as_deref(), Ok("0.01"));
        assert_eq!(cost("0.004999999999", 1, "CNY").as_deref(), Ok("0"));
        assert_eq!(cost("-0.005", 1, "CNY").as_deref(), Ok("-0.01"));
        assert_eq!(cost("0.005", -1, "CNY").as_deref(), Ok("-0.01"));
        assert_eq!(cost("0.5", 3, "JPY").as_deref(), Ok("2"));
        assert_eq!(cost("0.000000000001", 1_000_000_000_000, "BHD").as_deref(), Ok("1"));
        assert_eq!(cost("19.99", 3, "CNY").as_deref(), Ok("59.97"));
    }

    #[test]
    fn a_product_beyond_the_largest_amount_is_refused() {
        assert_eq!(cost("1", 1_000_000_000_000, "CNY").as_deref(), Ok("1000000000000"));
        assert_eq!(cost("1.01", 1_000_000_000_000, "CNY"), Err(AmountError::TooLarge));
        assert_eq!(cost("1000000000000", i64::MAX, "CNY"), Err(AmountError::TooLarge));
        assert_eq!(cost("-1000000000000", i64::MIN, "CNY"), Err(AmountError::TooLarge));
    }

    #[test]
    fn a_text_that_is_no_unit_price_is_refused() {
        assert_eq!(UnitPrice::parse(""), Err(UnitPriceError::NotANumber));
        assert_eq!(UnitPrice::parse("NaN"), Err(UnitPriceError::NotANumber));
        assert_eq!(UnitPrice::parse("1e-13"), Err(UnitPriceError::TooManyDecimals));
        assert_eq!(UnitPrice::parse("1e13"), Err(UnitPriceError::TooLarge));
        assert_eq!(UnitPrice::parse("1e100"), Err(UnitPriceError::TooLarge));
    }

    #[test]
    fn a_price_is_whole_or_not_and_below_nothing_or_not() {
        let price = |text| UnitPrice::parse(text).expect("a unit price");

        let whole = ["0", "7", "-2", "0.5", "-7.000000000001"].map(|text| price(text).whole());
        assert_eq!(whole, [Some(0), Some(7), Some(-2), None, None]);
        let negative = ["-0.01", "0", "0.01"].map(|text| price(text).is_negative());
        assert_eq!(negative, [true, false, false]);
        assert_eq!(format!("{:?}", price("-0.0004")), "-0.0004");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(smallest in -MAX..=MAX) {
            let price = UnitPrice(smallest);

            prop_assert_eq!(UnitPrice::parse(&price.to_string()), Ok(price));
        }

        #[test]
        fn an_amount_as_a_price_costs_itself(minor in -1_000_000_000_i64..1_000_000_000) {
            let amount = Amount::from_units(minor * 100);

            prop_assert_eq!(UnitPrice::from(amount).times(1, Currency::CNY), Ok(amount));
        }

        #[test]
        fn a_product_is_within_half_a_minor_unit(price in -MAX..=MAX, quantity in -9_999_i64..9_999) {
            let Ok(amount) = UnitPrice(price).times(quantity, Currency::CNY) else { return Ok(()) };

            let off = i128::from(amount.units()) * PER_AMOUNT_UNIT - price * i128::from(quantity);
            prop_assert!(off.abs() * 2 <= PER_AMOUNT_UNIT * 100);
        }
    }
}
