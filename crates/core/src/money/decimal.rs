//! Reading and writing decimal text as scaled integers, without floats and without allocating.

/// The largest power of ten, either way, that an exponent may name.
const EXPONENT_MAX: i32 = 99;

/// Why a text is not a decimal within the bounds that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no text.
    Empty,
    /// The text is not a decimal as JSON writes it.
    NotANumber,
    /// The exponent is beyond ±99.
    Exponent,
    /// More decimals than allowed are not zero.
    Decimals,
    /// The magnitude is above the largest allowed.
    Magnitude,
}

/// A decimal taken apart; every part is ASCII digits.
struct Parts<'text> {
    negative: bool,
    whole: &'text [u8],
    fraction: &'text [u8],
    exponent: i32,
}

/// Reads a decimal as an integer of `10^-decimals`, exact or refused.
///
/// The grammar is that of a JSON number: `-12.50e3` is one; `+1`, `01`, `.5`, `1.`, `NaN` are not.
/// Takes time linear in the text whatever its exponent. `max` is the largest magnitude, scaled
/// likewise; it must be below 10^30.
pub(super) fn parse(text: &str, decimals: i32, max: i128) -> Result<i128, Fault> {
    let parts = take_apart(text)?;
    let digits = || parts.whole.iter().chain(parts.fraction).map(|&digit| digit - b'0');
    let Some(first) = digits().position(|digit| digit != 0) else { return Ok(0) };
    let nonzero = digits().enumerate().filter(|&(_, digit)| digit != 0);
    let last = nonzero.last().map_or(first, |(index, _)| index);

    let power_of = |index: usize| -> Result<i64, Fault> {
        let index = i64::try_from(index).map_err(|_| Fault::Magnitude)?;
        let whole = i64::try_from(parts.whole.len()).map_err(|_| Fault::Magnitude)?;
        Ok(whole - 1 - index + i64::from(parts.exponent) + i64::from(decimals))
    };
    let trailing_zeros = u32::try_from(power_of(last)?).map_err(|_| Fault::Decimals)?;
    if power_of(first)? > 30 {
        return Err(Fault::Magnitude);
    }
    let significant = digits().take(last + 1).skip(first);
    let value = significant.fold(0_i128, |value, digit| value * 10 + i128::from(digit));
    let value = value * 10_i128.pow(trailing_zeros);
    if value > max {
        return Err(Fault::Magnitude);
    }
    Ok(if parts.negative { -value } else { value })
}

/// Writes `whole.fraction` at the end of `buffer`, without the zeros that say nothing.
///
/// `fraction` counts `10^-decimals`; the buffer must hold a sign, 20 digits, a point and
/// `decimals` digits.
pub(super) fn write(
    buffer: &mut [u8],
    negative: bool,
    whole: u64,
    mut fraction: u64,
    mut decimals: u32,
) -> &str {
    let mut at = buffer.len();
    let mut put = |byte: u8| {
        at -= 1;
        buffer[at] = byte;
    };
    let digit_of = |number: u64| b"0123456789"[usize::try_from(number % 10).unwrap_or(0)];
    if fraction != 0 {
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            decimals -= 1;
        }
        for _ in 0..decimals {
            put(digit_of(fraction));
            fraction /= 10;
        }
        put(b'.');
    }
    let mut rest = whole;
    loop {
        put(digit_of(rest));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if negative {
        put(b'-');
    }
    std::str::from_utf8(&buffer[at..]).expect("only ASCII was written")
}

fn take_apart(text: &str) -> Result<Parts<'_>, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    let text = text.as_bytes();
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (whole, text) = leading_digits(text);
    if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
        return Err(Fault::NotANumber);
    }
    let (fraction, text) = match text {
        [b'.', rest @ ..] => match leading_digits(rest) {
            ([], _) => return Err(Fault::NotANumber),
            parted => parted,
        },
        _ => (&[][..], text),
    };
    let exponent = match text {
        [] => 0,
        [b'e' | b'E', rest @ ..] => exponent(rest)?,
        _ => return Err(Fault::NotANumber),
    };
    Ok(Parts { negative, whole, fraction, exponent })
}

fn leading_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn exponent(text: &[u8]) -> Result<i32, Fault> {
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let (digits, rest) = leading_digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return Err(Fault::NotANumber);
    }
    let value = digits.iter().try_fold(0, |value, digit| {
        let value = value * 10 + i32::from(digit - b'0');
        (value <= EXPONENT_MAX).then_some(value)
    });
    value.map(|value| sign * value).ok_or(Fault::Exponent)
}

#[cfg(test)]
mod tests {
    use super::{Fault, parse};

    const MAX: i128 = 1_000_000;

    #[test]
    fn what_json_calls_a_number_is_read_exactly() {
        let cases = [
            ("0", 0),
            ("-0.000", 0),
            ("0e99", 0),
            ("1", 100),
            ("-1.5", -150),
            ("1.500", 150),
            ("12.34", 1234),
            ("1234e-2", 1234),
            ("0.1234E+2", 1234),
            ("10000", 1_000_000),
            ("100000000e-4", 1_000_000),
        ];

        for (text, value) in cases {
            assert_eq!(parse(text, 2, MAX), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_json_does_not_call_a_number_is_refused() {
        let cases = [
            "-", "+1", "01", "00", "-01", ".5", "1.", "1.e2", "1e", "1e+", "1e1.0", "1 ", " 1",
            "1,5", "1_000", "NaN", "nan", "Infinity", "-inf", "0x10", "١", "1.٠", "--1", "1\0",
        ];

        for text in cases {
            assert_eq!(parse(text, 2, MAX), Err(Fault::NotANumber), "{text}");
        }
        assert_eq!(parse("", 2, MAX), Err(Fault::Empty));
    }

    #[test]
    fn a_huge_exponent_costs_nothing_and_is_refused() {
        for text in ["1e100", "1e-100", "1e999999999", "0e-999999999999999999999999", "1E+0100"] {
            assert_eq!(parse(text, 2, MAX), Err(Fault::Exponent), "{text}");
        }
        assert_eq!(parse("1e0000000000000000000000000000002", 2, MAX), Ok(10_000));
    }

    #[test]
    fn decimals_count_before_size_and_both_hold_at_any_length() {
        let long_zero_tail = format!("1.{}", "0".repeat(5_000));
        let long_tail = format!("1.{}1", "0".repeat(5_000));
        let long_number = "9".repeat(5_000);

        assert_eq!(parse(&long_zero_tail, 2, MAX), Ok(100));
        assert_eq!(parse(&long_tail, 2, MAX), Err(Fault::Decimals));
        assert_eq!(parse(&long_number, 2, MAX), Err(Fault::Magnitude));
        assert_eq!(parse("0.001", 2, MAX), Err(Fault::Decimals));
        assert_eq!(parse("10000.01", 2, MAX), Err(Fault::Magnitude));
    }
}
