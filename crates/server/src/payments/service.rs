//! A payment that somebody else collected, or tried to: it settles an invoice, or makes one.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Instant, Period, date_of},
    id::{AppId, SubscriptionId, TenantId},
    invoicing::{
        InvoiceKind, InvoiceNumber, PricedLine, RecordStatus, RecordType, SettleError, Settlement,
    },
    money::{Amount, Currency, TaxMode, UnitPrice},
    subscriptions::Subscription,
    tenants::TaxTerms,
};

use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{self, Bill, FoundInvoice, Ground, Issued, Payment, RecordView},
    ledger, subscriptions,
};

/// What is said of a payment.
#[derive(Clone, Debug)]
pub struct RecordPayment {
    /// Whose.
    pub tenant: TenantId,
    /// For which subscription.
    pub subscription: SubscriptionId,
    /// For which app.
    pub app: Option<AppId>,
    /// How much, tax included.
    pub amount: Amount,
    /// In which currency, if it was named.
    pub currency: Option<Currency>,
    /// For which period.
    pub period: Period,
    /// `paid`, `failed` or `pending`.
    pub status: RecordStatus,
    /// The invoice that it is for, if it is for one of ours.
    pub number: Option<InvoiceNumber>,
    /// What for, in words.
    pub description: Option<String>,
    /// How it was paid.
    pub method: Option<String>,
}

/// What a payment meets.
#[derive(Debug)]
pub struct Facts {
    ground: Ground,
    subscription: Option<Subscription>,
    /// The invoice of that number, or the open ones of the subscription, with their records.
    invoices: Vec<FoundInvoice>,
}

/// What it does.
#[derive(Debug)]
pub enum Decision {
    /// It says something of an invoice that is there.
    Settled {
        /// The ledger and chain after it.
        ground: Box<Ground>,
        /// What it does.
        settlement: Settlement,
        /// The invoice's record.
        record_seq: i64,
    },
    /// It makes an invoice of its own.
    Made {
        /// Everything after it.
        ground: Box<Ground>,
        /// The document.
        issued: Box<Issued>,
    },
}

impl Command for RecordPayment {
    type Facts = Facts;
    type Decision = Decision;
    type Data = RecordView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let tenant = self.tenant.as_str();
        let ground =
            Ground::load(tx, &self.tenant, self.app.as_ref(), Some(self.subscription)).await?;
        let subscription = subscriptions::find(tx, tenant, self.subscription).await?;
        let invoices = match self.number {
            Some(number) => invoicing::invoice(tx, tenant, number).await?.into_iter().collect(),
            None => invoicing::open_invoices(tx, tenant, self.subscription).await?,
        };
        Ok(Facts { ground, subscription, invoices })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Decision, ApiError> {
        let Some(subscription) = facts.subscription else {
            let id = self.subscription.to_string();
            return Err(ApiError::NotFound { kind: "subscription", id });
        };
        let currency = facts.ground.book.currency().unwrap_or(subscription.currency);
        ledger::refuse_currency(currency, self.currency, self.amount)?;
        let at = facts.ground.at(env);
        match self.number {
            Some(number) => {
                let found = facts.invoices.into_iter().next();
                let found = found.filter(|(it, _)| it.subscription == Some(self.subscription));
                let found = found.ok_or_else(|| ApiError::NotFound {
                    kind: "invoice",
                    id: number.to_string(),
                })?;
                self.settle(facts.ground, found, currency, at, env)
            }
            None => match self.only_match(facts.invoices, currency) {
                Some(found) => self.settle(facts.ground, found, currency, at, env),
                None => self.make(facts.ground, &subscription, currency, env),
            },
        }
    }

    async fn save(&self, decision: Decision, tx: &mut Tx) -> Result<RecordView, Error> {
        match decision {
            Decision::Made { ground, issued } => {
                ground.save(tx).await?;
                issued.view(&self.tenant)
            }
            Decision::Settled { ground, settlement, record_seq } => {
                ground.save(tx).await?;
                let (tenant, method) = (self.tenant.as_str(), self.method.as_deref());
                invoicing::save_settlement(tx, tenant, &settlement, record_seq, method).await?;
                invoicing::record_view(tx, &self.tenant, record_seq).await
            }
        }
    }
}

impl RecordPayment {
    /// The one open invoice that a payment without a number is for, if there is exactly one.
    fn only_match(&self, open: Vec<FoundInvoice>, currency: Currency) -> Option<FoundInvoice> {
        let mut fitting = open.into_iter().filter(|(invoice, _)| {
            invoice.period == self.period
                && invoice.due.amount() == self.amount
                && invoice.due.currency == currency
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    fn settle(
        &self,
        mut ground: Ground,
        (invoice, record_seq): FoundInvoice,
        currency: Currency,
        at: Instant,
        env: &Env,
    ) -> Result<Decision, ApiError> {
        let settlement = invoice
            .settle(self.amount, currency, self.status, at)
            .map_err(|error: SettleError| ApiError::Conflict(error.to_string()))?;
        ground.settle(&invoice, &settlement, at, env)?;
        Ok(Decision::Settled { ground: Box::new(ground), settlement, record_seq })
    }

    /// Makes an invoice whose total is what was paid: the tenant's tax is taken out of it.
    fn make(
        &self,
        mut ground: Ground,
        subscription: &Subscription,
        currency: Currency,
        env: &Env,
    ) -> Result<Decision, ApiError> {
        let description = self.description.clone().unwrap_or_else(|| self.in_words(subscription));
        let line = PricedLine {
            description: description.clone(),
            resource_type: RecordType::Subscription.as_str().to_owned(),
            quantity: 1,
            unit_price: UnitPrice::from(self.amount),
            service: Some(self.period),
            rate: None,
        };
        let terms = TaxTerms { rate: ground.profile.tax.rate, mode: TaxMode::Inclusive };
        let bill = Bill {
            subscription: self.subscription,
            app: self.app.clone(),
            kind: InvoiceKind::External,
            record_type: RecordType::Subscription,
            description,
            lines: vec![line],
            terms,
            currency,
            period: self.period,
            use_credit: false,
            payment: match self.status {
                RecordStatus::Paid => Payment::Received,
                RecordStatus::Failed => Payment::Failed,
                _ => Payment::Awaited,
            },
            payment_method: self.method.clone(),
        };
        let issued = ground.issue(bill, env)?;
        Ok(Decision::Made { ground: Box::new(ground), issued: Box::new(issued) })
    }

    /// The plan's name and the days of the period, its last one included.
    fn in_words(&self, subscription: &Subscription) -> String {
        let zone = &subscription.zone;
        let (start, end) = (self.period.start(), self.period.end());
        let last = end.plus_seconds(-1).unwrap_or(end);
        format!("{} {} – {}", subscription.plan, date_of(start, zone), date_of(last, zone))
    }
}
