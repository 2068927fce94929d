//! What it takes to ask for a gate, or to set one.

use countinghouse_core::id::GateKey;
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{Flag, Parsed},
    problem::ApiError,
};

/// Which gate is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct GateCheckBody {
    /// The key of the gate. It must be there.
    #[schema(example = "sso", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    gate_key: Option<String>,
}

/// Which gate is opened or closed for the tenant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct GateOverrideBody {
    /// The key of the gate, whether a plan names it or not.
    #[schema(example = "sso", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    gate_key: String,
    /// Whether it is open; absent, it is closed.
    #[schema(example = true)]
    enabled: Option<bool>,
}

/// Reads which gate is asked for.
pub(super) fn check(body: &Body) -> Result<GateKey, ApiError> {
    let mut fields = body.fields()?;
    let gate = fields.required("gate_key", Parsed(GateKey::parse));
    Ok(fields.finish((gate,))?.0)
}

/// Reads which gate is set, and whether it is open.
pub(super) fn set(body: &Body) -> Result<(GateKey, bool), ApiError> {
    let mut fields = body.fields()?;
    let gate = fields.required("gate_key", Parsed(GateKey::parse));
    let enabled = fields.optional("enabled", Flag).unwrap_or(false);
    let (gate,) = fields.finish((gate,))?;
    Ok((gate, enabled))
}
