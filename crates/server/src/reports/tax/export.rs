//! Asking for an export: of which days, and as of when, is kept.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Instant, Zone, date_of},
    id::{TaxExport, TenantId},
    reports::TaxRange,
};

use super::{
    address::{Addresses, GOOD_FOR_SECONDS},
    ask::Ask,
    store,
    view::TaxExportView,
};
use crate::{
    app::App,
    command::{self, Command},
    db::{Error, Purpose, Tx},
    env::Env,
    http::{csv::Format, envelope::Answer, problem::ApiError},
    invoicing, ledger, tenants,
};

/// An export as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Export {
    /// Its place in the tenant's list.
    pub(super) seq: i64,
    /// The days, as they are written.
    pub(super) period: String,
    /// Its place among those of the same days.
    pub(super) period_seq: i64,
    /// `tax_…`
    pub(super) id: String,
    /// How it is written.
    pub(super) format: Format,
    /// The zone of the days.
    pub(super) zone: Zone,
    /// When the first day begins.
    pub(super) starts_at: Instant,
    /// When the last one is over.
    pub(super) ends_at: Instant,
    /// What happened up to then is in it, that second included.
    pub(super) as_of: Instant,
}

/// Keeps an export of some days, as of now.
#[derive(Clone, Debug)]
struct KeepExport {
    tenant: TenantId,
    range: TaxRange,
    format: Format,
    addresses: Addresses,
    /// Until when the address that is given is good.
    until: Instant,
}

/// What an export rests on.
#[derive(Debug)]
struct Facts {
    zone: Zone,
    /// When the last document was written, or the last posting.
    last_at: Option<Instant>,
    last_seq: i64,
    /// The last export of the same days.
    of_period: Option<Export>,
}

/// An export, and whether it is there already.
#[derive(Debug)]
enum Kept {
    Before(Export),
    Now(Export),
}

/// Asks for an export, and answers where it can be fetched.
pub(super) async fn keep(app: &App, tenant: &TenantId, ask: Ask) -> Result<Answer, ApiError> {
    let addresses = Addresses::of(app.outside())?;
    let env = app.env();
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let now = command::now_of(&mut tx, env, tenant.as_str()).await?;
    let zone = tenants::profile(&mut tx, tenant.as_str()).await?.zone;
    tx.rollback().await?;
    let range = ask.range(date_of(now, &zone))?;
    let until = good_until(env);
    let (tenant, format) = (tenant.clone(), ask.format);
    app.commands().run(KeepExport { tenant, range, format, addresses, until }, None).await
}

/// Until when an address is good that is given now. Those of a tenant with a clock of its own expire
/// by that of the service too.
pub(super) fn good_until(env: &Env) -> Instant {
    env.now().plus_seconds(GOOD_FOR_SECONDS).unwrap_or(Instant::MAX)
}

impl Command for KeepExport {
    type Facts = Facts;
    type Decision = Kept;
    type Data = TaxExportView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let tenant = self.tenant.as_str();
        let (_, last_record) = invoicing::extent(tx, tenant).await?;
        let last_posting = ledger::book(tx, tenant).await?.state().last_at;
        Ok(Facts {
            zone: tenants::profile(tx, tenant).await?.zone,
            last_at: last_record.max(last_posting),
            last_seq: store::newest(tx, tenant, None).await?,
            of_period: store::newest_of(tx, tenant, &self.range.to_string()).await?,
        })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Kept, ApiError> {
        let as_of = facts.last_at.map_or(env.now(), |last| last.max(env.now()));
        let says_the_same =
            |it: &Export| (it.format, &it.zone, it.as_of) == (self.format, &facts.zone, as_of);
        let period_seq = facts.of_period.as_ref().map_or(0, |last| last.period_seq) + 1;
        if let Some(before) = facts.of_period.filter(says_the_same) {
            return Ok(Kept::Before(before));
        }
        Ok(Kept::Now(Export {
            seq: facts.last_seq + 1,
            period: self.range.to_string(),
            period_seq,
            id: env.id::<TaxExport>(as_of).to_string(),
            format: self.format,
            starts_at: self.range.starts_at(&facts.zone),
            ends_at: self.range.ends_at(&facts.zone),
            zone: facts.zone,
            as_of,
        }))
    }

    async fn save(&self, kept: Kept, tx: &mut Tx) -> Result<TaxExportView, Error> {
        let export = match kept {
            Kept::Before(export) => export,
            Kept::Now(export) => {
                store::insert(tx, self.tenant.as_str(), &export).await?;
                export
            }
        };
        Ok(TaxExportView::new(&self.tenant, &export, (&self.addresses, self.until)))
    }
}
