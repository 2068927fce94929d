//! Setting what an app costs, and whether it is used.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    metering::{App, AppDeleted, AppEvent, NewPrice, Price, PriceList, set_prices},
};

use super::{ask::Named, store, view::SubscriptionAppView};
use crate::{
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{envelope, etag::IfMatch, problem::ApiError},
};

/// Sets all prices of an app.
#[derive(Clone, Debug)]
pub(super) struct SetPrices {
    /// Of which one.
    pub(super) named: Named,
    /// The versions that may be changed.
    pub(super) if_match: IfMatch,
    /// What they are to be.
    pub(super) prices: Vec<NewPrice>,
}

/// Takes all prices of an app away.
#[derive(Clone, Debug)]
pub(super) struct ClearPrices {
    /// Of which one.
    pub(super) named: Named,
    /// The versions that may be changed.
    pub(super) if_match: IfMatch,
}

/// Says what happened to an app.
#[derive(Clone, Debug)]
pub(super) struct TellEvent {
    /// To which one.
    pub(super) named: Named,
    /// What happened.
    pub(super) event: AppEvent,
}

/// An app as it is stored, with its newest prices.
#[derive(Debug)]
pub(super) struct Known {
    app: App,
    newest: Option<PriceList>,
    subscription: Option<String>,
}

/// An app that prices are set of.
#[derive(Debug)]
pub(super) struct Priced {
    known: Known,
    /// Whether it is named for the first time.
    is_new: bool,
    /// The list to enter; none if it has these prices already.
    list: Option<PriceList>,
}

impl Command for SetPrices {
    /// The app if it is there, and the latest subscription of its tenant.
    type Facts = (Option<Known>, Option<String>);
    type Decision = Priced;
    type Data = SubscriptionAppView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.named.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let known = load(tx, &self.named).await?;
        let subscription = match &known {
            Some(known) => known.subscription.clone(),
            None => store::subscription(tx, self.tenant()).await?,
        };
        Ok((known, subscription))
    }

    fn decide(&self, (found, subscription): Self::Facts, env: &Env) -> Result<Priced, ApiError> {
        let at = env.now();
        let is_new = found.is_none();
        let known = if let Some(known) = found {
            self.if_match.allows(&known.shown(&self.named))?;
            known
        } else {
            self.if_match.allows_nothing()?;
            let app = App::new(env.id(at), self.named.app.clone(), at);
            Known { app, newest: None, subscription }
        };
        let prices = self.prices.clone();
        let list = set_prices(known.newest.as_ref(), prices, at, || env.id(at));
        Ok(Priced { known, is_new, list })
    }

    async fn save(&self, priced: Priced, tx: &mut Tx) -> Result<SubscriptionAppView, Error> {
        let Priced { mut known, is_new, list } = priced;
        if is_new {
            store::save(tx, self.tenant(), &known.app).await?;
        }
        if let Some(list) = list {
            store::insert_list(tx, self.tenant(), &self.named.app, &list).await?;
            known.newest = Some(list);
        }
        Ok(known.shown(&self.named))
    }
}

impl Command for ClearPrices {
    type Facts = Option<Known>;
    /// The empty list to enter, unless it has no prices already.
    type Decision = Option<PriceList>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.named.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        load(tx, &self.named).await
    }

    fn decide(&self, found: Self::Facts, env: &Env) -> Result<Option<PriceList>, ApiError> {
        let known = found.ok_or_else(|| self.named.not_found())?;
        self.if_match.allows(&known.shown(&self.named))?;
        let at = env.now();
        Ok(set_prices(known.newest.as_ref(), Vec::new(), at, || env.id(at)))
    }

    async fn save(&self, list: Option<PriceList>, tx: &mut Tx) -> Result<(), Error> {
        match list {
            Some(list) => store::insert_list(tx, self.tenant(), &self.named.app, &list).await,
            None => Ok(()),
        }
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl Command for TellEvent {
    type Facts = Option<App>;
    /// The app as it is to be stored, unless it stays as it is.
    type Decision = Option<App>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.named.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<App>, Error> {
        store::find(tx, self.tenant(), &self.named.app).await
    }

    fn decide(&self, before: Option<App>, env: &Env) -> Result<Option<App>, ApiError> {
        let at = env.now();
        let app = match &before {
            Some(app) => app.clone(),
            None => App::new(env.id(at), self.named.app.clone(), at),
        };
        let after = app.after(self.event, at)?;
        Ok((before.as_ref() != Some(&after)).then_some(after))
    }

    async fn save(&self, after: Option<App>, tx: &mut Tx) -> Result<(), Error> {
        match after {
            Some(app) => store::save(tx, self.tenant(), &app).await,
            None => Ok(()),
        }
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

/// An app with its prices, as it is shown.
pub(super) async fn shown(db: &Db, named: &Named) -> Result<Option<SubscriptionAppView>, Error> {
    let known = load(&mut db.snapshot(Purpose::Page).await?, named).await?;
    Ok(known.map(|known| known.shown(named)))
}

async fn load(tx: &mut Tx, Named { tenant, app }: &Named) -> Result<Option<Known>, Error> {
    let tenant = tenant.as_str();
    let Some(found) = store::find(tx, tenant, app).await? else { return Ok(None) };
    let mut newest = store::newest_lists(tx, tenant, [app.as_str()]).await?;
    let subscription = store::subscription(tx, tenant).await?;
    Ok(Some(Known { newest: newest.remove(app.as_str()), app: found, subscription }))
}

impl Known {
    fn shown(&self, named: &Named) -> SubscriptionAppView {
        let prices: &[Price] = self.newest.as_ref().map_or(&[], |list| &list.prices);
        SubscriptionAppView::new(&named.tenant, &self.app, prices, self.subscription.as_deref())
    }
}

impl From<AppDeleted> for ApiError {
    fn from(deleted: AppDeleted) -> Self {
        Self::Conflict(deleted.to_string())
    }
}
