//! Sowing: the order, and the small commands that carry it out.

use std::time::Duration;

use countinghouse_core::{
    calendar::{Cycle, Instant, Zone, start_of},
    id::{TenantId, UserId},
    invoicing::RecordStatus,
    subscriptions::Subscription,
};
use sha2::{Digest as _, Sha256};

use super::{
    batch::Batch,
    days::{self, Use},
    documents::{Author, Spread},
    founding::Found,
    months::CloseAll,
    past::{AsOf, Past},
};
use crate::{
    cli::Failure,
    command::{Command, Commands},
    db::{Error, Purpose},
    env::{Dice, Env, Ids},
    http::problem::ApiError,
    invoicing::{self, FoundInvoice},
    ledger,
    payments::{RecordPayment, Subject},
    subscriptions::{self, Subscribe},
};

/// How many documents are issued in one command: few enough that nobody waits long for it.
const BATCH: u64 = 2_048;

/// The most days that records are spread over.
const SPAN_DAYS_MAX: u64 = 400;

/// How long a command that found the tenant busy waits before it tries again, and how often.
const PAUSE: Duration = Duration::from_millis(250);
const ATTEMPTS_MAX: u32 = 120;

/// What is to be sown.
#[derive(Clone, Debug)]
pub struct Order {
    /// For which tenant.
    pub tenant: TenantId,
    /// How many records, at least 1.
    pub records: u64,
    /// The same seed gives the same records to a tenant that stands where it stood, on the same
    /// day.
    pub seed: u64,
    /// The plan of the subscription, if the tenant has none yet.
    pub plan: &'static str,
}

/// Where a tenant stands before it is sown.
struct Soil {
    records: u64,
    last_at: Option<Instant>,
    subscription: Option<Subscription>,
}

/// Sows, and tells how many records there are after each step.
///
/// Each step is a command of its own, so it runs beside whatever else is served, and what was
/// sown before a failure stays, and is sound.
pub async fn sow(
    commands: &Commands,
    env: &Env,
    order: &Order,
    mut told: impl FnMut(u64),
) -> Result<(), Failure> {
    let soil = soil(env, &order.tenant).await?;
    let now = env.now();
    let today = start_of(days::day_of(now), &Zone::UTC);
    let spread = spread(order, &soil, now, today)?;
    let sower = Sower::new(commands, order, &soil, spread);
    let mut sown = 0;
    let subscription = if let Some(subscription) = soil.subscription {
        subscription
    } else {
        sown = 1;
        sower.found(env, now).await?
    };
    told(sown);
    sower.use_of(&subscription, now).await?;
    let first_seq = soil.records + sown + 1;
    let spread = Spread { count: order.records - sown, ..spread };
    let mut author = Author::new(sower.dice("documents"), spread, first_seq, subscription.clone())?;
    let mut planned = author.write(BATCH);
    while !planned.is_empty() {
        sown += u64::try_from(planned.len()).unwrap_or(0);
        let (tenant, past) = (order.tenant.clone(), sower.past.clone());
        // The next documents are written while these are issued.
        let writing = tokio::task::spawn_blocking(move || (author.write(BATCH), author));
        let subscription = subscription.clone();
        sower.run(&Batch { tenant, subscription, planned: planned.into(), past }).await?;
        // It also lets others write, who wait for the file.
        env.db.checkpoint().await.map_err(Failure::because("the log can't be moved"))?;
        told(sown);
        (planned, author) = writing.await.map_err(Failure::because("the author stopped"))?;
    }
    sower.run(&CloseAll { tenant: order.tenant.clone(), past: sower.past.clone() }).await
}

async fn soil(env: &Env, tenant: &TenantId) -> Result<Soil, Failure> {
    let read = async {
        let mut tx = env.db.snapshot(Purpose::Page).await?;
        let (records, last_record) = invoicing::extent(&mut tx, tenant.as_str()).await?;
        let book = ledger::book(&mut tx, tenant.as_str()).await?;
        let subscription = subscriptions::latest_in(&mut tx, tenant.as_str()).await?;
        Ok(Soil {
            records: u64::try_from(records).unwrap_or(0),
            last_at: last_record.max(book.state().last_at),
            subscription: subscription.filter(|it| it.status.is_live()),
        })
    };
    read.await.map_err(Failure::because::<Error>("the tenant can't be read"))
}

/// The past months up to today, or what there is since the tenant's last row.
fn spread(order: &Order, soil: &Soil, now: Instant, today: Instant) -> Result<Spread, Failure> {
    let days = i64::try_from(order.records.min(SPAN_DAYS_MAX)).unwrap_or(1);
    let start = today.plus_days(-days).map_err(Failure::because("the clock"))?;
    let start = soil.last_at.map_or(start, |last| last.max(start));
    let end = if start < today { today } else { now.max(start) };
    Ok(Spread { start, end, count: order.records })
}

/// Runs the commands of one order.
struct Sower<'a> {
    commands: &'a Commands,
    order: &'a Order,
    /// How many records the tenant had.
    records: u64,
    spread: Spread,
    past: Past,
}

impl<'a> Sower<'a> {
    fn new(commands: &'a Commands, order: &'a Order, soil: &Soil, spread: Spread) -> Self {
        let ids = Ids::seeded(digest(order, soil.records, "ids"));
        let past = Past::new(spread.start, ids);
        Self { commands, order, records: soil.records, spread, past }
    }

    /// Randomness of its own for each purpose.
    fn dice(&self, purpose: &str) -> Dice {
        Dice::seeded(digest(self.order, self.records, purpose))
    }

    /// Starts the tenant's subscription, whose first invoice is paid at once.
    async fn found(&self, env: &Env, until: Instant) -> Result<Subscription, Failure> {
        let tenant = &self.order.tenant;
        let subscribe = Subscribe {
            tenant: tenant.clone(),
            caller: admin(tenant)?,
            plan: self.order.plan.to_owned(),
            cycle: Cycle::Monthly,
            auto_renew: true,
            trial_days: 0,
        };
        self.run(&Found { subscribe, past: self.past.clone(), until }).await?;
        let (subscription, open) = founded(env, tenant)
            .await
            .map_err(Failure::because("the subscription can't be read"))?;
        let subscription =
            subscription.ok_or_else(|| Failure::new("the subscription is gone again"))?;
        for (invoice, _) in open {
            let payment = RecordPayment {
                tenant: tenant.clone(),
                subject: Subject::Invoice {
                    number: invoice.number,
                    subscription: Some(subscription.id),
                },
                app: None,
                amount: invoice.due.amount(),
                currency: None,
                status: RecordStatus::Paid,
                description: None,
                method: Some("bank_transfer".to_owned()),
            };
            self.run(&AsOf { command: payment, past: self.past.clone() }).await?;
        }
        Ok(subscription)
    }

    /// Enters what was used, and what watches over it.
    async fn use_of(&self, subscription: &Subscription, now: Instant) -> Result<(), Failure> {
        let mut dice = self.dice("usage");
        let span = self.spread.start.seconds_until(now) / (24 * 60 * 60);
        let days = days::days(&mut dice, days::day_of(now), span)?;
        let metered = days::metered(&days, subscription, subscription.currency, now);
        let (tenant, past) = (self.order.tenant.clone(), self.past.clone());
        let admin = subscription.admin.clone();
        let since = subscription.created_at;
        self.run(&Use { tenant, days, metered, since, admin, past }).await
    }

    /// Runs a command; where the tenant is busy, again and again for half a minute.
    async fn run<C: Command + Clone>(&self, command: &C) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS_MAX {
            match self.commands.run(command.clone(), None).await {
                Ok(_) => return Ok(()),
                Err(ApiError::Busy) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(Failure::because("not sown")(error)),
            }
        }
        Err(Failure::new("the tenant is busy; what was sown stays"))
    }
}

/// Who administers the subscription of a tenant that is sown.
pub fn admin(tenant: &TenantId) -> Result<UserId, Failure> {
    UserId::parse(&format!("usr_admin_{tenant}"))
        .map_err(Failure::because("the id of the tenant leaves no room for that of its admin"))
}

/// The tenant's subscription, and what is open of it.
async fn founded(
    env: &Env,
    tenant: &TenantId,
) -> Result<(Option<Subscription>, Vec<FoundInvoice>), Error> {
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let subscription = subscriptions::latest_in(&mut tx, tenant.as_str()).await?;
    let open = match &subscription {
        Some(it) => invoicing::open_invoices(&mut tx, tenant.as_str(), it.id).await?,
        None => Vec::new(),
    };
    Ok((subscription, open))
}

/// What the randomness of an order grows from. It depends on where the tenant stands, so that the
/// same seed, sown twice, makes two different lists.
fn digest(order: &Order, records: u64, purpose: &str) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(order.seed.to_be_bytes());
    hasher.update(records.to_be_bytes());
    hasher.update(order.tenant.as_str());
    hasher.update([0]);
    hasher.update(purpose);
    let digest: [u8; 32] = hasher.finalize().into();
    digest[..8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
