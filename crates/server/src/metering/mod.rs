//! Usage: what tenants and their apps used, day by day, and what watches over it.

mod seeded;

pub use self::seeded::{
    Alert, MeteredPeriod, Used, UsedDay, enter_alerts, enter_days, enter_metered, has_alerts,
};
