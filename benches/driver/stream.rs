//! The reports of usage that a sender makes.

use std::{cell::Cell, fmt::Write as _};

use countinghouse_core::calendar::Instant;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Outcome,
    load::Asked,
    raw::{Calendar, RESOURCES, key, used},
    request::{Caller, scatter},
};

/// Events of a batch.
pub(crate) const BATCH: u64 = 100;

/// Events occurred within so many seconds before the sender began.
const SECONDS: u64 = 3_600;

/// Events of a tenant, each with an id that looks drawn and the time at which it occurred.
pub(crate) struct Stream {
    service: Caller,
    calendar: Calendar,
    /// The number of the next event.
    next: Cell<u64>,
}

/// What is told of reports.
#[derive(Deserialize)]
struct Told<T> {
    data: T,
}

/// What is told of one event.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct One {
    accepted: bool,
    duplicate: bool,
}

/// What is told of a batch.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Counts {
    accepted: u64,
    duplicates: u64,
    rejected: u64,
}

impl Stream {
    /// The events of a tenant, from its first one on.
    pub(crate) fn new(tenant: &str, calendar: &Calendar) -> Self {
        Self { service: Caller::service(tenant), calendar: calendar.clone(), next: Cell::new(0) }
    }

    /// How many new events were sent; once all requests are answered, they are counted too.
    pub(crate) fn sent(&self) -> u64 {
        self.next.get()
    }

    /// Reports new events, one a request.
    pub(crate) fn singles(&self) -> Asked<'_> {
        let asked = Asked::new(200, |_, request| {
            let mut body = String::with_capacity(192);
            self.write_event(self.take(), &mut body);
            self.service.write_post("/internal/billing/metering/report", &body, request);
        });
        asked.checked(|body| expect(body, &One { accepted: true, duplicate: false }))
    }

    /// Reports new events in batches.
    pub(crate) fn batches(&self) -> Asked<'_> {
        self.repeating(0)
    }

    /// Reports batches of which so many of a hundred events are some that were sent before now.
    pub(crate) fn repeating(&self, percent: u64) -> Asked<'_> {
        let (before, repeated) = (self.sent(), Cell::new(0));
        let asked = Asked::new(200, move |_, request| {
            let mut body = String::with_capacity(16 * 1024);
            body.push_str(r#"{"events":["#);
            for place in 0..BATCH {
                if place > 0 {
                    body.push(',');
                }
                // Spread evenly over the batch.
                let n = if place * percent % 100 < percent {
                    repeated.set(repeated.get() + 1);
                    scatter(repeated.get(), before)
                } else {
                    self.take()
                };
                self.write_event(n, &mut body);
            }
            body.push_str("]}");
            self.service.write_post("/internal/billing/metering/batch", &body, request);
        });
        let duplicates = BATCH * percent / 100;
        let told = Counts { accepted: BATCH - duplicates, duplicates, rejected: 0 };
        asked.checked(move |body| expect(body, &told))
    }

    /// Checks whether an app may use more of a resource.
    pub(crate) fn checks(&self) -> Asked<'_> {
        Asked::new(200, |n, request| {
            let (app, resource) = used(n);
            let resource = RESOURCES[resource];
            let body = format!(
                r#"{{"resource_type":"{resource}","requested_amount":100,"app_id":"app_{app}"}}"#
            );
            self.service.write_post("/internal/billing/quota/check", &body, request);
        })
    }

    fn take(&self) -> u64 {
        let n = self.next.get();
        self.next.set(n + 1);
        n
    }

    /// Writes the n-th event, the same whenever it is asked for.
    fn write_event(&self, n: u64, to: &mut String) {
        let id = key(n);
        let (app, resource) = used(n);
        let ago = i64::try_from(n % SECONDS).unwrap_or(0);
        let at = Instant::from_second(self.calendar.now - ago).unwrap_or(Instant::MIN);
        write!(
            to,
            r#"{{"event_id":"{:08x}-{:04x}-{:04x}-{:04x}-{:012x}","resource_type":"{}","amount":1,"app_id":"app_{app}","occurred_at":"{at}"}}"#,
            id >> 96,
            id >> 80 & 0xffff,
            id >> 64 & 0xffff,
            id >> 48 & 0xffff,
            id & 0xffff_ffff_ffff,
            RESOURCES[resource],
        )
        .expect("a string takes any text");
    }
}

/// That the service tells what it should of reports.
fn expect<T: DeserializeOwned + PartialEq>(body: &[u8], wanted: &T) -> Outcome {
    let told: Told<T> = serde_json::from_slice(body)?;
    if told.data == *wanted {
        return Ok(());
    }
    let body: String = String::from_utf8_lossy(body).chars().take(500).collect();
    Err(format!("events are not counted as they should be: {body}").into())
}
