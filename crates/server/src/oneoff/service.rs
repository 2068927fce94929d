//! Writing a one-off invoice.

use axum::http::StatusCode;
use countinghouse_core::{
    id::TenantId,
    invoicing::{Draft, InvoiceKind, InvoiceNumber, PricedLine, RecordType, covered, in_words},
    money::{Amount, Currency},
};

use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{self, Bill, Ground, InvoiceView, Payment},
    ledger, subscriptions,
};

/// Bills what an administrator wrote, at the tenant's terms.
#[derive(Clone, Debug)]
pub(super) struct WriteInvoice {
    /// Whose.
    pub(super) tenant: TenantId,
    /// What, line by line.
    pub(super) lines: Vec<PricedLine>,
    /// In which currency, if it was named.
    pub(super) currency: Option<Currency>,
    /// How many days there are to pay, if that was said.
    pub(super) due_days: Option<u8>,
}

/// What it rests on.
#[derive(Debug)]
pub(super) struct Facts {
    ground: Ground,
    /// The currency of the tenant's latest subscription.
    subscribed: Option<Currency>,
}

impl Command for WriteInvoice {
    type Facts = Facts;
    type Decision = (Ground, InvoiceNumber);
    type Data = InvoiceView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let ground = Ground::load(tx, &self.tenant, None, None).await?;
        let latest = subscriptions::latest_in(tx, self.tenant()).await?;
        Ok(Facts { ground, subscribed: latest.map(|it| it.currency) })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let Facts { mut ground, subscribed } = facts;
        let own = ground.book.currency().or(subscribed);
        let own = own.or(self.currency.filter(|_| ground.profile.currency.is_none()));
        let currency = own.unwrap_or(ground.profile.currency_or_default());
        ledger::refuse_currency(currency, self.currency, Amount::ZERO)?;
        let bill = self.bill(&ground, currency, env)?;
        let issued = ground.issue(bill, env)?;
        Ok((ground, issued.number()))
    }

    async fn save(
        &self,
        (ground, number): Self::Decision,
        tx: &mut Tx,
    ) -> Result<InvoiceView, Error> {
        ground.save(tx).await?;
        let written = invoicing::invoice_detail(tx, &self.tenant, number).await?;
        let missing = || Error::corrupt("invoice", &number.to_string(), "number");
        Ok(InvoiceView::from(&written.ok_or_else(missing)?))
    }
}

impl WriteInvoice {
    fn bill(&self, ground: &Ground, currency: Currency, env: &Env) -> Result<Bill, ApiError> {
        let refused = |rule: String| ApiError::invalid("lines", "out_of_range", rule);
        let terms = ground.profile.tax;
        // What they come to is judged here, where the field has a name.
        Draft::new(self.lines.clone(), terms, currency).map_err(|it| refused(it.to_string()))?;
        let period = covered(&self.lines, ground.at(env), &ground.profile.zone);
        Ok(Bill {
            subscription: None,
            app: None,
            kind: InvoiceKind::OneOff,
            record_type: RecordType::Adjustment,
            description: in_words(&self.lines),
            lines: self.lines.clone(),
            terms,
            currency,
            period: period.map_err(|it| refused(it.to_string()))?,
            use_credit: true,
            payment: Payment::Awaited,
            payment_method: None,
            due_days: self.due_days,
        })
    }
}
