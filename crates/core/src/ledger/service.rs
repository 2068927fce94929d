//! What is served over days, and the months that earn it.
//!
//! What is *not* here: which months are closed ([`Schedule`](super::Schedule)).

use crate::{
    calendar::{Date, Month, Period, Zone, date_of},
    money::{Amount, Currency},
};

/// The most days over which something is earned, twenty years; what is served longer is earned by
/// then.
pub const SERVICE_DAYS_MAX: i64 = 20 * 366;

/// An amount that is earned day by day, the same each day; below zero, what is taken back so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    from: Date,
    until: Date,
    net: Amount,
}

/// What a posting is served by, and the zone whose months count when it is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its pieces. What is below zero is taken back.
    pub pieces: Vec<Service>,
    /// The tenant's zone.
    pub zone: Zone,
}

impl Service {
    /// Served from a day up to another, which is not served any more. What ends where it begins is
    /// earned on that day.
    pub fn new(from: Date, until: Date, net: Amount) -> Self {
        let last = from.plus_days(SERVICE_DAYS_MAX).unwrap_or(Date::MAX);
        Self { from, until: until.clamp(from, last), net }
    }

    /// Served over the days that a period has in a zone.
    pub fn over(period: Period, zone: &Zone, net: Amount) -> Self {
        Self::new(date_of(period.start(), zone), date_of(period.end(), zone), net)
    }

    /// Served on one day.
    pub fn on(day: Date, net: Amount) -> Self {
        Self::new(day, day, net)
    }

    /// The first day.
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The day after the last; the first itself where that is the only one.
    pub const fn until(&self) -> Date {
        self.until
    }

    /// How much is earned over all of its days.
    pub const fn net(&self) -> Amount {
        self.net
    }

    /// The same days, for another amount.
    #[must_use]
    pub const fn of(self, net: Amount) -> Self {
        Self { net, ..self }
    }

    /// The same days, for as much the other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        self.of(self.net.checked_neg().unwrap_or(self.net))
    }

    /// What each of its months earns, in order.
    ///
    /// What is earned up to the end of a month is rounded, and a month earns what that is more than
    /// the month before: so the months lose nothing, and those of the reverse are the exact reverse.
    ///
    /// ```
    /// # use countinghouse_core::calendar::Date;
    /// # use countinghouse_core::ledger::Service;
    /// # use countinghouse_core::money::{Amount, Currency};
    /// let day = |text| Date::parse(text).unwrap();
    /// let year = Service::new(day("2026-01-15"), day("2027-01-15"), Amount::from_major(1_200));
    /// let months = year.by_month(Currency::CNY);
    /// assert_eq!(months.len(), 13);
    /// assert_eq!((months[0].0.to_string(), months[0].1.to_string()), ("2026-01".into(), "55.89".into()));
    /// ```
    pub fn by_month(&self, currency: Currency) -> Vec<(Month, Amount)> {
        let days = self.from.days_until(self.until);
        let (mut months, mut earned) = (Vec::new(), Amount::ZERO);
        let mut month = Month::of(self.from);
        loop {
            let next = month.next().filter(|next| next.first_day() < self.until);
            let up_to = next.and_then(|next| {
                self.net.checked_share(self.from.days_until(next.first_day()), days, currency)
            });
            // A part is never larger than the whole.
            let up_to = up_to.unwrap_or(self.net);
            months.push((month, Amount::from_units(up_to.units() - earned.units())));
            earned = up_to;
            match next {
                Some(next) => month = next,
                None => return months,
            }
        }
    }
}

impl Served {
    /// What all pieces come to. What can't be counted is more than any book takes.
    pub fn net(&self) -> Amount {
        let sum = Amount::checked_sum(self.pieces.iter().map(Service::net));
        sum.unwrap_or(Amount::from_units(i64::MAX))
    }

    /// The same pieces the other way.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let pieces = self.pieces.iter().map(|piece| piece.reversed()).collect();
        Self { pieces, zone: self.zone.clone() }
    }
}

/// The pieces of a part of something: they come to exactly `net`.
///
/// Of less than the whole, each piece has its share; of more, each is whole. What rounding leaves
/// goes to the largest piece. Without pieces there is nothing.
pub fn part_of(pieces: &[Service], net: Amount, currency: Currency) -> Vec<Service> {
    let whole: i128 = pieces.iter().map(|piece| i128::from(piece.net.units())).sum();
    let whole = i64::try_from(whole).unwrap_or(0);
    let is_part = whole > 0 && (0..whole).contains(&net.units());
    let share = |piece: &Service| match piece.net.checked_share(net.units(), whole, currency) {
        Some(share) if is_part => piece.of(share),
        _ => *piece,
    };
    let mut parts: Vec<Service> = pieces.iter().map(share).collect();
    let sum: i128 = parts.iter().map(|part| i128::from(part.net.units())).sum();
    let left = i128::from(net.units()) - sum;
    if let Some(largest) = parts.iter_mut().max_by_key(|part| part.net.units().unsigned_abs()) {
        let units = i64::try_from(i128::from(largest.net.units()) + left);
        largest.net = Amount::from_units(units.unwrap_or(i64::MAX));
    }
    parts.retain(|part| !part.net.is_zero());
    parts
}

#[cfg(test)]
pub(super) mod tests;
