//! What an invoice says, before it has a number.

use crate::{
    calendar::{Instant, Period, Zone, date_of},
    ledger::Service,
    money::{Amount, AmountError, Currency, MAX_AMOUNT, TaxMode, TaxRate, UnitPrice, tax_lines},
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
    /// Its tax where that is not worked out anew: what a line takes back is taxed as it was billed.
    pub tax: Option<LineTax>,
}

/// A tax that a line has from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTax {
    /// The rate that it was billed at.
    pub rate: TaxRate,
    /// How much of it there is, of the sign of the line.
    pub amount: Amount,
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

/// The days over which a line is earned, of an invoice of `issued_at` with its days in `zone`: those
/// it covers, or that of the issue.
pub fn served(service: Option<Period>, net: Amount, issued_at: Instant, zone: &Zone) -> Service {
    match service {
        Some(period) => Service::over(period, zone, net),
        None => Service::on(date_of(issued_at, zone), net),
    }
}

impl Line {
    /// The days over which it is earned, on an invoice of `issued_at`.
    pub fn served(&self, issued_at: Instant, zone: &Zone) -> Service {
        served(self.priced.service, self.net, issued_at, zone)
    }
}

impl Draft {
    /// Prices and taxes `lines`: one rounding for each line, one for each rate of those whose tax is
    /// not given, which have the rate of `terms`.
    pub fn new(
        lines: Vec<PricedLine>,
        terms: TaxTerms,
        currency: Currency,
    ) -> Result<Self, AmountError> {
        let amount = |line: &PricedLine| line.unit_price.times(line.quantity, currency);
        let anew: Vec<(Amount, TaxRate)> = lines
            .iter()
            .filter(|line| line.tax.is_none())
            .map(|line| Ok((amount(line)?, terms.rate)))
            .collect::<Result<_, AmountError>>()?;
        let mut taxed = tax_lines(terms.mode, currency, &anew)?.lines.into_iter();
        let mut all = Vec::with_capacity(lines.len());
        for priced in lines {
            let (net, rate, tax) = match (priced.tax, terms.mode) {
                (Some(given), TaxMode::Exclusive) => (amount(&priced)?, given.rate, given.amount),
                (Some(given), TaxMode::Inclusive) => {
                    let net = amount(&priced)?.checked_sub(given.amount);
                    (net.ok_or(AmountError::TooLarge)?, given.rate, given.amount)
                }
                (None, _) => {
                    let line = taxed.next().ok_or(AmountError::TooLarge)?;
                    (line.net, terms.rate, line.tax)
                }
            };
            all.push(Line { priced, net, rate, tax });
        }
        let sum = |of: fn(&Line) -> Amount| {
            let sum = Amount::checked_sum(all.iter().map(of));
            sum.filter(|sum| sum.is_within(MAX_AMOUNT)).ok_or(AmountError::TooLarge)
        };
        let (net, tax) = (sum(|line| line.net)?, sum(|line| line.tax)?);
        let total = net.checked_add(tax).filter(|total| total.is_within(MAX_AMOUNT));
        let total = total.ok_or(AmountError::TooLarge)?;
        Ok(Self { currency, lines: all, net, tax, total })
    }
}
