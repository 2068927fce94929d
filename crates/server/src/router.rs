//! The table of routes, and the OpenAPI document made from it.

use axum::{
    Router,
    extract::{Request, State},
    http::header::CONTENT_TYPE,
    middleware::{Next, from_fn},
    response::IntoResponse,
    routing::get,
};
use bytes::Bytes;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    alerts,
    app::App,
    apps, catalog, corrections, customers, documents, dunning, gateways,
    http::{
        bases::{BASES, without_base},
        envelope::Answer,
        metrics::Metrics,
        openapi,
        problem::{ApiError, FieldViolation},
        render::Problem,
    },
    invoicing, ledger, metering, oneoff, payments, privacy, refunds, reports, sandbox,
    subscriptions, upkeep,
};

/// What the document says besides its operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countinghouse",
        description = "A self-hosted billing engine for multi-tenant SaaS, speaking the Billing Service API of the Autional identity platform. Operations tagged `extension` are ours.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem<'static>, FieldViolation)),
    modifiers(&Security),
)]
struct About;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
    }
}

/// Every operation, without a base, and the document that describes them under all of them.
fn operations() -> (Router<App>, Document) {
    let (operations, mut document) = OpenApiRouter::with_openapi(About::openapi())
        .merge(catalog::api::routes())
        .merge(subscriptions::api::routes())
        .merge(invoicing::api::routes())
        .merge(documents::api::routes())
        .merge(ledger::api::routes())
        .merge(metering::api::routes())
        .merge(payments::api::routes())
        .merge(corrections::api::routes())
        .merge(oneoff::api::routes())
        .merge(gateways::api::routes())
        .merge(apps::api::routes())
        .merge(alerts::api::routes())
        .merge(refunds::api::routes())
        .merge(customers::api::routes())
        .merge(dunning::api::routes())
        .merge(reports::api::routes())
        .merge(upkeep::api::routes())
        .merge(sandbox::api::routes())
        .merge(privacy::api::routes())
        .split_for_parts();
    openapi::complete(&mut document);
    document.servers = Some(BASES.iter().map(|base| utoipa::openapi::Server::new(*base)).collect());
    (operations, document)
}

/// The OpenAPI document.
pub fn document() -> Document {
    operations().1
}

/// The routers of a service: one, or one for each of its two listeners.
#[derive(Debug)]
pub struct Planes {
    /// Everything; without the internal plane if that has a listener of its own.
    pub public: Router,
    /// The internal plane, if it has a listener of its own.
    pub internal: Option<Router>,
}

/// What the paths of the internal plane begin with, after the base.
const INTERNAL: &str = "/internal/";

/// The routers, each with what stands at its root.
pub fn planes(app: &App, metrics: &Metrics, internal_apart: bool) -> Planes {
    if !internal_apart {
        return Planes { public: router(app, metrics), internal: None };
    }
    let only = |internal: bool| {
        router(app, metrics).layer(from_fn(move |request: Request, next: Next| async move {
            let path = without_base(request.uri().path());
            let at_root = path == request.uri().path();
            if at_root || path.starts_with(INTERNAL) == internal {
                next.run(request).await
            } else {
                ApiError::UnknownRoute.into_response()
            }
        }))
    };
    Planes { public: only(false), internal: Some(only(true)) }
}

/// The whole API under its four bases, and what stands at the root.
pub fn router(app: &App, metrics: &Metrics) -> Router {
    let (operations, document) = operations();
    let mut router = Router::new();
    for base in BASES {
        router = router.nest(base, operations.clone());
    }
    let metrics = metrics.clone();
    let document: Bytes = document.to_json().unwrap_or_default().into();
    router
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(async move || metrics.render()))
        .route("/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], document)))
        .merge(docs())
        .fallback(async || ApiError::UnknownRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app.clone())
}

/// Pages that show the document, from files that are compiled in.
fn docs() -> SwaggerUi {
    SwaggerUi::new("/docs").config(Config::from("/openapi.json"))
}

/// Whether requests would be served: the database answers.
async fn ready(State(app): State<App>) -> Result<Answer, ApiError> {
    app.env().db.ping().await?;
    Ok(Answer::ok("{\"status\":\"ready\"}".into()))
}
