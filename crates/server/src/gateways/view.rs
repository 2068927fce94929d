//! How the API shows a gateway.

use countinghouse_core::gateways::Gateway;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{shapes::envelope, text::Timestamp};

/// A payment gateway. None of its secrets is ever shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GatewayView {
    /// `pg_…`
    #[schema(example = "pg_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// What programs call it.
    #[schema(example = "alipay")]
    code: String,
    /// What people call it.
    #[schema(example = "Alipay")]
    name: String,
    /// What it is configured by: a JSON object, as text, with `********` in the place of each secret.
    #[schema(example = "{\"app_id\":\"123456\",\"private_key\":\"********\"}")]
    config: String,
    /// `active` or `inactive`.
    #[schema(example = "active")]
    status: &'static str,
    /// How often it was written; 1 at first.
    #[schema(example = 1)]
    version: i64,
    /// When it was made, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-01-01T00:00:00Z")]
    created_at: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, example = "2026-04-10T14:20:00Z")]
    updated_at: Timestamp,
}

envelope! {
    /// A gateway in its envelope.
    GatewayBody { data: GatewayView }
}

envelope! {
    /// A page of gateways.
    GatewayList { items: GatewayView }
}

impl GatewayView {
    /// Shows a gateway with what is shown of its configuration.
    pub(super) fn new(it: &Gateway, config: &str) -> Self {
        Self {
            id: it.id.to_string(),
            code: it.code.to_string(),
            name: it.name.clone(),
            config: config.to_owned(),
            status: it.status.as_str(),
            version: it.version,
            created_at: Timestamp(it.created_at),
            updated_at: Timestamp(it.updated_at),
        }
    }
}
