//! The names by which plans are called.

use crate::id::{EXTERNAL_ID_MAX, ExternalIdError, PlanId, TenantId};

/// The longest name of a plan, in characters.
pub const PLAN_NAME_MAX: usize = EXTERNAL_ID_MAX;

/// Why a text can't be the name of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlanName {
    /// It could not stand in a path.
    #[error("a name has 1 to {PLAN_NAME_MAX} visible ASCII characters without `/`")]
    Unspeakable,
    /// It looks like the id of a plan, and would hide that plan.
    #[error("a name does not look like the id of a plan")]
    LooksLikeAnId,
}

/// Accepts a text that can name a plan: 1 to 128 visible ASCII characters without `/`, not `.` or
/// `..`, and no `plan_…` id.
pub fn parse_name(text: &str) -> Result<String, NotAPlanName> {
    // What can name a tenant in a path can name a plan.
    TenantId::parse(text).map_err(|_: ExternalIdError| NotAPlanName::Unspeakable)?;
    if text.parse::<PlanId>().is_ok() {
        return Err(NotAPlanName::LooksLikeAnId);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_can_stand_in_a_path_and_is_no_id() {
        let unspeakable = Err(NotAPlanName::Unspeakable);
        let longest = "p".repeat(PLAN_NAME_MAX);

        for name in ["pro", "Pro-2026", "plan_b", longest.as_str()] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
        for text in ["", ".", "..", "a/b", "a b", "套餐", &"p".repeat(PLAN_NAME_MAX + 1)] {
            assert_eq!(parse_name(text), unspeakable, "{text}");
        }
        let id = PlanId::from_parts(1, 1).to_string();
        assert_eq!(parse_name(&id), Err(NotAPlanName::LooksLikeAnId));
    }
}
