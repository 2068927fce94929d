//! `demo`: the service on a database of sample tenants.
//!
//! It is filled at the first start. Keys and secrets that are not configured are ones that
//! everybody knows, and it says so.

mod guide;
mod samples;

use std::process::ExitCode;

use countinghouse_core::id::TenantId;

use self::{
    guide::Guide,
    samples::{Introduce, SAMPLES},
};
use super::{
    Failure, open,
    seed::{Order, sow},
    serve::Service,
};
use crate::{
    config::Settings,
    db::{Db, Purpose},
    invoicing, tenants,
};

/// The settings of a demo, where they are not given.
pub(super) const DEFAULTS: &[(&str, &str)] = &[
    ("database_url", "sqlite://demo.db"),
    ("jwt_hs256_secret", SECRET),
    ("api_keys", API_KEY),
    ("secret_key", "demo-only-sealing-key-that-everybody-knows"),
    ("sandbox", "true"),
    ("log", "warn"),
];

const SECRET: &str = "demo-only-signing-secret-that-everybody-knows";
const API_KEY: &str = "demo-only-api-key";

pub(super) async fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    let service = Service::start(settings, open(settings).await?).await?;
    fill(&service).await?;
    settings.notices().iter().for_each(|notice| tracing::warn!("{notice}"));
    let guide = Guide::new(settings, SAMPLES[0].tenant)?;
    service.serve(settings, true, |address| println!("{}", guide.text(address))).await?;
    Ok(ExitCode::SUCCESS)
}

/// Adds what the sample tenants lack. A database of others is left alone.
async fn fill(service: &Service) -> Result<(), Failure> {
    let (app, db) = (service.app(), &service.app().env().db);
    let known = SAMPLES.each_ref().map(|sample| sample.tenant);
    if tenants::any_but(db, &known).await.map_err(unread)? {
        return Err(Failure::new("the database has tenants; a demo needs one of its own"));
    }
    for sample in &SAMPLES {
        let tenant = TenantId::parse(sample.tenant).map_err(Failure::because("a sample tenant"))?;
        let lacking = sample.records.saturating_sub(count(db, &tenant).await.map_err(unread)?);
        if lacking > 0 {
            let introduced = app.commands().run(Introduce(sample), None).await;
            introduced.map_err(Failure::because("a sample tenant can't be entered"))?;
            let order = Order { tenant, records: lacking, seed: 1, plan: sample.plan };
            sow(app.commands(), app.env(), &order, |_| ()).await?;
        }
    }
    Ok(())
}

fn unread(error: crate::db::Error) -> Failure {
    Failure::because("the database can't be read")(error)
}

async fn count(db: &Db, tenant: &TenantId) -> Result<u64, crate::db::Error> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let (records, _) = invoicing::extent(&mut tx, tenant.as_str()).await?;
    Ok(u64::try_from(records).unwrap_or(0))
}
