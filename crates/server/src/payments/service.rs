//! A payment that somebody else collected, or tried to: it settles an invoice, or makes one.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Period, date_of},
    dunning::Policy,
    id::{AppId, SubscriptionId, TenantId},
    invoicing::{
        Invoice, InvoiceKind, InvoiceNumber, PricedLine, RecordStatus, RecordType, SettleError,
        Settlement,
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
    ledger,
    subscriptions::{self, Standing},
    tenants,
};

/// What is said of a payment.
#[derive(Clone, Debug)]
pub struct RecordPayment {
    /// Whose.
    pub tenant: TenantId,
    /// What for.
    pub subject: Subject,
    /// For which app.
    pub app: Option<AppId>,
    /// How much, tax included.
    pub amount: Amount,
    /// In which currency, if it was named.
    pub currency: Option<Currency>,
    /// `paid`, `failed` or `pending`.
    pub status: RecordStatus,
    /// What for, in words.
    pub description: Option<String>,
    /// How it was paid.
    pub method: Option<String>,
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An invoice of ours.
    Invoice {
        /// Its number.
        number: InvoiceNumber,
        /// The subscription that it is said to be for, if one is named.
        subscription: Option<SubscriptionId>,
    },
    /// A period of a subscription.
    Period {
        /// Which subscription.
        subscription: SubscriptionId,
        /// Which period.
        period: Period,
    },
}

/// What a payment meets.
#[derive(Debug)]
pub struct Facts {
    ground: Ground,
    policy: Policy,
    /// The subscription that it is about, if there is one.
    standing: Option<Standing>,
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
        /// The subscription after it, if the invoice is for one.
        standing: Option<Box<Standing>>,
        /// What it does.
        settlement: Box<Settlement>,
        /// The invoice in its dunning, if it fails for the first time.
        failed: Option<Box<Invoice>>,
        /// The invoice's record.
        record_seq: i64,
    },
    /// It makes an invoice of its own.
    Made {
        /// Everything after it.
        ground: Box<Ground>,
        /// The subscription after it.
        standing: Box<Standing>,
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
        let (invoices, subscription) = match self.subject {
            Subject::Invoice { number, .. } => {
                let found = invoicing::invoice(tx, tenant, number).await?;
                let subscription = found.as_ref().and_then(|(it, _)| it.subscription);
                (found.into_iter().collect(), subscription)
            }
            Subject::Period { subscription, .. } => {
                (invoicing::open_invoices(tx, tenant, subscription).await?, Some(subscription))
            }
        };
        let ground = Ground::load(tx, &self.tenant, self.app.as_ref(), subscription).await?;
        let policy = tenants::dunning_policy(tx, tenant).await?;
        let found = match subscription {
            Some(subscription) => subscriptions::find(tx, tenant, subscription).await?,
            None => None,
        };
        let standing = match found {
            Some(subscription) => Some(Standing::load(tx, &self.tenant, subscription).await?),
            None => None,
        };
        Ok(Facts { ground, policy, standing, invoices })
    }

    fn decide(&self, mut facts: Facts, env: &Env) -> Result<Decision, ApiError> {
        let invoices = std::mem::take(&mut facts.invoices);
        match self.subject {
            Subject::Invoice { number, subscription } => {
                let is_of = |it: &Invoice| {
                    it.subscription.is_none()
                        || subscription.is_none_or(|said| it.subscription == Some(said))
                };
                let found = invoices.into_iter().find(|(it, _)| is_of(it));
                let id = number.to_string();
                let found = found.ok_or(ApiError::NotFound { kind: "invoice", id })?;
                self.settle(facts, found, env)
            }
            Subject::Period { subscription, period } => {
                let id = subscription.to_string();
                let missing = || ApiError::NotFound { kind: "subscription", id };
                let standing = facts.standing.take().ok_or_else(missing)?;
                let posted = facts.ground.book.currency();
                let currency = posted.unwrap_or(standing.subscription().currency);
                ledger::refuse_currency(currency, self.currency, self.amount)?;
                match self.only_match(invoices, period, currency) {
                    Some(found) => {
                        self.settle(Facts { standing: Some(standing), ..facts }, found, env)
                    }
                    None => self.make(facts, standing, (period, currency), env),
                }
            }
        }
    }

    async fn save(&self, decision: Decision, tx: &mut Tx) -> Result<RecordView, Error> {
        match decision {
            Decision::Made { ground, standing, issued } => {
                ground.save(tx).await?;
                standing.save(tx).await?;
                issued.view(&self.tenant)
            }
            Decision::Settled { ground, standing, settlement, failed, record_seq } => {
                ground.save(tx).await?;
                if let Some(standing) = standing {
                    standing.save(tx).await?;
                }
                let (tenant, method) = (self.tenant.as_str(), self.method.as_deref());
                invoicing::save_settlement(tx, tenant, &settlement, record_seq, method).await?;
                if let Some(failed) = failed {
                    invoicing::save_dunning(tx, tenant, &failed).await?;
                }
                invoicing::record_view(tx, &self.tenant, record_seq).await
            }
        }
    }
}

impl RecordPayment {
    /// The one open invoice that a payment without a number is for, if there is exactly one.
    fn only_match(
        &self,
        open: Vec<FoundInvoice>,
        period: Period,
        currency: Currency,
    ) -> Option<FoundInvoice> {
        let mut fitting = open.into_iter().filter(|(invoice, _)| {
            invoice.period == period
                && invoice.due.amount() == self.amount
                && invoice.due.currency == currency
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    fn settle(
        &self,
        facts: Facts,
        (invoice, record_seq): FoundInvoice,
        env: &Env,
    ) -> Result<Decision, ApiError> {
        let Facts { mut ground, policy, mut standing, .. } = facts;
        let currency = invoice.due.currency;
        ledger::refuse_currency(currency, self.currency, self.amount)?;
        let at = ground.at(env);
        let settlement = invoice
            .settle(self.amount, currency, self.status, at)
            .map_err(|error: SettleError| ApiError::Conflict(error.to_string()))?;
        ground.settle(&invoice, &settlement, at, env)?;
        let mut failed = None;
        match settlement {
            Settlement::Unchanged | Settlement::Late { .. } => (),
            Settlement::Paid { .. } => {
                if let Some(standing) = &mut standing {
                    standing.settle(invoice.number, (&mut ground, at), env)?;
                }
            }
            Settlement::Failed if invoice.is_failing() => (),
            Settlement::Failed => {
                if let Some(standing) = &mut standing {
                    standing.fail(invoice.number, (&mut ground, at), env);
                }
                failed = Some(Box::new(invoice.failed(at, policy)));
            }
        }
        let (ground, standing) = (Box::new(ground), standing.map(Box::new));
        let settlement = Box::new(settlement);
        Ok(Decision::Settled { ground, standing, settlement, failed, record_seq })
    }

    /// Makes an invoice whose total is what was paid: the tenant's tax is taken out of it.
    fn make(
        &self,
        facts: Facts,
        mut standing: Standing,
        (period, currency): (Period, Currency),
        env: &Env,
    ) -> Result<Decision, ApiError> {
        let Facts { mut ground, policy, .. } = facts;
        let bill = self.bill(&ground, standing.subscription(), policy, (period, currency));
        let issued = ground.issue(bill, env)?;
        if issued.is_failing() {
            standing.fail(issued.number(), (&mut ground, issued.at()), env);
        }
        let (ground, standing) = (Box::new(ground), Box::new(standing));
        Ok(Decision::Made { ground, standing, issued: Box::new(issued) })
    }

    fn bill(
        &self,
        ground: &Ground,
        subscription: &Subscription,
        policy: Policy,
        (period, currency): (Period, Currency),
    ) -> Bill {
        let description = self.description.clone();
        let description = description.unwrap_or_else(|| in_words(subscription, period));
        let line = PricedLine {
            description: description.clone(),
            resource_type: RecordType::Subscription.as_str().to_owned(),
            quantity: 1,
            unit_price: UnitPrice::from(self.amount),
            service: Some(period),
            tax: None,
        };
        let terms = TaxTerms { rate: ground.profile.tax.rate, mode: TaxMode::Inclusive };
        Bill {
            subscription: Some(subscription.into()),
            app: self.app.clone(),
            kind: InvoiceKind::External,
            record_type: RecordType::Subscription,
            description,
            lines: vec![line],
            terms,
            currency,
            period,
            use_credit: false,
            payment: match self.status {
                RecordStatus::Paid => Payment::Received,
                RecordStatus::Failed => Payment::Failed(policy),
                _ => Payment::Awaited,
            },
            payment_method: self.method.clone(),
            due_days: None,
        }
    }
}

/// The plan's name and the days of a period, its last one included.
fn in_words(subscription: &Subscription, period: Period) -> String {
    let zone = &subscription.zone;
    let (start, end) = (period.start(), period.end());
    let last = end.plus_seconds(-1).unwrap_or(end);
    format!("{} {} – {}", subscription.plan, date_of(start, zone), date_of(last, zone))
}
