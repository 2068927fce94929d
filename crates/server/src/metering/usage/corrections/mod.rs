//! Figures of days that administrators set right, with a trace of each, and where that is billed.

mod api;
mod ask;
mod correct;
mod list;
mod store;
mod view;

pub(super) use self::api::routes;
pub use self::{list::export, view::UsageCorrectionView};
