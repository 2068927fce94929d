//! Levels as days go by: how much a tenant's apps have of what is counted by how much there is.

use std::collections::BTreeMap;

use crate::calendar::Date;

/// How much an app has of each resource that is counted by its level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Bytes stored.
    pub storage: i64,
    /// People.
    pub users: i64,
}

/// The same of all apps of a tenant together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TotalLevels {
    /// Bytes stored.
    pub storage: i128,
    /// People.
    pub users: i128,
}

/// The levels of a tenant's apps, each as it was last told. What was not told anew stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    apps: BTreeMap<String, Levels>,
    deleted: BTreeMap<String, Date>,
}

impl Standing {
    /// From the day on which an app was deleted it has nothing any more.
    pub fn delete(&mut self, app: &str, on: Date) {
        self.deleted.insert(app.to_owned(), on);
    }

    /// An app has these levels now.
    pub fn tell(&mut self, app: &str, levels: Levels) {
        match self.apps.get_mut(app) {
            Some(before) => *before = levels,
            None => _ = self.apps.insert(app.to_owned(), levels),
        }
    }

    /// What all apps have together as a day ends: the tenant's level.
    pub fn at_end_of(&self, day: Date) -> TotalLevels {
        let is_there = |app: &str| self.deleted.get(app).is_none_or(|on| day < *on);
        let mut total = TotalLevels::default();
        for (app, levels) in &self.apps {
            if self.deleted.is_empty() || is_there(app) {
                total.storage += i128::from(levels.storage);
                total.users += i128::from(levels.users);
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn levels(storage: i64, users: i64) -> Levels {
        Levels { storage, users }
    }

    fn total(standing: &Standing, text: &str) -> (i128, i128) {
        let TotalLevels { storage, users } = standing.at_end_of(day(text));
        (storage, users)
    }

    #[test]
    fn a_level_stays_until_another_is_told_and_apps_add_up() {
        let mut standing = Standing::default();
        assert_eq!(total(&standing, "2026-01-01"), (0, 0));

        standing.tell("a", levels(10, 1));
        standing.tell("", levels(5, 2));
        assert_eq!(total(&standing, "2026-01-01"), (15, 3));
        standing.tell("a", levels(1, 0));
        assert_eq!(total(&standing, "2026-01-09"), (6, 2));
        standing.tell("b", levels(i64::MAX, i64::MAX));
        standing.tell("a", levels(i64::MAX, 0));
        let twice = i128::from(i64::MAX) * 2;
        assert_eq!(total(&standing, "2026-01-10"), (twice + 5, i128::from(i64::MAX) + 2));
    }

    #[test]
    fn a_deleted_app_counts_up_to_the_day_before() {
        let mut standing = Standing::default();
        standing.delete("a", day("2026-01-03"));
        standing.tell("a", levels(10, 1));
        standing.tell("b", levels(5, 2));

        assert_eq!(total(&standing, "2026-01-02"), (15, 3));
        assert_eq!(total(&standing, "2026-01-03"), (5, 2));
        standing.tell("a", levels(99, 99));
        assert_eq!(total(&standing, "2026-01-04"), (5, 2));
    }
}
