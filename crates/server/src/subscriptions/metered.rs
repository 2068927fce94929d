//! What a subscription's use of resources is billed as, and the meter that runs with it.

use countinghouse_core::{
    calendar::{Anchor, Instant, Period, Zone},
    invoicing::{InvoiceKind, PricedLine, RecordType},
    metering::OverageLine,
    money::Amount,
    subscriptions::{Status, Subscription, overage_line},
};

use crate::{
    env::Env,
    http::problem::ApiError,
    invoicing::{Bill, Ground, Issued, Payment},
    metering::{MeterOf, Usage},
};

/// The meter that runs with a subscription as it is; none when it ended. A trial is metered in months
/// from its own start, however often it is made longer: the anchor is where it ends.
pub(super) fn meter_of(it: &Subscription) -> Option<MeterOf> {
    let trial = it.status == Status::Trial;
    let anchor = if trial { Anchor::of(it.period.start(), &it.zone) } else { it.anchor };
    it.status.is_live().then(|| MeterOf {
        subscription: it.id,
        anchor,
        zone: it.zone.clone(),
        trial,
        trial_end: trial.then(|| it.period.end()),
    })
}

/// The lines of what was used beyond what is included.
pub(super) fn lines(overage: &[OverageLine], zone: &Zone) -> Vec<PricedLine> {
    overage.iter().map(|it| overage_line(it, zone)).collect()
}

/// Lets the meter follow a subscription that became another at `at`. If that ends or cuts a metering
/// period, what was used in it beyond what is included is invoiced.
pub(super) fn follow(
    usage: &mut Usage,
    after: &Subscription,
    (ground, at): (&mut Ground, Instant),
    env: &Env,
) -> Result<(), ApiError> {
    let of = meter_of(after);
    if usage.runs_as(of.as_ref()) {
        return Ok(());
    }
    let overage = usage.go_on(of, at, after.currency)?;
    issue(after, &overage, ground, env)?;
    Ok(())
}

/// Issues what was used beyond what is included, by itself.
pub(super) fn issue(
    it: &Subscription,
    overage: &[OverageLine],
    ground: &mut Ground,
    env: &Env,
) -> Result<Option<Issued>, ApiError> {
    let lines = lines(overage, &ground.profile.zone);
    let amounts = lines.iter().map(|line| line.unit_price.times(line.quantity, it.currency));
    if amounts.flatten().all(Amount::is_zero) {
        return Ok(None);
    }
    let of_it = overage.iter().rev().find(|line| !line.is_late).or(overage.last());
    let Some(period) = of_it.map(|line| line.period) else { return Ok(None) };
    ground.issue(bill(it, lines, period, ground), env).map(Some)
}

fn bill(it: &Subscription, lines: Vec<PricedLine>, period: Period, ground: &Ground) -> Bill {
    Bill {
        subscription: Some(it.into()),
        app: None,
        kind: InvoiceKind::Usage,
        record_type: RecordType::Usage,
        description: "Usage beyond what is included".to_owned(),
        lines,
        terms: ground.profile.tax,
        currency: it.currency,
        period,
        use_credit: true,
        payment: Payment::Awaited,
        payment_method: None,
        due_days: None,
    }
}
