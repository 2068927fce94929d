//! Sharing an amount out without losing any of it.

use std::cmp::Reverse;

use super::{Amount, Currency};

/// Shares `total` out in proportion to `weights`, to the minor unit, losing nothing.
///
/// Every part is its share rounded toward zero; the minor units left over go one each to the parts
/// with the largest fraction, ties to the earlier. A negative total is the mirror of a positive
/// one. `None` if there is something to share and no weight to share it by, or if the total is
/// not a whole number of minor units.
///
/// ```
/// # use countinghouse_core::money::{Amount, Currency, allocate};
/// let parts = allocate(Amount::from_major(100), &[1, 1, 1], Currency::CNY).unwrap();
/// let texts: Vec<String> = parts.iter().map(Amount::to_string).collect();
/// assert_eq!(texts, ["33.34", "33.33", "33.33"]);
/// ```
pub fn allocate(total: Amount, weights: &[u64], currency: Currency) -> Option<Vec<Amount>> {
    if total.is_zero() {
        return Some(vec![Amount::ZERO; weights.len()]);
    }
    let whole: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if whole == 0 || !total.is_payable_in(currency) {
        return None;
    }
    let minor_unit = i128::from(currency.minor_unit().units());
    let minor = u128::from(total.units().unsigned_abs()) / minor_unit.unsigned_abs();
    let exact = |weight: u64| minor * u128::from(weight);

    let mut parts: Vec<u128> = weights.iter().map(|&weight| exact(weight) / whole).collect();
    let left_over = usize::try_from(minor - parts.iter().sum::<u128>()).ok()?;
    let fractions: Vec<u128> = weights.iter().map(|&weight| exact(weight) % whole).collect();
    for index in largest_first(&fractions).into_iter().take(left_over) {
        parts[index] += 1;
    }

    let sign = i128::from(total.units().signum());
    let units = |part: u128| Some(i128::try_from(part).ok()? * minor_unit * sign);
    parts.into_iter().map(|part| Amount::from_wide(units(part)?)).collect()
}

/// What `amount` is of each of `pieces`, in units: its part of the whole, to the minor unit, by
/// largest remainder. Pieces may be below zero. `None` where the whole is nothing or less, or
/// `amount` is no part of it.
pub(crate) fn shares(pieces: &[i64], amount: Amount, currency: Currency) -> Option<Vec<i64>> {
    let pieces = || pieces.iter().map(|piece| i128::from(*piece));
    let (whole, amount) = (pieces().sum::<i128>(), i128::from(amount.units()));
    if whole <= 0 || amount < 0 || amount > whole {
        return None;
    }
    let minor_unit = i128::from(currency.minor_unit().units());
    let divisor = whole * minor_unit;
    let mut shares: Vec<i128> = pieces().map(|it| (it * amount).div_euclid(divisor)).collect();
    let fraction = |piece: i128| (piece * amount).rem_euclid(divisor).unsigned_abs();
    let places = largest_first(&pieces().map(fraction).collect::<Vec<_>>());
    let left_over = amount / minor_unit - shares.iter().sum::<i128>();
    for place in places.into_iter().take(usize::try_from(left_over).ok()?) {
        shares[place] += 1;
    }
    shares.into_iter().map(|share| i64::try_from(share * minor_unit).ok()).collect()
}

/// The places of `fractions` from the largest down, ties to the earlier.
pub(super) fn largest_first(fractions: &[u128]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..fractions.len()).collect();
    places.sort_by_key(|&place| Reverse(fractions[place]));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(total: i64, weights: &[u64], code: &str) -> Option<Vec<i64>> {
        let currency = Currency::parse(code).expect("a known code");
        let parts = allocate(Amount::from_units(total), weights, currency)?;
        Some(parts.into_iter().map(Amount::units).collect())
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_fractions_and_ties_to_the_earlier() {
        assert_eq!(units(1_000, &[1, 1, 1], "CNY"), Some(vec![400, 300, 300]));
        assert_eq!(units(1_000, &[3, 3, 1], "CNY"), Some(vec![400, 400, 200]));
        assert_eq!(units(1_000, &[0, 1, 0], "CNY"), Some(vec![0, 1_000, 0]));
        assert_eq!(units(20_000, &[1, 1, 1], "JPY"), Some(vec![10_000, 10_000, 0]));
    }

    #[test]
    fn each_piece_has_its_part_of_an_amount_to_the_minor_unit() {
        let of = |pieces: &[i64], amount, code: &str| {
            let currency = Currency::parse(code).expect("a known code");
            shares(pieces, Amount::from_units(amount), currency)
        };

        assert_eq!(of(&[10_000, 20_000], 10_000, "CNY"), Some(vec![3_300, 6_700]));
        assert_eq!(of(&[10_000, 20_000], 10_000, "BHD"), Some(vec![3_330, 6_670]));
        assert_eq!(of(&[30_000, -10_000], 10_000, "JPY"), Some(vec![20_000, -10_000]));
        assert_eq!(of(&[10_000, 20_000], 30_000, "CNY"), Some(vec![10_000, 20_000]));
        assert_eq!(of(&[10_000, 20_000], 30_100, "CNY"), None);
        assert_eq!(of(&[10_000, -10_000], 0, "CNY"), None);
    }

    #[test]
    fn a_negative_total_is_the_mirror_of_a_positive_one() {
        assert_eq!(units(-1_000, &[1, 1, 1], "CNY"), Some(vec![-400, -300, -300]));
    }

    #[test]
    fn nothing_is_shared_by_nothing_and_something_is_not() {
        assert_eq!(units(0, &[], "CNY"), Some(vec![]));
        assert_eq!(units(0, &[0, 0], "CNY"), Some(vec![0, 0]));
        assert_eq!(units(0, &[1, 2], "CNY"), Some(vec![0, 0]));
        assert_eq!(units(100, &[], "CNY"), None);
        assert_eq!(units(100, &[0, 0], "CNY"), None);
    }

    #[test]
    fn a_total_finer_than_the_currency_cannot_be_shared() {
        assert_eq!(units(150, &[1, 1], "CNY"), None);
        assert_eq!(units(150, &[1, 1], "BHD"), Some(vec![80, 70]));
    }

    #[test]
    fn the_largest_total_and_weights_do_not_overflow() {
        let total = i64::MIN;

        let parts = units(total, &[u64::MAX, u64::MAX], "CLF").expect("weights are positive");

        assert_eq!(parts, [total / 2, total / 2]);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_each_is_within_a_minor_unit_of_its_share(
            minor in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in prop::collection::vec(0_u64.., 1..20),
        ) {
            let whole: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
            prop_assume!(whole > 0);

            let parts = units(minor * 100, &weights, "CNY").expect("a weight is positive");

            prop_assert_eq!(parts.iter().sum::<i64>(), minor * 100);
            for (&part, &weight) in parts.iter().zip(&weights) {
                let off = i128::from(part / 100) * whole - i128::from(minor) * i128::from(weight);
                prop_assert!(part % 100 == 0 && off.abs() < whole, "{} of {}", part, weight);
            }
        }
    }
}
