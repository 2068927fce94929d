//! Looking an event up, and taking it back.

mod store;

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Instant, Zone},
    id::TenantId,
    metering::{
        EventKey, Level, Measure, PeriodUse, TakeBackError, Taken, calendar_month, level_without,
    },
};

use super::{
    super::{meters::Meters, packing},
    load, store as events,
    store::EventRow,
    view::UsageEventView,
};
use crate::{
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::problem::ApiError,
};

/// How many reports of a level are read at a time.
const PAGE: i64 = 64;

/// An event that a request means.
#[derive(Clone, Debug)]
pub(super) struct EventName {
    /// What its sender calls it.
    pub(super) id: String,
    /// Its key.
    pub(super) key: EventKey,
}

/// Takes an event of a tenant back.
#[derive(Clone, Debug)]
pub(super) struct TakeBack {
    pub(super) tenant: TenantId,
    pub(super) name: EventName,
}

/// What that rests on.
#[derive(Debug)]
pub(super) struct Facts {
    zone: Zone,
    event: Option<EventRow>,
    is_taken_back: bool,
    /// Of one that is packed away, whether it was taken back before.
    packed: Option<bool>,
    /// The event's period.
    period: Option<PeriodUse>,
    /// Of a level, what the event says of it and what is left without.
    left: Option<(Level, Level)>,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Decision {
    view: UsageEventView,
    /// Nothing if it was done before.
    change: Option<Change>,
}

/// What becomes of the counts.
#[derive(Debug)]
struct Change {
    event: EventRow,
    taken: Taken,
    period: Option<PeriodUse>,
    left: Option<(Level, Level)>,
    at: Instant,
}

/// An event as it was counted.
pub(super) async fn find(
    db: &Db,
    tenant: &TenantId,
    name: &EventName,
) -> Result<UsageEventView, ApiError> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let event = events::event(&mut tx, tenant.as_str(), &name.key).await?;
    let Some(event) = event else {
        let status = packed(&mut tx, tenant.as_str(), name).await?;
        let is_taken_back = status.ok_or_else(|| not_found(name))?;
        return Ok(UsageEventView::packed(&name.id, is_taken_back));
    };
    let back = events::event(&mut tx, tenant.as_str(), &name.key.of_taking_back()).await?;
    Ok(UsageEventView::new(&name.id, event, back.is_some())?)
}

/// Whether an event that is packed away was taken back before; nothing if none is.
async fn packed(tx: &mut Tx, tenant: &str, name: &EventName) -> Result<Option<bool>, Error> {
    let (key, back) = (name.key, name.key.of_taking_back());
    let pairs = [key, back].map(|key| (tenant.to_owned(), key.as_bytes().to_vec()));
    let found = packing::packed(tx, pairs.into()).await?;
    let has = |key| found.iter().any(|(_, packed)| packed.key == key);
    Ok(has(key).then(|| has(back)))
}

fn not_found(name: &EventName) -> ApiError {
    ApiError::NotFound { kind: "usage event", id: name.id.clone() }
}

impl Command for TakeBack {
    type Facts = Facts;
    type Decision = Decision;
    type Data = UsageEventView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let (tenant, key) = (self.tenant.as_str(), self.name.key);
        let zone = Meters::load(tx, tenant).await?.zone().clone();
        let event = events::event(tx, tenant, &key).await?;
        let back = events::event(tx, tenant, &key.of_taking_back()).await?;
        let (mut period, mut left) = (None, None);
        if let Some(event) = event.as_ref().filter(|_| back.is_none()) {
            period = store::period(tx, tenant, event).await?;
            left = self.left(tx, event, &zone).await?;
        }
        let packed = match event {
            Some(_) => None,
            None => packed(tx, tenant, &self.name).await?,
        };
        Ok(Facts { zone, event, is_taken_back: back.is_some(), packed, period, left })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Decision, ApiError> {
        let refusal = |error: TakeBackError| ApiError::Conflict(error.to_string());
        let Some(event) = facts.event else {
            let is_taken_back = facts.packed.ok_or_else(|| not_found(&self.name))?;
            let view = UsageEventView::packed(&self.name.id, true);
            let done = is_taken_back.then_some(Decision { view, change: None });
            return done.ok_or_else(|| refusal(TakeBackError::Packed));
        };
        let view = UsageEventView::new(&self.name.id, event.clone(), true)?;
        if facts.is_taken_back {
            return Ok(Decision { view, change: None });
        }
        let (at, taken) = (env.now(), taken(&event)?);
        let period = event.bill.zip(facts.period);
        let period = period.map(|(bill, used)| used.without(&taken, bill, facts.left));
        let period = period.transpose().map_err(refusal)?;
        let month = |at| calendar_month(at, &facts.zone).map_err(ApiError::internal);
        if period.is_none() && month(event.received_at.instant()?)? != month(at)? {
            return Err(refusal(TakeBackError::MonthOver));
        }
        let change = Change { event, taken, period, left: facts.left, at };
        Ok(Decision { view, change: Some(change) })
    }

    async fn save(&self, decision: Decision, tx: &mut Tx) -> Result<UsageEventView, Error> {
        if let Some(change) = decision.change {
            store::take_back(tx, self.tenant.as_str(), self.name.key, &change).await?;
        }
        Ok(decision.view)
    }
}

impl TakeBack {
    /// Of a level, what the event says of it and what is left without.
    async fn left(
        &self,
        tx: &mut Tx,
        event: &EventRow,
        zone: &Zone,
    ) -> Result<Option<(Level, Level)>, Error> {
        if load::resource(&event.resource_type)?.measure() == Measure::Sum {
            return Ok(None);
        }
        let occurred_at = event.occurred_at.instant()?;
        let at = occurred_at.min(event.received_at.instant()?);
        let gone = Level { amount: event.amount, at: Some(at) };
        let set_right = store::set_right(tx, self.tenant.as_str(), event, zone).await?;
        let set_right = set_right.into_iter().find(|level| level.at <= gone.at);
        let mut size = PAGE;
        loop {
            let reports = store::reports(tx, self.tenant.as_str(), event, size).await?;
            let is_all = i64::try_from(reports.len()).is_ok_and(|count| count < size);
            if let Some(level) = level_without((self.name.key, gone), &reports, is_all) {
                let left = set_right.filter(|right| level.at <= right.at).unwrap_or(level);
                return Ok(Some((gone, left)));
            }
            size *= 2;
        }
    }
}

/// What an event says.
fn taken(event: &EventRow) -> Result<Taken, Error> {
    Ok(Taken {
        app: events::app_of(&event.app_id, "usage_event")?,
        resource: load::resource(&event.resource_type)?,
        amount: event.amount,
        occurred_at: event.occurred_at.instant()?,
    })
}
