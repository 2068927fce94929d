//! A tenant in a few figures.

use std::{collections::BTreeMap, fmt};

use crate::{
    calendar::{Cycle, Date},
    ledger::{Account, Book},
    money::Amount,
    subscriptions::{Status, Subscription},
};

/// How many days lie between the two looks that retention compares; who reported nothing for so
/// long has no users.
pub const RETENTION_DAYS: i64 = 30;

/// How many months a yearly price is for.
const MONTHS: i64 = 12;

/// Ten-thousandths in one.
const ONE: i128 = 10_000;

/// How many users an app, or a tenant without one, had at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The day.
    pub day: Date,
    /// The app; empty is none.
    pub app: String,
    /// The users.
    pub users: i64,
}

/// The users of a tenant or an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// How many there are.
    pub active: i64,
    /// How many of those of [`RETENTION_DAYS`] before are still there; none where that isn't known.
    pub retention: Option<Retention>,
}

/// A part of a whole, 0 to 1, in ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retention(i64);

/// What a subscription brings a month at its present price: a yearly one a twelfth. Trials bring
/// nothing, nor does what is suspended or has ended.
pub fn monthly_revenue(it: &Subscription) -> Amount {
    match (it.status, it.cycle) {
        (Status::Active | Status::PastDue, Cycle::Monthly) => it.amount,
        (Status::Active | Status::PastDue, Cycle::Yearly) => {
            // A part is never larger than the whole.
            it.amount.checked_share(1, MONTHS, it.currency).unwrap_or(it.amount)
        }
        _ => Amount::ZERO,
    }
}

/// What a tenant spent: the money that came in, less what was paid back.
pub fn spent(book: &Book) -> Amount {
    // Each is at most the largest total there may be, so their difference can be counted.
    let cash = book.balance(Account::Cash).units();
    Amount::from_units(cash - book.balance(Account::Wallet).units())
}

impl Users {
    /// Counts users by the levels of about the last two months. `newest` is the last day of which
    /// anything is known.
    ///
    /// An app has those of its last day that is not older than [`RETENTION_DAYS`] then; so it is for
    /// the look before. Who was gained in one app does not make up for who was lost in another.
    pub fn count(levels: &[Level], newest: Date) -> Self {
        let (mut now, mut before) = (BTreeMap::new(), BTreeMap::new());
        for level in levels {
            let (of, days_ago) = match level.day.days_until(newest) {
                ago @ 0..RETENTION_DAYS => (&mut now, ago),
                ago if (RETENTION_DAYS..2 * RETENTION_DAYS).contains(&ago) => (&mut before, ago),
                _ => continue,
            };
            let last = of.entry(level.app.as_str()).or_insert((days_ago, level.users));
            if days_ago < last.0 {
                *last = (days_ago, level.users);
            }
        }
        let sum = |all: &BTreeMap<&str, (i64, i64)>| {
            all.values().map(|(_, users)| i128::from(*users)).sum::<i128>()
        };
        let kept = before.iter().map(|(app, (_, users))| {
            i128::from((*users).min(now.get(app).map_or(0, |(_, users)| *users)))
        });
        Self {
            active: i64::try_from(sum(&now)).unwrap_or(i64::MAX),
            retention: Retention::of(kept.sum(), sum(&before)),
        }
    }
}

impl Retention {
    /// A part of a whole, rounded half up; none of nothing.
    fn of(part: i128, whole: i128) -> Option<Self> {
        if whole <= 0 {
            return None;
        }
        let units = (part.clamp(0, whole) * ONE * 2 + whole) / (whole * 2);
        i64::try_from(units).ok().map(Self)
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Amount::from_units(self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        calendar::Instant,
        ledger::{Posting, money_received},
        money::Currency,
        subscriptions::samples,
    };

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn level(text: &str, app: &str, users: i64) -> Level {
        Level { day: day(text), app: app.to_owned(), users }
    }

    fn told(users: Users) -> (i64, Option<String>) {
        (users.active, users.retention.map(|it| it.to_string()))
    }

    #[test]
    fn a_year_brings_a_twelfth_a_month_and_who_does_not_pay_nothing() {
        let it = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);
        let of = |status, cycle, major| {
            let amount = Amount::from_major(major);
            monthly_revenue(&Subscription { status, cycle, amount, ..it.clone() }).to_string()
        };

        assert_eq!(of(Status::Active, Cycle::Monthly, 99), "99");
        assert_eq!(of(Status::PastDue, Cycle::Yearly, 4_999), "416.58");
        for status in [Status::Trial, Status::Suspended, Status::Cancelled, Status::Expired] {
            assert_eq!(of(status, Cycle::Monthly, 99), "0");
        }
    }

    #[test]
    fn what_came_in_is_spent() {
        let mut book = Book::default();
        let now = Instant::parse("2026-04-01T00:00:00Z").expect("an instant");
        let paid: Posting = money_received("inv:1:paid", Amount::from_major(99)).expect("positive");

        assert_eq!(spent(&book), Amount::ZERO);
        book.post(now, Currency::CNY, &paid).expect("in range");

        assert_eq!(spent(&book), Amount::from_major(99));
    }

    #[test]
    fn the_last_day_of_each_app_counts_and_losses_are_not_made_up_for() {
        let levels = [
            level("2026-03-01", "a", 10),
            level("2026-03-31", "a", 20),
            level("2026-03-01", "b", 10),
            level("2026-03-20", "b", 9),
            level("2026-03-30", "b", 5),
            level("2026-03-02", "c", 1_000),
            level("2026-01-01", "a", 3),
        ];

        let users = Users::count(&levels, day("2026-03-31"));

        assert_eq!(told(users), (1_025, Some("0.75".to_owned())));
    }

    #[test]
    fn nothing_is_known_of_who_was_not_there_before() {
        assert_eq!(told(Users::count(&[], day("2026-03-31"))), (0, None));
        let new = [level("2026-03-31", "a", 7)];
        assert_eq!(told(Users::count(&new, day("2026-03-31"))), (7, None));
        let none = [level("2026-03-31", "a", 7), level("2026-03-01", "a", 0)];
        assert_eq!(told(Users::count(&none, day("2026-03-31"))), (7, None));
        let gone = [level("2026-03-01", "a", 7)];
        assert_eq!(told(Users::count(&gone, day("2026-03-31"))), (0, Some("0".to_owned())));
    }

    proptest! {
        #[test]
        fn retention_is_a_part_of_one(part in 0..10_000_i128, whole in 1..10_000_i128) {
            let it = Retention::of(part, whole).expect("of something");

            prop_assert!((0..=10_000).contains(&it.0));
            let error = part.min(whole) * ONE - i128::from(it.0) * whole;
            prop_assert!(error.abs() * 2 <= whole);
        }
    }
}
