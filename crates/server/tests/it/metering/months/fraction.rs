//! Exact fractions.

use std::fmt;

/// A number, exactly: so many of so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    /// So many tenths, hundredths, …
    pub(super) fn new(over: i128, decimals: u32) -> Self {
        Self { over, under: 10_i128.pow(decimals) }
    }

    /// The number that a decimal text is, as JSON writes it.
    pub(super) fn parse(text: &str) -> Self {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let over: i128 = format!("{whole}{part}").parse().unwrap();
        let shift = exponent.parse::<i32>().unwrap() - i32::try_from(part.len()).unwrap();
        let power = 10_i128.pow(shift.unsigned_abs());
        let (over, under) = if shift < 0 { (over, power) } else { (over * power, 1) };
        Self { over, under }
    }

    pub(super) fn times(self, count: i64) -> Self {
        Self { over: self.over * i128::from(count), under: self.under }
    }

    /// Rounded to so many decimals, a half away from zero; of what is not below zero.
    pub(super) fn rounded(self, decimals: u32) -> Self {
        let scaled = self.over * 10_i128.pow(decimals);
        let (floor, rest) = (scaled / self.under, scaled % self.under);
        Self::new(floor + i128::from(2 * rest >= self.under), decimals)
    }

    pub(super) fn is_zero(self) -> bool {
        self.over == 0
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut a, mut b) = (self.over, self.under);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        write!(f, "{}/{}", self.over / a, self.under / a)
    }
}

#[test]
fn fractions_are_what_they_are_written_as() {
    let said = |text: &str| Fraction::parse(text).to_string();

    assert_eq!(
        ["0.25", "1e-12", "2.5e3", "7", "0.0"].map(said)[..3],
        ["1/4", "1/1000000000000", "2500/1",]
    );
    let rounded = |text: &str| Fraction::parse(text).rounded(2).to_string();
    assert_eq!(["0.005", "0.0049", "1.995"].map(rounded), ["1/100", "0/1", "2/1"]);
    assert_eq!(Fraction::parse("0.000000000001").times(1_000_000_000_000).to_string(), "1/1");
}
