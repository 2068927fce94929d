//! The table of routes, and the OpenAPI document made from it.

use axum::{Router, extract::State, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::App,
    catalog,
    http::{bases::BASES, envelope::Answer, problem::ApiError},
    invoicing, ledger, payments, subscriptions,
};

/// What the document says besides its operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countinghouse",
        description = "A self-hosted billing engine for multi-tenant SaaS, speaking the Billing Service API of the Autional identity platform. Operations tagged `extension` are ours.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
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

/// Every operation, without a base, and the document that describes them.
fn operations() -> (Router<App>, Document) {
    OpenApiRouter::with_openapi(About::openapi())
        .merge(catalog::api::routes())
        .merge(subscriptions::api::routes())
        .merge(invoicing::api::routes())
        .merge(ledger::api::routes())
        .merge(payments::api::routes())
        .split_for_parts()
}

/// The OpenAPI document.
pub fn document() -> Document {
    let (_, mut document) = operations();
    document.servers = Some(BASES.iter().map(|base| utoipa::openapi::Server::new(*base)).collect());
    document
}

/// The whole API under its four bases, and what stands at the root.
pub fn router(app: App) -> Router {
    let (operations, _) = operations();
    let mut router = Router::new();
    for base in BASES {
        router = router.nest(base, operations.clone());
    }
    router
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .fallback(async || ApiError::UnknownRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app)
}

/// Whether requests would be served: the database answers.
async fn ready(State(app): State<App>) -> Result<Answer, ApiError> {
    app.env().db.ping().await?;
    Ok(Answer::ok("{\"status\":\"ready\"}".into()))
}
