//! Metering: what is used, in which day and period it counts, what it costs beyond what is included,
//! and who is told before.
//!
//! Nothing here adds up what is stored: a caller loads totals, asks what an event does to them, and
//! stores that. What is *not* here: the document that bills it ([`invoicing`](crate::invoicing)),
//! and plans ([`catalog`](crate::catalog)).

mod alert;
mod app;
mod billing;
mod correction;
mod event;
mod figure;
mod levels;
mod meter;
mod pack;
mod price;
mod quota;
mod resource;
mod take_back;
mod tally;

pub use self::{
    alert::{
        ALERTS_MAX, Alert, AlertChange, AlertStatus, Channel, Channels, Fired, NotAThreshold,
        NotChannels, Threshold, crosses,
    },
    app::{App, AppDeleted, AppEvent, AppStatus},
    billing::{Metered, OverageLine},
    correction::{Billed, CORRECTABLE, Correction, NotAUsageId, UsageId, billed_in, span_of_day},
    event::{
        AMOUNT_MAX, EVENT_ID_MAX, Event, EventError, EventKey, FUTURE_SECONDS_MAX, LATE_DAYS_MAX,
        Taken,
    },
    figure::{Gib, LATENCY_MS_MAX, Latency, NotALatency, REQUESTS_MAX},
    levels::{Levels, Standing, TotalLevels},
    meter::{Meter, Span, calendar_month},
    pack::{NotAPack, Old, PACK_MAX, Pack, Packed},
    price::{
        INCLUDED_UNITS_MAX, Included, NewPrice, Overage, PRICES_MAX, Price, PriceList,
        UNIT_LABEL_MAX, in_force, overage, set_prices,
    },
    quota::{QuotaVerdict, Renewal, judge},
    resource::{Measure, NotAResource, RESOURCE_MAX, Resource},
    take_back::{Measured, TakeBackError, level_without},
    tally::{
        Count, Counted, DayKey, DayUse, Grid, Kept, Level, PeriodKey, PeriodUse, Place, Tally,
    },
};
