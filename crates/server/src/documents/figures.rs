//! Numbers and days as people read them.

use countinghouse_core::{
    calendar::{DATE_TEXT_LEN, Date},
    money::{Amount, Currency, TaxRate, UnitPrice},
};

use super::Days;

/// The minus of typography, as wide as a plus.
const MINUS: char = '−';

/// An amount with the digits of its currency: `1,234.50`.
pub(super) fn amount(amount: Amount, currency: Currency) -> String {
    grouped(&amount.to_string(), usize::from(currency.exponent()))
}

/// An amount that is taken off: `−1,234.50`, and `0.00` if there is none.
pub(super) fn taken_off(taken: Amount, currency: Currency) -> String {
    match taken.checked_neg() {
        Some(negative) => amount(negative, currency),
        None => amount(taken, currency),
    }
}

/// An amount with the code of its currency: `CNY 1,234.50`.
pub(super) fn money(value: Amount, currency: Currency) -> String {
    format!("{} {}", currency.as_str(), amount(value, currency))
}

/// A price with the digits of its currency, or all of its own if they are more.
pub(super) fn price(price: UnitPrice, currency: Currency) -> String {
    grouped(&price.to_string(), usize::from(currency.exponent()))
}

/// A whole number: `12,000`.
pub(super) fn count(count: i64) -> String {
    grouped(&count.to_string(), 0)
}

/// A rate in per cent: `6%`, `8.875%`.
pub(super) fn per_cent(rate: TaxRate) -> String {
    let (whole, rest) = (rate.millionths() / 10_000, rate.millionths() % 10_000);
    let decimals = format!("{rest:04}");
    match decimals.trim_end_matches('0') {
        "" => format!("{whole}%"),
        decimals => format!("{whole}.{decimals}%"),
    }
}

/// A day: `2026-01-31`.
pub(super) fn day(day: Date) -> String {
    day.write_to(&mut [0; DATE_TEXT_LEN]).to_owned()
}

/// Days: `2026-01-01 – 2026-01-31`, or the one day.
pub(super) fn days(days: Days) -> String {
    if days.first == days.last {
        return day(days.first);
    }
    format!("{} – {}", day(days.first), day(days.last))
}

/// Plain decimal text with separators of thousands and at least so many decimals.
fn grouped(plain: &str, decimals: usize) -> String {
    let (negative, plain) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let mut text = String::with_capacity(plain.len() + plain.len() / 3 + decimals + 2);
    if negative {
        text.push(MINUS);
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if decimals > 0 || !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
        text.extend(std::iter::repeat_n('0', decimals.saturating_sub(fraction.len())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a known code")
    }

    #[test]
    fn amounts_have_the_digits_of_their_currency_and_groups_of_three() {
        let show = |units, code| amount(Amount::from_units(units), currency(code));

        assert_eq!(show(0, "CNY"), "0.00");
        assert_eq!(show(12_345_670_500, "CNY"), "1,234,567.05");
        assert_eq!(show(-9_995_000, "CNY"), "−999.50");
        assert_eq!(show(10_000_000, "JPY"), "1,000");
        assert_eq!(show(15, "BHD"), "0.0015");
        assert_eq!(show(10_000_000_000_000_000, "CNY"), "1,000,000,000,000.00");
        assert_eq!(taken_off(Amount::from_major(5), Currency::CNY), "−5.00");
        assert_eq!(taken_off(Amount::ZERO, Currency::CNY), "0.00");
        assert_eq!(money(Amount::from_major(1234), Currency::CNY), "CNY 1,234.00");
    }

    #[test]
    fn prices_keep_every_decimal() {
        let show = |text, code| price(UnitPrice::parse(text).expect("a price"), currency(code));

        assert_eq!(show("0.000000000001", "CNY"), "0.000000000001");
        assert_eq!(show("1234.5", "CNY"), "1,234.50");
        assert_eq!(show("99", "JPY"), "99");
        assert_eq!(count(-12_000), "−12,000");
    }

    #[test]
    fn rates_are_exact_per_cents() {
        let show = |text| per_cent(TaxRate::parse(text).expect("a rate"));

        assert_eq!(show("0"), "0%");
        assert_eq!(show("0.06"), "6%");
        assert_eq!(show("0.08875"), "8.875%");
        assert_eq!(show("0.000001"), "0.0001%");
        assert_eq!(show("1"), "100%");
    }
}
