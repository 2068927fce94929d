//! What an administrator bills by hand: the period it covers, and what it is called.

use super::PricedLine;
use crate::calendar::{CalendarError, Instant, Period, Zone, date_of, end_of, start_of};

/// The most lines of a one-off invoice.
pub const ONE_OFF_LINES_MAX: usize = 500;

/// How much of the first line's description names an invoice of several lines, in letters.
const NAME_MAX: usize = 480;

/// The period that lines cover, from the first start to the last end of their services; without any,
/// the day on which they are billed.
pub fn covered(lines: &[PricedLine], at: Instant, zone: &Zone) -> Result<Period, CalendarError> {
    let services = || lines.iter().filter_map(|line| line.service);
    let start = services().map(|service| service.start()).min();
    let end = services().map(|service| service.end()).max();
    if let Some((start, end)) = start.zip(end) {
        return Period::new(start, end);
    }
    let day = date_of(at, zone);
    Period::new(start_of(day, zone), end_of(day, zone))
}

/// What an invoice of these lines is for: its only line, or the first one and how many follow.
pub fn in_words(lines: &[PricedLine]) -> String {
    match lines {
        [] => String::new(),
        [only] => only.description.clone(),
        [first, rest @ ..] => {
            let name: String = first.description.chars().take(NAME_MAX).collect();
            format!("{name} (+{})", rest.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::UnitPrice;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn line(description: &str, service: Option<(&str, &str)>) -> PricedLine {
        PricedLine {
            description: description.to_owned(),
            resource_type: "oneoff".to_owned(),
            quantity: 1,
            unit_price: UnitPrice::ZERO,
            service: service.map(|(start, end)| Period::new(at(start), at(end)).expect("a period")),
            tax: None,
        }
    }

    #[test]
    fn the_period_is_from_the_first_start_to_the_last_end() {
        let lines = [
            line("b", Some(("2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z"))),
            line("none", None),
            line("a", Some(("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"))),
        ];

        let period = covered(&lines, at("2026-01-31T12:00:00Z"), &Zone::UTC).expect("a period");

        assert_eq!(period.start(), at("2026-04-01T00:00:00Z"));
        assert_eq!(period.end(), at("2026-07-01T00:00:00Z"));
    }

    #[test]
    fn without_services_it_is_the_day_of_the_bill_in_the_zone() {
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");

        let period = covered(&[line("a", None)], at("2026-01-31T17:00:00Z"), &zone);

        let period = period.expect("a period");
        assert_eq!(period.start(), at("2026-01-31T16:00:00Z"));
        assert_eq!(period.end(), at("2026-02-01T16:00:00Z"));
    }

    #[test]
    fn several_lines_are_called_by_the_first() {
        let long = "长".repeat(500);

        assert_eq!(in_words(&[line("Setup", None)]), "Setup");
        assert_eq!(
            in_words(&[line("Setup", None), line("b", None), line("c", None)]),
            "Setup (+2)"
        );
        assert!(in_words(&[line(&long, None), line("b", None)]).chars().count() < 500);
    }
}
