//! Subscriptions: who has which plan, and for which period.

mod account;
pub mod api;
mod bill;
mod change;
mod due;
mod events;
mod list;
mod metered;
mod notice;
mod renewal;
mod service;
mod standing;
mod store;
mod upcoming;
mod usage_end;
mod view;

pub use self::{
    notice::{NoticeRun, Notify},
    renewal::{Renew, RenewalOutcome, RenewalResult, RenewalRun, RenewalRunReport},
    service::{Subscribe, administered_by, find, latest_in, tell_renewed, view},
    standing::Standing,
    usage_end::{CloseUsage, UsageRun},
    view::SubscriptionView,
};

pub(crate) use self::renewal::RenewalRunBody;
