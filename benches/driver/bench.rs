//! What the jobs of a run share: where databases are, and those that are seeded once for all.

use std::collections::BTreeMap;

use clap::ValueEnum as _;

use crate::{
    Outcome,
    database::{Database, Engine, Host},
    job::Job,
    machine,
    metered::Metered,
    options::{Engines, Options},
    server::{Server, verb},
};

/// The other tenants of a seeded database, and the records of each.
const OTHERS: u64 = 50;
const RECORDS_OF_OTHERS: u64 = 200;

/// A run.
pub(crate) struct Bench {
    pub(crate) options: Options,
    pub(crate) host: Host,
    /// What it is measured on.
    pub(crate) facts: Vec<(String, String)>,
    seeded: BTreeMap<Engine, Seeded>,
    metered: BTreeMap<Engine, Metered>,
}

/// A database with records, and the service on it.
pub(crate) struct Seeded {
    // Dropped first.
    pub(crate) server: Server,
    pub(crate) database: Database,
    /// How many records each tenant has, by how many it was to have.
    totals: BTreeMap<u64, u64>,
}

impl Bench {
    pub(crate) async fn open(options: Options) -> Outcome<Self> {
        let host = Host::new(options.folder()?);
        if options.engine == Engines::Postgres && host.postgres.is_none() {
            return Err("BENCH_POSTGRES_URL is not set".into());
        }
        if options.engine == Engines::Both && host.postgres.is_none() {
            eprintln!("BENCH_POSTGRES_URL is not set: only SQLite is measured");
        }
        let facts = machine::facts(&host).await?;
        for (name, fact) in &facts {
            eprintln!("{name}: {fact}");
        }
        eprintln!("flushes: {:.0}/s", machine::flush_rate(&host.folder)?);
        Ok(Self { options, host, facts, seeded: BTreeMap::new(), metered: BTreeMap::new() })
    }

    /// What is to be measured, in order.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        match self.options.jobs.as_slice() {
            [] => Job::value_variants().to_vec(),
            named => named.to_vec(),
        }
    }

    /// The databases that are to be measured.
    pub(crate) fn engines(&self) -> Vec<Engine> {
        let sqlite = self.options.engine != Engines::Postgres;
        let postgres = self.options.engine != Engines::Sqlite && self.host.postgres.is_some();
        let engines = [(sqlite, Engine::Sqlite), (postgres, Engine::Postgres)];
        engines.into_iter().filter_map(|(is_meant, engine)| is_meant.then_some(engine)).collect()
    }

    /// A database of a job's own, with the schema and nothing else.
    pub(crate) fn fresh(&self, engine: Engine) -> Outcome<Database> {
        let database = Database::fresh(&self.host, engine)?;
        verb(&database, &["migrate"])?;
        Ok(database)
    }

    /// Makes sure that there is a tenant with so many records, and the service to ask for them.
    pub(crate) async fn seed(&mut self, engine: Engine, records: u64) -> Outcome<&Seeded> {
        if !self.seeded.contains_key(&engine) {
            let seeded = Seeded::open(&self.options, &self.host, engine).await?;
            self.seeded.insert(engine, seeded);
        }
        let seeded = self.seeded.get_mut(&engine).ok_or("it was seeded")?;
        seeded.fill(records).await?;
        seeded.database.warm().await?;
        Ok(seeded)
    }

    /// What was seeded before.
    pub(crate) fn seeded(&self, engine: Engine) -> Outcome<&Seeded> {
        self.seeded.get(&engine).ok_or_else(|| format!("{engine} is not seeded").into())
    }

    /// Makes sure that there is a tenant with so many events, and the service to report more to.
    pub(crate) async fn metered(&mut self, engine: Engine, events: u64) -> Outcome {
        if !self.metered.contains_key(&engine) {
            let metered = Metered::open(self, engine).await?;
            self.metered.insert(engine, metered);
        }
        self.metered.get_mut(&engine).ok_or("it was opened")?.fill(events).await
    }

    /// The tenant that was made before.
    pub(crate) fn metered_before(&self, engine: Engine) -> Outcome<&Metered> {
        self.metered.get(&engine).ok_or_else(|| format!("{engine} has no events").into())
    }
}

impl Seeded {
    async fn open(options: &Options, host: &Host, engine: Engine) -> Outcome<Self> {
        let database = if options.keep {
            Database::kept(host, engine, "bench_seeded")?
        } else {
            Database::fresh(host, engine)?
        };
        let server = Server::start(&database).await?;
        let others = OTHERS.min(options.records / RECORDS_OF_OTHERS / 10);
        let seeded = Self { server, database, totals: BTreeMap::new() };
        for other in 0..others {
            seeded.fill_tenant(&format!("other-{other:02}"), RECORDS_OF_OTHERS).await?;
        }
        Ok(seeded)
    }

    async fn fill(&mut self, records: u64) -> Outcome {
        if !self.totals.contains_key(&records) {
            let total = self.fill_tenant(&tenant(records), records).await?;
            self.database.settle().await?;
            self.totals.insert(records, total);
        }
        Ok(())
    }

    /// Seeds a tenant that has no records yet; gives how many it has.
    async fn fill_tenant(&self, tenant: &str, records: u64) -> Outcome<u64> {
        let has = self.count(tenant).await?;
        if has > 0 {
            return Ok(has);
        }
        let took = seed(&self.database, tenant, records)?;
        if records >= 100_000 {
            eprintln!("  {records} records on {}: {:.1} s", self.database.engine, took);
        }
        let has = self.count(tenant).await?;
        if has < records {
            return Err(format!("`seed` made {has} records instead of {records}").into());
        }
        Ok(has)
    }

    async fn count(&self, tenant: &str) -> Outcome<u64> {
        let sql = format!(
            "SELECT COALESCE(MAX(last_seq), 0) FROM record_counter
             WHERE tenant_id = '{tenant}' AND app_id = ''",
        );
        Ok(u64::try_from(self.database.number(&sql).await?)?)
    }

    /// How many records the tenant that was to have so many really has.
    pub(crate) fn total(&self, records: u64) -> u64 {
        self.totals.get(&records).copied().unwrap_or(records)
    }
}

/// The tenant with so many records.
pub(crate) fn tenant(records: u64) -> String {
    format!("bench-{records}")
}

/// Seeds a tenant, and gives how many seconds it took.
pub(crate) fn seed(database: &Database, tenant: &str, records: u64) -> Outcome<f64> {
    let records = records.to_string();
    let arguments = ["seed", "--tenant", tenant, "--records", &records, "--seed", "1"];
    Ok(verb(database, &arguments)?.as_secs_f64())
}
