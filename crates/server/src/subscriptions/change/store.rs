//! Changes of plan in the database: what each took, and what it asked for and gave back.

use countinghouse_core::{
    calendar::{Anchor, Cycle, Instant, Period, Zone},
    id::SubscriptionId,
    invoicing::{InvoiceNumber, Line},
    money::Amount,
    subscriptions::{BilledLine, Held, LineId, Subscription, left_of},
};

use crate::{
    db::{Error, Rows, Stmt, Time, Tx},
    invoicing::{self, BilledRow},
};

const CHANGE: &[&str] = &[
    "tenant_id",
    "subscription_id",
    "version",
    "changed_at",
    "plan",
    "billing_cycle",
    "amount",
    "anchor",
    "timezone",
    "period_number",
    "period_start",
    "period_end",
    "period_since",
    "invoice_number",
    "undone",
];

const LINE: &[&str] = &[
    "tenant_id",
    "subscription_id",
    "version",
    "line",
    "period_since",
    "description",
    "net",
    "tax",
    "tax_rate",
    "service_start",
    "service_end",
    "of_version",
    "of_line",
];

/// A change of plan as it was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The version of the subscription that it made.
    pub(super) version: i64,
    /// When it was made.
    pub(super) at: Instant,
    /// What it took.
    pub(super) held: Held,
    /// The invoice that it made.
    pub(super) invoice: Option<InvoiceNumber>,
    /// Whether it was undone.
    pub(super) undone: bool,
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    version: i64,
    changed_at: Time,
    plan: String,
    billing_cycle: String,
    amount: i64,
    anchor: String,
    timezone: String,
    period_number: i64,
    period_start: Time,
    period_end: Time,
    period_since: i64,
    invoice_number: Option<String>,
    undone: bool,
}

/// What is left of all that was billed for the running period of a subscription, and credited in it:
/// the invoice of the period, unless a change began it, and what changes in it came to. What was
/// withdrawn was not billed.
pub(super) async fn billed(
    tx: &mut Tx,
    tenant: &str,
    it: &Subscription,
) -> Result<Vec<BilledLine>, Error> {
    let stmt = Stmt::new(
        "SELECT COUNT(*) FROM plan_change
         WHERE tenant_id = $1 AND subscription_id = $2 AND version = $3",
    );
    let stmt = stmt.bind(tenant).bind(it.id.to_string()).bind(it.period_since);
    let began: i64 = tx.fetch_scalar(stmt).await?;
    let mut billed = match began {
        0 => {
            let period = (it.period.start(), it.period_since);
            invoicing::billed_lines(tx, tenant, it.id, period).await?
        }
        _ => Vec::new(),
    };
    let stmt = Stmt::new(
        "SELECT l.version, l.line, l.of_version, l.of_line, l.description, l.net, l.tax, l.tax_rate,
                l.service_start, l.service_end
         FROM plan_change AS c JOIN plan_change_line AS l ON l.tenant_id = c.tenant_id
            AND l.subscription_id = c.subscription_id AND l.version = c.version
         WHERE c.tenant_id = $1 AND c.subscription_id = $2 AND c.version >= $3 AND NOT c.undone
           AND l.period_since = $3
           AND NOT EXISTS (SELECT 1 FROM invoice AS i
                WHERE i.tenant_id = c.tenant_id AND i.number = c.invoice_number AND i.status = 'void')
         ORDER BY l.version, l.line",
    );
    let stmt = stmt.bind(tenant).bind(it.id.to_string()).bind(it.period_since);
    let rows: Vec<BilledRow> = tx.fetch_all(stmt).await?;
    for row in rows {
        billed.push(row.line()?);
    }
    Ok(left_of(billed))
}

/// The latest change of a subscription.
pub(super) async fn latest(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
) -> Result<Option<Made>, Error> {
    let stmt = Stmt::new(
        "SELECT version, changed_at, plan, billing_cycle, amount, anchor, timezone, period_number,
                period_start, period_end, period_since, invoice_number, undone
         FROM plan_change WHERE tenant_id = $1 AND subscription_id = $2
         ORDER BY version DESC LIMIT 1",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string());
    let row: Option<ChangeRow> = tx.fetch_optional(stmt).await?;
    row.map(ChangeRow::made).transpose()
}

/// Enters a change with its lines: for each the version with which its period began, and the line that
/// it gives back.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    made: &Made,
    lines: &[(Line, i64, Option<LineId>)],
) -> Result<(), Error> {
    let (id, held) = (subscription.to_string(), &made.held);
    let mut changes = Rows::new("plan_change", CHANGE);
    changes.push(vec![
        tenant.into(),
        id.as_str().into(),
        made.version.into(),
        made.at.into(),
        held.plan.as_str().into(),
        held.cycle.as_str().into(),
        held.amount.into(),
        held.anchor.to_string().into(),
        held.zone.name().into(),
        i64::from(held.period_number).into(),
        held.period.start().into(),
        held.period.end().into(),
        held.period_since.into(),
        made.invoice.map(|number| number.to_string()).into(),
        made.undone.into(),
    ]);
    tx.insert(changes).await?;
    let mut rows = Rows::new("plan_change_line", LINE);
    for (place, (line, period_since, gives_back)) in (1_i64..).zip(lines) {
        rows.push(vec![
            tenant.into(),
            id.as_str().into(),
            made.version.into(),
            place.into(),
            (*period_since).into(),
            line.priced.description.as_str().into(),
            line.net.into(),
            line.tax.into(),
            line.rate.to_string().into(),
            line.priced.service.map(|service| service.start()).into(),
            line.priced.service.map(|service| service.end()).into(),
            gives_back.map(|of| of.version).into(),
            gives_back.map(|of| of.line).into(),
        ]);
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

/// Writes that a change was undone.
pub(super) async fn set_undone(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    version: i64,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE plan_change SET undone = TRUE
         WHERE tenant_id = $1 AND subscription_id = $2 AND version = $3",
    );
    tx.execute(stmt.bind(tenant).bind(subscription.to_string()).bind(version)).await?;
    Ok(())
}

impl ChangeRow {
    fn made(self) -> Result<Made, Error> {
        let corrupt = |column| Error::corrupt("plan_change", &self.version.to_string(), column);
        let period = Period::new(self.period_start.instant()?, self.period_end.instant()?);
        let invoice = self.invoice_number.as_deref().map(str::parse).transpose();
        Ok(Made {
            version: self.version,
            at: self.changed_at.instant()?,
            held: Held {
                cycle: Cycle::parse(&self.billing_cycle).map_err(|_| corrupt("billing_cycle"))?,
                amount: Amount::from_units(self.amount),
                anchor: Anchor::parse(&self.anchor).map_err(|_| corrupt("anchor"))?,
                zone: Zone::parse(&self.timezone).map_err(|_| corrupt("timezone"))?,
                period_number: u32::try_from(self.period_number)
                    .map_err(|_| corrupt("period_number"))?,
                period: period.map_err(|_| corrupt("period_end"))?,
                period_since: self.period_since,
                plan: self.plan.clone(),
            },
            invoice: invoice.map_err(|_| corrupt("invoice_number"))?,
            undone: self.undone,
        })
    }
}
