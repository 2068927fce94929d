//! The one rule of rounding.

/// Divides and rounds half away from zero.
///
/// `denominator` must be positive and below 2^126, which every caller's constants are.
pub(super) fn divide_half_away(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator / denominator;
    let remainder = numerator % denominator;
    if remainder.abs() * 2 >= denominator { quotient + numerator.signum() } else { quotient }
}

#[cfg(test)]
mod tests {
    use super::divide_half_away;

    #[test]
    fn a_half_moves_away_from_zero_on_both_sides() {
        let quarters = [-6, -5, -3, -2, -1, 0, 1, 2, 3, 5, 6];

        let rounded = quarters.map(|quarter| divide_half_away(quarter, 4));

        assert_eq!(rounded, [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]);
    }
}
