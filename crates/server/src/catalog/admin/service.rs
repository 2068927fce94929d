//! Making, changing and archiving plans. They are the platform's, so its lock guards them, and what
//! is decided is in force for every tenant at once.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    catalog::{Gates, Listing, NewPlan, PlanChange, Refused, create},
};

use super::super::{pricing::PlanPricing, service::not_found, store};
use crate::{
    command::{Command, PLATFORM},
    db::{Error, Tx},
    env::Env,
    http::{envelope, etag::IfMatch, problem::ApiError},
};

/// Makes a plan.
#[derive(Clone, Debug)]
pub(super) struct CreatePlan(pub(super) NewPlan);

/// Changes a plan.
#[derive(Clone, Debug)]
pub(super) struct ChangePlan {
    /// Its name or id.
    pub(super) plan: String,
    /// The versions that may be changed.
    pub(super) if_match: IfMatch,
    /// What is changed.
    pub(super) change: Change,
}

/// What is changed of a plan.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Its prices, quotas and so on.
    Terms(Box<PlanChange>),
    /// Its gates.
    Gates(Gates),
}

/// Takes a plan out of every list.
#[derive(Clone, Debug)]
pub(super) struct ArchivePlan {
    /// Its name or id.
    pub(super) plan: String,
    /// The versions that may be archived.
    pub(super) if_match: IfMatch,
}

impl Command for CreatePlan {
    /// The plan of that name, and the last place.
    type Facts = (Option<Listing>, i64);
    type Decision = (i64, Listing);
    type Data = PlanPricing;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        Ok((store::listing(tx, &self.0.name).await?, store::last_position(tx).await?))
    }

    fn decide(&self, (other, last): Self::Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let at = env.now();
        Ok((last + 1, create(self.0.clone(), other.as_ref(), env.id(at), at)?))
    }

    async fn save(&self, made: Self::Decision, tx: &mut Tx) -> Result<PlanPricing, Error> {
        let made = [made];
        store::insert(tx, &made).await?;
        let [(_, listing)] = made;
        Ok(PlanPricing::from(&listing))
    }
}

impl Command for ChangePlan {
    type Facts = Option<Listing>;
    type Decision = Listing;
    type Data = PlanPricing;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        store::listing(tx, &self.plan).await
    }

    fn decide(&self, found: Self::Facts, env: &Env) -> Result<Listing, ApiError> {
        let listing = found.ok_or_else(|| not_found(&self.plan))?;
        self.if_match.allows(&PlanPricing::from(&listing))?;
        match &self.change {
            Change::Terms(change) => Ok(listing.changed(change, env.now())),
            Change::Gates(gates) => Ok(listing.with_gates(gates, env.now())?),
        }
    }

    async fn save(&self, changed: Listing, tx: &mut Tx) -> Result<PlanPricing, Error> {
        store::update(tx, &changed).await?;
        Ok(PlanPricing::from(&changed))
    }
}

impl Command for ArchivePlan {
    type Facts = Option<Listing>;
    type Decision = Listing;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        store::listing(tx, &self.plan).await
    }

    fn decide(&self, found: Self::Facts, env: &Env) -> Result<Listing, ApiError> {
        let listing = found.ok_or_else(|| not_found(&self.plan))?;
        self.if_match.allows(&PlanPricing::from(&listing))?;
        Ok(listing.archived(env.now()))
    }

    async fn save(&self, archived: Listing, tx: &mut Tx) -> Result<(), Error> {
        store::update(tx, &archived).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::Conflict(refused.to_string())
    }
}
