//! One path for every write.
//!
//! A [`Command`] loads facts, decides, and saves the decision; [`Commands`] runs it. It gathers the
//! commands that wait, locks their tenants, runs them in one transaction, and answers each after
//! the one flush. The answer is kept under the caller's [`Key`] in that same transaction, so a
//! repeat finds it. A preview is the first two steps, on a snapshot.
//!
//! | phase | statements | what it promises |
//! |---|---|---|
//! | lock | 1 for the group | a tenant's commands run one after the other, in every process; tenants are locked in the order of their ids, so groups cannot deadlock; it reads their own clocks too |
//! | find the answer | 1 for a command with a key | the same key is the same change |
//! | load | the command's | sees what the command before it saved |
//! | decide | none | refusing costs nothing and undoes nothing |
//! | save, keep the answer | the command's, 1 | only a broken database fails here |
//! | commit | 1 for the group | nobody is answered before it |
//!
//! The hottest commands have a set form ([`SetCommand`]): a whole set is loaded, folded through its
//! decisions and saved in one statement each. A set is one job like any other.
//!
//! A tenant may live by a clock of its own: `decide` then sees it in its [`Env`], and so does a
//! preview. Whatever else depends on the time of a tenant asks [`now_of`]. Kept answers and the
//! timestamps of answers stay on the clock of the service.
//!
//! What is absent: no command begins, locks, commits or retries by itself, none makes an outside
//! call, and none refuses once it has written.

mod alone;
mod job;
mod lane;
mod set;
mod single;
mod store;

use std::{
    borrow::Cow,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    sync::Arc,
};

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{calendar::Instant, id::TenantId};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

pub use self::{
    alone::Alone,
    set::{SetCommand, Sets},
    store::{clock, is_known, set_clock, sweep},
};
use self::{job::Job, single::Waiting};
use crate::{
    db::{Error, Purpose, Tx},
    env::{Env, TenantClocks},
    http::{
        envelope::{self, Answer},
        idempotency::Key,
        problem::ApiError,
    },
};

/// How many commands may wait for each lane before callers are told to come back.
const WAITING_MAX: usize = 4096;

/// The tenant whose lock guards what all tenants share, such as plans.
pub const PLATFORM: &str = "";

/// A change to one tenant's data.
///
/// It may run twice, after a lost race or beside a neighbour that failed; whatever the first run
/// did is undone by then.
pub trait Command: Send + Sync + 'static {
    /// What the decision rests on.
    type Facts: Send;
    /// What is to be written.
    type Decision: Send;
    /// The `data` that the caller gets once the change is durable.
    type Data: Serialize + Send;
    /// The status it comes with.
    const STATUS: StatusCode;
    /// Whether it changes the tenant's own clock. What waits behind it is then run in a transaction
    /// of its own, whose lock reads the new one.
    const MOVES_CLOCK: bool = false;

    /// The tenant whose data changes. It is locked before [`Command::load`].
    fn tenant(&self) -> &str;

    /// Reads, and only reads.
    fn load(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Facts, Error>> + Send;

    /// Judges. This is the one place to refuse.
    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Self::Decision, ApiError>;

    /// Writes.
    fn save(
        &self,
        decision: Self::Decision,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<Self::Data, Error>> + Send;

    /// The body that tells of the change: with `data` under that name, unless the contract has
    /// another place for it.
    fn body(data: &Self::Data, now: Instant) -> Result<Bytes, ApiError> {
        envelope::data(data, now)
    }
}

/// What a caller is told, or why nothing was done.
type Told = Result<Answer, ApiError>;

/// Runs commands, some together. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commands {
    env: Env,
    lanes: Arc<[mpsc::Sender<Box<dyn Job>>]>,
}

impl Commands {
    /// Starts one lane for each transaction that the database lets write at a time.
    pub fn start(env: Env) -> Self {
        let lanes = (0..env.db.writers()).map(|_| lane::start(env.db.clone())).collect();
        Self { env, lanes }
    }

    /// Runs `command`, once per `key`, and answers when the change is durable.
    pub async fn run<C: Command>(&self, command: C, key: Option<Key>) -> Result<Answer, ApiError> {
        let lane = pick(&self.lanes, command.tenant());
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Waiting::new(self.env.clone(), command, key, caller));
        lane.try_send(job).map_err(|_| ApiError::Busy)?;
        answer.await.unwrap_or(Err(ApiError::OutcomeUnknown))
    }

    /// What `command` would decide now. It reads a snapshot, so it waits for nobody.
    pub async fn preview<C: Command>(&self, command: &C) -> Result<C::Decision, ApiError> {
        let mut snapshot = self.env.db.snapshot(Purpose::Page).await?;
        let env = env_of(&mut snapshot, &self.env, command.tenant()).await?;
        let facts = command.load(&mut snapshot).await?;
        command.decide(facts, &env)
    }

    /// The answer that is kept under `key`, if there is one.
    pub async fn kept(&self, tenant: &str, key: Option<&Key>) -> Result<Option<Answer>, ApiError> {
        let Some(key) = key else { return Ok(None) };
        let mut snapshot = self.env.db.snapshot(Purpose::Page).await?;
        store::find(&mut snapshot, tenant, key).await?.transpose()
    }

    /// Starts the lanes of a command's set form.
    pub fn sets<C: SetCommand>(&self) -> Sets<C> {
        Sets::start(&self.env, &self.lanes)
    }

    /// How many commands wait, in all lanes.
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.max_capacity() - lane.capacity()).sum()
    }
}

/// The outside world of a tenant: with its own clock, if it has one. Outside a sandbox it is `env`
/// itself, without a look at the database.
pub async fn env_of<'a>(tx: &mut Tx, env: &'a Env, tenant: &str) -> Result<Cow<'a, Env>, Error> {
    match env.tenant_clocks {
        TenantClocks::Ignored => Ok(Cow::Borrowed(env)),
        TenantClocks::Followed => Ok(env.of_tenant(store::clock(tx, tenant).await?)),
    }
}

/// The present moment of a tenant, by its own clock if it has one.
pub async fn now_of(tx: &mut Tx, env: &Env, tenant: &str) -> Result<Instant, Error> {
    Ok(env_of(tx, env, tenant).await?.now())
}

/// Until when a run that begins now does what is due: the present moment of the one tenant that it is
/// for, or that of the service.
pub async fn until(env: &Env, only: Option<&TenantId>) -> Result<Instant, Error> {
    let Some(tenant) = only else { return Ok(env.now()) };
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    now_of(&mut tx, env, tenant.as_str()).await
}

/// The lane of a tenant: always the same one.
fn pick<'a, T>(lanes: &'a [T], tenant: &str) -> &'a T {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(tenant);
    let count = u64::try_from(lanes.len()).unwrap_or(1);
    &lanes[usize::try_from(hash % count).unwrap_or(0)]
}
