//! Countinghouse: a self-hosted billing engine for multi-tenant SaaS.
//!
//! This crate is everything that touches the world: HTTP, the database, the clock. The rules it
//! applies are in `countinghouse_core`. Rooms, from the top down; each uses only those below it:
//! `cli` → `router` `jobs` → `privacy` → `books` → `sandbox` `upkeep` → `payments` `corrections`
//! `refunds` `customers` `dunning` `oneoff` `reports` → `subscriptions` → `documents` → `invoicing` →
//! `metering` → `alerts` `apps` `catalog` `gateways` → `chain` `ledger` `outbox` → `tenants` → `app` →
//! `command` → `http` → `env` → `db`.

pub mod alerts;
pub mod app;
pub mod apps;
pub mod books;
pub mod catalog;
pub mod chain;
pub mod cli;
pub mod command;
pub mod config;
pub mod corrections;
pub mod customers;
pub mod db;
pub mod documents;
pub mod dunning;
pub mod env;
pub mod gateways;
pub mod http;
pub mod invoicing;
pub mod jobs;
pub mod ledger;
pub mod metering;
pub mod oneoff;
pub mod outbox;
pub mod payments;
pub mod privacy;
pub mod refunds;
pub mod reports;
pub mod router;
pub mod sandbox;
pub mod stopwatch;
pub mod subscriptions;
pub mod tenants;
pub mod upkeep;
