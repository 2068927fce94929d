//! Some hundreds of documents, issued together.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    id::{AppId, TenantId},
    invoicing::InvoiceKind,
    ledger::CreditView,
    money::{Amount, Currency},
    subscriptions::Subscription,
};

use super::{
    documents::{Fate, Planned, PlannedCredit, UseOfCredit},
    months::{close_up_to, leave_months},
    past::Past,
};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{self, Bill, Ground, Payment},
};

/// Issues planned documents in order, each at its own instant.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Of which subscription.
    pub(super) subscription: Subscription,
    /// The documents.
    pub(super) planned: Arc<[Planned]>,
    /// The ids of what is issued.
    pub(super) past: Past,
}

/// What a batch rests on.
#[derive(Debug)]
pub(super) struct Facts {
    ground: Ground,
    billed: BTreeSet<Instant>,
}

impl Command for Batch {
    type Facts = Facts;
    type Decision = Ground;
    type Data = usize;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let subscription = self.subscription.id;
        let apps: BTreeSet<&AppId> = self.planned.iter().filter_map(|it| it.app.as_ref()).collect();
        Ok(Facts {
            ground: Ground::load_for_apps(tx, &self.tenant, apps, Some(subscription))
                .await?
                .asking_nobody(),
            billed: invoicing::billed_periods(tx, self.tenant.as_str(), subscription).await?,
        })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Ground, ApiError> {
        let Facts { mut ground, mut billed } = facts;
        let now = env.now();
        let env = self.past.env(env);
        for planned in self.planned.iter() {
            close_up_to(&mut ground, planned.at, &self.past, &env)?;
            self.past.move_to(planned.at);
            if let Some(credit) = &planned.credit {
                self.adjust(&mut ground, credit, &env)?;
            }
            let is_new =
                planned.kind != InvoiceKind::Period || billed.insert(planned.period.start());
            let kind = if is_new { planned.kind } else { InvoiceKind::External };
            ground.issue(self.bill(planned, kind, &ground), &env)?;
            if planned.fate == Fate::Void {
                ground.void_last(&env)?;
            }
        }
        leave_months(&mut ground, now);
        Ok(ground)
    }

    async fn save(&self, ground: Ground, tx: &mut Tx) -> Result<usize, Error> {
        ground.save(tx).await?;
        Ok(self.planned.len())
    }
}

impl Batch {
    /// The tenant's currency.
    fn currency(&self, ground: &Ground) -> Currency {
        ground.book.currency().unwrap_or(self.subscription.currency)
    }

    /// Changes the credit; what is not there is given instead of taken.
    fn adjust(
        &self,
        ground: &mut Ground,
        credit: &PlannedCredit,
        env: &Env,
    ) -> Result<(), ApiError> {
        let left = ground.book.credit_balance().checked_add(credit.amount);
        let amount = match left {
            Some(left) if !left.is_negative() => credit.amount,
            _ => credit.amount.checked_abs().unwrap_or(Amount::ZERO),
        };
        let cause = match &credit.source_id {
            Some(id) => format!("adj:={id}"),
            None => format!("adj:{}", hex::encode(env.ids.bytes())),
        };
        let view = CreditView {
            source: credit.source,
            source_id: credit.source_id.as_deref().map(Into::into),
            remark: Some(credit.remark.into()),
        };
        let currency = self.currency(ground);
        ground.adjust_credit(&cause, amount, currency, view, env)
    }

    fn bill(&self, planned: &Planned, kind: InvoiceKind, ground: &Ground) -> Bill {
        let (payment, use_of_credit) = match planned.fate {
            Fate::Billed(payment, use_of_credit) => (payment, use_of_credit),
            Fate::Void => (Payment::Awaited, UseOfCredit::Never),
        };
        Bill {
            subscription: Some((&self.subscription).into()),
            app: planned.app.clone(),
            kind,
            record_type: planned.record_type,
            description: planned.description.clone(),
            lines: planned.lines.clone(),
            terms: ground.profile.tax,
            currency: self.currency(ground),
            period: planned.period,
            use_credit: use_of_credit == UseOfCredit::First,
            payment,
            payment_method: planned.method.map(str::to_owned),
            due_days: None,
        }
    }
}
