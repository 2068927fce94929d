//! What a change in the middle of a period credits and charges.
//!
//! Days are dates in the subscription's zone, and the day of the change still has to be served. A
//! credit is made of the very lines that were billed for the period and not given back yet, those below
//! zero too: whatever changes came before, what is left of each is given back. What is *not* here: tax and documents
//! ([`invoicing`](crate::invoicing)).

use crate::{
    calendar::{Instant, Period, Zone, days_between},
    money::{Amount, Currency},
};

/// A line that was billed for a period; below zero, what was credited in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Its amount, as it was priced.
    pub amount: Amount,
    /// The days that it covers.
    pub service: Period,
}

/// What a line costs from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The share of the whole.
    pub amount: Amount,
    /// How many of the days are left.
    pub days: i64,
    /// How many days it has.
    pub of: i64,
}

/// What is given back of one line: it takes away what the line had asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credited {
    /// Its place among the lines that were billed.
    pub line: usize,
    /// The part of it; above zero for a line above zero.
    pub part: Part,
}

/// What is left of a price whose days are those of `service`, from `at` on: the day of `at` counts.
///
/// It is rounded once, half away from zero, to the currency's minor unit. Before the service begins
/// all of it is left; after it, and where it has no day, nothing.
///
/// ```
/// # use countinghouse_core::calendar::{Instant, Period, Zone};
/// # use countinghouse_core::money::{Amount, Currency};
/// # use countinghouse_core::subscriptions::part_from;
/// let at = |text: &str| Instant::parse(text).unwrap();
/// let april = Period::new(at("2026-04-01T00:00:00Z"), at("2026-05-01T00:00:00Z")).unwrap();
/// let part =
///     part_from(at("2026-04-16T09:00:00Z"), Amount::from_major(99), april, &Zone::UTC, Currency::CNY);
/// assert_eq!((part.amount.to_string(), part.days, part.of), ("49.5".into(), 15, 30));
/// ```
pub fn part_from(
    at: Instant,
    whole: Amount,
    service: Period,
    zone: &Zone,
    currency: Currency,
) -> Part {
    let of = days_between(service.start(), service.end(), zone);
    let days = days_between(at.max(service.start()), service.end(), zone).clamp(0, of);
    let amount = if of == 0 { Some(Amount::ZERO) } else { whole.checked_share(days, of, currency) };
    // A part is never larger than the whole, which is an amount.
    Part { amount: amount.unwrap_or(Amount::ZERO), days, of }
}

/// What is given back of the lines billed for a period, from `at` on.
///
/// Each line is rounded once. All of it together is never below nothing and never above what was
/// billed in the period, whatever the roundings of the lines add up to: where it would be, the
/// largest part gives way.
pub fn credit_from(
    at: Instant,
    billed: &[Billed],
    zone: &Zone,
    currency: Currency,
) -> Vec<Credited> {
    let part = |line: &Billed| part_from(at, line.amount, line.service, zone, currency);
    let mut credited: Vec<Credited> = billed
        .iter()
        .enumerate()
        .map(|(line, billed)| Credited { line, part: part(billed) })
        .filter(|credited| !credited.part.amount.is_zero())
        .collect();
    let whole = units(billed.iter().map(|line| line.amount));
    let credit = units(credited.iter().map(|it| it.part.amount));
    let excess = credit - credit.clamp(0, whole.max(0));
    let largest = credited.iter_mut().max_by_key(|it| (it.part.amount.units().abs(), it.line));
    if let (Some(largest), Ok(excess)) = (largest, i64::try_from(excess)) {
        let amount = &mut largest.part.amount;
        *amount = Amount::from_units(amount.units() - excess);
    }
    credited
}

/// The sum of amounts, in their units.
pub(super) fn units(amounts: impl Iterator<Item = Amount>) -> i128 {
    amounts.map(|amount| i128::from(amount.units())).sum()
}

#[cfg(test)]
mod tests;
