//! A service that a test controls.

pub(crate) mod contract;
mod engine;
pub(crate) mod process;
mod request;

use std::sync::{Arc, Mutex};

use axum::Router;
use countinghouse::{
    app::App,
    books::{self, Depth},
    catalog::SeedPlans,
    config::{CompanySettings, Outside, WalletSettings},
    db::{Db, Settings},
    env::{Clock, Env, Ids, TenantClocks},
    http::{
        auth::{AuthSettings, Gate, Keys},
        body::BodyLimit,
        edge::Edge,
        metrics::Metrics,
        request::RequestIds,
    },
    router,
};
use countinghouse_core::calendar::Instant;
use secrecy::SecretString;

pub(crate) use self::{
    engine::{Engine, engines},
    request::{Answer, Who, sign},
};

/// How long a request may take: a busy machine is not what tests are about.
const REQUEST_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(10);

/// The HS256 secret of the tests.
pub(crate) const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

/// The API key of the tests.
pub(crate) const API_KEY: &str = "an-api-key-of-sixteen-or-more";

/// Where every operation is, in the tests.
pub(crate) const BASE: &str = "/api/v1";

/// A service on a database of its own.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) env: Env,
    now: Arc<Mutex<Instant>>,
    router: Router,
    engine: Engine,
}

/// Noon on 31 January 2026, on a clock that a test moves.
fn noon() -> Arc<Mutex<Instant>> {
    Arc::new(Mutex::new(Instant::parse("2026-01-31T12:00:00Z").unwrap()))
}

impl Server {
    /// Starts at noon on 31 January 2026, the day that breaks month arithmetic.
    pub(crate) async fn start(engine: Engine) -> Self {
        let url = engine.url();
        Self::start_through(engine, &url).await
    }

    /// Starts where no tenant may have a clock of its own, in a database that has been used or not.
    pub(crate) async fn start_outside_a_sandbox(engine: Engine) -> Self {
        let url = engine.url();
        Self::start_with(engine, &url, TenantClocks::Ignored, noon(), outside()).await
    }

    /// Starts another process on the same database, with the same clock.
    pub(crate) async fn beside(&self) -> Self {
        self.beside_in(outside()).await
    }

    /// The same without the setting `secret_key`.
    pub(crate) async fn beside_without_secret_key(&self) -> Self {
        self.beside_in(Outside { secret_key: None, ..outside() }).await
    }

    /// The same with a wallet service, which is known by its URL or by a name.
    pub(crate) async fn beside_with_wallet(&self, url: &str, name: &str) -> Self {
        self.beside_in(Outside { wallet: Some(wallet(url, name)), ..outside() }).await
    }

    /// The same where events of usage are packed away after some days.
    pub(crate) async fn beside_with_usage_event_days(&self, days: i64) -> Self {
        self.beside_in(Outside { usage_event_days: Some(days), ..outside() }).await
    }

    async fn beside_in(&self, outside: Outside) -> Self {
        let url = self.engine.url();
        let (clocks, now) = (self.env.tenant_clocks, self.now.clone());
        Self::start_with(Engine::Shared(url.clone()), &url, clocks, now, outside).await
    }

    /// Starts on a database that is reached by another URL than its own.
    pub(crate) async fn start_through(engine: Engine, url: &str) -> Self {
        Self::start_with(engine, url, TenantClocks::Followed, noon(), outside()).await
    }

    /// Starts with a wallet service.
    pub(crate) async fn start_with_wallet(engine: Engine, wallet_url: &str) -> Self {
        let (url, clocks) = (engine.url(), TenantClocks::Followed);
        let outside = Outside { wallet: Some(wallet(wallet_url, wallet_url)), ..outside() };
        Self::start_with(engine, &url, clocks, noon(), outside).await
    }

    async fn start_with(
        engine: Engine,
        url: &str,
        tenant_clocks: TenantClocks,
        now: Arc<Mutex<Instant>>,
        outside: Outside,
    ) -> Self {
        let db = Db::open(&Settings::new(url)).await.unwrap();
        db.migrate().await.unwrap();
        let seed = if matches!(engine, Engine::Shared(_)) { 2 } else { 1 };
        let (clock, ids) = (Clock::Manual(now.clone()), Ids::seeded(seed));
        let seller = Arc::new((&company()).into());
        let env = Env { db, clock, ids, tenant_clocks, seller };
        let auth = AuthSettings {
            hs256_secret: Some(SecretString::from(SECRET)),
            api_keys: vec![SecretString::from(API_KEY)],
            ..AuthSettings::default()
        };
        let keys = Arc::new(Keys::open(&auth).await.unwrap());
        let gate = Gate::new(keys, None, env.clock.clone());
        let app = App::start(env.clone(), gate, BodyLimit(2 * 1024 * 1024), outside);
        app.commands().run(SeedPlans, None).await.unwrap();
        let metrics = Metrics::new().unwrap();
        let edge =
            Edge::new(env.clock.clone(), RequestIds::new(|| 7), metrics.clone(), REQUEST_TIMEOUT);
        let router = edge.wrap(router::router(&app, &metrics), &[]);
        Self { app, env, now, router, engine }
    }

    /// The routes, for requests that are sent otherwise.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// The database, for whoever else opens it.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus_seconds(seconds).unwrap();
    }

    /// Makes sure that the books are sound.
    pub(crate) async fn assert_sound(&self) {
        let report = books::verify(&self.env.db, Depth::Deep, |_, _| ()).await.unwrap();
        assert_eq!(report.breaks, []);
    }

    /// What the clock says.
    pub(crate) fn now(&self) -> Instant {
        *self.now.lock().unwrap()
    }
}

/// Who bills, in tests.
fn company() -> CompanySettings {
    CompanySettings {
        name: Some("Countinghouse Ltd.".to_owned()),
        address: Some("1 Ledger Lane, London".to_owned()),
        tax_id: Some("GB123456789".to_owned()),
    }
}

/// Where a wallet service is, and what it is known by.
fn wallet(url: &str, name: &str) -> WalletSettings {
    let api_key = Some(SecretString::from("wallet-key"));
    WalletSettings { url: url.to_owned(), name: name.to_owned(), api_key }
}

/// What the world around the service is in tests.
fn outside() -> Outside {
    let secret_key = Some(SecretString::from("a secret key that only tests use, long enough"));
    let public_url = "http://billing.test".to_owned();
    Outside { public_url, wallet: None, secret_key, usage_event_days: None }
}
