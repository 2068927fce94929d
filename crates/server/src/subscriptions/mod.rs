//! Subscriptions: who has which plan, and for which period.

mod account;
pub mod api;
mod bill;
mod change;
mod due;
mod events;
mod list;
mod notice;
mod renewal;
mod service;
mod standing;
mod store;
mod upcoming;
mod view;

pub use self::{
    notice::{NoticeRun, Notify},
    renewal::{Renew, RenewalOutcome, RenewalResult, RenewalRun, RenewalRunReport},
    service::{Subscribe, administered_by, find, latest_in, tell_renewed, view},
    standing::Standing,
    view::SubscriptionView,
};

pub(crate) use self::renewal::RenewalRunBody;
