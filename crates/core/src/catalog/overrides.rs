//! What a tenant has in spite of its plan.

use crate::{
    calendar::Instant,
    id::{GateKey, GateOverrideId, UserId},
};

/// The most overrides of a tenant.
pub const OVERRIDES_MAX: usize = 200;

/// A gate that is open or closed for a tenant, whatever its plan grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// `fgo_…`
    pub id: GateOverrideId,
    /// The gate.
    pub gate: GateKey,
    /// Whether it is open.
    pub enabled: bool,
    /// Who set it last.
    pub updated_by: UserId,
    /// When it was set first.
    pub created_at: Instant,
    /// When it was set last.
    pub updated_at: Instant,
}

/// The tenant would have too many overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant has at most {OVERRIDES_MAX} overrides of feature gates")]
pub struct TooManyOverrides;

/// What becomes of a tenant's override when `new` is set: it keeps its id, and when it was set first.
/// One that says the same already stays as it is.
pub fn set_override(own: &[Override], new: Override) -> Result<Override, TooManyOverrides> {
    match own.iter().find(|it| it.gate == new.gate) {
        Some(it) if it.enabled == new.enabled => Ok(it.clone()),
        Some(it) => Ok(Override {
            id: it.id,
            created_at: it.created_at,
            updated_at: new.updated_at.max(it.updated_at),
            ..new
        }),
        None if own.len() >= OVERRIDES_MAX => Err(TooManyOverrides),
        None => Ok(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(gate: &str, enabled: bool, second: i64) -> Override {
        let at = Instant::from_second(second).expect("it is within the calendar");
        Override {
            id: GateOverrideId::from_parts(1, u128::from(second.unsigned_abs())),
            gate: GateKey::parse(gate).expect("it is a key"),
            enabled,
            updated_by: UserId::parse(&format!("usr_{second}")).expect("it is an id"),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn an_override_keeps_its_id_and_one_that_says_the_same_stays() {
        let own = [one("sso", true, 1)];

        let closed = set_override(&own, one("sso", false, 2));
        let same = set_override(&own, one("sso", true, 2));

        let (first, second) = (one("sso", true, 1), one("sso", false, 2));
        let expected = Override { id: first.id, created_at: first.created_at, ..second };
        assert_eq!(closed, Ok(expected));
        assert_eq!(same, Ok(first));
    }

    #[test]
    fn there_are_so_many_overrides_and_no_more() {
        let full: Vec<_> = (0..OVERRIDES_MAX).map(|n| one(&format!("g{n}"), true, 1)).collect();

        assert_eq!(set_override(&full, one("g", true, 2)), Err(TooManyOverrides));
        assert!(set_override(&full, one("g0", false, 2)).is_ok());
        assert!(set_override(&full[1..], one("g", true, 2)).is_ok());
    }
}
