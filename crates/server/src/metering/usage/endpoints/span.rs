//! Days from one to another as months and what they have more or less: the fewest rows to read.

use std::fmt;

use countinghouse_core::calendar::{Date, Month};

/// Days from one to another, both of them too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    months: Option<(Month, Month)>,
    more: Option<(Date, Date)>,
    less_before: Option<(Date, Date)>,
    less_after: Option<(Date, Date)>,
}

impl Span {
    /// The days from `first` to `last`, which is today or so: of what is after it there are no calls.
    pub(super) fn new(first: Date, last: Date) -> Self {
        let (from, to) = (Month::of(first), Month::of(last));
        if from == to {
            let more = Some((first, last));
            return Self { months: None, more, less_before: None, less_after: None };
        }
        let (begin, end) = (from.first_day(), from.last_day());
        let is_most = begin.days_until(first) <= first.days_until(end);
        let next = last.plus_days(1).ok();
        let less_after = next.map(|next| (next, to.last_day())).filter(|(next, end)| next <= end);
        if is_most {
            let before = first.plus_days(-1).ok().filter(|before| begin <= *before);
            let less_before = before.map(|before| (begin, before));
            return Self { months: Some((from, to)), more: None, less_before, less_after };
        }
        let months = from.next().map(|from| (from, to));
        Self { months, more: Some((first, end)), less_before: None, less_after }
    }

    /// The months that are summed, the days that are added to them, and those that are taken off,
    /// before and after: of each the first and the last as they are stored.
    pub(super) fn ranges(&self) -> [(String, String); 4] {
        let [more, before, after] = [self.more, self.less_before, self.less_after].map(ends);
        [ends(self.months), more, before, after]
    }
}

/// The first and the last as they are stored; of none, such that nothing is in between.
fn ends<T: fmt::Display>(range: Option<(T, T)>) -> (String, String) {
    range.map_or_else(
        || ("1".to_owned(), "0".to_owned()),
        |(first, last)| (first.to_string(), last.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use countinghouse_core::calendar::Date;

    use super::Span;

    /// Every day of the span, counted as the parts count it.
    fn days(span: &Span) -> Vec<(String, i64)> {
        let mut counts = std::collections::BTreeMap::<String, i64>::new();
        let (mut day, end) = (Date::new(2024, 1, 1).unwrap(), Date::new(2026, 12, 31).unwrap());
        let [months, more, before, after] = span.ranges();
        while day <= end {
            let text = day.to_string();
            let is_in = |range: &(String, String), it: &str| {
                range.0.as_str() <= it && it <= range.1.as_str()
            };
            let signs = [(is_in(&months, &text[..7]), 1), (is_in(&more, &text), 1)];
            let less = [(is_in(&before, &text), -1), (is_in(&after, &text), -1)];
            let count: i64 = signs.iter().chain(&less).filter(|(is, _)| *is).map(|(_, n)| n).sum();
            if count != 0 {
                counts.insert(text, count);
            }
            day = day.plus_days(1).unwrap();
        }
        counts.into_iter().collect()
    }

    #[test]
    fn the_parts_have_each_day_once_and_no_other() {
        let start = Date::new(2024, 12, 1).unwrap();
        for from in 0..70 {
            let first = start.plus_days(from).unwrap();
            for length in [1, 2, 27, 28, 29, 30, 31, 32, 59, 60, 61, 62, 365, 366] {
                let last = first.plus_days(length - 1).unwrap();
                let all = (0..length).map(|ahead| (first.plus_days(ahead).unwrap().to_string(), 1));
                assert_eq!(
                    days(&Span::new(first, last)),
                    all.collect::<Vec<_>>(),
                    "{first} {last}"
                );
            }
        }
    }

    #[test]
    fn the_days_of_half_a_month_are_the_most_that_are_read() {
        let first = Date::new(2025, 1, 17).unwrap();
        for ahead in 0..31 {
            let first = first.plus_days(ahead).unwrap();
            let Span { more, less_before, .. } = Span::new(first, Date::new(2026, 1, 16).unwrap());
            let read = [more, less_before].into_iter().flatten();
            assert!(read.map(|(from, to)| from.days_until(to) + 1).sum::<i64>() <= 16, "{first}");
        }
    }
}
