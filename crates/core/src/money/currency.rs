//! Currencies of ISO 4217.

use std::{fmt, str::FromStr};

use super::Amount;

/// The most digits after the point that an [`Amount`] can count.
pub(super) const EXPONENT_MAX: u8 = 4;

/// A currency of ISO 4217 that has at most four digits after the point, such as `EUR`.
///
/// Codes without minor units of their own (gold, the testing code, "no currency") are not
/// currencies here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

/// A text is not the code of a currency that can be billed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a currency code of ISO 4217 such as `CNY`")]
pub struct NotACurrency;

impl Currency {
    /// The Chinese yuan, the currency of who names none.
    pub const CNY: Self = Self { code: *b"CNY", exponent: 2 };

    /// Reads a code of three upper-case letters.
    pub fn parse(code: &str) -> Result<Self, NotACurrency> {
        let known = iso_currency::Currency::from_code(code).ok_or(NotACurrency)?;
        let exponent = known.exponent().and_then(|digits| u8::try_from(digits).ok());
        let exponent = exponent.filter(|&digits| digits <= EXPONENT_MAX).ok_or(NotACurrency)?;
        let code = code.as_bytes().try_into().map_err(|_| NotACurrency)?;
        Ok(Self { code, exponent })
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.code).expect("a code is ASCII letters")
    }

    /// How many digits its amounts have after the point: 0 for JPY, 2 for CNY, 3 for BHD.
    pub const fn exponent(self) -> u8 {
        self.exponent
    }

    /// The smallest amount there is in it: 0.01 for CNY.
    pub const fn minor_unit(self) -> Amount {
        Amount::from_units(match self.exponent {
            0 => 10_000,
            1 => 1_000,
            2 => 100,
            3 => 10,
            _ => 1,
        })
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(code: &str) -> Result<Self, NotACurrency> {
        Self::parse(code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_currency_knows_its_digits() {
        let digits = |code: &str| Currency::parse(code).map(Currency::exponent);

        assert_eq!(digits("JPY"), Ok(0));
        assert_eq!(digits("CNY"), Ok(2));
        assert_eq!(digits("BHD"), Ok(3));
        assert_eq!(digits("CLF"), Ok(4));
        assert_eq!(Currency::parse("CNY"), Ok(Currency::CNY));
    }

    #[test]
    fn the_minor_unit_is_the_smallest_amount_of_a_currency() {
        let minor = |code: &str| Currency::parse(code).expect("known").minor_unit().to_string();

        assert_eq!(minor("JPY"), "1");
        assert_eq!(minor("CNY"), "0.01");
        assert_eq!(minor("BHD"), "0.001");
        assert_eq!(minor("CLF"), "0.0001");
    }

    #[test]
    fn what_nobody_can_be_billed_in_is_refused() {
        for code in ["XAU", "XXX", "XTS", "ABC", "cny", "CN", "CNYY", "", "€€€", "元", "CN\0"]
        {
            assert_eq!(Currency::parse(code), Err(NotACurrency), "{code}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_or_refused(text in "\\PC{0,5}|[A-Z]{3}") {
            if let Ok(currency) = Currency::parse(&text) {
                prop_assert_eq!([currency.to_string(), format!("{currency:?}")], [&*text, &*text]);
            }
        }
    }
}
