//! The routes of metering.

use utoipa_axum::router::OpenApiRouter;

use super::usage;
use crate::app::App;

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(usage::routes())
}
