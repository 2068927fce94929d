//! Taking the next step of an invoice.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    dunning::{Ladder, Policy, Step, StepKind},
    id::TenantId,
    invoicing::{Invoice, InvoiceNumber},
    subscriptions::Subscription,
};

use super::store;
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{self, Ground},
    subscriptions::{self, Standing},
    tenants,
};

/// Takes the next step of an invoice, if it is due. What is not, because somebody took it or the
/// invoice is paid, is done already.
#[derive(Clone, Debug)]
pub struct DunningStep {
    /// Whose.
    pub tenant: TenantId,
    /// The number of the invoice.
    pub invoice: InvoiceNumber,
    /// Whether it waits for no end of a period: that was tried in vain, and access that nobody pays
    /// for ends all the same.
    pub is_alone: bool,
}

/// An invoice on its ladder.
#[derive(Debug)]
struct Climber {
    invoice: Invoice,
    /// The subscription that it is for, if it is for one.
    subscription: Option<Subscription>,
    policy: Policy,
    done: Vec<Step>,
}

/// What a step rests on.
#[derive(Debug)]
pub struct Facts {
    climber: Climber,
    ground: Ground,
    standing: Option<Standing>,
}

/// What a step does.
#[derive(Debug)]
pub struct Decision(Kind);

#[derive(Debug)]
enum Kind {
    /// Nothing: it is done.
    Done,
    /// The policy has the next step at another instant than the invoice.
    Moved(Box<Invoice>),
    Taken(Box<Taken>),
}

#[derive(Debug)]
struct Taken {
    step: Step,
    /// The attempt that a retry is; of any other step, how many of its kind came before.
    number: u32,
    at: Instant,
    invoice: Invoice,
    ground: Ground,
    standing: Option<Standing>,
}

impl Command for DunningStep {
    type Facts = Option<Facts>;
    type Decision = Decision;
    type Data = bool;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Facts>, Error> {
        let Some(climber) = climber(tx, &self.tenant, self.invoice).await? else {
            return Ok(None);
        };
        let ground = Ground::load(tx, &self.tenant, None, climber.invoice.subscription).await?;
        let standing = match climber.subscription.clone() {
            Some(found) => Some(Standing::load(tx, &self.tenant, found).await?),
            None => None,
        };
        Ok(Some(Facts { climber, ground, standing }))
    }

    fn decide(&self, facts: Option<Facts>, env: &Env) -> Result<Decision, ApiError> {
        let Some(facts) = facts else { return Ok(Decision(Kind::Done)) };
        let next = facts.climber.next();
        if let Some(step) = next.filter(|step| step.at <= env.now()) {
            // One that waits is told as due when it is: whoever ends the period looks at that.
            if self.is_alone || !waits(step, facts.standing.as_ref()) {
                return Ok(Decision(Kind::Taken(Box::new(take(facts, step, env)?))));
            }
        }
        let mut invoice = facts.climber.invoice;
        let next_at = next.map(|step| step.at);
        if invoice.dunning.next_at == next_at {
            return Ok(Decision(Kind::Done));
        }
        invoice.dunning.next_at = next_at;
        Ok(Decision(Kind::Moved(Box::new(invoice))))
    }

    /// Tells whether anything was done.
    async fn save(&self, Decision(kind): Decision, tx: &mut Tx) -> Result<bool, Error> {
        let tenant = self.tenant.as_str();
        match kind {
            Kind::Done => Ok(false),
            Kind::Moved(invoice) => {
                invoicing::save_dunning(tx, tenant, &invoice).await?;
                Ok(true)
            }
            Kind::Taken(taken) => {
                let Taken { step, number, at, invoice, ground, standing } = *taken;
                store::insert(tx, tenant, self.invoice, (step, number), at).await?;
                invoicing::save_dunning(tx, tenant, &invoice).await?;
                ground.save(tx).await?;
                if let Some(standing) = standing {
                    standing.save(tx).await?;
                }
                Ok(true)
            }
        }
    }
}

/// Whether a step takes access away and the end of a period comes first, which was missed too: what
/// was served until then is renewed before. Whoever renews comes by, and the step is due still.
fn waits(step: Step, standing: Option<&Standing>) -> bool {
    let ends_first = |it: &Standing| it.subscription().ends_before(step.at);
    matches!(step.kind, StepKind::Suspend | StepKind::Cancel) && standing.is_some_and(ends_first)
}

/// What a step does to the invoice, its subscription, and whoever collects payments.
fn take(facts: Facts, step: Step, env: &Env) -> Result<Taken, ApiError> {
    let Facts { mut climber, mut ground, mut standing } = facts;
    let at = ground.at(env);
    let before = climber.done.iter().filter(|it| it.kind == step.kind).count();
    climber.done.push(step);
    let invoice = &climber.invoice;
    let after = invoice.stepped(step, &climber.done, climber.ladder());
    let mut number = u32::try_from(before).unwrap_or(u32::MAX);
    let subject = (&mut ground, at);
    match (step.kind, &mut standing) {
        (StepKind::Retry, _) => {
            number = invoice.dunning.attempts;
            ground.ask_for_payment(&after, at, env);
        }
        (StepKind::Overdue, Some(standing)) => standing.fail(after.number, subject, env),
        (StepKind::Suspend, Some(standing)) => standing.suspend(after.number, subject, env),
        (StepKind::Cancel, Some(standing)) => standing.cancel(after.number, subject, env)?,
        (StepKind::Overdue | StepKind::Suspend | StepKind::Cancel, None) => (),
    }
    Ok(Taken { step, number, at, invoice: after, ground, standing })
}

/// The next step of an invoice, if there is one. It may be later than the invoice says.
pub async fn next_step(
    tx: &mut Tx,
    tenant: &TenantId,
    invoice: InvoiceNumber,
) -> Result<Option<Step>, Error> {
    Ok(climber(tx, tenant, invoice).await?.and_then(|climber| climber.next()))
}

/// The invoice of that number, if steps of its dunning are left.
async fn climber(
    tx: &mut Tx,
    tenant: &TenantId,
    number: InvoiceNumber,
) -> Result<Option<Climber>, Error> {
    let name = tenant.as_str();
    let found = invoicing::invoice(tx, name, number).await?;
    let found = found.filter(|(it, _)| it.is_open() && it.dunning.next_at.is_some());
    let Some((invoice, _)) = found else { return Ok(None) };
    let subscription = match invoice.subscription {
        Some(id) => subscriptions::find(tx, name, id).await?,
        None => None,
    };
    let policy = tenants::dunning_policy(tx, name).await?;
    let done = store::of_invoices(tx, name, [number]).await?;
    let done = done.into_iter().map(|(_, step)| step).collect();
    Ok(Some(Climber { invoice, subscription, policy, done }))
}

impl Climber {
    fn next(&self) -> Option<Step> {
        self.ladder().next(&self.done)
    }

    fn ladder(&self) -> Ladder {
        let trial_end = self.subscription.as_ref().and_then(|it| it.trial_end);
        self.invoice.ladder(self.policy, trial_end)
    }
}
