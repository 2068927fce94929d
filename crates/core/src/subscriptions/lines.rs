//! The lines by which a subscription is billed, and what a change makes of them.
//!
//! A line covers days of one period of the subscription. What is *not* here: the document that they
//! are put on ([`invoicing`](crate::invoicing)).

use std::collections::HashSet;

use super::{Billed, Charge, Credited, PlanChange, Subscription, credit_from};
use crate::{
    calendar::{CalendarError, Cycle, Instant, Period, Zone, date_of},
    catalog::Plan,
    invoicing::{LineTax, PricedLine, RecordType},
    metering::OverageLine,
    money::{Amount, TaxMode, TaxRate, UnitPrice},
};

/// The most letters of a line's description.
const DESCRIPTION_MAX: usize = 200;

/// What a line that takes something back says before the name of what it takes back.
const UNUSED: &str = "Unused: ";

/// What a line says that asks for the rest of a period.
const REMAINING: &str = "Remaining: ";

/// What a line says that takes such a line back.
const TAKEN_BACK: &str = "Taken back: ";

/// Which line of a subscription one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId {
    /// The version of the subscription that billed it; of a line of a period's invoice, the one with
    /// which the period began.
    pub version: i64,
    /// Its place there, from 1.
    pub line: i64,
}

/// A line that was billed for a period, as its document has it; below zero, what was credited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledLine {
    /// Which it is.
    pub id: LineId,
    /// The line that it gives back, if it gives back one.
    pub gives_back: Option<LineId>,
    /// What it is for.
    pub description: String,
    /// Its amount without tax.
    pub net: Amount,
    /// Its tax.
    pub tax: Amount,
    /// The rate of its tax.
    pub rate: TaxRate,
    /// The days that it covers.
    pub service: Period,
}

/// A line of a change, and the period of the subscription that it bills or credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLine {
    /// The line before tax.
    pub priced: PricedLine,
    /// The version with which its period began.
    pub period_since: i64,
    /// The line that it gives back, if it gives back one.
    pub gives_back: Option<LineId>,
}

/// The lines of which something is left to be given back. A line that another gave back from some day
/// on has nothing left, nor has the other, so both are left out: else each change would give back the
/// lines of all changes before it, which are twice as many every time.
pub fn left_of(lines: Vec<BilledLine>) -> Vec<BilledLine> {
    let there: HashSet<LineId> = lines.iter().map(|line| line.id).collect();
    let gone: HashSet<LineId> = lines
        .iter()
        .filter_map(|line| line.gives_back.filter(|of| there.contains(of)).map(|of| [of, line.id]))
        .flatten()
        .collect();
    lines.into_iter().filter(|line| !gone.contains(&line.id)).collect()
}

impl BilledLine {
    /// It as prices are given now, with or without tax in them.
    pub fn billed(&self, mode: TaxMode) -> Billed {
        let units = match mode {
            TaxMode::Exclusive => self.net.units(),
            TaxMode::Inclusive => self.net.units() + self.tax.units(),
        };
        Billed { amount: Amount::from_units(units), service: self.service }
    }
}

/// The line of a whole period at its price.
pub fn period_line(plan: &Plan, cycle: Cycle, amount: Amount, period: Period) -> PricedLine {
    line(&period_in_words(plan, cycle), amount, period, None)
}

impl PlanChange {
    /// Its lines: what it gives back of `billed`, then what it asks for `plan`. What comes to
    /// nothing is left out.
    pub fn lines(
        &self,
        before: &Subscription,
        billed: &[BilledLine],
        plan: &Plan,
        at: Instant,
    ) -> Result<Vec<ChangeLine>, CalendarError> {
        let mut lines = credit_lines(&self.credited, before, billed, at)?;
        if let Some(charge) = self.charge.filter(|charge| !charge.part.amount.is_zero()) {
            lines.push(ChangeLine {
                priced: self.charge_line(&charge, plan),
                period_since: self.after.period_since,
                gives_back: None,
            });
        }
        Ok(lines)
    }

    fn charge_line(&self, charge: &Charge, plan: &Plan) -> PricedLine {
        let words = period_in_words(plan, self.after.cycle);
        let words =
            if charge.part.days < charge.part.of { format!("{REMAINING}{words}") } else { words };
        line(&words, charge.part.amount, charge.service, None)
    }
}

/// The lines that give back what is `credited` of the lines `billed`, each with its share of the tax
/// that was billed on it: no more of that than was billed in the period, either.
pub fn credit_lines(
    credited: &[Credited],
    before: &Subscription,
    billed: &[BilledLine],
    at: Instant,
) -> Result<Vec<ChangeLine>, CalendarError> {
    let credited: Vec<_> = credited.iter().filter(|credit| !credit.part.amount.is_zero()).collect();
    let taxes: Vec<Billed> =
        billed.iter().map(|line| Billed { amount: line.tax, service: line.service }).collect();
    let taxes = credit_from(at, &taxes, &before.zone, before.currency);
    let one = |credit: &&Credited| {
        let of = &billed[credit.line];
        let service = Period::new(at.max(of.service.start()), of.service.end())?;
        let amount = Amount::from_units(-credit.part.amount.units());
        let tax = taxes.iter().find(|tax| tax.line == credit.line);
        let tax = tax.map_or(Amount::ZERO, |tax| Amount::from_units(-tax.part.amount.units()));
        let tax = LineTax { rate: of.rate, amount: tax };
        Ok(ChangeLine {
            priced: line(&taken_back(&of.description), amount, service, Some(tax)),
            period_since: before.period_since,
            gives_back: Some(of.id),
        })
    };
    credited.iter().map(one).collect()
}

/// The line of what was used in a metering period beyond what is included; days are told in `zone`.
pub fn overage_line(it: &OverageLine, zone: &Zone) -> PricedLine {
    let last = it.period.end().plus_seconds(-1).unwrap_or(it.period.start());
    let (from, to) = (date_of(it.period.start(), zone), date_of(last, zone));
    let of = it.app.as_ref().map(|app| format!(" of {app}")).unwrap_or_default();
    let unit = it.unit_label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    let late = if it.is_late { ", reported late" } else { "" };
    let included = it.included;
    let words =
        format!("{}{unit}{of} beyond {included} included, {from} to {to}{late}", it.resource);
    PricedLine {
        description: words.chars().take(DESCRIPTION_MAX).collect(),
        resource_type: it.resource.to_string(),
        quantity: it.units,
        unit_price: it.unit_price,
        service: Some(it.period),
        tax: None,
    }
}

fn period_in_words(plan: &Plan, cycle: Cycle) -> String {
    let cycle = match cycle {
        Cycle::Monthly => "Monthly",
        Cycle::Yearly => "Yearly",
    };
    format!("{} {cycle} Subscription", plan.display_name)
}

fn taken_back(description: &str) -> String {
    if let Some(what) = description.strip_prefix(UNUSED) {
        return format!("{TAKEN_BACK}{what}");
    }
    let what = [TAKEN_BACK, REMAINING].iter().find_map(|how| description.strip_prefix(how));
    format!("{UNUSED}{}", what.unwrap_or(description))
}

fn line(description: &str, amount: Amount, service: Period, tax: Option<LineTax>) -> PricedLine {
    PricedLine {
        description: description.chars().take(DESCRIPTION_MAX).collect(),
        resource_type: RecordType::Subscription.as_str().to_owned(),
        quantity: 1,
        unit_price: UnitPrice::from(amount),
        service: Some(service),
        tax,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ChangePlan, samples},
        *,
    };

    fn billed(subscription: &Subscription) -> BilledLine {
        BilledLine {
            id: LineId { version: 1, line: 1 },
            gives_back: None,
            description: "Basic Monthly Subscription".to_owned(),
            net: subscription.amount,
            tax: Amount::ZERO,
            rate: TaxRate::ZERO,
            service: subscription.period,
        }
    }

    #[test]
    fn a_change_says_what_it_gives_back_and_what_it_asks_for() {
        let before = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let (pro, at) = (samples::plan("pro", 499, 4999), samples::at("2026-04-16T09:00:00Z"));
        let billed = [billed(&before)];
        let amounts = billed.each_ref().map(|it| it.billed(TaxMode::Exclusive));

        let ask = ChangePlan { plan: &pro, zone: &before.zone, cycle: None, billed: &amounts, at };
        let change = before.change_plan(ask).expect("it can be changed");
        let lines = change.lines(&before, &billed, &pro, at).expect("in range");

        let said =
            |it: &ChangeLine| (it.priced.description.clone(), it.priced.unit_price.to_string());
        let expected = [
            ("Unused: Basic Monthly Subscription", "-49.5"),
            ("Remaining: pro Monthly Subscription", "249.5"),
        ];
        let expected = expected.map(|(words, price)| (words.to_owned(), price.to_owned()));
        assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), expected);
        assert_eq!(lines[0].priced.service.map(|it| it.start()), Some(at));
    }

    #[test]
    fn what_is_given_back_has_its_share_of_the_tax_and_a_whole_period_is_no_rest() {
        let before = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let pro = samples::plan("pro", 499, 4999);
        let free = BilledLine { net: Amount::ZERO, ..billed(&before) };
        let taxed = BilledLine { tax: Amount::from_major(6), ..billed(&before) };
        let taxed = BilledLine { id: LineId { version: 1, line: 2 }, ..taxed };
        let billed = [free, taxed];
        let amounts = billed.each_ref().map(|it| it.billed(TaxMode::Exclusive));
        let lines = |at| {
            let ask =
                ChangePlan { plan: &pro, zone: &before.zone, cycle: None, billed: &amounts, at };
            let change = before.change_plan(ask).expect("it can be changed");
            change.lines(&before, &billed, &pro, at).expect("in range")
        };

        let (first, half) =
            (lines(before.period.start()), lines(samples::at("2026-04-16T00:00:00Z")));

        let tax = |lines: &[ChangeLine]| lines[0].priced.tax.map(|tax| tax.amount.to_string());
        assert_eq!([tax(&first), tax(&half)], [Some("-6".to_owned()), Some("-3".to_owned())]);
        assert_eq!(first[1].priced.description, "pro Monthly Subscription");
        assert_eq!(half[1].priced.description, "Remaining: pro Monthly Subscription");
    }

    #[test]
    fn what_was_taken_back_is_taken_back_in_other_words() {
        let once = taken_back("Pro Monthly Subscription");
        let twice = taken_back(&once);

        assert_eq!(once, "Unused: Pro Monthly Subscription");
        assert_eq!(twice, "Taken back: Pro Monthly Subscription");
        assert_eq!(taken_back(&twice), once);
        assert_eq!(taken_back("Remaining: Pro Monthly Subscription"), once);
    }

    #[test]
    fn what_was_given_back_is_given_back_no_more_unless_one_of_the_two_was_withdrawn() {
        let line = |version, line, gives_back: Option<(i64, i64)>| BilledLine {
            id: LineId { version, line },
            gives_back: gives_back.map(|(version, line)| LineId { version, line }),
            ..billed(&samples::active("2026-04-01T00:00:00Z", Cycle::Monthly))
        };
        let period = line(1, 1, None);
        let (back, asked) = (line(2, 1, Some((1, 1))), line(2, 2, None));
        let (back_again, last) = (line(3, 1, Some((2, 2))), line(3, 2, None));
        let left = |lines: &[&BilledLine]| -> Vec<(i64, i64)> {
            let left = left_of(lines.iter().copied().cloned().collect());
            left.iter().map(|line| (line.id.version, line.id.line)).collect()
        };

        assert_eq!(left(&[&period]), [(1, 1)]);
        assert_eq!(left(&[&period, &back, &asked]), [(2, 2)]);
        assert_eq!(left(&[&period, &back, &asked, &back_again, &last]), [(3, 2)]);
        // The document of version 2 was withdrawn: what it asked for was never billed, and what it
        // gave back never given.
        assert_eq!(left(&[&period, &back_again, &last]), [(1, 1), (3, 1), (3, 2)]);
    }

    #[test]
    fn a_billed_line_is_what_prices_are_now() {
        let subscription = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let line = BilledLine { tax: Amount::from_major(6), ..billed(&subscription) };

        assert_eq!(line.billed(TaxMode::Exclusive).amount, Amount::from_major(99));
        assert_eq!(line.billed(TaxMode::Inclusive).amount, Amount::from_major(105));
    }
}
