//! Setting, moving, reading and removing a tenant's clock.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    tenants::{ClockError, may_move_clock, may_remove_clock},
};

use super::{
    due::{Due, DueWork, Step},
    view::{MovedView, RanView},
};
use crate::{
    alerts, apps, chain,
    command::{self, Command, Commands},
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{
        envelope::{self, Answer},
        idempotency::Key,
        problem::ApiError,
    },
    invoicing, ledger, outbox, subscriptions, tenants,
};

/// Where a tenant stands in time.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// What its own clock shows, if it has one.
    shown: Option<Instant>,
    /// When its newest row arrived, if it has no clock yet.
    newest: Option<Instant>,
}

/// Moves a tenant's clock to `to`, and runs what `works` have due on the way. It stops at the first
/// that fails, with the clock where that was due at the latest; a repeat goes on from there.
pub async fn move_clock(
    (db, commands): (&Db, &Commands),
    works: &[&dyn DueWork],
    tenant: &TenantId,
    to: Instant,
    key: Option<Key>,
) -> Result<Answer, ApiError> {
    if let Some(kept) = commands.kept(tenant.as_str(), key.as_ref()).await? {
        return Ok(kept);
    }
    let standing = standing(&mut db.snapshot(Purpose::Page).await?, tenant).await?;
    may_move_clock(standing.shown, standing.newest, to)?;
    let mut ran = Vec::new();
    let mut reached = standing.shown.or(standing.newest);
    let mut last = None;
    // A clock that is where it shall be runs nothing.
    while standing.shown != Some(to)
        && let Some((work, due)) = first(db, works, tenant, to).await?
    {
        if last.as_ref() == Some(&due) {
            return Err(ApiError::internal(format!("{due:?} is due although it was done")));
        }
        let at = reached.map_or(due.at, |reached| reached.max(due.at));
        let step = Step { due: due.clone(), at };
        work.run(commands, tenant, step).await?;
        ran.push(RanView::new(at, &due));
        (reached, last) = (Some(at), Some(due));
    }
    commands.run(Move { tenant: tenant.clone(), to, ran }, key).await
}

/// What is due first of all, and whose it is.
async fn first<'a>(
    db: &Db,
    works: &[&'a dyn DueWork],
    tenant: &TenantId,
    until: Instant,
) -> Result<Option<(&'a dyn DueWork, Due)>, Error> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let mut first: Option<(&dyn DueWork, Due)> = None;
    for work in works {
        let next = work.next(&mut tx, tenant, until).await?;
        if let Some(due) = next
            && first.as_ref().is_none_or(|(_, earliest)| due.at < earliest.at)
        {
            first = Some((*work, due));
        }
    }
    Ok(first)
}

/// What a tenant's clock shows, if it has one.
pub(super) async fn shown(db: &Db, tenant: &TenantId) -> Result<Option<Instant>, Error> {
    command::clock(&mut db.snapshot(Purpose::Page).await?, tenant.as_str()).await
}

async fn standing(tx: &mut Tx, tenant: &TenantId) -> Result<Standing, Error> {
    let shown = command::clock(tx, tenant.as_str()).await?;
    let newest = if shown.is_some() { None } else { newest_row(tx, tenant.as_str()).await? };
    Ok(Standing { shown, newest })
}

/// When the newest of all rows of a tenant arrived.
async fn newest_row(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let subscription = subscriptions::latest_in(tx, tenant).await?.map(|latest| latest.created_at);
    let (_, record) = invoicing::extent(tx, tenant).await?;
    let transfer = ledger::book(tx, tenant).await?.state().last_at;
    let event = chain::newest_event(tx, tenant).await?;
    let alert = alerts::newest_alert(tx, tenant).await?;
    let message = outbox::newest_message(tx, tenant).await?;
    let settings = tenants::dunning_settings(tx, tenant).await?.map(|it| it.updated_at);
    let app = apps::newest_change(tx, tenant).await?;
    let all = [subscription, record, transfer, event, alert, message, settings, app];
    Ok(all.into_iter().flatten().max())
}

/// Sets a tenant's clock when all that was due is done.
#[derive(Clone, Debug)]
struct Move {
    tenant: TenantId,
    to: Instant,
    ran: Vec<RanView>,
}

impl Command for Move {
    type Facts = Standing;
    type Decision = Instant;
    type Data = MovedView;
    const STATUS: StatusCode = StatusCode::OK;
    const MOVES_CLOCK: bool = true;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Standing, Error> {
        standing(tx, &self.tenant).await
    }

    fn decide(&self, facts: Standing, _: &Env) -> Result<Instant, ApiError> {
        may_move_clock(facts.shown, facts.newest, self.to)?;
        Ok(self.to)
    }

    async fn save(&self, to: Instant, tx: &mut Tx) -> Result<MovedView, Error> {
        command::set_clock(tx, self.tenant(), Some(to)).await?;
        Ok(MovedView::new(to, self.ran.clone()))
    }
}

/// Takes a tenant's clock away. What never had one is done already.
#[derive(Clone, Debug)]
pub(super) struct Remove {
    pub(super) tenant: TenantId,
    /// The real time: what a decision sees is the tenant's.
    pub(super) real_now: Instant,
}

impl Command for Remove {
    type Facts = Option<Instant>;
    type Decision = ();
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;
    const MOVES_CLOCK: bool = true;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Instant>, Error> {
        command::clock(tx, self.tenant()).await
    }

    fn decide(&self, shown: Option<Instant>, _: &Env) -> Result<(), ApiError> {
        Ok(may_remove_clock(shown, self.real_now)?)
    }

    async fn save(&self, (): (), tx: &mut Tx) -> Result<(), Error> {
        command::set_clock(tx, self.tenant(), None).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl From<ClockError> for ApiError {
    fn from(error: ClockError) -> Self {
        Self::Conflict(error.to_string())
    }
}
