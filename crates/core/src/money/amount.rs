//! Amounts of money.

use std::fmt;

use super::{
    Currency,
    decimal::{self, Fault},
    rounding::divide_half_away,
};

/// How many units of an [`Amount`] make one of the currency's major unit.
const UNITS_PER_MAJOR: i64 = 10_000;
/// How many decimals one unit of an [`Amount`] has.
const DECIMALS: u32 = 4;

/// The largest amount that anything may name: 10^12 of the major unit.
pub const MAX_AMOUNT: Amount = Amount::from_major(1_000_000_000_000);
/// The largest balance or lifetime total of an account: 10^14 of the major unit.
pub const MAX_TOTAL: Amount = Amount::from_major(100_000_000_000_000);
/// The most characters an amount is written with.
pub const AMOUNT_TEXT_MAX: usize = 25;

/// An amount of money, counted in ten-thousandths of its currency's major unit.
///
/// The currency is not part of it: a tenant has one. Amounts of unlike currencies still compare
/// by value. It is written as the shortest exact decimal.
///
/// ```
/// # use countinghouse_core::money::{Amount, Currency};
/// let price = Amount::parse("5.940", Currency::CNY).unwrap();
/// assert_eq!(price.units(), 59_400);
/// assert_eq!(price.to_string(), "5.94");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(i64);

/// Why a text or a product is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// There is no text.
    #[error("an amount is required")]
    Empty,
    /// The text is not a decimal number as JSON writes it.
    #[error("an amount is a decimal number such as 5.94")]
    NotANumber,
    /// The exponent is beyond ±99.
    #[error("the exponent of the amount is out of range")]
    ExponentOutOfRange,
    /// The currency does not have that many digits after the point.
    #[error("an amount in {currency} has at most {} decimals", currency.exponent())]
    TooManyDecimals {
        /// The currency the amount was to be in.
        currency: Currency,
    },
    /// No currency has so many decimals.
    #[error("an amount has at most 4 decimals")]
    TooFine,
    /// The magnitude is above [`MAX_AMOUNT`].
    #[error("an amount is at most {MAX_AMOUNT}")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of so many ten-thousandths, as stored.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// How many major units it is, where it is a whole number of them.
    pub const fn whole(self) -> Option<i64> {
        if self.0 % UNITS_PER_MAJOR == 0 { Some(self.0 / UNITS_PER_MAJOR) } else { None }
    }

    /// An amount of so many whole major units. It panics beyond 9 × 10^14 of them.
    pub const fn from_major(major: i64) -> Self {
        match major.checked_mul(UNITS_PER_MAJOR) {
            Some(units) => Self(units),
            None => panic!("an amount can count at most 9 × 10^14 major units"),
        }
    }

    /// Reads decimal text: what JSON calls a number, exactly, or it is refused.
    ///
    /// Zeros at the end are no digits: `1.000` is an amount in CNY, `0.001` is not.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let minor_unit = currency.minor_unit();
        let too_many = AmountError::TooManyDecimals { currency };
        Self::parse_in_units_of(minor_unit, currency.exponent(), text, too_many)
    }

    /// Reads decimal text as [`Amount::parse`] does, in a currency that is not known yet: with as
    /// many decimals as any currency has. [`Amount::is_payable_in`] tells later whether it fits.
    pub fn parse_in_any(text: &str) -> Result<Self, AmountError> {
        Self::parse_in_units_of(Self(1), 4, text, AmountError::TooFine)
    }

    fn parse_in_units_of(
        minor_unit: Self,
        decimals: u8,
        text: &str,
        too_many: AmountError,
    ) -> Result<Self, AmountError> {
        let minor_unit = i128::from(minor_unit.0);
        let max = i128::from(MAX_AMOUNT.0) / minor_unit;
        let minor =
            decimal::parse(text, i32::from(decimals), max).map_err(|fault| match fault {
                Fault::Empty => AmountError::Empty,
                Fault::NotANumber => AmountError::NotANumber,
                Fault::Exponent => AmountError::ExponentOutOfRange,
                Fault::Decimals => too_many,
                Fault::Magnitude => AmountError::TooLarge,
            })?;
        Self::from_wide(minor * minor_unit).ok_or(AmountError::TooLarge)
    }

    /// The amount in ten-thousandths, to be stored.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// The sum, if it can be counted at all.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, if it can be counted at all.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same amount the other way.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The magnitude.
    pub fn checked_abs(self) -> Option<Self> {
        self.0.checked_abs().map(Self)
    }

    /// The sum of many, if it can be counted; what happens in between doesn't matter.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        Self::from_wide(amounts.into_iter().map(|amount| i128::from(amount.0)).sum())
    }

    /// The amount × `numerator` ÷ `denominator`, rounded once to the currency's minor unit.
    ///
    /// `None` if the denominator isn't positive or the result can't be counted.
    ///
    /// ```
    /// # use countinghouse_core::money::{Amount, Currency};
    /// let month = Amount::from_major(99);
    /// let rest = month.checked_share(16, 31, Currency::CNY).unwrap();
    /// assert_eq!(rest.to_string(), "51.1");
    /// ```
    pub fn checked_share(
        self,
        numerator: i64,
        denominator: i64,
        currency: Currency,
    ) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let minor_unit = i128::from(currency.minor_unit().0);
        let exact = i128::from(self.0) * i128::from(numerator);
        let minor = divide_half_away(exact, i128::from(denominator) * minor_unit);
        Self::from_wide(minor.checked_mul(minor_unit)?)
    }

    /// Whether it is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is below nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is above nothing.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether the magnitude is at most that of `limit`.
    pub const fn is_within(self, limit: Self) -> bool {
        self.0.unsigned_abs() <= limit.0.unsigned_abs()
    }

    /// Whether the currency has a digit for all of it.
    pub const fn is_payable_in(self, currency: Currency) -> bool {
        self.0 % currency.minor_unit().0 == 0
    }

    /// Writes the decimal into `buffer`, without allocating, and answers what was written.
    pub fn write_to(self, buffer: &mut [u8; AMOUNT_TEXT_MAX]) -> &str {
        let units_per_major = UNITS_PER_MAJOR.unsigned_abs();
        let units = self.0.unsigned_abs();
        let (whole, fraction) = (units / units_per_major, units % units_per_major);
        decimal::write(buffer, self.is_negative(), whole, fraction, DECIMALS)
    }

    /// From an intermediate result of 128 bits.
    pub(super) fn from_wide(units: i128) -> Option<Self> {
        i64::try_from(units).ok().map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.write_to(&mut [0; AMOUNT_TEXT_MAX]))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write_to(&mut [0; AMOUNT_TEXT_MAX]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a known code")
    }

    #[test]
    fn an_amount_is_written_exact_and_unpadded() {
        let cases = [
            (990_000, "99"),
            (59_400, "5.94"),
            (-500, "-0.05"),
            (0, "0"),
            (1, "0.0001"),
            (12_500, "1.25"),
            (-10_000, "-1"),
            (i64::MAX, "922337203685477.5807"),
            (i64::MIN, "-922337203685477.5808"),
        ];

        for (units, text) in cases {
            assert_eq!(Amount::from_units(units).to_string(), text);
        }
    }

    #[test]
    fn an_amount_is_whole_where_it_has_no_part_of_a_major_unit() {
        let whole = |units| Amount::from_units(units).whole();

        assert_eq!([whole(0), whole(70_000), whole(-20_000)], [Some(0), Some(7), Some(-2)]);
        assert_eq!([whole(1), whole(-9_999), whole(70_001)], [None; 3]);
    }

    #[test]
    fn an_amount_in_a_currency_that_is_not_known_yet_has_up_to_four_decimals() {
        assert_eq!(Amount::parse_in_any("-1.2345"), Ok(Amount::from_units(-12_345)));
        assert_eq!(Amount::parse_in_any("0.00001"), Err(AmountError::TooFine));
    }

    #[test]
    fn the_magnitude_of_an_amount_has_no_sign() {
        let size = |units| Amount::from_units(units).checked_abs().map(Amount::units);

        assert_eq!([size(5), size(-5), size(i64::MIN)], [Some(5), Some(5), None]);
    }

    #[test]
    fn an_amount_may_have_as_many_decimals_as_its_currency_and_zeros_beyond() {
        let parse = |text, code| Amount::parse(text, currency(code)).map(Amount::units);
        let too_many = |code| Err(AmountError::TooManyDecimals { currency: currency(code) });

        assert_eq!(parse("1.50", "CNY"), Ok(15_000));
        assert_eq!(parse("1.000", "CNY"), Ok(10_000));
        assert_eq!(parse("-5.94", "CNY"), Ok(-59_400));
        assert_eq!(parse("1.5e2", "JPY"), Ok(1_500_000));
        assert_eq!(parse("1.0", "JPY"), Ok(10_000));
        assert_eq!(parse("0.001", "BHD"), Ok(10));
        assert_eq!(parse("0.0001", "CLF"), Ok(1));
        assert_eq!(parse("0.001", "CNY"), too_many("CNY"));
        assert_eq!(parse("0.1", "JPY"), too_many("JPY"));
        assert_eq!(parse("1e-3", "CNY"), too_many("CNY"));
        assert_eq!(parse("0.00001", "CLF"), too_many("CLF"));
    }

    #[test]
    fn the_largest_amount_is_allowed_and_one_minor_unit_more_is_not() {
        let parse = |text| Amount::parse(text, Currency::CNY);

        assert_eq!(parse("1000000000000"), Ok(MAX_AMOUNT));
        assert_eq!(parse("-1e12"), Ok(Amount::from_units(-MAX_AMOUNT.units())));
        assert_eq!(parse("1000000000000.01"), Err(AmountError::TooLarge));
        assert_eq!(parse("-1e13"), Err(AmountError::TooLarge));
        assert_eq!(parse("1e99"), Err(AmountError::TooLarge));
    }

    #[test]
    fn every_refusal_says_what_the_rule_is() {
        let refusal = |text| Amount::parse(text, Currency::CNY).expect_err(text).to_string();

        assert_eq!(refusal(""), "an amount is required");
        assert_eq!(refusal("NaN"), "an amount is a decimal number such as 5.94");
        assert_eq!(refusal("1e999999999"), "the exponent of the amount is out of range");
        assert_eq!(refusal("0.001"), "an amount in CNY has at most 2 decimals");
        assert_eq!(refusal("1e13"), "an amount is at most 1000000000000");
    }

    #[test]
    fn a_share_is_rounded_once_half_away_from_zero() {
        let share = |units, of, all, code| {
            Amount::from_units(units).checked_share(of, all, currency(code)).map(Amount::units)
        };

        assert_eq!(share(100, 1, 2, "CNY"), Some(100));
        assert_eq!(share(-100, 1, 2, "CNY"), Some(-100));
        assert_eq!(share(100, 49, 99, "CNY"), Some(0));
        assert_eq!(share(990_000, 16, 31, "JPY"), Some(510_000));
        assert_eq!(share(990_000, 0, 31, "CNY"), Some(0));
        assert_eq!(share(990_000, 1, 0, "CNY"), None);
        assert_eq!(share(i64::MAX, i64::MAX, 1, "CNY"), None);
    }

    #[test]
    fn arithmetic_beyond_what_can_be_counted_is_nothing() {
        let most = Amount::from_units(i64::MAX);
        let least = Amount::from_units(i64::MIN);

        assert_eq!(most.checked_add(Amount::from_units(1)), None);
        assert_eq!(least.checked_sub(Amount::from_units(1)), None);
        assert_eq!(least.checked_neg(), None);
        assert_eq!(least.checked_abs(), None);
        assert_eq!(Amount::checked_sum([most, most, least, least]), Some(Amount::from_units(-2)));
        assert_eq!(Amount::checked_sum([most, most]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            minor in -100_000_000_000_000_i64..=100_000_000_000_000,
            code in prop::sample::select(vec!["JPY", "CNY", "BHD", "CLF"]),
        ) {
            let currency = currency(code);
            let amount = Amount::from_units(minor - minor % currency.minor_unit().units());

            prop_assert_eq!(Amount::parse(&amount.to_string(), currency), Ok(amount));
        }

        #[test]
        fn any_text_is_an_amount_or_a_refusal(text in "\\PC*|-?[0-9.eE+-]{0,40}") {
            if let Ok(amount) = Amount::parse(&text, Currency::CNY) {
                prop_assert!(amount.is_within(MAX_AMOUNT) && amount.is_payable_in(Currency::CNY));
            }
        }

        #[test]
        fn any_stored_amount_can_be_written(units: i64) {
            let text = Amount::from_units(units).to_string();

            let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
            prop_assert!(fraction.len() <= 4 && !fraction.ends_with('0'), "{}", text);
        }
    }
}
