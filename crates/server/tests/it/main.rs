//! Drives the whole service in-process, over HTTP, against a real database.
//!
//! Every test gets a database of its own: a SQLite file, and where a PostgreSQL is named by
//! `TEST_POSTGRES_URL` or its binaries are found, a PostgreSQL schema as well.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod command;
mod crash;
mod credit;
mod demo;
mod groups;
mod harness;
mod outage;
mod records;
mod seed;
mod subscriptions;
mod verify;
