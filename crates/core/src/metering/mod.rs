//! Metering: what is used, in which day and period it counts, and what it costs beyond what is
//! included.
//!
//! Nothing here adds up what is stored: a caller loads totals, asks what an event does to them, and
//! stores that. What is *not* here: the document that bills it ([`invoicing`](crate::invoicing)),
//! and plans ([`catalog`](crate::catalog)).

mod billing;
mod event;
mod meter;
mod price;
mod resource;
mod take_back;
mod tally;

pub use self::{
    billing::{Metered, OverageLine},
    event::{
        AMOUNT_MAX, EVENT_ID_MAX, Event, EventError, EventKey, FUTURE_SECONDS_MAX, LATE_DAYS_MAX,
        Taken,
    },
    meter::{Meter, Span, calendar_month},
    price::{Included, Overage, Price, PriceList, in_force, overage},
    resource::{Measure, NotAResource, RESOURCE_MAX, Resource},
    take_back::{Measured, TakeBackError, level_without},
    tally::{
        Count, Counted, DayKey, DayUse, Grid, Kept, Level, PeriodKey, PeriodUse, Place, Tally,
    },
};
