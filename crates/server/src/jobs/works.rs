//! The kinds of things that fall due to tenants.

use futures_util::future::BoxFuture;

use crate::{
    app::App,
    db::Error,
    refunds::RefundRun,
    subscriptions::{NoticeRun, RenewalOutcome, RenewalResult},
    upkeep::{Kept, Upkeep},
};

/// A walk through all that is due of a kind.
pub(super) trait Work: Send {
    /// Does the next group of it; nothing when none is left.
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>>;
}

/// What became of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// What it is about.
    pub(super) work: &'static str,
    /// How many went well, or needed nothing any more.
    pub(super) well: u64,
    /// How many failed. They are tried again by the next walk.
    pub(super) failed: u64,
}

/// Begins a walk.
pub(super) type Start = for<'a> fn(&'a App) -> BoxFuture<'a, Result<Box<dyn Work>, Error>>;

/// All of them, in the order in which they are done.
pub(super) const ALL: &[Start] = &[upkeep, notices, refunds];

fn upkeep(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move {
        let run = Upkeep::start(app.env(), app.commands(), None).await?;
        Ok(Box::new(run) as Box<dyn Work>)
    })
}

fn notices(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move {
        let run = NoticeRun::start(app.env(), app.commands()).await?;
        Ok(Box::new(run) as Box<dyn Work>)
    })
}

fn refunds(app: &App) -> BoxFuture<'_, Result<Box<dyn Work>, Error>> {
    Box::pin(async move { Ok(Box::new(RefundRun::start(app)) as Box<dyn Work>) })
}

impl Work for Upkeep {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            Ok(Upkeep::next_group(self).await?.map(|kept| match kept {
                Kept::Months(all) => Done::of("revenue", all.into_iter()),
                Kept::Usage(all) => Done::of("usage", all.into_iter()),
                Kept::Renewals(all) => {
                    let went_well = |it: &RenewalOutcome| it.result() != RenewalResult::Failed;
                    Done::of("renewals", all.iter().map(went_well))
                }
                Kept::Dunning(it) => Done { work: "dunning", well: it.taken, failed: it.failed },
            }))
        })
    }
}

impl Work for NoticeRun {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            let told = NoticeRun::next_group(self).await?;
            Ok(told.map(|all| Done::of("notices", all.into_iter())))
        })
    }
}

impl Work for RefundRun {
    fn next_group(&mut self) -> BoxFuture<'_, Result<Option<Done>, Error>> {
        Box::pin(async move {
            let paid = RefundRun::next_group(self).await?;
            Ok(paid.map(|all| Done::of("refunds", all.into_iter())))
        })
    }
}

impl Done {
    /// Counts what went well and what did not.
    fn of(work: &'static str, all: impl Iterator<Item = bool>) -> Self {
        all.fold(Self { work, well: 0, failed: 0 }, |sum, well| Self {
            work,
            well: sum.well + u64::from(well),
            failed: sum.failed + u64::from(!well),
        })
    }
}
