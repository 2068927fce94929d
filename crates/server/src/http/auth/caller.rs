//! Who calls.

use countinghouse_core::id::{TenantId, UserId};

/// The role that acts for its own tenant on the admin plane.
const ADMIN: &str = "admin";

/// The role that acts for all tenants on the admin plane.
const SUPER_ADMIN: &str = "super_admin";

/// The person behind a verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `sub`, or else `user_id`.
    pub user: UserId,
    /// `tenant_id`. A person of no tenant may only be a `super_admin`.
    pub tenant: Option<TenantId>,
    /// The union of `role`, `roles` and `custom.role`.
    pub roles: Box<[String]>,
}

/// On whose behalf an idempotency key is kept, besides the tenant's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CallerScope {
    /// A person. Tokens come and go, the person stays.
    User(UserId),
    /// Other services: one scope for all API keys, so that keys may rotate.
    Internal,
}

impl Caller {
    /// Whether the caller has the role `admin`.
    pub fn is_admin(&self) -> bool {
        self.has(ADMIN)
    }

    /// Whether the caller has the role `super_admin`.
    pub fn is_super_admin(&self) -> bool {
        self.has(SUPER_ADMIN)
    }

    /// On whose behalf the caller's idempotency keys are kept.
    pub fn scope(&self) -> CallerScope {
        CallerScope::User(self.user.clone())
    }

    fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }
}
