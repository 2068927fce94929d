//! How the API shows gates. Their members stand at the top of an answer, beside `code`.

use countinghouse_core::{
    catalog::{Gates, Override, Verdict},
    id::{GateKey, TenantId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::pricing::FeatureGate;

/// Declares the body around the members of an answer.
macro_rules! at_the_top {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "it documents a body, which is written straight to bytes")]
        pub(super) struct $name {
            /// Always 0.
            #[schema(example = 0)]
            code: i64,
            /// Always `success`.
            #[schema(example = "success")]
            message: String,
            $($(#[$of])* $member: $type,)*
            /// When it was answered, RFC 3339 in UTC.
            #[schema(example = "2026-05-12T10:00:00Z")]
            timestamp: String,
        }
    };
}

/// Gates.
#[derive(Debug, Serialize)]
pub(super) struct GateList {
    feature_gates: Vec<FeatureGate>,
}

at_the_top! {
    /// Gates in their envelope.
    GateListBody {
        /// In the order of their keys.
        feature_gates: Vec<FeatureGate>,
    }
}

/// Overrides.
#[derive(Debug, Serialize)]
pub(super) struct OverrideList {
    overrides: Vec<GateOverride>,
}

at_the_top! {
    /// Overrides in their envelope.
    OverrideListBody {
        /// A tenant's in the order of their gates.
        overrides: Vec<GateOverride>,
    }
}

/// A gate that is open or closed for a tenant, whatever its plan grants.
#[derive(Debug, Serialize, ToSchema)]
pub struct GateOverride {
    /// `fgo_…`
    #[schema(example = "fgo_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// For whom.
    #[schema(example = "tnt_xyz789")]
    tenant_id: String,
    /// The key of the gate.
    #[schema(example = "sso")]
    gate_key: String,
    /// Whether it is open.
    #[schema(example = true)]
    enabled: bool,
    /// Who set it last.
    #[schema(example = "usr_abc123")]
    updated_by: String,
    /// When it was set first, RFC 3339 in UTC.
    #[schema(example = "2026-01-01T00:00:00Z")]
    created_at: String,
    /// When it was set last.
    #[schema(example = "2026-04-10T14:20:00Z")]
    updated_at: String,
}

/// Whether a tenant may pass a gate, and why.
#[derive(Debug, Serialize)]
pub(super) struct GateCheck {
    gate_key: String,
    effective: bool,
    plan_entitled: bool,
    tenant_override: Option<bool>,
}

at_the_top! {
    /// The answer of a check.
    GateCheckResult {
        /// The key of the gate.
        #[schema(example = "sso")]
        gate_key: String,
        /// Whether the tenant may pass: the override, else what its plan grants.
        #[schema(example = true)]
        effective: bool,
        /// Whether its plan grants it.
        #[schema(example = true)]
        plan_entitled: bool,
        /// What was set for this tenant; null if nothing was.
        #[schema(required = true, example = true)]
        tenant_override: Option<bool>,
    }
}

impl GateCheck {
    pub(super) fn new(gate: &GateKey, verdict: Verdict) -> Self {
        Self {
            gate_key: gate.to_string(),
            effective: verdict.effective(),
            plan_entitled: verdict.plan_entitled,
            tenant_override: verdict.tenant_override,
        }
    }
}

impl From<Gates> for GateList {
    fn from(gates: Gates) -> Self {
        Self { feature_gates: FeatureGate::all(gates) }
    }
}

impl OverrideList {
    /// Shows the overrides of one tenant.
    pub(super) fn of(tenant: &TenantId, own: &[Override]) -> Self {
        Self { overrides: own.iter().map(|it| GateOverride::new(tenant, it)).collect() }
    }
}

impl From<Vec<(TenantId, Override)>> for OverrideList {
    fn from(all: Vec<(TenantId, Override)>) -> Self {
        Self { overrides: all.iter().map(|(tenant, it)| GateOverride::new(tenant, it)).collect() }
    }
}

impl GateOverride {
    pub(super) fn new(tenant: &TenantId, it: &Override) -> Self {
        Self {
            id: it.id.to_string(),
            tenant_id: tenant.to_string(),
            gate_key: it.gate.to_string(),
            enabled: it.enabled,
            updated_by: it.updated_by.to_string(),
            created_at: it.created_at.to_string(),
            updated_at: it.updated_at.to_string(),
        }
    }
}
