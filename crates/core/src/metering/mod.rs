//! Metering: what is used, in which day and period it counts, and what it costs beyond what is
//! included.
//!
//! Nothing here adds up what is stored: a caller loads totals, asks what an event does to them, and
//! stores that. What is *not* here: the document that bills it ([`invoicing`](crate::invoicing)),
//! and plans ([`catalog`](crate::catalog)).

mod app;
mod billing;
mod event;
mod meter;
mod price;
mod resource;
mod take_back;
mod tally;

pub use self::{
    app::{App, AppDeleted, AppEvent, AppStatus},
    billing::{Metered, OverageLine},
    event::{
        AMOUNT_MAX, EVENT_ID_MAX, Event, EventError, EventKey, FUTURE_SECONDS_MAX, LATE_DAYS_MAX,
        Taken,
    },
    meter::{Meter, Span, calendar_month},
    price::{
        INCLUDED_UNITS_MAX, Included, NewPrice, Overage, PRICES_MAX, Price, PriceList,
        UNIT_LABEL_MAX, in_force, overage, set_prices,
    },
    resource::{Measure, NotAResource, RESOURCE_MAX, Resource},
    take_back::{Measured, TakeBackError, level_without},
    tally::{
        Count, Counted, DayKey, DayUse, Grid, Kept, Level, PeriodKey, PeriodUse, Place, Tally,
    },
};
