//! An export as JSON, written part by part as it is read.

use countinghouse_core::{
    calendar::Instant,
    id::{TenantId, UserId},
    metering::Alert,
};
use futures_util::{StreamExt as _, stream::BoxStream};

use super::service::{Export, Share, Whole};
use crate::{
    alerts::{self, UsageAlertView},
    apps, command,
    db::{Error, Tx},
    http::{
        stream::{CutOff, Document, Out},
        text::Timestamp,
    },
    invoicing, ledger,
    metering::{self, MeteredUsageView},
    refunds,
};

/// Said where only what a user made is theirs.
const ONLY_OWN: &str = "the user does not administer the latest subscription of this tenant, so \
    only what they made themselves is here: their usage alerts, figures of usage that they set right, \
    and refunds they asked for or were paid";

/// Said where no tenant was named and none found.
const NO_TENANT: &str = "the user administers no tenant; name a tenant by X-Tenant-ID to get what \
    they made in it";

const OVERRIDES: &str = "gate_overrides";
const RECORDS: &str = "billing_records";
const TRANSACTIONS: &str = "credit_transactions";
const DAYS: &str = "usage_stats";
const ALERTS: &str = "usage_alerts";
const METERED: &str = "metered_billing_records";
const REFUNDS: &str = "refund_approvals";
const NOTES: &str = "credit_notes";
const APPS: &str = "apps";
const CORRECTIONS: &str = "usage_corrections";
const ENDPOINTS: &str = "endpoint_stats";

/// The lists, in the order in which they are written.
const LISTS: [&str; 11] = [
    OVERRIDES,
    RECORDS,
    TRANSACTIONS,
    DAYS,
    ALERTS,
    METERED,
    REFUNDS,
    NOTES,
    APPS,
    CORRECTIONS,
    ENDPOINTS,
];

impl Document for Export {
    async fn write(mut self, out: &mut Out) -> Result<(), CutOff> {
        out.open("user_id", &self.user.as_str())?;
        match &self.share {
            Share::Whole(whole) => out.member("tenant_id", &whole.tenant.as_str())?,
            Share::Own(tenant) => out.member("tenant_id", &tenant.as_str())?,
            Share::Nothing => (),
        }
        out.member("exported_at", &Timestamp(self.at))?;
        let tx = &mut self.tx;
        match &self.share {
            Share::Whole(whole) => {
                let now = command::now_of(tx, &self.env, whole.tenant.as_str()).await?;
                write_whole(tx, whole, now, out).await?;
            }
            Share::Own(tenant) => {
                let now = command::now_of(tx, &self.env, tenant.as_str()).await?;
                write_own(tx, tenant, &self.user, now, out).await?;
            }
            Share::Nothing => {
                out.member("note", &NO_TENANT)?;
                for list in LISTS {
                    empty(list, out);
                }
            }
        }
        // Only a snapshot that was read to its end makes a whole document.
        self.tx.commit().await?;
        out.close(self.at);
        Ok(())
    }
}

/// All of a tenant's data.
async fn write_whole(
    tx: &mut Tx,
    whole: &Whole,
    now: Instant,
    out: &mut Out,
) -> Result<(), CutOff> {
    let Whole { tenant, subscription, balance, profile, overrides, .. } = whole;
    out.member("subscription", subscription)?;
    out.member("credit_balance", balance)?;
    out.member("profile", profile)?;
    out.member(OVERRIDES, overrides)?;
    out.open_array(RECORDS);
    // The reader learns at once that the export is under way.
    out.flush().await?;
    invoicing::export_records(tx, tenant, out).await?;
    out.close_array();
    out.open_array(TRANSACTIONS);
    ledger::export_transactions(tx, tenant, out).await?;
    out.close_array();
    write_days(tx, tenant, out).await?;
    write_alerts(alerts::alerts(tx, tenant)?, tenant, now, out).await?;
    write_metered(tx, tenant, out).await?;
    write_refunds(tx, tenant, None, out).await?;
    out.open_array(NOTES);
    invoicing::export_notes(tx, tenant, out).await?;
    out.close_array();
    out.open_array(APPS);
    apps::export(tx, tenant, out).await?;
    out.close_array();
    write_corrections(tx, tenant, None, out).await?;
    out.open_array(ENDPOINTS);
    metering::export_endpoints(tx, tenant, out).await?;
    out.close_array();
    Ok(())
}

/// What a user made in a tenant.
async fn write_own(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &UserId,
    now: Instant,
    out: &mut Out,
) -> Result<(), CutOff> {
    out.member("note", &ONLY_OWN)?;
    for list in [OVERRIDES, RECORDS, TRANSACTIONS, DAYS] {
        empty(list, out);
    }
    write_alerts(alerts::alerts_by(tx, tenant, user)?, tenant, now, out).await?;
    empty(METERED, out);
    write_refunds(tx, tenant, Some(user), out).await?;
    empty(NOTES, out);
    empty(APPS, out);
    write_corrections(tx, tenant, Some(user), out).await?;
    empty(ENDPOINTS, out);
    Ok(())
}

async fn write_corrections(
    tx: &mut Tx,
    tenant: &TenantId,
    user: Option<&UserId>,
    out: &mut Out,
) -> Result<(), CutOff> {
    out.open_array(CORRECTIONS);
    metering::export_corrections(tx, tenant, user, out).await?;
    out.close_array();
    Ok(())
}

async fn write_refunds(
    tx: &mut Tx,
    tenant: &TenantId,
    user: Option<&UserId>,
    out: &mut Out,
) -> Result<(), CutOff> {
    out.open_array(REFUNDS);
    refunds::export(tx, tenant, user, out).await?;
    out.close_array();
    Ok(())
}

async fn write_days(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    out.open_array(DAYS);
    let mut days = metering::days(tx, tenant)?;
    while let Some(day) = days.next().await? {
        out.element();
        out.value(&day)?;
        out.make_room().await?;
    }
    out.close_array();
    Ok(())
}

async fn write_alerts(
    mut alerts: BoxStream<'_, Result<Alert, Error>>,
    tenant: &TenantId,
    now: Instant,
    out: &mut Out,
) -> Result<(), CutOff> {
    out.open_array(ALERTS);
    while let Some(alert) = alerts.next().await.transpose()? {
        out.element();
        out.value(&UsageAlertView::new(tenant, &alert, now))?;
        out.make_room().await?;
    }
    out.close_array();
    Ok(())
}

async fn write_metered(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    out.open_array(METERED);
    let prices = metering::Prices::load(tx, tenant.as_str()).await?;
    let mut metered = metering::metered(tx, tenant)?;
    while let Some(usage) = metered.next().await.transpose()? {
        out.element();
        out.value(&MeteredUsageView::new(prices.show(usage)?)?)?;
        out.make_room().await?;
    }
    out.close_array();
    Ok(())
}

fn empty(list: &str, out: &mut Out) {
    out.open_array(list);
    out.close_array();
}
