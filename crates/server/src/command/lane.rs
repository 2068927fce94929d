//! Takes what waits in a lane, and runs it as a group.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::{
    WAITING_MAX,
    job::{Failure, Held, Job, Outcome},
    store,
};
use crate::{
    db::{Db, Error, Tx},
    env::Stopwatch,
};

/// How many jobs share a transaction at most.
const GROUP_MAX: usize = 512;

/// How long a group works at most before it is committed, so that nobody waits for a long one.
const WORK_MAX: Duration = Duration::from_millis(20);

/// How often a job that lost a race is run again.
const ATTEMPTS_MAX: u32 = 5;

/// Jobs, in order of arrival.
type Group = Vec<Box<dyn Job>>;

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The first so many jobs are durable.
    Committed(usize),
    /// It left no trace, because of one of the jobs in it, whose outcome says why.
    Undone(Outcome),
    /// It left no trace, because the database would not commit it.
    Refused,
    /// It left no trace, because a tenant in it could not be had in time.
    Locked,
    /// It left no trace, because the database could not be had.
    Away,
    /// The connection broke while it was being committed. It must not be run again: it may be there.
    Unknown,
}

/// Whether to wait for tenants that others hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    Wait,
    TakeWhatIsFree,
}

/// Starts a lane, which ends when its last sender is gone.
pub(super) fn start(db: Db) -> mpsc::Sender<Box<dyn Job>> {
    let (lane, waiting) = mpsc::channel(WAITING_MAX);
    tokio::spawn(serve(db, waiting));
    lane
}

async fn serve(db: Db, mut lane: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Group::with_capacity(GROUP_MAX);
    // What a group had no time for is the start of the next one.
    while !group.is_empty() || lane.recv_many(&mut group, GROUP_MAX).await > 0 {
        while group.len() < GROUP_MAX
            && let Ok(job) = lane.try_recv()
        {
            group.push(job);
        }
        metrics::gauge!("command_queue_depth").set(small(lane.len()));
        let done = run_group(&db, &mut group).await;
        group.drain(..done).for_each(Job::answer);
    }
}

/// Runs what it can of `group`, and says how many of its first jobs are concluded.
async fn run_group(db: &Db, group: &mut Group) -> usize {
    let mut end = transact(db, group, Patience::Wait).await;
    if end == End::Locked {
        end = transact(db, group, Patience::TakeWhatIsFree).await;
    }
    match end {
        End::Committed(done) => return done,
        End::Undone(_) | End::Refused => {
            for job in std::mem::take(group).into_iter().flat_map(Job::split) {
                group.extend(alone(db, job).await);
            }
        }
        End::Locked => conclude(Failure::Busy, group),
        End::Away => conclude(Failure::Away, group),
        End::Unknown => conclude(Failure::Unknown, group),
    }
    group.len()
}

/// Runs one job in a transaction of its own, again if it loses a race.
async fn alone(db: &Db, job: Box<dyn Job>) -> Group {
    let mut job = vec![job];
    for _ in 0..ATTEMPTS_MAX {
        let failure = match transact(db, &mut job, Patience::Wait).await {
            End::Undone(Outcome::LostRace) => continue,
            End::Committed(_) | End::Undone(_) => return job,
            End::Locked => Failure::Busy,
            End::Away => Failure::Away,
            End::Refused => Failure::Refused,
            End::Unknown => Failure::Unknown,
        };
        conclude(failure, &mut job);
        return job;
    }
    conclude(Failure::Busy, &mut job);
    job
}

fn conclude(failure: Failure, group: &mut [Box<dyn Job>]) {
    for job in group {
        job.fail(failure);
    }
}

/// Runs jobs in one transaction: all of them, or the first ones if time runs out. Those that spoil
/// it are told so at once and taken out of `group`.
async fn transact(db: &Db, group: &mut Group, patience: Patience) -> End {
    let mut tx = match db.begin().await {
        Ok(tx) => tx,
        Err(error) => return not_begun(&error),
    };
    let held = match hold(&mut tx, &tenants(group), patience).await {
        Ok(held) => held,
        Err(error) => {
            undo(tx).await;
            return not_begun(&error);
        }
    };
    match run(&mut tx, group, &held).await {
        Ok(done) => {
            let size = group[..done].iter().map(|job| job.size()).sum();
            commit(tx, size, done).await
        }
        Err(outcome) => {
            undo(tx).await;
            End::Undone(outcome)
        }
    }
}

/// Runs jobs one after the other, and gives how many of the first may be committed.
///
/// Where one spoils the transaction, it is undone back to a mark, what was sound since the mark runs
/// once more, and the mark moves behind it: a spoilt job costs its neighbours one run at most.
async fn run(tx: &mut Tx, group: &mut Group, held: &Held) -> Result<usize, Outcome> {
    let watch = Stopwatch::start();
    let fenced = group.iter().map(|job| job.size()).sum::<usize>() > 1;
    let (mut done, mut marked, mut mark_at) = (0, 0, fenced.then_some(0));
    while done < group.len() && (done == 0 || watch.elapsed() <= WORK_MAX) {
        if mark_at == Some(done) {
            tx.mark().await.map_err(|error| Outcome::of(&error))?;
            (marked, mark_at) = (done, None);
        }
        // A panic is this job's failure, not the lane's.
        let outcome = AssertUnwindSafe(group[done].run(tx, held)).catch_unwind().await;
        match outcome.unwrap_or(Outcome::Spoilt) {
            Outcome::Sound => done += 1,
            Outcome::Last => return Ok(done + 1),
            Outcome::Spoilt if fenced => {
                tx.back_to_mark().await.map_err(|_| Outcome::Spoilt)?;
                take_out(group, done);
                mark_at = (done > marked).then_some(done);
                done = marked;
            }
            outcome => return Err(outcome),
        }
    }
    Ok(done)
}

/// Takes out the job that spoilt its transaction: told so if it is one command, in parts if not.
fn take_out(group: &mut Group, place: usize) {
    let spoilt = group.remove(place);
    if spoilt.size() > 1 {
        group.splice(place..place, spoilt.split());
    } else {
        spoilt.answer();
    }
}

fn tenants(group: &[Box<dyn Job>]) -> BTreeSet<&str> {
    let mut tenants = BTreeSet::new();
    for job in group {
        job.tenants(&mut tenants);
    }
    tenants
}

async fn hold(tx: &mut Tx, tenants: &BTreeSet<&str>, patience: Patience) -> Result<Held, Error> {
    match patience {
        Patience::Wait => store::lock(tx, tenants).await,
        Patience::TakeWhatIsFree => store::lock_free_ones(tx, tenants).await,
    }
}

fn not_begun(error: &Error) -> End {
    match error {
        Error::Locked(_) | Error::LostRace(_) => End::Locked,
        Error::Away(_) => End::Away,
        _ => {
            tracing::error!(?error, "a group of commands could not begin");
            End::Away
        }
    }
}

/// Undoes the transaction before the next one begins. Where that fails the connection is gone, and
/// the database undoes it by itself.
async fn undo(tx: Tx) {
    if let Err(error) = tx.rollback().await {
        tracing::warn!(?error, "a transaction was left to the database to undo");
    }
}

async fn commit(tx: Tx, size: usize, done: usize) -> End {
    let watch = Stopwatch::start();
    match tx.commit().await {
        Ok(()) => {
            metrics::histogram!("command_group_size").record(small(size));
            metrics::histogram!("command_commit_seconds").record(watch.elapsed());
            End::Committed(done)
        }
        Err(error) if error.left_no_trace() => {
            tracing::warn!(?error, "a group of commands was not committed");
            End::Refused
        }
        Err(error) => {
            tracing::error!(?error, "the fate of a group of commands is unknown");
            End::Unknown
        }
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
