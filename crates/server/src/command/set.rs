//! The set form of the hottest commands: a whole set loaded, decided and saved together.
//!
//! A set gathers what arrives while the set before it is being committed. It then runs as one job:
//! on SQLite in the one lane, on PostgreSQL in lanes of its own, so that it waits for nobody. A set
//! of *n* leaves row for row what *n* sets of one leave.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{
    Told, WAITING_MAX,
    job::{Failure, Held, Job, Outcome},
    lane, pick, store,
};
use crate::{
    db::{Error, Tx},
    env::Env,
    http::{
        envelope::{self, Answer},
        idempotency::Key,
        problem::ApiError,
    },
};

/// How many commands are gathered into a set at most.
const SET_MAX: usize = 1_024;

/// How much a set weighs at most, but for one command that weighs more by itself.
const SET_WEIGHT_MAX: usize = 20_000;

/// How much may wait in all lanes of a form before callers are told to come back.
const WAITING_WEIGHT_MAX: usize = 400_000;

/// How many sets are written at the same time, where the database lets several write.
const SET_LANES: usize = 2;

/// A change that is loaded, decided and saved together with others of its kind.
pub trait SetCommand: Send + Sync + Sized + 'static {
    /// What the decisions of the whole set rest on, as each decision leaves it for the next.
    type State: Send;
    /// What is to be written for one command.
    type Decision: Send;
    /// The `data` that the caller gets once the change is durable.
    type Data: Serialize + Send;
    /// The status it comes with.
    const STATUS: StatusCode;

    /// The tenant whose data changes. It is locked before [`SetCommand::load`].
    fn tenant(&self) -> &str;

    /// How much it weighs: 1, but for one that stands for many.
    fn weight(&self) -> usize {
        1
    }

    /// Reads what all of `set` need, in a number of statements that does not depend on its size.
    fn load(set: &[&Self], tx: &mut Tx) -> impl Future<Output = Result<Self::State, Error>> + Send;

    /// Judges, and leaves `state` as the next command of the set is to find it; a refusal leaves
    /// it alone.
    fn decide(
        &self,
        state: &mut Self::State,
        env: &Env,
    ) -> Result<(Self::Decision, Self::Data), ApiError>;

    /// Writes every decision and the state after the last, likewise.
    fn save(
        state: Self::State,
        decisions: Vec<Self::Decision>,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Runs the commands of one kind in sets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sets<C> {
    lanes: Arc<[mpsc::Sender<Member<C>>]>,
    /// What may still wait, by weight.
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Member<C> {
    command: C,
    key: Option<Key>,
    outcome: Told,
    caller: oneshot::Sender<Told>,
    /// Its part of what may wait, given back when it is answered.
    _room: OwnedSemaphorePermit,
}

struct Set<C> {
    env: Env,
    members: Vec<Member<C>>,
    /// Given back when the last part of the set was answered; the next set is gathered then.
    turn: Arc<OwnedSemaphorePermit>,
}

impl<C: SetCommand> Sets<C> {
    pub(super) fn start(env: &Env, lanes: &[mpsc::Sender<Box<dyn Job>>]) -> Self {
        let one = |lane| {
            let (members, waiting) = mpsc::channel(WAITING_MAX);
            tokio::spawn(gather(env.clone(), waiting, lane));
            members
        };
        let lanes = match lanes {
            [only] => vec![one(only.clone())],
            _ => (0..SET_LANES).map(|_| one(lane::start(env.db.clone()))).collect(),
        };
        let room = Arc::new(Semaphore::new(WAITING_WEIGHT_MAX));
        Self { lanes: lanes.into(), room }
    }

    /// Runs `command`, once per `key`, and answers when the change is durable.
    pub async fn run(&self, command: C, key: Option<Key>) -> Result<Answer, ApiError> {
        let lane = pick(&self.lanes, command.tenant());
        let (caller, answer) = oneshot::channel();
        let weight = u32::try_from(command.weight()).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(weight).map_err(|_| ApiError::Busy)?;
        let member = Member { command, key, outcome: Err(ApiError::Busy), caller, _room: room };
        lane.try_send(member).map_err(|_| ApiError::Busy)?;
        answer.await.unwrap_or(Err(ApiError::OutcomeUnknown))
    }
}

async fn gather<C: SetCommand>(
    env: Env,
    mut waiting: mpsc::Receiver<Member<C>>,
    lane: mpsc::Sender<Box<dyn Job>>,
) {
    let turns = Arc::new(Semaphore::new(1));
    let mut gathered = Vec::new();
    loop {
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        if gathered.is_empty() && waiting.recv_many(&mut gathered, SET_MAX).await == 0 {
            return;
        }
        let rest = gathered.split_off(fitting(&gathered));
        let members = std::mem::replace(&mut gathered, rest);
        let set = Set { env: env.clone(), members, turn: Arc::new(turn) };
        if lane.send(Box::new(set)).await.is_err() {
            return;
        }
    }
}

/// How many of those that were gathered make a set: at least one.
fn fitting<C: SetCommand>(gathered: &[Member<C>]) -> usize {
    let weights = gathered.iter().scan(0, |sum: &mut usize, member| {
        *sum = sum.saturating_add(member.command.weight());
        Some(*sum)
    });
    weights.take_while(|sum| *sum <= SET_WEIGHT_MAX).count().max(1)
}

impl<C: SetCommand> Set<C> {
    /// Runs the members whose tenant is held and whose key is new.
    async fn once_per_key(&mut self, tx: &mut Tx, held: &Held) -> Result<(), Error> {
        let free = |member: &Member<C>| held.contains_key(member.command.tenant());
        let keys = self.members.iter().filter(|member| free(member));
        let keys = keys.filter_map(|it| Some((it.command.tenant(), it.key.as_ref()?)));
        let mut kept = store::find_all(tx, keys).await?;
        let fresh: Vec<&C> = self
            .members
            .iter()
            .filter(|it| free(it) && !it.key.as_ref().is_some_and(|k| kept.contains_key(&k.digest)))
            .map(|it| &it.command)
            .collect();
        if fresh.is_empty() {
            self.answer_from(&kept, held);
            return Ok(());
        }
        let mut state = C::load(&fresh, tx).await?;
        let mut decisions = Vec::with_capacity(fresh.len());
        for member in self.members.iter_mut().filter(|member| free(member)) {
            if let Some(told) = member.key.as_ref().and_then(|key| store::replay(&kept, key)) {
                member.outcome = told;
                continue;
            }
            let clock = held.get(member.command.tenant()).copied().flatten();
            member.outcome = match member.command.decide(&mut state, &self.env.of_tenant(clock)) {
                Ok((decision, data)) => {
                    decisions.push(decision);
                    let body = envelope::data(&data, self.env.now());
                    body.map(|body| Answer { status: C::STATUS, body, replayed: false })
                }
                Err(refusal) => Err(refusal),
            };
            if let (Some(key), Ok(answer)) = (&member.key, &member.outcome) {
                kept.insert(key.digest, (key.fingerprint, answer.clone()));
            }
        }
        C::save(state, decisions, tx).await?;
        let new = self.members.iter().filter_map(|it| match (&it.key, &it.outcome) {
            (Some(key), Ok(answer)) if !answer.replayed => Some((it.command.tenant(), key, answer)),
            _ => None,
        });
        store::keep(tx, new, self.env.now()).await
    }

    /// Answers a set in which nothing is new.
    fn answer_from(&mut self, kept: &HashMap<[u8; 32], store::Kept>, held: &Held) {
        for member in self.members.iter_mut().filter(|it| held.contains_key(it.command.tenant())) {
            if let Some(told) = member.key.as_ref().and_then(|key| store::replay(kept, key)) {
                member.outcome = told;
            }
        }
    }
}

impl<C: SetCommand> Job for Set<C> {
    fn tenants<'a>(&'a self, all: &mut BTreeSet<&'a str>) {
        all.extend(self.members.iter().map(|member| member.command.tenant()));
    }

    fn size(&self) -> usize {
        self.members.len()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx, held: &'a Held) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            for member in &mut self.members {
                member.outcome = if held.contains_key(member.command.tenant()) {
                    Err(ApiError::internal("the command panicked"))
                } else {
                    Err(ApiError::Busy)
                };
            }
            match self.once_per_key(tx, held).await {
                Ok(()) => Outcome::Sound,
                Err(error) => {
                    let outcome = Outcome::of(&error);
                    // A set that fails is split; only the error of a set of one is told.
                    if let [only] = &mut self.members[..] {
                        only.outcome = Err(error.into());
                    }
                    outcome
                }
            }
        })
    }

    fn fail(&mut self, why: Failure) {
        self.members.iter_mut().for_each(|member| member.outcome = Err(why.into()));
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        let Self { env, members, turn } = *self;
        let alone = |member| -> Box<dyn Job> {
            Box::new(Set { env: env.clone(), members: vec![member], turn: turn.clone() })
        };
        members.into_iter().map(alone).collect()
    }

    fn answer(self: Box<Self>) {
        for member in self.members {
            // A caller that hung up does not undo what was committed.
            drop(member.caller.send(member.outcome));
        }
    }
}
