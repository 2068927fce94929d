//! The list of invoices, of a tenant or of all, by status and date.

mod api;
mod store;

use countinghouse_core::{
    calendar::{Date, Instant, Zone, end_of, start_of},
    id::TenantId,
    invoicing::InvoiceStatus,
};

pub(super) use self::api::routes;
use self::store::Place;
use super::detail::{self, InvoiceView};
use crate::{
    db::{Db, Error, Purpose, Tx},
    http::{
        auth::Admin,
        fields::{Fields, Parsed, Word},
        keyset::{COUNTED_MAX, Keyset},
        paging::PageInfo,
        problem::ApiError,
        query::Query,
    },
    tenants,
};

const STATUSES: &[(&str, InvoiceStatus)] = &[
    ("issued", InvoiceStatus::Issued),
    ("paid", InvoiceStatus::Paid),
    ("overdue", InvoiceStatus::Overdue),
    ("void", InvoiceStatus::Void),
    ("refunded", InvoiceStatus::Refunded),
];

/// Which invoices are asked for.
#[derive(Clone, Debug)]
struct Filter {
    /// Of one tenant, or of all.
    tenant: Option<TenantId>,
    status: Option<InvoiceStatus>,
    dates: (Option<Date>, Option<Date>),
}

/// A page of the invoices that an administrator asks for, newest first.
async fn page(
    db: &Db,
    admin: &Admin,
    query: &Query,
) -> Result<(Vec<InvoiceView>, PageInfo), ApiError> {
    let mut fields = query.fields()?;
    let filter = Filter::read(admin, &mut fields)?;
    let (tenant, identity) = (filter.tenant.clone(), filter.identity());
    let tenant = tenant.as_ref().map_or("", TenantId::as_str);
    let list = ["invoices", tenant, &identity];
    let keyset = Keyset::read(&mut fields, &list);
    let after = keyset.after_read(&mut fields, Place::read);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let range = filter.range(&mut tx).await?;
    let counted = store::count(&mut tx, &filter, range, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, &filter, range, after, keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(|(place, _)| place.to_string());
    let info = keyset.info(counted, end.as_deref(), &list);
    let wanted = found.into_iter().map(|(place, number)| (place.tenant, number)).collect();
    let details = detail::load(&mut tx, wanted).await?;
    Ok((details.iter().map(InvoiceView::from).collect(), info))
}

impl Filter {
    fn read(admin: &Admin, fields: &mut Fields<'_>) -> Result<Self, ApiError> {
        let tenant = admin.read_tenant(fields)?;
        let status = fields.optional("status", Word(STATUSES));
        let from = fields.optional("date_from", Parsed(Date::parse));
        let to = fields.optional("date_to", Parsed(Date::parse));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            fields.violate("date_to", "out_of_range", "must not be before `date_from`");
        }
        Ok(Self { tenant, status, dates: (from, to) })
    }

    /// The filters besides the tenant in one text, the same for the same filters.
    fn identity(&self) -> String {
        let status = self.status.map_or("", InvoiceStatus::as_str);
        format!("{status}\n{:?}", self.dates)
    }

    /// The statuses that are asked for.
    fn statuses(&self) -> impl Iterator<Item = InvoiceStatus> {
        let (only, all) = match self.status {
            Some(status) => (Some(status), &[][..]),
            None => (None, InvoiceStatus::ALL),
        };
        only.into_iter().chain(all.iter().copied())
    }

    /// The instants from the first, up to the second, by the days of the tenant's zone, or of UTC.
    async fn range(&self, tx: &mut Tx) -> Result<(Instant, Instant), Error> {
        let zone = match (&self.tenant, self.dates) {
            (Some(tenant), (Some(_), _) | (_, Some(_))) => {
                tenants::profile(tx, tenant.as_str()).await?.zone
            }
            _ => Zone::UTC,
        };
        let (from, to) = self.dates;
        let from = from.map_or(Instant::MIN, |day| start_of(day, &zone));
        Ok((from, to.map_or(Instant::MAX, |day| end_of(day, &zone))))
    }
}
