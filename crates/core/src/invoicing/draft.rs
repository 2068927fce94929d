//! What an invoice says, before it has a number.

use crate::{
    calendar::Period,
    money::{Amount, AmountError, Currency, TaxRate, UnitPrice, tax_lines},
    tenants::TaxTerms,
};

/// A line before tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// What it is for.
    pub description: String,
    /// What was used, such as `subscription` or `api_calls`.
    pub resource_type: String,
    /// How many.
    pub quantity: i64,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// The days it covers.
    pub service: Option<Period>,
    /// The rate of its tax where it is not the document's: what a line takes back is taxed as it
    /// was billed.
    pub rate: Option<TaxRate>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is for, as priced.
    pub priced: PricedLine,
    /// Its amount without tax.
    pub net: Amount,
    /// The rate of its tax.
    pub rate: TaxRate,
    /// Its tax.
    pub tax: Amount,
}

/// Lines with their tax and sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The currency of every amount.
    pub currency: Currency,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// Their sum without tax.
    pub net: Amount,
    /// The tax.
    pub tax: Amount,
    /// Net and tax.
    pub total: Amount,
}

impl Draft {
    /// Prices and taxes `lines`: one rounding for each line, one for each rate. Those that name no
    /// rate have that of `terms`.
    pub fn new(
        lines: Vec<PricedLine>,
        terms: TaxTerms,
        currency: Currency,
    ) -> Result<Self, AmountError> {
        let rate = |line: &PricedLine| line.rate.unwrap_or(terms.rate);
        let priced = lines
            .iter()
            .map(|line| Ok((line.unit_price.times(line.quantity, currency)?, rate(line))))
            .collect::<Result<Vec<_>, AmountError>>()?;
        let taxed = tax_lines(terms.mode, currency, &priced)?;
        let lines = lines.into_iter().zip(taxed.lines);
        let lines = lines.map(|(priced, taxed)| Line {
            rate: rate(&priced),
            priced,
            net: taxed.net,
            tax: taxed.tax,
        });
        Ok(Self {
            currency,
            lines: lines.collect(),
            net: taxed.net,
            tax: taxed.tax,
            total: taxed.gross,
        })
    }
}
