//! Taking the calls of endpoints in.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Zone, date_of},
    id::TenantId,
};

use super::{
    super::DAYS_MAX,
    ask::Figure,
    calls::{Calls, Place},
    store,
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

/// What that rests on.
#[derive(Debug)]
pub(super) struct Facts {
    zone: Zone,
    /// The figures that are there of the same days.
    days: BTreeMap<Place, Calls>,
    /// The sums of their months.
    months: BTreeMap<Place, Calls>,
}

/// What is to be written and told.
#[derive(Debug)]
pub(super) struct Decision {
    days: BTreeMap<Place, Calls>,
    months: BTreeMap<Place, Calls>,
    told: EndpointStatsImportView,
}

impl Command for Import {
    type Facts = Facts;
    type Decision = Decision;
    type Data = EndpointStatsImportView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let tenant = self.tenant();
        let zone = tenants::profile(tx, tenant).await?.zone;
        let days = self.figures.iter().map(Figure::day_place).collect();
        let months: BTreeSet<Place> = self.figures.iter().map(Figure::month_place).collect();
        let days = store::days(tx, tenant, days).await?;
        let months = store::months(tx, tenant, months.into_iter().collect()).await?;
        Ok(Facts { zone, days, months })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Decision, ApiError> {
        let Facts { zone, days: known, mut months } = facts;
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
        let mut days = BTreeMap::new();
        let (mut imported, mut updated) = (0, 0);
        for it in &self.figures {
            let (place, now) = (it.day_place(), it.calls());
            let before = known.get(&place).copied();
            match before {
                Some(_) => updated += 1,
                None if now.requests > 0 => imported += 1,
                None => {}
            }
            let month = months.entry(it.month_place()).or_default();
            month.replace(before.unwrap_or_default(), now);
            days.insert(place, now);
        }
        let told = EndpointStatsImportView { imported, updated };
        Ok(Decision { days, months, told })
    }

    async fn save(
        &self,
        Decision { days, months, told }: Decision,
        tx: &mut Tx,
    ) -> Result<EndpointStatsImportView, Error> {
        store::save_days(tx, self.tenant(), &days).await?;
        store::save_months(tx, self.tenant(), &months).await?;
        Ok(told)
    }
}
