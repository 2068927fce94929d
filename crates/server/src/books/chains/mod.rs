//! The chains of a tenant, event by event, and where they are recorded to end.

mod store;

use std::collections::BTreeMap;

use countinghouse_core::chain::{EventColumns, Head, Verifier};

pub(super) use self::store::{EventRow, heads, page};
use super::report::{Findings, Rule};

/// The chains as far as they were read.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    tenant: &'a str,
    last_seq: i64,
    verifiers: BTreeMap<String, Verifier>,
}

impl<'a> Chains<'a> {
    /// Has read nothing.
    pub(super) fn new(tenant: &'a str) -> Self {
        Self { tenant, last_seq: 0, verifiers: BTreeMap::new() }
    }

    /// Judges the tenant's next event.
    pub(super) fn read(&mut self, row: &EventRow, found: &mut Findings) {
        let (tenant, expected) = (self.tenant, self.last_seq.saturating_add(1));
        found.expect(row.seq == expected, Rule::EventSeq, tenant, || {
            format!("event {expected} is missing or out of its place, {} comes", row.seq)
        });
        self.last_seq = row.seq;
        let columns = EventColumns {
            seq: row.seq,
            tenant,
            subscription: &row.subscription_id,
            index: row.position,
            kind: &row.kind,
            at_micros: row.created_at.0,
            payload: &row.payload,
            prev_hash: &row.previous_hash,
            hash: &row.hash,
        };
        let read = match self.verifiers.get_mut(&row.subscription_id) {
            Some(verifier) => verifier.read(&columns),
            None => self.verifiers.entry(row.subscription_id.clone()).or_default().read(&columns),
        };
        if let Err(broken) = read {
            found.note(Rule::Chain, tenant, || format!("{}: {broken}", row.subscription_id));
        }
    }

    /// Compares the ends with the heads: the subscription, the position, the hash.
    pub(super) fn finish(mut self, heads: Vec<(String, i64, Vec<u8>)>, found: &mut Findings) {
        let tenant = self.tenant;
        for (subscription, index, hash) in heads {
            let verifier = self.verifiers.remove(&subscription).unwrap_or_default();
            let end = hash.try_into().map(|hash| verifier.finish(&Head { index, hash }));
            match end {
                Ok(Ok(())) => (),
                Ok(Err(broken)) => {
                    found.note(Rule::Chain, tenant, || format!("{subscription}: {broken}"));
                }
                Err(_) => found.note(Rule::Chain, tenant, || {
                    format!("{subscription}: the hash of its end is no hash")
                }),
            }
        }
        if let Some(subscription) = self.verifiers.keys().next() {
            found.note(Rule::Chain, tenant, || format!("{subscription}: its end is not recorded"));
        }
    }
}
