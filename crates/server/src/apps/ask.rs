//! What it takes to set an app's prices, and to say what happened to it.

use std::collections::BTreeSet;

use countinghouse_core::{
    id::{AppId, TenantId},
    metering::{AppEvent, INCLUDED_UNITS_MAX, NewPrice, PRICES_MAX, Resource, UNIT_LABEL_MAX},
    money::UnitPrice,
};
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{Decimal, Fields, Parsed, Text, Whole, Word},
    number::AmountSent,
    path::Path as PathParameters,
    problem::ApiError,
};

const EVENTS: Word<AppEvent> = Word(&[
    ("suspend", AppEvent::Suspend),
    ("resume", AppEvent::Resume),
    ("delete", AppEvent::Delete),
]);

/// All prices of an app.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct AppPricesBody {
    /// The prices, 1 to 100, each of another resource. What is not among them has no price.
    #[schema(min_items = 1, max_items = 100)]
    pricings: Vec<NewAppPriceBody>,
}

/// What an app's use of a resource is to cost.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct NewAppPriceBody {
    /// What is used: `api_calls`, `storage`, `bandwidth`, `users`, `sms`, `email`, `login_attempts`,
    /// `failed_logins`, `mfa_verifications`, or another name, which is a resource of this app then.
    #[schema(example = "api_calls", pattern = "^[a-z][a-z0-9_.-]*$", max_length = 64)]
    resource_type: String,
    /// How many units of a metering period cost nothing; 0 if absent.
    #[schema(example = 10_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    included_units: Option<i64>,
    /// What a unit costs, not below 0, with at most 12 decimals; a decimal string will do too.
    #[schema(value_type = Option<AmountSent>)]
    unit_price: Option<String>,
    /// What a unit beyond the included ones costs, likewise; `unit_price` if absent.
    #[schema(value_type = Option<AmountSent>)]
    overage_unit_price: Option<String>,
    /// What people call a unit, at most 50 letters; an empty one is none.
    #[schema(example = "times", max_length = 50)]
    unit_label: Option<String>,
}

/// What happened to an app.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct AppEventBody {
    /// `suspend`, `resume` or `delete`.
    #[schema(example = "suspend", pattern = "^(suspend|resume|delete)$")]
    action: String,
}

/// An app of a tenant.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Whose it is.
    pub(super) tenant: TenantId,
    /// What the tenant calls it.
    pub(super) app: AppId,
}

/// The app of a tenant that the path names.
pub(super) fn named(path: &PathParameters) -> Result<Named, ApiError> {
    let mut fields = path.fields();
    let tenant = fields.required("tenant_id", Parsed(TenantId::parse));
    let app = fields.required("app_id", Parsed(AppId::parse));
    let (tenant, app) = fields.finish((tenant, app))?;
    Ok(Named { tenant, app })
}

/// Reads all prices of an app.
pub(super) fn prices(body: &Body, named: &Named) -> Result<Vec<NewPrice>, ApiError> {
    let mut fields = body.fields()?;
    named.must_be_repeated(&mut fields);
    let mut resources = BTreeSet::new();
    let mut prices = Vec::new();
    for mut entry in fields.objects("pricings", 1..=PRICES_MAX) {
        if let Some(price) = price(&mut entry, &mut resources) {
            prices.push(price);
        }
        fields.absorb(entry);
    }
    fields.finish(())?;
    Ok(prices)
}

/// Reads one price of a resource that is not among those that have one.
fn price(fields: &mut Fields<'_>, priced: &mut BTreeSet<Resource>) -> Option<NewPrice> {
    let resource = fields.required("resource_type", Parsed(Resource::parse));
    if let Some(resource) = &resource
        && !priced.insert(resource.clone())
    {
        fields.violate("resource_type", "repeated", "must be given once");
    }
    let included_units = fields.optional("included_units", Whole(0..=INCLUDED_UNITS_MAX));
    let unit_price = not_negative(fields, "unit_price");
    let overage_unit_price = not_negative(fields, "overage_unit_price");
    let unit_label = fields.optional("unit_label", Text(UNIT_LABEL_MAX));
    Some(NewPrice {
        resource: resource?,
        unit_label: unit_label.filter(|label| !label.is_empty()),
        included_units: included_units.unwrap_or(0),
        unit_price,
        overage_unit_price,
    })
}

fn not_negative(fields: &mut Fields<'_>, name: &'static str) -> Option<UnitPrice> {
    let price = fields.optional(name, Decimal(UnitPrice::parse));
    if price.is_some_and(UnitPrice::is_negative) {
        fields.violate(name, "out_of_range", "must not be negative");
    }
    price
}

/// Reads what happened to an app.
pub(super) fn event(body: &Body, named: &Named) -> Result<AppEvent, ApiError> {
    let mut fields = body.fields()?;
    named.must_be_repeated(&mut fields);
    let action = fields.required("action", EVENTS);
    Ok(fields.finish((action,))?.0)
}

impl Named {
    /// Refuses a body that names another tenant or app than the path.
    fn must_be_repeated(&self, fields: &mut Fields<'_>) {
        fields.must_repeat("tenant_id", self.tenant.as_str());
        fields.must_repeat("app_id", self.app.as_str());
    }

    /// There is no such app.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::NotFound { kind: "app", id: self.app.to_string() }
    }
}
