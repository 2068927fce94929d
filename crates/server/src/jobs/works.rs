//! The kinds of things that fall due to tenants.

use futures_util::future::BoxFuture;

use crate::{
    app::App,
    db::Error,
    dunning::DunningRun,
    ledger::ClosingRun,
    subscriptions::{NoticeRun, RenewalResult, RenewalRun},
};

/// A walk through all that is due of a kind.
pub(super) trait Work: Send {
    /// Does the next group of it; nothing when none is left.
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>>;
}

/// What became of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// How many were done, or needed nothing any more.
    pub(super) done: u64,
    /// How many failed. They are tried again by the next walk.
    pub(super) failed: u64,
}

/// Begins a walk.
type Start = for<'a> fn(&'a App) -> BoxFuture<'a, Result<Box<dyn Work>, Error>>;

/// All of them by their names, in the order in which they are done. Months are closed before anything
/// is billed in the next. After a downtime dunning comes before renewals: what would have been
/// suspended before its period ended is not renewed.
pub(super) const ALL: &[(&str, Start)] =
    &[("revenue", revenue), ("dunning", dunning), ("renewals", renewals), ("notices", notices)];

fn revenue(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move {
        let run = ClosingRun::start(app.env(), app.commands());
        Ok(Box::new(run) as Box<dyn Work>)
    })
}

fn dunning(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move {
        let run = DunningRun::start(app.env(), app.commands());
        Ok(Box::new(run) as Box<dyn Work>)
    })
}

fn renewals(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move {
        let run = RenewalRun::start(app.env(), app.commands(), None).await?;
        Ok(Box::new(run) as Box<dyn Work>)
    })
}

fn notices(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move {
        let run = NoticeRun::start(app.env(), app.commands()).await?;
        Ok(Box::new(run) as Box<dyn Work>)
    })
}

impl Work for ClosingRun {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            let closed = ClosingRun::next_group(self).await?;
            Ok(closed.map(|all| Done::of(all.into_iter())))
        })
    }
}

impl Work for DunningRun {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            let group = DunningRun::next_group(self).await?;
            Ok(group.map(|it| Done { done: it.taken, failed: it.failed }))
        })
    }
}

impl Work for RenewalRun {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            let outcomes = RenewalRun::next_group(self).await?;
            Ok(outcomes
                .map(|all| Done::of(all.iter().map(|it| it.result() != RenewalResult::Failed))))
        })
    }
}

impl Work for NoticeRun {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            let told = NoticeRun::next_group(self).await?;
            Ok(told.map(|all| Done::of(all.into_iter())))
        })
    }
}

impl Done {
    /// Counts what went well and what did not.
    fn of(all: impl Iterator<Item = bool>) -> Self {
        all.fold(Self { done: 0, failed: 0 }, |sum, well| Self {
            done: sum.done + u64::from(well),
            failed: sum.failed + u64::from(!well),
        })
    }
}
