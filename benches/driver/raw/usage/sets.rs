//! Events in sets, each set with its days and metering periods in a transaction.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;

use super::{
    COLUMNS, RESOURCES,
    calendar::Calendar,
    days_head, instant, key,
    one_by_one::{ADD_PERIODS, add_days},
    postgres::Postgres,
    sqlite::Sqlite,
    used,
};
use crate::{
    Outcome,
    database::{Database, Engine},
};

/// Connections that write sets of events of a tenant.
pub(crate) struct Sets {
    writers: Writers,
    /// Events of a set.
    size: u64,
    next: u64,
}

enum Writers {
    Postgres(Vec<Postgres>),
    Sqlite(Box<Sqlite>),
}

/// What a set of events comes to, in the order in which its rows are written.
pub(super) struct Set {
    /// Key, app, and the place of its resource.
    pub(super) events: Vec<(Vec<u8>, String, usize)>,
    /// By app, the amount of each resource.
    pub(super) days: BTreeMap<String, [i64; COLUMNS.len()]>,
    /// By app and the place of its resource.
    pub(super) periods: BTreeMap<(String, usize), i64>,
}

/// The statements of a set but for its values, and the values that are the same in all of them.
#[derive(Clone, Debug)]
pub(super) struct Statements {
    /// Columns, and what a row begins and ends with: between them are key, app and resource.
    pub(super) event: [String; 3],
    /// The same: between them are the app, and what it adds to days.
    pub(super) day: [String; 3],
    /// The same: between them are app, resource and amount.
    pub(super) period: [String; 4],
}

impl Sets {
    /// Opens at most so many connections; one to SQLite, since one writes.
    pub(crate) async fn open(
        database: &Database,
        (tenant, calendar): (&str, &Calendar),
        (connections, size): (u32, u64),
    ) -> Outcome<Self> {
        let statements = Statements::new(database.engine, tenant, calendar)?;
        let writers = match database.engine {
            Engine::Sqlite => Writers::Sqlite(Box::new(Sqlite::open(database, statements).await?)),
            Engine::Postgres => {
                let each = (0..connections).map(|_| Postgres::open(database, &statements));
                Writers::Postgres(try_join_all(each).await?)
            }
        };
        Ok(Self { writers, size, next: 0 })
    }

    /// Events a second, on at most so many of the connections, over so long.
    pub(crate) async fn rate(&mut self, connections: u32, time: Duration) -> Outcome<f64> {
        let began = Instant::now();
        let (next, size) = (std::cell::Cell::new(self.next), self.size);
        let set = || {
            let from = next.get();
            next.set(from + size);
            Set::new(from..from + size)
        };
        match &mut self.writers {
            Writers::Sqlite(writer) => {
                while began.elapsed() < time {
                    writer.write(&set()).await?;
                }
            }
            Writers::Postgres(writers) => {
                let writers = writers.iter_mut().take(usize::try_from(connections)?);
                let each = writers.map(async |writer| -> Outcome {
                    while began.elapsed() < time {
                        writer.write(&set()).await?;
                    }
                    Ok(())
                });
                try_join_all(each).await?;
            }
        }
        let count = f64::from(u32::try_from(next.get() - self.next)?);
        self.next = next.get();
        Ok(count / began.elapsed().as_secs_f64())
    }
}

impl Set {
    fn new(numbers: std::ops::Range<u64>) -> Self {
        let mut set = Self { events: Vec::new(), days: BTreeMap::new(), periods: BTreeMap::new() };
        for n in numbers {
            let (app, resource) = used(n);
            let app = format!("app_{app}");
            set.days.entry(app.clone()).or_default()[resource] += 1;
            *set.periods.entry((app.clone(), resource)).or_default() += 1;
            set.events.push((key(n).to_be_bytes().to_vec(), app, resource));
        }
        // In the order of the index, as the service writes them.
        set.events.sort_unstable();
        set
    }
}

impl Statements {
    fn new(engine: Engine, tenant: &str, calendar: &Calendar) -> Outcome<Self> {
        let day = calendar.day(0)?.date;
        let (start, end) = calendar.month();
        let (now, start, end) =
            (instant(engine, calendar.now), instant(engine, start), instant(engine, end));
        Ok(Self {
            event: [
                "INSERT INTO usage_event (tenant_id, event_key, app_id, resource_type, amount,
                    occurred_at, received_at, day, period_start, bill)"
                    .to_owned(),
                format!("'{tenant}', "),
                format!(", 1, {now}, {now}, '{day}', {start}, 0"),
            ],
            day: [days_head(), format!("'{tenant}', '{day}', "), add_days()],
            period: [
                "INSERT INTO metered_usage (tenant_id, period_start, app_id, resource_type,
                    total_usage, period_end, included_units, overage_units, overage_amount, status,
                    late_units, bills)"
                    .to_owned(),
                format!("'{tenant}', {start}, "),
                format!(", {end}, -1, 0, 0, 'open', 0, 0"),
                ADD_PERIODS.to_owned(),
            ],
        })
    }
}

/// The name of a resource.
pub(super) fn name(resource: usize) -> &'static str {
    RESOURCES[resource]
}
