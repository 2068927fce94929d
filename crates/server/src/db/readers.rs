//! Connections for reads of one statement.
//!
//! A pool tests a connection whenever it is given back, and for a page that test costs as much as
//! its statement. So a connection that did well is kept aside here instead, for a while: one that
//! failed, was given up half-way, lay unused or served long goes back to the pool, which tests it.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{Database, Pool, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{ACQUIRE_TIMEOUT, Error};
use crate::stopwatch::Stopwatch;

/// How long a connection may lie unused before the pool tests it.
const UNUSED_MAX: Duration = Duration::from_mins(1);

/// How many statements it runs before the pool looks at its age.
const USES_MAX: u32 = 10_000;

/// Connections of a pool that serves nothing else. Cheap to clone.
#[derive(Debug)]
pub(super) struct Readers<DB: Database> {
    pool: Pool<DB>,
    /// One for each connection that the pool may have.
    turns: Arc<Semaphore>,
    kept: Arc<Mutex<Kept<DB>>>,
}

#[derive(Debug)]
struct Kept<DB: Database> {
    idle: Vec<Idle<DB>>,
    closed: bool,
}

#[derive(Debug)]
struct Idle<DB: Database> {
    connection: PoolConnection<DB>,
    uses: u32,
    since: Stopwatch,
}

/// A connection for one statement.
#[derive(Debug)]
pub(super) struct Reader<DB: Database> {
    connection: PoolConnection<DB>,
    uses: u32,
    kept: Arc<Mutex<Kept<DB>>>,
    turn: OwnedSemaphorePermit,
}

impl<DB: Database> Readers<DB> {
    pub(super) fn of(pool: Pool<DB>) -> Self {
        let size = pool.options().get_max_connections();
        let turns = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        let kept = Arc::new(Mutex::new(Kept { idle: Vec::new(), closed: false }));
        Self { pool, turns, kept }
    }

    /// Waits for a connection.
    pub(super) async fn take(&self) -> Result<Reader<DB>, Error> {
        let turn = timeout(ACQUIRE_TIMEOUT, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let turn = turn.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = locked(&self.kept).idle.pop();
        let idle = idle.filter(|it| it.uses < USES_MAX && it.since.elapsed() < UNUSED_MAX);
        let (connection, uses) = match idle {
            Some(Idle { connection, uses, .. }) => (connection, uses),
            None => (self.pool.acquire().await?, 0),
        };
        Ok(Reader { connection, uses, kept: self.kept.clone(), turn })
    }

    /// Closes every connection, after those in use are given back.
    pub(super) async fn close(&self) {
        let idle = {
            let mut kept = locked(&self.kept);
            kept.closed = true;
            mem::take(&mut kept.idle)
        };
        drop(idle);
        self.pool.close().await;
    }
}

impl<DB: Database> Clone for Readers<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), turns: self.turns.clone(), kept: self.kept.clone() }
    }
}

impl<DB: Database> Reader<DB> {
    /// Gives it back after a statement that ended as it should, or not. Where one connection broke
    /// the others may have, so none is kept then.
    pub(super) fn give_back<T>(self, result: Result<T, sqlx::Error>) -> Result<T, Error> {
        let Self { connection, uses, kept, turn } = self;
        let mut kept = locked(&kept);
        let dropped = match &result {
            Ok(_) if !kept.closed => {
                kept.idle.push(Idle { connection, uses: uses + 1, since: Stopwatch::start() });
                Vec::new()
            }
            Ok(_) => Vec::new(),
            Err(_) => mem::take(&mut kept.idle),
        };
        drop(kept);
        drop((dropped, turn));
        Ok(result?)
    }
}

impl<DB: Database> Deref for Reader<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Reader<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

fn locked<DB: Database>(kept: &Mutex<Kept<DB>>) -> MutexGuard<'_, Kept<DB>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
