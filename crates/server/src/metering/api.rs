//! The routes of metering.

use utoipa_axum::router::OpenApiRouter;

use super::{ingest, usage};
use crate::app::App;

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    ingest::api::routes().merge(usage::routes())
}
