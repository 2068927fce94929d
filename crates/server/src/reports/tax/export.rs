//! Asking for an export: of which days it is, and how far the tenant was, is kept.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Instant, Zone, date_of},
    id::{TaxExport, TenantId},
    money::Currency,
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
    /// What happened up to then is in it, as far as `extent` reaches.
    pub(super) as_of: Instant,
    /// How far the tenant was.
    pub(super) extent: Extent,
    /// The tenant's currency.
    pub(super) currency: Currency,
}

/// How far a tenant is. Nothing that taxes are made of happens without moving one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// The place of the last record.
    pub(super) record: i64,
    /// The place of the last note.
    pub(super) note: i64,
    /// The number of the last transfer, which withdrawals and cancellations move.
    pub(super) transfer: i64,
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
    currency: Currency,
    extent: Extent,
    /// When the last document was written, or the last posting.
    last_at: Option<Instant>,
    last_seq: i64,
    /// The last export of the same days, and its place; then the last of the same format.
    last_of_period: i64,
    alike: Option<Export>,
}

/// An export, and whether it is there already.
#[derive(Debug)]
enum Kept {
    Before(Export),
    Now(Export),
}

/// Asks for an export, and answers where it can be fetched. It is 404 for a tenant of which nobody
/// knows that there is one.
pub(super) async fn keep(
    app: &App,
    (tenant, is_sure): (&TenantId, bool),
    ask: Ask,
) -> Result<Answer, ApiError> {
    let addresses = Addresses::of(app.outside())?;
    let env = app.env();
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    // A write would make a tenant of any name, and this is a read to whoever asks.
    if !is_sure && !command::is_known(&mut tx, tenant.as_str()).await? {
        return Err(ApiError::NotFound { kind: "tenant", id: tenant.to_string() });
    }
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
        let (record, last_record_at) = invoicing::extent(tx, tenant).await?;
        let note = store::documents::last_note(tx, tenant).await?;
        let book = ledger::book(tx, tenant).await?;
        let profile = tenants::profile(tx, tenant).await?;
        let period = self.range.to_string();
        Ok(Facts {
            currency: book.currency().unwrap_or_else(|| profile.currency_or_default()),
            zone: profile.zone,
            extent: Extent { record, note, transfer: book.state().last_seq },
            last_at: last_record_at.max(book.state().last_at),
            last_seq: store::newest(tx, tenant, None).await?,
            last_of_period: store::newest(tx, tenant, Some(&period)).await?,
            alike: store::newest_of(tx, tenant, &period, self.format).await?,
        })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Kept, ApiError> {
        let as_of = facts.last_at.map_or(env.now(), |last| last.max(env.now()));
        let Facts { zone, currency, extent, .. } = facts;
        let says_the_same = |it: &Export| {
            (&it.zone, it.currency, it.extent, it.format) == (&zone, currency, extent, self.format)
        };
        if let Some(before) = facts.alike.filter(says_the_same) {
            return Ok(Kept::Before(before));
        }
        Ok(Kept::Now(Export {
            seq: facts.last_seq + 1,
            period: self.range.to_string(),
            period_seq: facts.last_of_period + 1,
            id: env.id::<TaxExport>(as_of).to_string(),
            format: self.format,
            starts_at: self.range.starts_at(&zone),
            ends_at: self.range.ends_at(&zone),
            zone,
            as_of,
            extent,
            currency,
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
