//! The same work with plain SQL, one statement after the other: what the service is compared with.

mod changes;
mod pages;
mod pgbench;
mod posting;
mod renewals;
mod sqlite;
mod usage;

pub(crate) use self::{
    changes::copy as copy_changes,
    pages::pages_script,
    pgbench::Pgbench,
    posting::{books, posting_script},
    renewals::{copy as copy_renewals, subscribe as subscribe_tenants},
    sqlite::OneByOne,
    usage::{
        Calendar, DAYS, RESOURCES, Sets, audit as audit_usage, fill_endpoints, fill_events, key,
        subscribe as subscribe_metered, usage_script, used,
    },
};
