//! Feature gates: what a plan grants, and what a tenant has in spite of its plan.

use std::collections::BTreeMap;

use super::Plan;
use crate::id::GateKey;

/// The gate that is the plan's `mfa_enabled`.
pub const MFA: &str = "mfa";

/// The gate that is the plan's `sso_enabled`.
pub const SSO: &str = "sso";

/// Gates by their keys, and whether each is open.
pub type Gates = BTreeMap<GateKey, bool>;

/// Whether a tenant may pass a gate, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether its plan grants it.
    pub plan_entitled: bool,
    /// What was set for this tenant, if anything was.
    pub tenant_override: Option<bool>,
}

impl Verdict {
    /// What was set for the tenant, else what its plan grants.
    pub fn effective(self) -> bool {
        self.tenant_override.unwrap_or(self.plan_entitled)
    }
}

impl Plan {
    /// The flag of the plan that is a gate of this key, if there is one.
    pub(super) fn flag_mut(&mut self, key: &GateKey) -> Option<&mut bool> {
        match key.as_str() {
            MFA => Some(&mut self.mfa_enabled),
            SSO => Some(&mut self.sso_enabled),
            _ => None,
        }
    }

    /// The gates that are flags of the plan.
    pub(super) fn flags(&self) -> Gates {
        [(MFA, self.mfa_enabled), (SSO, self.sso_enabled)]
            .map(|(key, enabled)| {
                (GateKey::parse(key).expect("the keys of flags are keys"), enabled)
            })
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_goes_before_the_plan_and_nothing_is_no() {
        let effective =
            |plan_entitled, tenant_override| Verdict { plan_entitled, tenant_override }.effective();

        assert!(effective(true, None));
        assert!(!effective(true, Some(false)));
        assert!(effective(false, Some(true)));
        assert!(!effective(false, None));
    }
}
