//! `serve`: the API, and the jobs beside it, until the process is asked to stop.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::watch};

use super::{Failure, env_of, open, stop};
use crate::{
    app::App,
    catalog::SeedPlans,
    config::Settings,
    db::Db,
    env::Env,
    http::{
        auth::{Gate, Keys},
        body::BodyLimit,
        edge::Edge,
        metrics::Metrics,
        rate::RateLimit,
        request::RequestIds,
    },
    jobs, router,
};

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave the scheduler out
    #[arg(long)]
    no_jobs: bool,
}

/// How long requests may take to end after the process was asked to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// A service that is ready to listen.
pub(super) struct Service {
    env: Env,
    app: App,
    public: Router,
    internal: Option<Router>,
}

pub(super) async fn run(args: &Args, settings: &Settings) -> Result<ExitCode, Failure> {
    let service = Service::start(settings, open(settings).await?).await?;
    settings.notices().iter().for_each(|notice| tracing::warn!("{notice}"));
    service
        .serve(settings, !args.no_jobs, |address| {
            tracing::info!(%address, "listening");
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

impl Service {
    /// Brings the schema up to date, enters the plans, and starts the lanes.
    pub(super) async fn start(settings: &Settings, db: Db) -> Result<Self, Failure> {
        db.migrate().await.map_err(Failure::because("the schema can't be brought up to date"))?;
        let env = env_of(settings, db);
        let keys = Keys::open(&settings.auth).await;
        let keys = Arc::new(keys.map_err(Failure::because("jwt_jwks"))?);
        let metrics = Metrics::new().map_err(Failure::because("metrics"))?;
        metrics.install();
        let rate = settings.rate_limit.map(RateLimit::per_second);
        let gate = Gate::new(Arc::clone(&keys), rate, env.clock.clone());
        let app = App::start(env.clone(), gate, BodyLimit(settings.body_limit), settings.into());
        app.commands()
            .run(SeedPlans, None)
            .await
            .map_err(Failure::because("the plans can't be entered"))?;
        let ids = env.ids.clone();
        let ids = RequestIds::new(move || u128::from_be_bytes(ids.bytes()));
        let edge = Edge::new(env.clock.clone(), ids, metrics.clone(), settings.request_timeout);
        let wrap = |router: Router| edge.clone().wrap(router, &settings.cors_origins);
        let planes = router::planes(&app, &metrics, settings.internal_listen.is_some());
        tokio::spawn(async move { keys.keep_fresh().await });
        tokio::spawn(async move { metrics.keep_tidy().await });
        let (public, internal) = (wrap(planes.public), planes.internal.map(wrap));
        Ok(Self { env, app, public, internal })
    }

    /// What a handler is given.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Listens until the process is asked to stop, then lets requests end. `ready` is told the
    /// address once it is listening.
    pub(super) async fn serve(
        self,
        settings: &Settings,
        with_jobs: bool,
        ready: impl FnOnce(SocketAddr),
    ) -> Result<(), Failure> {
        let listener = listen(settings.listen).await?;
        let internal = match (settings.internal_listen, self.internal) {
            (Some(address), Some(router)) => Some((listen(address).await?, router)),
            _ => None,
        };
        let (stopping, stopped) = watch::channel(false);
        let jobs = jobs::start(&self.app, with_jobs, stopped.clone());
        ready(listener.local_addr().map_err(Failure::because("listen"))?);
        let mut servers = vec![tokio::spawn(serve(listener, self.public, stopped.clone()))];
        if let Some((listener, router)) = internal {
            servers.push(tokio::spawn(serve(listener, router, stopped)));
        }
        stop::asked().await;
        tracing::info!("stopping: requests that are under way are finished");
        // Whoever waits for it is gone only if it ended by itself.
        let _waits = stopping.send(true);
        let ended = futures_util::future::join_all(servers);
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        jobs.ended().await;
        drop(self.app);
        self.env.db.close().await;
        Ok(())
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::new(format!("can't listen on {address}: {error}")))
}

async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move {
        // An error is a sender that is gone, which means the same.
        let _asked = stopped.wait_for(|stop| *stop).await;
    };
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "a listener failed");
    }
}
