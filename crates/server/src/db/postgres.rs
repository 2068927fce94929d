//! PostgreSQL: pools by purpose, so that a search or an export starves neither pages nor writes.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    Pool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    ACQUIRE_TIMEOUT, Error, Purpose, SEARCH_ACQUIRE_TIMEOUT, STATEMENTS_KEPT, Settings,
    readers::Readers,
};

/// How many groups of commands are written at the same time.
pub(super) const LANES: usize = 4;

/// How many connections write: the lanes, the sets of the hottest commands, and one to spare.
const WRITERS: u32 = 7;

/// How many snapshots of short reads there are at once.
const SNAPSHOTS: u32 = 2;

/// How many searches, and how many exports, run at once.
const SEARCHES: u32 = 2;
const EXPORTS: u32 = 2;

/// How long a tenant's lock is waited for before its commands are answered busy.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a transaction may do nothing. An export does nothing while its reader is slow, and has
/// limits of its own.
const IDLE_MAX: Duration = Duration::from_mins(1);
const IDLE_EXPORT_MAX: Duration = Duration::from_hours(1);

/// A search is stopped by its own limit; this one stops what slipped through.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(6);

#[derive(Clone, Debug)]
pub(super) struct Pools {
    pub(super) writers: Pool<Postgres>,
    pub(super) pages: Readers<Postgres>,
    snapshots: Pool<Postgres>,
    searches: Pool<Postgres>,
    exports: Pool<Postgres>,
}

impl Pools {
    pub(super) fn open(settings: &Settings) -> Result<Self, Error> {
        let server = PgConnectOptions::from_str(&settings.url)?
            .application_name("countinghouse")
            .statement_cache_capacity(STATEMENTS_KEPT);
        let limited = |timeout: Duration, idle: Duration| {
            server.clone().options([
                ("statement_timeout", timeout.as_millis().to_string()),
                ("lock_timeout", LOCK_TIMEOUT.as_millis().to_string()),
                ("idle_in_transaction_session_timeout", idle.as_millis().to_string()),
                ("jit", "off".to_owned()),
                ("TimeZone", "UTC".to_owned()),
            ])
        };
        let others = WRITERS + SNAPSHOTS + SEARCHES + EXPORTS;
        let pages = settings.max_connections.saturating_sub(others).max(1);
        let usual = limited(settings.statement_timeout, IDLE_MAX);
        Ok(Self {
            writers: pool(WRITERS).connect_lazy_with(by_index(usual.clone())),
            pages: Readers::of(pool(pages).connect_lazy_with(usual.clone())),
            snapshots: pool(SNAPSHOTS).connect_lazy_with(usual),
            searches: pool(SEARCHES)
                .acquire_timeout(SEARCH_ACQUIRE_TIMEOUT)
                .connect_lazy_with(limited(SEARCH_TIMEOUT, IDLE_MAX)),
            exports: pool(EXPORTS).connect_lazy_with(limited(Duration::ZERO, IDLE_EXPORT_MAX)),
        })
    }

    pub(super) fn snapshots(&self, purpose: Purpose) -> &Pool<Postgres> {
        match purpose {
            Purpose::Page => &self.snapshots,
            Purpose::Search => &self.searches,
            Purpose::Export => &self.exports,
        }
    }

    pub(super) async fn close(&self) {
        self.pages.close().await;
        for pool in [&self.snapshots, &self.searches, &self.exports, &self.writers] {
            pool.close().await;
        }
    }
}

/// What is written is found by its key. A plan is kept for as long as a connection lives, those that
/// check foreign keys too; made while a table was small it would read all of it, and still do so
/// after a run that filled it.
fn by_index(options: PgConnectOptions) -> PgConnectOptions {
    options.options([("enable_seqscan", "off")])
}

fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}
