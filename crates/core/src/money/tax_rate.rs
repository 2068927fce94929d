//! Rates of tax.

use std::fmt;

use super::decimal::{self, Fault};

/// The most digits a rate has after the point.
const DECIMALS: u32 = 6;
/// Room for 20 digits, a sign, a point and the decimals.
const TEXT_MAX: usize = 28;
/// A rate of 1, in millionths.
const ONE: u32 = 1_000_000;

/// The part of a net price that is added as tax, from 0 to 1, exact to a millionth.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaxRate(u32);

/// Why a text is not a rate of tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaxRateError {
    /// The text is not a decimal number as JSON writes it.
    #[error("a tax rate is a decimal number such as 0.06")]
    NotANumber,
    /// It has more than 6 digits after the point.
    #[error("a tax rate has at most 6 decimals")]
    TooManyDecimals,
    /// It is below 0 or above 1.
    #[error("a tax rate is from 0 to 1")]
    OutOfRange,
}

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(0);
    /// As much tax as the net price.
    pub const ONE: Self = Self(ONE);

    /// Reads decimal text, exactly, or refuses it.
    pub fn parse(text: &str) -> Result<Self, TaxRateError> {
        let decimals = i32::try_from(DECIMALS).map_err(|_| TaxRateError::TooManyDecimals)?;
        let millionths = decimal::parse(text, decimals, i128::from(ONE));
        let millionths = millionths.map_err(|fault| match fault {
            Fault::Empty | Fault::NotANumber => TaxRateError::NotANumber,
            Fault::Decimals => TaxRateError::TooManyDecimals,
            Fault::Exponent | Fault::Magnitude => TaxRateError::OutOfRange,
        })?;
        u32::try_from(millionths).map(Self).map_err(|_| TaxRateError::OutOfRange)
    }

    /// The rate in millionths, from 0 to 1,000,000.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Whether there is no tax.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / ONE, self.0 % ONE);
        let mut buffer = [0; TEXT_MAX];
        f.pad(decimal::write(&mut buffer, false, whole.into(), fraction.into(), DECIMALS))
    }
}

impl fmt::Debug for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_is_from_nothing_to_one_with_six_decimals() {
        assert_eq!(TaxRate::parse("0.13").map(TaxRate::millionths), Ok(130_000));
        assert_eq!(TaxRate::parse("1").map(TaxRate::millionths), Ok(1_000_000));
        assert!(TaxRate::ZERO.is_zero() && !TaxRate(1).is_zero());
        assert_eq!(format!("{:?}", TaxRate(130_000)), "0.13");
        assert_eq!(TaxRate::parse("0.0000001"), Err(TaxRateError::TooManyDecimals));
        assert_eq!(TaxRate::parse("1.000001"), Err(TaxRateError::OutOfRange));
        assert_eq!(TaxRate::parse("-0.1"), Err(TaxRateError::OutOfRange));
        assert_eq!(TaxRate::parse("6%"), Err(TaxRateError::NotANumber));
    }

    proptest! {
        #[test]
        fn a_rate_reads_back(millionths in 0..=ONE) {
            let rate = TaxRate(millionths);

            prop_assert_eq!(TaxRate::parse(&rate.to_string()), Ok(rate));
        }
    }
}
