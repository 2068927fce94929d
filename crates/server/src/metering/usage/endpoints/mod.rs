//! The calls of each endpoint, as a gateway counted them by the day.

mod api;
mod ask;
mod calls;
mod exported;
mod import;
mod span;
mod store;
mod top;
mod view;

pub(super) use self::api::routes;
pub use self::{exported::export, view::EndpointDayView};
