//! Metering: what is used, in which day and period it counts, and what it costs beyond what is
//! included.
//!
//! Nothing here adds up what is stored: a caller loads totals, asks what an event does to them, and
//! stores that. What is *not* here: the document that bills it ([`invoicing`](crate::invoicing)),
//! and plans ([`catalog`](crate::catalog)).

mod correction;
mod event;
mod figure;
mod levels;
mod meter;
mod price;
mod quota;
mod resource;

pub use self::{
    correction::{Billed, CORRECTABLE, Correction, NotAUsageId, UsageId, billed_in, span_of_day},
    event::{
        AMOUNT_MAX, EVENT_ID_MAX, Event, EventError, EventKey, FUTURE_SECONDS_MAX, LATE_DAYS_MAX,
        Taken,
    },
    figure::{Gib, LATENCY_MS_MAX, Latency, NotALatency, REQUESTS_MAX},
    levels::{Levels, Standing, TotalLevels},
    meter::{Meter, Span, calendar_month},
    price::{Included, Overage, Price, PriceList, in_force, overage},
    quota::{QuotaVerdict, Renewal, judge},
    resource::{Measure, NotAResource, RESOURCE_MAX, Resource},
};
