//! The plans of a new installation. Whoever runs it changes them.

use super::Quotas;

/// A plan of a new installation, priced in CNY.
#[derive(Clone, Copy, Debug)]
pub struct SeededPlan {
    /// The name that subscriptions refer to.
    pub name: &'static str,
    /// The name that people read.
    pub display_name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What a month costs, in yuan.
    pub monthly_price: i64,
    /// What a year costs, in yuan.
    pub yearly_price: i64,
    /// How much may be used.
    pub quotas: Quotas,
    /// How many days the audit log reaches back.
    pub audit_log_days: i64,
    /// Whether it has multi-factor authentication.
    pub mfa_enabled: bool,
    /// Whether it has single sign-on.
    pub sso_enabled: bool,
    /// The level of support.
    pub support_level: &'static str,
    /// Whether the console shows it as the usual choice.
    pub is_popular: bool,
}

/// The plan whose quotas and gates a tenant has that has subscribed to none.
pub const FREE: &str = "free";

/// The five plans, in the order in which they are listed.
pub const SEEDED: [SeededPlan; 5] = [
    SeededPlan {
        name: FREE,
        display_name: "Free",
        description: "For trying things out",
        monthly_price: 0,
        yearly_price: 0,
        quotas: quotas(10, 1, 10, 10_000, 0, 100),
        audit_log_days: 7,
        mfa_enabled: false,
        sso_enabled: false,
        support_level: "community",
        is_popular: false,
    },
    SeededPlan {
        name: "basic",
        display_name: "Basic",
        description: "For small teams",
        monthly_price: 99,
        yearly_price: 990,
        quotas: quotas(50, 10, 100, 50_000, 100, 1_000),
        audit_log_days: 30,
        mfa_enabled: true,
        sso_enabled: false,
        support_level: "basic",
        is_popular: false,
    },
    SeededPlan {
        name: "pro",
        display_name: "Professional",
        description: "For growing teams",
        monthly_price: 499,
        yearly_price: 4_999,
        quotas: quotas(100, 100, 1_024, 100_000, 1_000, 5_000),
        audit_log_days: 90,
        mfa_enabled: true,
        sso_enabled: true,
        support_level: "priority",
        is_popular: true,
    },
    SeededPlan {
        name: "enterprise",
        display_name: "Enterprise",
        description: "For organisations",
        monthly_price: 1_280,
        yearly_price: 12_800,
        quotas: quotas(1_000, 1_024, 10_240, 10_000_000, 10_000, 50_000),
        audit_log_days: 365,
        mfa_enabled: true,
        sso_enabled: true,
        support_level: "dedicated",
        is_popular: false,
    },
    SeededPlan {
        name: "platform",
        display_name: "Platform",
        description: "For platforms, without limits",
        monthly_price: 4_999,
        yearly_price: 49_990,
        quotas: quotas(-1, -1, -1, -1, -1, -1),
        audit_log_days: 365,
        mfa_enabled: true,
        sso_enabled: true,
        support_level: "dedicated",
        is_popular: false,
    },
];

const fn quotas(
    users: i64,
    storage_gb: i64,
    bandwidth_gb: i64,
    api_calls: i64,
    sms: i64,
    email: i64,
) -> Quotas {
    Quotas { users, storage_gb, bandwidth_gb, api_calls, sms, email }
}
