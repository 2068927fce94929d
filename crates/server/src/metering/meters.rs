//! Meters: in which metering period of a tenant something counts.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Anchor, CalendarError, Instant, Period, Zone},
    metering::{Grid, Meter, Span, calendar_month},
};

use super::store;
use crate::{
    db::{Error, Time, Tx},
    tenants,
};

/// The meters of a tenant, the oldest first, and its zone now.
#[derive(Clone, Debug, Default)]
pub struct Meters(pub(super) Grid);

/// A meter in the database.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct MeterRow {
    pub(super) tenant_id: String,
    ordinal: i64,
    since: Time,
    until: Option<Time>,
    subscription_id: String,
    anchor: String,
    timezone: String,
    number: i64,
    trial: bool,
    trial_end: Option<Time>,
}

impl Meters {
    /// The meters of one tenant.
    pub async fn load(tx: &mut Tx, tenant: &str) -> Result<Self, Error> {
        let mut all = Self::load_many(tx, &BTreeSet::from([tenant])).await?;
        Ok(all.remove(tenant).unwrap_or_default())
    }

    /// The meters of tenants, by tenant; each has some, if only a zone.
    pub async fn load_many(
        tx: &mut Tx,
        tenants: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Self>, Error> {
        let mut profiles = tenants::profiles(tx, tenants).await?;
        let of_zone = |tenant: &&str| {
            let zone = profiles.remove(*tenant).unwrap_or_default().zone;
            ((*tenant).to_owned(), Self(Grid { zone, meters: Vec::new() }))
        };
        let mut all: BTreeMap<String, Self> = tenants.iter().map(of_zone).collect();
        for row in store::meters(tx, tenants).await? {
            if let Some(Self(grid)) = all.get_mut(&row.tenant_id) {
                grid.meters.push(row.try_into()?);
            }
        }
        Ok(all)
    }

    /// The meters as they are at an instant.
    #[must_use]
    pub fn as_of(self, now: Instant) -> Self {
        Self(self.0.as_of(now))
    }

    /// The metering period of a subscription in which an instant is; none where there was no
    /// subscription.
    pub fn span_of(&self, at: Instant) -> Result<Option<Span>, CalendarError> {
        self.0.span_of(at)
    }

    /// The period by which usage is shown at an instant: that of a subscription, or else the month of
    /// the calendar.
    pub fn period_of(&self, at: Instant) -> Result<Period, CalendarError> {
        match self.span_of(at)? {
            Some(span) => Ok(span.period),
            None => calendar_month(at, self.zone()),
        }
    }

    /// The tenant's zone, by which days are told.
    pub const fn zone(&self) -> &Zone {
        &self.0.zone
    }
}

impl TryFrom<MeterRow> for Meter {
    type Error = Error;

    fn try_from(row: MeterRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("meter", &row.tenant_id, column);
        Ok(Self {
            ordinal: row.ordinal,
            since: row.since.instant()?,
            until: row.until.map(Time::instant).transpose()?,
            subscription: row.subscription_id.parse().map_err(|_| corrupt("subscription_id"))?,
            anchor: Anchor::parse(&row.anchor).map_err(|_| corrupt("anchor"))?,
            zone: Zone::parse(&row.timezone).map_err(|_| corrupt("timezone"))?,
            number: u32::try_from(row.number).map_err(|_| corrupt("number"))?,
            trial: row.trial,
            trial_end: row.trial_end.map(Time::instant).transpose()?,
        })
    }
}
