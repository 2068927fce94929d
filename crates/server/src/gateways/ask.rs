//! What it takes to make and to change a gateway.

use countinghouse_core::{
    gateways::{GatewayChange, GatewayCode, GatewayStatus},
    id::GatewayId,
};
use utoipa::ToSchema;

use super::config::{Config, ConfigText};
use crate::http::{
    body::Body,
    fields::{Name, Parsed, Word},
    path::Path as PathParameters,
    problem::ApiError,
};

/// The longest name of a gateway, in letters.
const NAME_MAX: usize = 200;

const STATUSES: Word<GatewayStatus> =
    Word(&[("active", GatewayStatus::Active), ("inactive", GatewayStatus::Inactive)]);

/// A new gateway.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct CreateGatewayBody {
    /// What programs call it, 1 to 64 visible ASCII characters; no two have the same.
    #[schema(example = "alipay", pattern = "^[!-~]+$", min_length = 1, max_length = 64)]
    code: String,
    /// What people call it.
    #[schema(example = "Alipay", min_length = 1, max_length = 200)]
    name: String,
    /// What it is configured by: a JSON object, as text, of at most 10,000 letters.
    #[schema(example = "{\"app_id\":\"123456\"}", max_length = 10_000)]
    config: String,
}

/// What is to change of a gateway. What is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ChangeGatewayBody {
    /// What people call it.
    #[schema(example = "Alipay International", min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The whole configuration; `********` in the place of a secret keeps it.
    #[schema(
        example = "{\"app_id\":\"654321\",\"private_key\":\"********\"}",
        max_length = 10_000
    )]
    config: Option<String>,
    /// `active` or `inactive`.
    #[schema(example = "active", pattern = "^(active|inactive)$")]
    status: Option<String>,
}

/// What a new gateway is to be.
#[derive(Clone)]
pub(super) struct NewGateway {
    pub(super) code: GatewayCode,
    pub(super) name: String,
    pub(super) config: Config,
}

/// Reads a new gateway.
pub(super) fn new(body: &Body) -> Result<NewGateway, ApiError> {
    let mut fields = body.fields()?;
    let code = fields.required("code", Parsed(GatewayCode::parse));
    let name = fields.required("name", Name(NAME_MAX));
    let config = fields.required("config", ConfigText);
    let (code, name, config) = fields.finish((code, name, config))?;
    Ok(NewGateway { code, name, config })
}

/// Reads what is to change, and the configuration if it is to be another.
pub(super) fn change(body: &Body) -> Result<(GatewayChange, Option<Config>), ApiError> {
    let mut fields = body.fields()?;
    let name = fields.optional("name", Name(NAME_MAX));
    let status = fields.optional("status", STATUSES);
    let config = fields.optional("config", ConfigText);
    fields.finish(())?;
    Ok((GatewayChange { name, status }, config))
}

/// The gateway that the path names; a text that is no id names none.
pub(super) fn id(path: &PathParameters) -> Result<GatewayId, ApiError> {
    let text = path.read("gateway_id", Name(NAME_MAX))?;
    text.parse().map_err(|_| not_found(text))
}

/// There is no such gateway.
pub(super) fn not_found(id: impl Into<String>) -> ApiError {
    ApiError::NotFound { kind: "payment gateway", id: id.into() }
}
