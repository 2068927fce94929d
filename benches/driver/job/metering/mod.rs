//! Metering: reports of usage, one by one, in batches, into large tables, and what is read of them.

pub(super) mod batch;
pub(super) mod depth;
pub(super) mod one;
pub(super) mod reads;

use crate::{Outcome, database::Database, load::Run, raw::audit_usage, stream::BATCH};

/// The tenant of plain SQL.
const RAW: &str = "raw";

/// Connections that report batches.
const SENDERS: u32 = 16;

/// Events a second of a run of batches.
fn events(run: &Run) -> f64 {
    run.rate() * f64::from(u32::try_from(BATCH).unwrap_or(1))
}

/// The most events that are written before something is measured, where so many records are asked
/// for.
fn most_events(records: u64) -> u64 {
    records * 10
}

/// Makes sure that what plain SQL wrote is whole, too.
async fn audit_raw(database: &Database) -> Outcome {
    match audit_usage(database, RAW).await? {
        0 => Err("plain SQL wrote nothing".into()),
        _ => Ok(()),
    }
}
