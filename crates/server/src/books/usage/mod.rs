//! What is metered of a tenant: its meters against its subscription, what was billed against what was
//! used, days and periods against the events, events that are packed away against those that are not,
//! and the calls of endpoints by month against those by day.
//!
//! Figures that an administrator set right are not made of events, so those of a tenant that has any
//! are left alone.

mod store;

use countinghouse_core::{
    metering::{Included, Pack, overage},
    money::Currency,
};

use self::store::{BilledRow, MeterRow};
use super::{audit::Audit, report::Rule};
use crate::{db::Error, ledger};

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    /// Goes through what is metered of a tenant.
    pub(super) async fn usage(&mut self, tenant: &str) -> Result<(), Error> {
        self.meters(tenant).await?;
        self.packs(tenant).await?;
        if let Some((month, app, endpoint)) = store::unlike_days(&mut self.tx, tenant).await? {
            self.found.note(Rule::EndpointMonth, tenant, || {
                format!("{endpoint} of `{app}` in {month} was not called as often as on its days")
            });
        }
        let currency = ledger::book(&mut self.tx, tenant).await?.currency();
        for row in store::billed(&mut self.tx, tenant).await? {
            let fits = row.fits(currency.unwrap_or(Currency::CNY))?;
            self.found.expect(fits, Rule::Overage, tenant, || {
                format!("{} is not billed as what was used of it", row.name())
            });
        }
        if store::is_corrected(&mut self.tx, tenant).await? {
            return Ok(());
        }
        if let Some((period, app, resource)) = store::lost_of_period(&mut self.tx, tenant).await? {
            self.found.note(Rule::UsageEvents, tenant, || {
                format!("{resource} of `{app}` from {period} has less than its events")
            });
        }
        if let Some((day, app, resource)) = store::lost_of_day(&mut self.tx, tenant).await? {
            self.found.note(Rule::UsageEvents, tenant, || {
                format!("{resource} of `{app}` on {day} has less than its events")
            });
        }
        Ok(())
    }

    /// Goes through the packs of a tenant.
    async fn packs(&mut self, tenant: &str) -> Result<(), Error> {
        let (mut after, mut begins) = (None, Some(Pack::of_all().first()));
        loop {
            let packs = store::packs(&mut self.tx, tenant, after).await?;
            let Some(last) = packs.last() else { return Ok(()) };
            after = Some(last.first());
            for pack in &packs {
                // The first has all that is before the second, each other what is after the one before.
                let is_next = begins.take().is_none_or(|first| pack.first() == first);
                self.found.expect(is_next, Rule::UsagePack, tenant, || {
                    format!("no pack has what is before {}", hex::encode(pack.first().as_bytes()))
                });
            }
            for pair in packs.windows(2) {
                let is_apart = pair[0].entries().last().is_some_and(|it| it.key < pair[1].first());
                self.found.expect(is_apart, Rule::UsagePack, tenant, || {
                    let first = hex::encode(pair[0].first().as_bytes());
                    format!("the pack from {first} has what is of the next one's range")
                });
            }
            let keys = packs.iter().flat_map(Pack::entries).map(|it| it.key);
            let left = store::still_there(&mut self.tx, tenant, keys).await?;
            self.found.expect(left.is_none(), Rule::UsagePack, tenant, || {
                format!("event {} is packed away and still there", left.unwrap_or_default())
            });
        }
    }

    /// Compares a tenant's meters with each other and with its subscription.
    async fn meters(&mut self, tenant: &str) -> Result<(), Error> {
        let meters = store::meters(&mut self.tx, tenant).await?;
        for (ordinal, meter) in (1..).zip(&meters) {
            self.found.expect(meter.ordinal == ordinal, Rule::Meter, tenant, || {
                format!("meter {} stands in the place of {ordinal}", meter.ordinal)
            });
        }
        for pair in meters.windows(2) {
            let follows = pair[0].until.is_some_and(|until| until <= pair[1].since);
            self.found.expect(follows, Rule::Meter, tenant, || {
                format!("meter {} begins before the one before it ends", pair[1].ordinal)
            });
        }
        let running = meters.last().filter(|meter| meter.until.is_none()).map(MeterRow::runs_as);
        let live = store::live(&mut self.tx, tenant).await?;
        self.found.expect(running == live, Rule::Meter, tenant, || {
            format!("the meter runs as {running:?}, the subscription as {live:?}")
        });
        Ok(())
    }
}

impl BilledRow {
    /// Whether what was billed is what was used by then beyond what was included: the amount of one
    /// line, and the units of all of them.
    fn fits(&self, currency: Currency) -> Result<bool, Error> {
        let Some(beyond) = self.price()? else {
            return Ok((self.overage_units, self.overage_amount) == (0, 0));
        };
        let included = Included::Units { units: self.included_units, beyond };
        let billed = self.total_usage - self.late_units;
        let Ok(due) = overage(billed, included, currency) else { return Ok(false) };
        let is_amount = self.bills > 1 || due.amount.units() == self.overage_amount;
        Ok(self.bills > 0 && due.units == self.overage_units && is_amount)
    }
}
