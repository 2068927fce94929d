//! What is asked for: of which days, and how it is written.

use countinghouse_core::{calendar::Date, reports::TaxRange};

use crate::http::{
    csv::Format,
    fields::{Fields, Parsed, Word},
    problem::ApiError,
    query::Query,
};

/// The formats by name; CSV is what is asked for mostly.
const FORMATS: Word<Format> = Word(&[("csv", Format::Csv), ("json", Format::Json)]);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    days: Days,
    /// How it is to be written.
    pub(super) format: Format,
}

/// Of which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Days {
    /// Of these.
    Of(TaxRange),
    /// From one on, until today.
    From(Date),
    /// Of the present month.
    ThisMonth,
}

impl Ask {
    /// Reads what a query asks for.
    pub(super) fn read(query: &Query) -> Result<Self, ApiError> {
        let mut fields = query.fields()?;
        let period = fields.optional("tax_period", Parsed(TaxRange::parse_period));
        let from = fields.optional("start_date", Parsed(Date::parse));
        let to = fields.optional("end_date", Parsed(Date::parse));
        let format = fields.optional("format", FORMATS).unwrap_or(Format::Csv);
        let days = days(&mut fields, period, (from, to));
        fields.finish(())?;
        Ok(Self { days, format })
    }

    /// The days, where it is `today`.
    pub(super) fn range(self, today: Date) -> Result<TaxRange, ApiError> {
        match self.days {
            Days::Of(range) => Ok(range),
            Days::From(first) => TaxRange::between(first, today)
                .map_err(|_| ApiError::invalid("start_date", "out_of_range", "is after today")),
            Days::ThisMonth => Ok(TaxRange::month_of(today)),
        }
    }
}

fn days(
    fields: &mut Fields<'_>,
    period: Option<TaxRange>,
    dates: (Option<Date>, Option<Date>),
) -> Days {
    let has_dates = dates != (None, None);
    match (period, dates) {
        (Some(_), _) if has_dates => {
            let rule = "is a period of its own, and days are given too";
            fields.violate("tax_period", "conflicting", rule);
        }
        (Some(period), _) => return Days::Of(period),
        (None, (Some(from), Some(to))) => match TaxRange::between(from, to) {
            Ok(range) => return Days::Of(range),
            Err(_) => fields.violate("end_date", "out_of_range", "is before `start_date`"),
        },
        (None, (Some(from), None)) => return Days::From(from),
        (None, (None, Some(_))) if fields.violations().is_empty() => {
            fields.violate("start_date", "required", "is required with `end_date`");
        }
        (None, (None, _)) => (),
    }
    Days::ThisMonth
}
