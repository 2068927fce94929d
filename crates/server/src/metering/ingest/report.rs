//! The command that counts what is reported.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    metering::{Count, Event, EventError, Tally},
};

use super::{
    alarm, load, store,
    view::{BatchView, EventResult, ReportView, Reported},
};
use crate::{
    command::SetCommand,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
};

/// Counts events of a tenant. Each that can be counted is, whatever becomes of the others.
#[derive(Clone, Debug)]
pub struct Report {
    /// The outside world, for the tenant's time.
    pub(super) env: Env,
    /// Whose usage it is.
    pub(super) tenant: TenantId,
    /// What was sent.
    pub(super) sent: Vec<Sent>,
    /// Whether it is told of as one event.
    pub(super) form: Form,
}

/// An event as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// What its sender calls it, if anything.
    pub(super) id: Option<String>,
    /// It, or why it is none.
    pub(super) event: Result<Event, String>,
}

/// How a report is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As the one event that it has: what is wrong with it is a problem.
    One,
    /// With a result for each event.
    Batch,
}

/// What a set of reports rests on.
#[derive(Debug)]
pub struct State(pub(super) BTreeMap<String, Counting>);

/// What the reports of a tenant rest on.
#[derive(Debug)]
pub(super) struct Counting {
    pub(super) tenant: TenantId,
    pub(super) env: Env,
    /// The tenant's time, the same for the whole set.
    pub(super) now: Instant,
    pub(super) tally: Tally,
}

impl SetCommand for Report {
    type State = State;
    type Decision = ();
    type Data = Reported;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    fn weight(&self) -> usize {
        self.sent.len()
    }

    async fn load(set: &[&Self], tx: &mut Tx) -> Result<State, Error> {
        load::state(set, tx).await
    }

    fn decide(&self, state: &mut State, _: &Env) -> Result<((), Reported), ApiError> {
        let counting = state.0.get_mut(self.tenant.as_str()).ok_or(ApiError::Busy)?;
        let now = counting.now;
        match (self.form, &self.sent[..]) {
            (Form::One, [Sent { event: Ok(event), .. }]) => {
                let count = counting.tally.count(event, now).map_err(refusal)?;
                Ok(((), Reported::One(ReportView::new(event, &count))))
            }
            (Form::One, _) => Err(ApiError::internal("a report of one event has one")),
            (Form::Batch, sent) => {
                let mut batch = BatchView::default();
                for it in sent {
                    batch.add(count_one(&mut counting.tally, it, now));
                }
                Ok(((), Reported::Batch(batch)))
            }
        }
    }

    async fn save(state: State, _: Vec<()>, tx: &mut Tx) -> Result<(), Error> {
        store::save(&state, tx).await?;
        alarm::ring(&state, tx).await
    }
}

/// Counts one event of a batch.
fn count_one(tally: &mut Tally, sent: &Sent, now: Instant) -> EventResult {
    let counted = match &sent.event {
        Ok(event) => tally.count(event, now).map_err(rejection),
        Err(why) => Err(why.clone()),
    };
    let id = sent.id.clone();
    match counted {
        Ok(Count::New(_)) => EventResult::accepted(id),
        Ok(Count::Duplicate) => EventResult::duplicate(id),
        Err(why) => EventResult::rejected(id, why),
    }
}

/// What the sender of one event is told that can't be counted.
fn refusal(error: EventError) -> ApiError {
    match error.field() {
        Some(field) => ApiError::invalid(field, "out_of_range", error.to_string()),
        None => ApiError::Conflict(error.to_string()),
    }
}

/// The same of an event of a batch.
fn rejection(error: EventError) -> String {
    error.field().map_or_else(|| error.to_string(), |field| format!("{field}: {error}"))
}
