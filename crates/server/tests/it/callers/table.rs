//! The table of operations: the plane of each, and what a caller gets that is let in.

/// Who an operation is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plane {
    /// Anybody.
    Public,
    /// The people of the tenant that the path names.
    OfTenant,
    /// The people of the token's tenant.
    OfToken,
    /// An `admin` of the tenant that the path names, or a `super_admin`.
    AdminOfTenant,
    /// An `admin` for their own tenant, or a `super_admin`.
    Admin,
    /// A `super_admin`.
    Platform,
    /// Other services; the path names the tenant, or none is needed.
    Service,
    /// Other services, which name the tenant in `X-Tenant-ID`.
    ServiceFor,
}

/// What an operation needs to find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given {
    Nothing,
    /// A subscription to `pro`, and so an invoice `INV-2026-000001`.
    Subscription,
    /// A day of usage.
    Usage,
}

/// An operation.
pub(super) struct Entry {
    pub(super) operation: &'static str,
    pub(super) plane: Plane,
    pub(super) given: Given,
    /// What is sent; `{tenant}` in it is the tenant.
    pub(super) body: &'static str,
    /// The status for a caller that is let in.
    pub(super) good: u16,
    /// The status for a person of the tenant who is no `admin`, where it is another.
    pub(super) member: Option<u16>,
}

impl Plane {
    /// What the contract calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::OfTenant | Self::OfToken => "user",
            Self::AdminOfTenant | Self::Admin | Self::Platform => "admin",
            Self::Service | Self::ServiceFor => "internal",
        }
    }

    /// Whether the first parameter of the path is the tenant, whatever it is called.
    pub(super) fn path_begins_with_tenant(self) -> bool {
        matches!(self, Self::OfTenant | Self::AdminOfTenant)
    }
}

impl Entry {
    const fn new(operation: &'static str, plane: Plane, good: u16) -> Self {
        Self { operation, plane, given: Given::Nothing, body: "", good, member: None }
    }

    const fn given(mut self, given: Given) -> Self {
        self.given = given;
        self
    }

    const fn sending(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    const fn member(mut self, status: u16) -> Self {
        self.member = Some(status);
        self
    }
}

const PAYMENT: &str = r#"{"subscription_id": "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A", "amount": 99,
    "period_start": "2026-05-01T00:00:00Z", "period_end": "2026-06-01T00:00:00Z", "status": "paid"}"#;

const REFUND: &str = r#"{"amount": 5, "invoice_number": "INV-2026-000001", "reason": "A gesture",
    "transaction_id": "txn_1"}"#;

const ALERT: &str = r#"{"name": "Calls", "resource_type": "api_calls", "threshold_percent": 80,
    "notification_channels": "email"}"#;

/// Every operation that is served.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Entry] = &[
    Entry::new("GET /admin/billing/alerts", Plane::Admin, 200),
    Entry::new("POST /admin/billing/alerts", Plane::Admin, 201).sending(ALERT),
    Entry::new("DELETE /admin/billing/alerts/{alert_id}", Plane::Admin, 404),
    Entry::new("PUT /admin/billing/alerts/{alert_id}", Plane::Admin, 404)
        .sending(r#"{"status": "silenced"}"#),
    Entry::new("GET /admin/billing/credit-balance/{tenant_id}", Plane::AdminOfTenant, 200),
    Entry::new("DELETE /admin/billing/credit-note/{number}", Plane::Admin, 404),
    Entry::new("GET /admin/billing/credit-note/{number}", Plane::Admin, 404),
    Entry::new("PUT /admin/billing/credit-note/{number}", Plane::Admin, 404),
    Entry::new("GET /admin/billing/credit-notes", Plane::Admin, 200),
    Entry::new("POST /admin/billing/invoice/{invoice_number}/credit-note", Plane::Admin, 200)
        .given(Given::Subscription).sending(r#"{"amount": 5, "reason": "A gesture"}"#),
    Entry::new("POST /admin/billing/credit-balance/{tenant_id}/adjust", Plane::AdminOfTenant, 201)
        .sending(r#"{"amount": 5, "source": "promo"}"#),
    Entry::new("GET /admin/billing/credit-note/{number}/pdf", Plane::Admin, 404),
    Entry::new("GET /admin/billing/credit-transactions/{tenant_id}", Plane::AdminOfTenant, 200),
    Entry::new("DELETE /admin/billing/dunning-settings/{tenant_id}", Plane::AdminOfTenant, 200),
    Entry::new("GET /admin/billing/dunning-settings/{tenant_id}", Plane::AdminOfTenant, 200),
    Entry::new("PUT /admin/billing/dunning-settings/{tenant_id}", Plane::AdminOfTenant, 200)
        .sending(r#"{"grace_period_days": 10}"#),
    Entry::new("GET /admin/billing/feature-gates", Plane::Admin, 200),
    Entry::new("GET /admin/billing/feature-gates/overrides", Plane::Admin, 200),
    Entry::new("PUT /admin/billing/feature-gates/overrides", Plane::Admin, 200)
        .sending(r#"{"gate_key": "sso", "enabled": true}"#),
    Entry::new("DELETE /admin/billing/feature-gates/overrides/{gate_key}", Plane::Admin, 200),
    Entry::new("GET /admin/billing/invoices", Plane::Admin, 200),
    Entry::new("POST /admin/billing/invoices", Plane::Admin, 201)
        .sending(r#"{"tenant_id": "{tenant}", "lines": [{"description": "Setup", "quantity": 1, "unit_price": 10}]}"#),
    Entry::new("GET /admin/billing/metered-usage/{tenant_id}", Plane::AdminOfTenant, 200),
    Entry::new("GET /admin/billing/payment-gateways", Plane::Platform, 200),
    Entry::new("POST /admin/billing/payment-gateways", Plane::Platform, 201)
        .sending(r#"{"code": "{tenant}", "name": "Pay", "config": "{\"app_id\":1}"}"#),
    Entry::new("DELETE /admin/billing/payment-gateways/{gateway_id}", Plane::Platform, 404),
    Entry::new("GET /admin/billing/payment-gateways/{gateway_id}", Plane::Platform, 404),
    Entry::new("PUT /admin/billing/payment-gateways/{gateway_id}", Plane::Platform, 404)
        .sending(r#"{"name": "Pay"}"#),
    Entry::new("GET /admin/billing/plans", Plane::Platform, 200),
    Entry::new("POST /admin/billing/plans", Plane::Platform, 201)
        .sending(r#"{"plan": "{tenant}", "name": "Pro", "monthly_price": 1, "yearly_price": 10}"#),
    Entry::new("DELETE /admin/billing/plans/{plan_id}", Plane::Platform, 200),
    Entry::new("GET /admin/billing/plans/{plan_id}", Plane::Platform, 200),
    Entry::new("PUT /admin/billing/plans/{plan_id}", Plane::Platform, 200)
        .sending(r#"{"max_users": 10}"#),
    Entry::new("PATCH /admin/billing/plans/{plan_id}/feature-gates", Plane::Platform, 200)
        .sending(r#"{"feature_gates": [{"key": "sso", "enabled": true}]}"#),
    Entry::new("DELETE /admin/billing/records/{record_id}", Plane::Admin, 404),
    Entry::new("GET /admin/billing/records/{record_id}", Plane::AdminOfTenant, 200),
    Entry::new("GET /admin/billing/revenue-amortization", Plane::Admin, 200),
    Entry::new("GET /admin/billing/statistics/{tenant_id}", Plane::AdminOfTenant, 200),
    Entry::new("POST /admin/billing/refund-approval", Plane::Admin, 409)
        .given(Given::Subscription).sending(REFUND),
    Entry::new("DELETE /admin/billing/refund-approval/{approval_id}", Plane::Admin, 404),
    Entry::new("GET /admin/billing/refund-approval/{approval_id}", Plane::Admin, 404),
    Entry::new("POST /admin/billing/refund-approval/{approval_id}/approve", Plane::Admin, 404),
    Entry::new("POST /admin/billing/refund-approval/{approval_id}/execute", Plane::Admin, 404)
        .sending(r#"{"user_id": "usr_founder"}"#),
    Entry::new("POST /admin/billing/refund-approval/{approval_id}/reject", Plane::Admin, 404),
    Entry::new("GET /admin/billing/refund-approvals", Plane::Admin, 200),
    Entry::new("GET /admin/billing/subscription/{tenant_id}", Plane::AdminOfTenant, 200)
        .given(Given::Subscription),
    Entry::new("PUT /admin/billing/subscription/{tenant_id}", Plane::AdminOfTenant, 200)
        .given(Given::Subscription).sending(r#"{"auto_renew": false}"#),
    Entry::new("DELETE /admin/billing/subscription/{tenant_id}", Plane::AdminOfTenant, 200)
        .given(Given::Subscription),
    Entry::new("GET /admin/billing/subscription/{tenant_id}/apps", Plane::AdminOfTenant, 200),
    Entry::new("DELETE /admin/billing/subscription/{tenant_id}/apps/{app_id}/pricing", Plane::AdminOfTenant, 404),
    Entry::new("GET /admin/billing/subscription/{tenant_id}/apps/{app_id}/pricing", Plane::AdminOfTenant, 404),
    Entry::new("POST /admin/billing/subscription/{tenant_id}/apps/{app_id}/pricing", Plane::AdminOfTenant, 200)
        .sending(r#"{"pricings": [{"resource_type": "api_calls", "unit_price": 0.01}]}"#),
    Entry::new("POST /admin/billing/subscription/{tenant_id}/cancel-trial", Plane::AdminOfTenant, 409)
        .given(Given::Subscription),
    Entry::new("POST /admin/billing/subscription/{tenant_id}/change-plan", Plane::AdminOfTenant, 200)
        .given(Given::Subscription).sending(r#"{"new_plan": "enterprise"}"#),
    Entry::new("POST /admin/billing/subscription/{tenant_id}/extend-trial", Plane::AdminOfTenant, 409)
        .given(Given::Subscription).sending(r#"{"extend_days": 7}"#),
    Entry::new("POST /admin/billing/subscription/{tenant_id}/rollback-plan", Plane::AdminOfTenant, 409)
        .given(Given::Subscription),
    Entry::new("GET /admin/billing/subscriptions", Plane::Admin, 200),
    Entry::new("GET /admin/billing/subscription/{tenant_id}/next-invoice", Plane::AdminOfTenant, 200)
        .given(Given::Subscription),
    Entry::new("GET /admin/billing/tax-export", Plane::Admin, 200).given(Given::Subscription),
    Entry::new("GET /admin/billing/tax-exports", Plane::Admin, 200),
    Entry::new("GET /admin/billing/tenants/{tenant_id}/profile", Plane::AdminOfTenant, 200),
    Entry::new("PUT /admin/billing/tenants/{tenant_id}/profile", Plane::AdminOfTenant, 200)
        .sending(r#"{"legal_name": "Acme Ltd."}"#),
    Entry::new("GET /admin/billing/usage-stats/{tenant_id}/corrections", Plane::AdminOfTenant, 200),
    Entry::new("PUT /admin/billing/usage-stats/{tenant_id}/{usage_id}", Plane::AdminOfTenant, 200)
        .given(Given::Subscription).sending(r#"{"api_requests": 5}"#),
    Entry::new("GET /admin/billing/usage/{tenant_id}/current", Plane::AdminOfTenant, 200),
    Entry::new("GET /admin/billing/usage/{tenant_id}/endpoints", Plane::AdminOfTenant, 200),
    Entry::new("GET /admin/billing/usage/{tenant_id}/timeline", Plane::AdminOfTenant, 200),

    Entry::new("GET /billing/alerts", Plane::OfToken, 200),
    Entry::new("POST /billing/alerts", Plane::OfToken, 201).sending(ALERT),
    Entry::new("DELETE /billing/alerts/{alert_id}", Plane::OfToken, 404),
    Entry::new("GET /billing/alerts/{alert_id}", Plane::OfToken, 404),
    Entry::new("PUT /billing/alerts/{alert_id}", Plane::OfToken, 404)
        .sending(r#"{"status": "silenced"}"#),
    Entry::new("GET /billing/balance", Plane::OfToken, 200),
    Entry::new("GET /billing/credit-balance/{tenant_id}", Plane::OfTenant, 200),
    Entry::new("GET /billing/credit-transactions/{tenant_id}", Plane::OfTenant, 200),
    Entry::new("GET /billing/feature-gates", Plane::OfToken, 200),
    Entry::new("GET /billing/invoice/{invoice_number}", Plane::OfToken, 200)
        .given(Given::Subscription),
    Entry::new("GET /billing/invoice/{invoice_number}/export", Plane::OfToken, 200)
        .given(Given::Subscription),
    Entry::new("GET /billing/invoice/{invoice_number}/pdf", Plane::OfToken, 200)
        .given(Given::Subscription),
    Entry::new("GET /billing/invoices", Plane::OfToken, 200),
    Entry::new("GET /billing/plans", Plane::Public, 200),
    Entry::new("POST /billing/prorations/calculate/{tenant_id}", Plane::OfTenant, 200)
        .given(Given::Subscription).sending(r#"{"new_plan": "enterprise"}"#),
    Entry::new("GET /billing/records/{tenant_id}", Plane::OfTenant, 200),
    Entry::new("GET /billing/records/{tenant_id}/apps/{app_id}", Plane::OfTenant, 200),
    Entry::new("GET /billing/records/{tenant_id}/search", Plane::OfTenant, 200),
    Entry::new("GET /billing/statistics/{tenant_id}", Plane::OfTenant, 200),
    Entry::new("GET /billing/statistics/{tenant_id}/apps/{app_id}", Plane::OfTenant, 200),
    Entry::new("POST /billing/subscribe", Plane::OfToken, 201)
        .sending(r#"{"plan": "pro"}"#),
    Entry::new("GET /billing/subscription", Plane::OfToken, 200)
        .given(Given::Subscription),
    Entry::new("POST /billing/subscription/cancel", Plane::OfToken, 200)
        .given(Given::Subscription).member(403),
    Entry::new("GET /billing/subscription/{tenant_id}", Plane::OfTenant, 200)
        .given(Given::Subscription),
    Entry::new("GET /billing/usage", Plane::OfToken, 200).given(Given::Usage),
    Entry::new("GET /billing/usage/{tenant_id}", Plane::OfTenant, 200).given(Given::Usage),
    Entry::new("GET /billing/usage/{tenant_id}/apps/{app_id}", Plane::OfTenant, 200)
        .given(Given::Usage),
    Entry::new("GET /billing/usage/{tenant_id}/apps/{app_id}/current", Plane::OfTenant, 200),
    Entry::new("GET /billing/usage/{tenant_id}/current", Plane::OfTenant, 200),
    Entry::new("GET /billing/usage/{tenant_id}/endpoints", Plane::OfTenant, 200),
    Entry::new("GET /billing/usage/{tenant_id}/timeline", Plane::OfTenant, 200),
    Entry::new("GET /public/plans", Plane::Public, 200),
    Entry::new("GET /public/tax-exports/{tenant_id}/{tax_report_id}", Plane::Public, 400),

    Entry::new("POST /internal/billing/apps/{tenant_id}/{app_id}/billing-event", Plane::Service, 200)
        .sending(r#"{"action": "suspend"}"#),
    Entry::new("POST /internal/billing/endpoint-stats/import", Plane::ServiceFor, 200)
        .sending(r#"{"records": [{"date": "2026-01-31", "endpoint": "GET /a", "request_count": 1}]}"#),
    Entry::new("POST /internal/billing/export-user-data", Plane::Service, 200)
        .sending(r#"{"user_id": "usr_abc123"}"#),
    Entry::new("POST /internal/billing/feature-gates/check", Plane::ServiceFor, 200)
        .sending(r#"{"gate_key": "sso"}"#),
    Entry::new("POST /internal/billing/metering/batch", Plane::ServiceFor, 200)
        .sending(r#"{"events": [{"event_id": "evt_1", "resource_type": "api_calls", "amount": 5}]}"#),
    Entry::new("DELETE /internal/billing/metering/events/{event_id}", Plane::ServiceFor, 404),
    Entry::new("GET /internal/billing/metering/events/{event_id}", Plane::ServiceFor, 404),
    Entry::new("POST /internal/billing/metering/report", Plane::ServiceFor, 200)
        .sending(r#"{"resource_type": "api_calls", "amount": 5, "event_id": "evt_1"}"#),
    Entry::new("GET /internal/billing/plans", Plane::Service, 200),
    Entry::new("GET /internal/billing/plans/admin", Plane::Service, 200),
    Entry::new("GET /internal/billing/plans/{plan}/quotas", Plane::Service, 200),
    Entry::new("POST /internal/billing/quota/check", Plane::ServiceFor, 200)
        .sending(r#"{"resource_type": "api_calls", "requested_amount": 1}"#),
    Entry::new("POST /internal/billing/records", Plane::ServiceFor, 404)
        .sending(PAYMENT),
    Entry::new("POST /internal/billing/renewals/process", Plane::Service, 200),
    Entry::new("GET /internal/billing/subscription/{tenant_id}", Plane::Service, 200)
        .given(Given::Subscription),
    Entry::new("DELETE /internal/billing/test-clock/{tenant_id}", Plane::Service, 200),
    Entry::new("GET /internal/billing/test-clock/{tenant_id}", Plane::Service, 404),
    Entry::new("PUT /internal/billing/test-clock/{tenant_id}", Plane::Service, 200)
        .sending(r#"{"now": "2026-05-12T10:00:00Z"}"#),
    Entry::new("GET /internal/billing/usage/{tenant_id}", Plane::Service, 200).given(Given::Usage),
    Entry::new("GET /internal/billing/usage/{tenant_id}/{app_id}", Plane::Service, 200)
        .given(Given::Usage),
];
