//! How the API shows an app and its prices.

use countinghouse_core::{
    id::{SubscriptionAppId, TenantId},
    metering::{App, Price},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    number::{Number, UnitPriceNumber},
    shapes::envelope,
    text::{TenantText, Timestamp},
};

/// An app of a tenant, as it is billed.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionAppView {
    /// `sa_…`
    #[schema(example = "sa_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// What the tenant calls it.
    #[schema(example = "app_001")]
    app_id: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The latest subscription that the tenant's usage was counted under; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_id: Option<String>,
    /// `active`, `suspended` or `deleted`.
    #[schema(example = "active")]
    status: &'static str,
    /// When it was first named, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-04-01T00:00:00Z")]
    created_at: Timestamp,
    /// Its prices as they were set last, in the order in which they were set; they have no currency of
    /// their own, but the tenant's.
    pricings: Vec<AppPriceView>,
}

/// What an app's use of a resource costs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppPriceView {
    /// `arp_…`
    #[schema(example = "arp_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// The app that it is a price of.
    #[schema(example = "sa_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_app_id: String,
    /// What is used.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// What people call a unit; absent if they call it nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "times")]
    unit_label: Option<String>,
    /// How many units of a metering period cost nothing.
    #[schema(example = 10_000)]
    included_units: i64,
    /// What a unit costs; absent if that was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<UnitPriceNumber>,
    /// What a unit beyond the included ones costs; absent if it is `unit_price`.
    #[serde(skip_serializing_if = "Option::is_none")]
    overage_unit_price: Option<UnitPriceNumber>,
}

envelope! {
    /// An app in its envelope.
    SubscriptionAppBody { data: SubscriptionAppView }
}

envelope! {
    /// A page of apps.
    SubscriptionAppList { items: SubscriptionAppView }
}

impl SubscriptionAppView {
    /// Shows an app with its prices, and the subscription that its usage is counted under.
    pub(super) fn new(
        tenant: &TenantId,
        app: &App,
        prices: &[Price],
        subscription: Option<&str>,
    ) -> Self {
        Self {
            id: app.id.to_string(),
            app_id: app.app.to_string(),
            tenant_id: TenantText(tenant.clone()),
            subscription_id: subscription.map(str::to_owned),
            status: app.status.as_str(),
            created_at: Timestamp(app.created_at),
            pricings: prices.iter().map(|price| AppPriceView::new(app.id, price)).collect(),
        }
    }
}

impl AppPriceView {
    fn new(app: SubscriptionAppId, it: &Price) -> Self {
        Self {
            id: it.id.to_string(),
            subscription_app_id: app.to_string(),
            resource_type: it.resource.to_string(),
            unit_label: it.unit_label.clone(),
            included_units: it.included_units,
            unit_price: it.unit_price.map(Number),
            overage_unit_price: it.overage_unit_price.map(Number),
        }
    }
}
