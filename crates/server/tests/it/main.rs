//! Drives the whole service in-process, over HTTP, against a real database.
//!
//! Every test gets a database of its own: a SQLite file, and where a PostgreSQL is named by
//! `TEST_POSTGRES_URL` or its binaries are found, a PostgreSQL schema as well.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod alerts;
mod apps;
mod bases;
mod callers;
mod command;
mod corrections;
mod crash;
mod credit;
mod customers;
mod demo;
mod docs;
mod dunning;
mod export;
mod gates;
mod gateways;
mod groups;
mod harness;
mod invoices;
mod lifecycle;
mod metering;
mod openapi;
mod outage;
mod plan_changes;
mod plans;
mod records;
mod refunds;
mod refusals;
mod renewals;
mod reports;
mod revenue;
mod sandbox;
mod schema;
mod search;
mod seed;
mod simulation;
mod story;
mod subscriptions;
mod tenant_clock;
mod tidy;
mod usage;
mod verify;
