//! Voiding a billing record, and the invoice that it stands for.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    id::{RecordId, TenantId},
    invoicing::InvoiceNumber,
};

use super::footing::Footing;
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::{envelope, problem::ApiError},
    invoicing,
};

/// Withdraws a record and its invoice; row and number stay.
#[derive(Clone, Debug)]
pub(super) struct Withdraw {
    /// Whose.
    pub(super) tenant: TenantId,
    /// The record.
    pub(super) record: RecordId,
}

impl Command for Withdraw {
    type Facts = Option<(InvoiceNumber, Footing)>;
    type Decision = Footing;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let number = invoicing::number_of_record(tx, self.tenant(), self.record).await?;
        let Some(number) = number else { return Ok(None) };
        let footing = Footing::load(tx, &self.tenant, number).await?;
        Ok(footing.map(|footing| (number, footing)))
    }

    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Footing, ApiError> {
        let none = || ApiError::NotFound { kind: "billing record", id: self.record.to_string() };
        let (number, mut footing) = facts.ok_or_else(none)?;
        footing.notes.withdraw(&mut footing.ground, number, env)?;
        footing.heed(env)?;
        Ok(footing)
    }

    async fn save(&self, footing: Footing, tx: &mut Tx) -> Result<(), Error> {
        footing.save(tx, &self.tenant).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}
