//! Taking the calls of endpoints in.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Zone, date_of},
    id::TenantId,
};

use super::{
    super::DAYS_MAX,
    ask::Figure,
    store::{self, Place},
    view::EndpointStatsImportView,
};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::{ApiError, FieldViolation},
    tenants,
};

/// Takes figures in.
#[derive(Clone, Debug)]
pub(super) struct Import {
    /// Whose they are.
    pub(super) tenant: TenantId,
    /// The figures; of one day, app and endpoint one only.
    pub(super) figures: Vec<Figure>,
}

impl Command for Import {
    /// The tenant's zone, and which figures are there already.
    type Facts = (Zone, BTreeSet<Place>);
    type Decision = EndpointStatsImportView;
    type Data = EndpointStatsImportView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let zone = tenants::profile(tx, self.tenant()).await?.zone;
        Ok((zone, store::known(tx, self.tenant(), &self.figures).await?))
    }

    fn decide(
        &self,
        (zone, known): Self::Facts,
        env: &Env,
    ) -> Result<EndpointStatsImportView, ApiError> {
        let today = date_of(env.now(), &zone);
        let wrong = self.figures.iter().enumerate().filter_map(|(place, it)| {
            let rule = match it.day.days_until(today) {
                ..0 => "must not be after today",
                0..=DAYS_MAX => return None,
                _ => "must not be more than 366 days ago",
            };
            let field = format!("records[{place}].date");
            Some(FieldViolation::new(field, "out_of_range", rule))
        });
        let wrong: Vec<FieldViolation> = wrong.collect();
        if !wrong.is_empty() {
            return Err(ApiError::Invalid(wrong));
        }
        let is_known = |it: &&Figure| {
            known.contains(&(it.day.to_string(), it.app().to_owned(), it.endpoint.clone()))
        };
        let updated = self.figures.iter().filter(is_known).count();
        let new = self.figures.iter().filter(|it| it.requests > 0 && !is_known(it));
        Ok(EndpointStatsImportView { imported: new.count(), updated })
    }

    async fn save(
        &self,
        told: EndpointStatsImportView,
        tx: &mut Tx,
    ) -> Result<EndpointStatsImportView, Error> {
        store::save(tx, self.tenant(), &self.figures).await?;
        Ok(told)
    }
}
