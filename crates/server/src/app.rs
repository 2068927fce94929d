//! What a handler is given.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{
    command::{Commands, Sets},
    config::Outside,
    documents::Drawings,
    env::Env,
    http::{auth::Gate, body::BodyLimit},
    invoicing::Searches,
    ledger::Adjust,
    metering::Report,
    refunds::Payouts,
    reports::Downloads,
};

/// Reads go to `env`, writes to `commands`, the hottest of them to a set of their own.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    env: Env,
    commands: Commands,
    adjustments: Sets<Adjust>,
    reports: Sets<Report>,
    searches: Searches,
    drawings: Drawings,
    payouts: Payouts,
    downloads: Downloads,
    gate: Gate,
    body_limit: BodyLimit,
    outside: Outside,
}

impl App {
    /// Starts the lanes.
    pub fn start(env: Env, gate: Gate, body_limit: BodyLimit, outside: Outside) -> Self {
        let commands = Commands::start(env.clone());
        let adjustments = commands.sets();
        let reports = commands.sets();
        let searches = Searches::default();
        let drawings = Drawings::default();
        let payouts = Payouts::default();
        let downloads = Downloads::over(env.db.exporters());
        Self(Arc::new(Inner {
            env,
            commands,
            adjustments,
            reports,
            searches,
            drawings,
            payouts,
            downloads,
            gate,
            body_limit,
            outside,
        }))
    }

    /// Storage, time, ids.
    pub fn env(&self) -> &Env {
        &self.0.env
    }

    /// The one path for writes.
    pub fn commands(&self) -> &Commands {
        &self.0.commands
    }

    /// Adjustments of credit, which are made in sets.
    pub fn adjustments(&self) -> &Sets<Adjust> {
        &self.0.adjustments
    }

    /// Reports of usage, which are counted in sets.
    pub fn reports(&self) -> &Sets<Report> {
        &self.0.reports
    }

    /// What is known of the world around the service.
    pub fn outside(&self) -> &Outside {
        &self.0.outside
    }

    /// Documents that are drawn.
    pub fn drawings(&self) -> &Drawings {
        &self.0.drawings
    }

    /// Refunds that are being paid.
    pub fn payouts(&self) -> &Payouts {
        &self.0.payouts
    }

    /// Exports that are being downloaded.
    pub fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    /// Searches of records, and what they keep in memory.
    pub fn searches(&self) -> &Searches {
        &self.0.searches
    }
}

impl FromRef<App> for Gate {
    fn from_ref(app: &App) -> Self {
        app.0.gate.clone()
    }
}

impl FromRef<App> for BodyLimit {
    fn from_ref(app: &App) -> Self {
        app.0.body_limit
    }
}
