//! Tax on the lines of a document.

use std::collections::BTreeMap;

use super::{
    Amount, AmountError, Currency, MAX_AMOUNT, TaxRate, allocation::largest_first,
    rounding::divide_half_away,
};

/// Whether the prices of a document contain the tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaxMode {
    /// Prices are net; tax comes on top.
    Exclusive,
    /// Prices are gross; tax is taken out of them.
    Inclusive,
}

/// One line with its tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxedLine {
    /// The line's amount without tax.
    pub net: Amount,
    /// The tax on it.
    pub tax: Amount,
}

/// All lines of a document at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateTotal {
    /// The rate they share.
    pub rate: TaxRate,
    /// Their sum without tax.
    pub net: Amount,
    /// The tax on that sum, rounded once.
    pub tax: Amount,
}

/// A document with its tax; lines and rates both sum to `net` and `tax`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxed {
    /// The lines, in the order they were given.
    pub lines: Vec<TaxedLine>,
    /// The rates, from the lowest up.
    pub by_rate: Vec<RateTotal>,
    /// The document without tax.
    pub net: Amount,
    /// The tax of the document.
    pub tax: Amount,
    /// What is to be paid: net and tax.
    pub gross: Amount,
}

/// Lines at one rate: where they stand in the document, and their amounts as priced, in units.
type LinesOfRate = Vec<(usize, i128)>;

/// Computes the tax of a document whose lines are amounts as priced, each at a rate.
///
/// The lines of one rate are summed, the tax of the sum is rounded once, and it is shared out to
/// them by largest remainder: each line's exact tax rounded down to the minor unit, then one more
/// for the largest fractions, ties to the earlier. So each line's tax is within one minor unit of
/// its own exact tax, also among lines that take back what others charge. A document that takes
/// back more than it charges is the mirror of one that charges it. The only error is
/// [`AmountError::TooLarge`], when a sum of the document is above [`MAX_AMOUNT`].
pub fn tax_lines(
    mode: TaxMode,
    currency: Currency,
    lines: &[(Amount, TaxRate)],
) -> Result<Taxed, AmountError> {
    let mut rates: BTreeMap<TaxRate, LinesOfRate> = BTreeMap::new();
    for (place, &(amount, rate)) in lines.iter().enumerate() {
        rates.entry(rate).or_default().push((place, i128::from(amount.units())));
    }
    let minor_unit = i128::from(currency.minor_unit().units());

    let mut taxes = vec![0; lines.len()];
    let mut by_rate = Vec::with_capacity(rates.len());
    for (rate, of_rate) in rates {
        let tax = share_tax(&Fraction::of(mode, rate), minor_unit, &of_rate, &mut taxes);
        let priced = of_rate.iter().map(|&(_, units)| units).sum();
        let TaxedLine { net, tax } = taxed(mode, priced, tax)?;
        by_rate.push(RateTotal { rate, net, tax });
    }

    let priced = lines.iter().map(|&(amount, _)| i128::from(amount.units()));
    let lines: Vec<TaxedLine> = priced
        .zip(taxes)
        .map(|(priced, tax)| taxed(mode, priced, tax))
        .collect::<Result<_, _>>()?;
    let sum = |part: fn(&TaxedLine) -> Amount| {
        within_max(lines.iter().map(|line| i128::from(part(line).units())).sum())
    };
    let (net, tax) = (sum(|line| line.net)?, sum(|line| line.tax)?);
    let gross = within_max(i128::from(net.units()) + i128::from(tax.units()))?;
    Ok(Taxed { lines, by_rate, net, tax, gross })
}

/// The part of an amount as priced that is tax.
struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    fn of(mode: TaxMode, rate: TaxRate) -> Self {
        let (rate, one) = (i128::from(rate.millionths()), i128::from(TaxRate::ONE.millionths()));
        let denominator = match mode {
            TaxMode::Exclusive => one,
            TaxMode::Inclusive => one + rate,
        };
        Self { numerator: rate, denominator }
    }
}

/// Writes the tax of the lines of one rate into `taxes`, in units, and answers their sum.
fn share_tax(part: &Fraction, minor_unit: i128, lines: &LinesOfRate, taxes: &mut [i128]) -> i128 {
    let base: i128 = lines.iter().map(|&(_, units)| units).sum();
    let mirror = if base < 0 { -1 } else { 1 };
    let denominator = part.denominator * minor_unit;
    let total = divide_half_away(base * mirror * part.numerator, denominator);

    let exact = || lines.iter().map(|&(_, units)| units * mirror * part.numerator);
    let mut minor: Vec<i128> = exact().map(|tax| tax.div_euclid(denominator)).collect();
    let fractions: Vec<u128> =
        exact().map(|tax| tax.rem_euclid(denominator).unsigned_abs()).collect();
    let left_over = usize::try_from(total - minor.iter().sum::<i128>()).unwrap_or(0);
    for place in largest_first(&fractions).into_iter().take(left_over) {
        minor[place] += 1;
    }

    for (&(place, _), minor) in lines.iter().zip(minor) {
        taxes[place] = minor * minor_unit * mirror;
    }
    total * minor_unit * mirror
}

fn taxed(mode: TaxMode, priced: i128, tax: i128) -> Result<TaxedLine, AmountError> {
    let net = match mode {
        TaxMode::Exclusive => priced,
        TaxMode::Inclusive => priced - tax,
    };
    Ok(TaxedLine { net: within_max(net)?, tax: within_max(tax)? })
}

fn within_max(units: i128) -> Result<Amount, AmountError> {
    let amount = Amount::from_wide(units).filter(|amount| amount.is_within(MAX_AMOUNT));
    amount.ok_or(AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        TaxMode::{Exclusive, Inclusive},
        *,
    };

    fn document(mode: TaxMode, lines: &[(&str, &str)]) -> Taxed {
        let parse = |&(amount, rate): &(&str, &str)| {
            let amount = Amount::parse(amount, Currency::CNY).expect("an amount");
            (amount, TaxRate::parse(rate).expect("a rate"))
        };
        let lines: Vec<_> = lines.iter().map(parse).collect();
        tax_lines(mode, Currency::CNY, &lines).expect("small enough")
    }

    fn texts(document: &Taxed) -> Vec<(String, String)> {
        document.lines.iter().map(|line| (line.net.to_string(), line.tax.to_string())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(net, tax)| (net.into(), tax.into())).collect()
    }

    #[test]
    fn the_tax_of_a_rate_is_rounded_once_and_shared_to_the_largest_fractions() {
        let taxed = document(Exclusive, &[("0.05", "0.1"), ("0.05", "0.1"), ("0.05", "0.1")]);

        assert_eq!(taxed.tax.to_string(), "0.02");
        assert_eq!(texts(&taxed), pairs(&[("0.05", "0.01"), ("0.05", "0.01"), ("0.05", "0")]));
    }

    #[test]
    fn inclusive_prices_contain_the_tax() {
        let taxed = document(Inclusive, &[("106", "0.06"), ("0.99", "0.06")]);

        assert_eq!(texts(&taxed), pairs(&[("100", "6"), ("0.93", "0.06")]));
        assert_eq!(
            (taxed.net.to_string(), taxed.tax.to_string()),
            ("100.93".into(), "6.06".into())
        );
        assert_eq!(taxed.gross.to_string(), "106.99");
    }

    #[test]
    fn rates_are_rounded_each_for_itself_and_listed_from_the_lowest() {
        let taxed = document(Exclusive, &[("0.25", "0.1"), ("100", "0"), ("0.25", "0.06")]);

        let rates: Vec<_> = taxed.by_rate.iter().map(|of| (of.rate.to_string(), of.tax)).collect();
        let cents = |cents: i64| Amount::from_units(cents * 100);
        assert_eq!(
            rates,
            [("0".into(), cents(0)), ("0.06".into(), cents(2)), ("0.1".into(), cents(3))]
        );
    }

    #[test]
    fn a_line_that_takes_back_has_the_tax_of_what_it_takes_back() {
        let taxed = document(Exclusive, &[("100", "0.13"), ("-99.95", "0.13")]);

        assert_eq!(texts(&taxed), pairs(&[("100", "13"), ("-99.95", "-12.99")]));
        assert_eq!(taxed.tax.to_string(), "0.01");
    }

    #[test]
    fn lines_that_cancel_out_have_taxes_that_cancel_out() {
        let taxed = document(Inclusive, &[("106", "0.06"), ("-106", "0.06")]);

        assert_eq!(texts(&taxed), pairs(&[("100", "6"), ("-100", "-6")]));
        assert!(taxed.gross.is_zero() && taxed.tax.is_zero());
    }

    #[test]
    fn what_cancels_out_is_shared_as_if_it_were_asked_for() {
        let taxed = document(Exclusive, &[("0.05", "0.1"), ("0.05", "0.1"), ("-0.1", "0.1")]);

        let shared = [("0.05", "0.01"), ("0.05", "0"), ("-0.1", "-0.01")];
        assert_eq!(texts(&taxed), pairs(&shared));
    }

    #[test]
    fn a_document_without_lines_is_nothing() {
        let taxed = document(Exclusive, &[]);

        assert!(taxed.lines.is_empty() && taxed.by_rate.is_empty() && taxed.gross.is_zero());
    }

    #[test]
    fn a_document_beyond_the_largest_amount_is_refused() {
        let rate = TaxRate::parse("1").expect("a rate");

        let doubled = tax_lines(Exclusive, Currency::CNY, &[(MAX_AMOUNT, rate)]);

        assert_eq!(doubled, Err(AmountError::TooLarge));
    }

    fn any_lines() -> impl Strategy<Value = Vec<(Amount, TaxRate)>> {
        let cents = prop_oneof![-2_000_i64..2_000, -1_000_000_000..1_000_000_000_i64];
        let rate = prop::sample::select(vec!["0", "0.000001", "0.06", "0.13", "0.333333", "1"]);
        let line = (cents, rate).prop_map(|(cents, r)| {
            (Amount::from_units(cents * 100), TaxRate::parse(r).expect("a rate"))
        });
        prop::collection::vec(line, 0..12)
    }

    fn any_mode() -> impl Strategy<Value = TaxMode> {
        prop_oneof![Just(Exclusive), Just(Inclusive)]
    }

    proptest! {
        #[test]
        fn lines_and_rates_sum_to_the_document(lines in any_lines(), mode in any_mode()) {
            let taxed = tax_lines(mode, Currency::CNY, &lines).expect("small enough");

            let sum = |amounts: Vec<Amount>| Amount::checked_sum(amounts).expect("small enough");
            let parts = |part: fn(&TaxedLine) -> Amount| sum(taxed.lines.iter().map(part).collect());
            prop_assert_eq!(parts(|line| line.net), taxed.net);
            prop_assert_eq!(parts(|line| line.tax), taxed.tax);
            prop_assert_eq!(sum(taxed.by_rate.iter().map(|of| of.net).collect()), taxed.net);
            prop_assert_eq!(sum(taxed.by_rate.iter().map(|of| of.tax).collect()), taxed.tax);
            prop_assert_eq!(taxed.net.checked_add(taxed.tax), Some(taxed.gross));
        }

        #[test]
        fn the_tax_of_a_line_is_within_a_minor_unit_of_its_own(
            lines in any_lines(),
            mode in any_mode(),
        ) {
            let taxed = tax_lines(mode, Currency::CNY, &lines).expect("small enough");

            for (line, &(priced, rate)) in taxed.lines.iter().zip(&lines) {
                let part = Fraction::of(mode, rate);
                let exact = i128::from(priced.units()) * part.numerator;
                let off = i128::from(line.tax.units()) * part.denominator - exact;
                prop_assert!(off.abs() < 100 * part.denominator, "{:?} of {:?}", line, priced);
            }
        }

        #[test]
        fn taking_a_document_back_is_its_mirror(lines in any_lines(), mode in any_mode()) {
            let negated = |amount: Amount| amount.checked_neg().expect("small enough");
            let back: Vec<_> = lines.iter().map(|&(amount, rate)| (negated(amount), rate)).collect();

            let charged = tax_lines(mode, Currency::CNY, &lines).expect("small enough");
            let taken_back = tax_lines(mode, Currency::CNY, &back).expect("small enough");

            prop_assert_eq!(negated(charged.tax), taken_back.tax);
            for (of, back) in charged.by_rate.iter().zip(&taken_back.by_rate) {
                prop_assert_eq!(negated(of.tax), back.tax);
            }
            // Where a rate's lines cancel out, there is no side to mirror.
            let base = |rate| -> i64 {
                let own = lines.iter().filter(|(_, of)| *of == rate);
                own.map(|(amount, _)| amount.units()).sum()
            };
            for ((line, back), (_, rate)) in charged.lines.iter().zip(&taken_back.lines).zip(&lines) {
                prop_assert!(base(*rate) == 0 || negated(line.tax) == back.tax);
            }
        }
    }
}
