//! What it takes to write a one-off invoice.

use countinghouse_core::{
    calendar::{Instant, Period},
    invoicing::{ONE_OFF_LINES_MAX, PricedLine},
    ledger::SERVICE_DAYS_MAX,
    money::{Currency, UnitPrice},
    tenants::DUE_DAYS_MAX,
};
use utoipa::ToSchema;

use super::service::WriteInvoice;
use crate::http::{
    auth::Admin,
    body::Body,
    fields::{Decimal, Fields, Name, Parsed, Whole},
    number::AmountSent,
    problem::ApiError,
};

/// A one-off invoice.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct OneOffBody {
    /// Whose; an `admin`'s own tenant if absent. A `super_admin` names it here or in `X-Tenant-ID`.
    #[schema(example = "tnt_xyz789", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    tenant_id: Option<String>,
    /// What is billed, 1 to 500 lines, with at most 50,000 letters of descriptions together.
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<OneOffLineBody>,
    /// ISO 4217; the tenant's currency if absent, and no other.
    #[schema(example = "CNY", pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// How many days there are to pay, 0 to 90; as many as the tenant has if absent.
    #[schema(example = 30, minimum = 0, maximum = 90)]
    due_days: Option<i64>,
}

/// A line of it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct OneOffLineBody {
    /// What it is for, at most 500 letters.
    #[schema(example = "Data migration", min_length = 1, max_length = 500)]
    description: String,
    /// How many, from 1.
    #[schema(example = 1, minimum = 1, maximum = 1_000_000_000)]
    quantity: i64,
    /// The price of one, not below 0, with at most 12 decimals; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    unit_price: String,
    /// When the service begins that it is for, RFC 3339; then it is earned over its days, otherwise
    /// on the day of the issue.
    #[schema(example = "2026-05-01T00:00:00Z", format = DateTime)]
    service_start: Option<String>,
    /// When that ends, after its start and at most 20 years later.
    #[schema(example = "2026-06-01T00:00:00Z", format = DateTime)]
    service_end: Option<String>,
}

/// What a line says that it is of.
const RESOURCE_TYPE: &str = "oneoff";

/// The longest description of a line, in letters.
const DESCRIPTION_MAX: usize = 500;

/// The longest descriptions of all lines together, in letters: every list, export and document of an
/// invoice holds them.
const DESCRIPTIONS_MAX: usize = 50_000;

/// The most of one line.
const QUANTITY_MAX: i64 = 1_000_000_000;

const SECONDS_A_DAY: i64 = 86_400;

/// Reads what an administrator writes.
pub(super) fn read(admin: &Admin, body: &Body) -> Result<WriteInvoice, ApiError> {
    let mut fields = body.fields()?;
    let tenant = admin.read_tenant(&mut fields)?;
    if tenant.is_none() && fields.violations().is_empty() {
        fields.violate("tenant_id", "required", "is required, here or in `X-Tenant-ID`");
    }
    let currency = fields.optional("currency", Parsed(Currency::parse));
    let due_days = fields.optional("due_days", Whole(0..=i64::from(DUE_DAYS_MAX)));
    let mut lines = Vec::new();
    for mut entry in fields.objects("lines", 1..=ONE_OFF_LINES_MAX) {
        lines.extend(read_line(&mut entry));
        fields.absorb(entry);
    }
    let letters: usize = lines.iter().map(|it| it.description.chars().count()).sum();
    if letters > DESCRIPTIONS_MAX {
        let rule = format!("must have at most {DESCRIPTIONS_MAX} letters of descriptions together");
        fields.violate("lines", "too_long", rule);
    }
    let (tenant,) = fields.finish((tenant,))?;
    let due_days = due_days.and_then(|days| u8::try_from(days).ok());
    Ok(WriteInvoice { tenant, lines, currency, due_days })
}

fn read_line(fields: &mut Fields<'_>) -> Option<PricedLine> {
    let description = fields.required("description", Name(DESCRIPTION_MAX));
    let quantity = fields.required("quantity", Whole(1..=QUANTITY_MAX));
    let unit_price = fields.required("unit_price", Decimal(UnitPrice::parse));
    if unit_price.is_some_and(UnitPrice::is_negative) {
        fields.violate("unit_price", "out_of_range", "must not be negative");
    }
    let service = read_service(fields);
    Some(PricedLine {
        description: description?,
        resource_type: RESOURCE_TYPE.to_owned(),
        quantity: quantity?,
        unit_price: unit_price?,
        service,
        tax: None,
    })
}

fn read_service(fields: &mut Fields<'_>) -> Option<Period> {
    let broken = fields.violations().len();
    let start = fields.optional("service_start", Parsed(Instant::parse));
    let end = fields.optional("service_end", Parsed(Instant::parse));
    if fields.violations().len() > broken {
        return None;
    }
    let (start, end) = match (start, end) {
        (Some(start), Some(end)) => (start, end),
        (Some(_), None) => {
            fields.violate("service_end", "required", "is required with `service_start`");
            return None;
        }
        (None, Some(_)) => {
            fields.violate("service_start", "required", "is required with `service_end`");
            return None;
        }
        (None, None) => return None,
    };
    let rule = if start.seconds_until(end) > SERVICE_DAYS_MAX * SECONDS_A_DAY {
        "must be at most 20 years after `service_start`"
    } else {
        "must be after `service_start`"
    };
    let service = Period::new(start, end).ok();
    let service = service.filter(|_| start.seconds_until(end) <= SERVICE_DAYS_MAX * SECONDS_A_DAY);
    if service.is_none() {
        fields.violate("service_end", "out_of_range", rule);
    }
    service
}
