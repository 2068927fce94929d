//! What happens to every request, through a router.

use std::time::Duration;

use axum::{
    Router,
    extract::{Query, State},
    http::{Request, StatusCode, request::Builder},
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::json;

use super::{
    super::{
        auth::AuthSettings,
        body::{Body, BodyLimit},
        fields::Name,
        problem::FieldViolation,
        testing::{Got, TestState, edged, fixed_clock, send, send_body},
    },
    *,
};

/// A router that goes wrong in every way.
async fn router() -> Router {
    let read = async |body: Body| {
        let mut fields = body.fields()?;
        let name = fields.required("name", Name(5));
        let (name,) = fields.finish((name,))?;
        Ok::<_, ApiError>(name)
    };
    let large = post(async |body: Body| body.bytes().len().to_string())
        .layer(axum::Extension(BodyLimit(4096)));
    let router = Router::new()
        .route("/ok", get(async || "fine"))
        .route("/read", post(read))
        .route("/large", large)
        .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(5)).await))
        .route("/panic", get(async || -> &'static str { panic!("the secret is hunter2") }))
        .route("/broken", get(async || ApiError::internal("SELECT * FROM secret")))
        .route("/busy", get(async || ApiError::Busy))
        .route("/fields", get(two_broken_fields))
        .route("/theirs", get(async |_: Query<Typed>| "fine"))
        .route("/page", get(async || (StatusCode::NOT_FOUND, axum::response::Html("<p>no"))))
        .route("/stream", get(slow_stream))
        .with_state(TestState::new(&AuthSettings::default()).await);
    edged(router)
}

#[derive(serde::Deserialize)]
struct Typed {
    #[expect(dead_code, reason = "only whether it can be read matters")]
    number: u32,
}

async fn two_broken_fields() -> ApiError {
    ApiError::Invalid(vec![
        FieldViolation::new("page", "out_of_range", "must be at least 1"),
        FieldViolation::new("search", "too_long", "must have at most 200 letters"),
    ])
}

/// Begins at once and ends after the timeout.
async fn slow_stream() -> axum::response::Response {
    let chunks = futures_util::stream::unfold(0, async |count| {
        tokio::time::sleep(Duration::from_millis(40)).await;
        (count < 3).then_some((Ok::<_, std::io::Error>("chunk "), count + 1))
    });
    axum::body::Body::from_stream(chunks).into_response()
}

fn ask(path: &str) -> Builder {
    Request::get(path)
}

fn json_to(path: &str) -> Builder {
    Request::post(path).header("content-type", "application/json; charset=utf-8")
}

fn is_problem(got: &Got, status: u16, code: u32) {
    assert_eq!(got.status, status, "{:?}", got.body);
    assert_eq!(got.body["code"], code, "{:?}", got.body);
    assert_eq!(got.body["status"], status);
    assert_eq!(got.headers["content-type"], "application/problem+json");
    assert_eq!(got.body["message"], got.body["detail"]);
}

#[tokio::test]
async fn a_problem_has_every_member() {
    let request = ask("/fields?page=0")
        .header("x-request-id", "mine-1")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

    let got = send(&router().await, request).await;

    assert_eq!(got.headers["x-request-id"], "mine-1");
    assert_eq!(
        got.body,
        json!({
            "type": "urn:countinghouse:problem:invalid",
            "title": "Invalid request",
            "status": 400,
            "detail": "2 fields are invalid: page, search",
            "instance": "/fields",
            "code": 61_110_001,
            "message": "2 fields are invalid: page, search",
            "errors": [
                { "field": "page", "code": "out_of_range", "description": "must be at least 1" },
                {
                    "field": "search",
                    "code": "too_long",
                    "description": "must have at most 200 letters",
                },
            ],
            "request_id": "mine-1",
            "timestamp": "2027-01-15T08:00:00Z",
            "service": "billing-service",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        })
    );
}

#[tokio::test]
async fn an_answer_that_is_no_error_only_gets_its_request_id() {
    let got = send(&router().await, ask("/ok")).await;

    assert_eq!((got.status, got.body), (StatusCode::OK, json!("fine")));
    assert_eq!(got.headers["x-request-id"], "req_0000000000000000000000000000feed");
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_allow() {
    let router = router().await;

    let path = send(&router, ask("/nowhere")).await;
    let method = send(&router, Request::delete("/read")).await;

    is_problem(&path, 404, 61_110_004);
    is_problem(&method, 405, 61_110_010);
    assert_eq!(method.headers["allow"], "POST");
}

#[tokio::test]
async fn what_takes_too_long_is_408() {
    let got = send(&router().await, ask("/slow")).await;

    is_problem(&got, 408, 61_110_010);
}

#[tokio::test]
async fn a_stream_that_has_begun_may_take_longer() {
    let got = send(&router().await, ask("/stream")).await;

    assert_eq!((got.status, got.body), (StatusCode::OK, json!("chunk chunk chunk ")));
}

#[tokio::test]
async fn a_panic_and_an_inner_cause_are_500_and_not_shown() {
    let router = router().await;

    for path in ["/panic", "/broken"] {
        let got = send(&router, ask(path)).await;
        is_problem(&got, 500, 61_110_000);
        let text = got.body.to_string();
        assert!(!text.contains("hunter2") && !text.contains("SELECT"), "{text}");
    }
}

#[tokio::test]
async fn a_busy_service_says_when_to_come_again() {
    let got = send(&router().await, ask("/busy")).await;

    is_problem(&got, 503, 61_110_008);
    assert_eq!(
        (&got.headers["retry-after"], &got.body["retry_after"]),
        (&"1".parse().unwrap(), &json!(1))
    );
}

#[tokio::test]
async fn refusals_of_the_framework_become_problems_and_pages_stay() {
    let router = router().await;

    let theirs = send(&router, ask("/theirs?number=x")).await;
    let page = send(&router, ask("/page")).await;

    is_problem(&theirs, 400, 61_110_001);
    assert_eq!((page.status, page.body), (StatusCode::NOT_FOUND, json!("<p>no")));
}

#[tokio::test]
async fn a_malformed_path_is_400() {
    let router = router().await;

    for path in ["/ok%", "/ok%4", "/o%zz", "/%ff", "/%00"] {
        is_problem(&send(&router, ask(path)).await, 400, 61_110_001);
    }
}

#[tokio::test]
async fn a_body_is_read_when_it_is_a_json_object() {
    let router = router().await;

    let got = send_body(&router, json_to("/read"), r#"{"name": "Acme", "other": [1]}"#).await;
    let vendor = Request::post("/read").header("content-type", "application/merge-patch+json");
    let other = send_body(&router, vendor, r#"{"name": "Acme"}"#).await;

    assert_eq!((got.status, got.body), (StatusCode::OK, json!("Acme")));
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_400() {
    let router = router().await;
    let deep = format!("{{\"name\":{}", "[".repeat(900));

    for body in ["", "{", "[]", "null", r#"{"name": "\u0000"}"#, r#"{"a":"\u0000"}"#, &deep] {
        let got = send_body(&router, json_to("/read"), body.to_owned()).await;
        is_problem(&got, 400, 61_110_001);
        assert_eq!(got.body["errors"][0]["field"], "body", "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_415() {
    let router = router().await;

    for declared in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = Request::post("/read").header("content-type", declared);
        is_problem(&send_body(&router, request, "{}").await, 415, 61_110_009);
    }
    is_problem(&send_body(&router, Request::post("/read"), "{}").await, 415, 61_110_009);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_declared_or_not() {
    let router = router().await;
    let large = vec![b' '; 1025];
    let chunks = [Ok::<_, std::io::Error>(large[..600].to_vec()), Ok(large[600..].to_vec())];
    let stream = axum::body::Body::from_stream(futures_util::stream::iter(chunks));

    let declared = json_to("/read").header("content-length", "1025");
    let declared = send_body(&router, declared, large.clone()).await;
    let streamed = send_body(&router, json_to("/read"), stream).await;
    let allowed = send_body(&router, json_to("/large"), large).await;

    is_problem(&declared, 413, 61_110_009);
    is_problem(&streamed, 413, 61_110_009);
    assert_eq!((allowed.status, allowed.body), (StatusCode::OK, json!(1025)));
}

#[tokio::test]
async fn a_body_in_pieces_is_whole() {
    let pieces = [r#"{"na"#, r#"me": "#, r#""Acme"}"#].map(Ok::<_, std::io::Error>);
    let stream = axum::body::Body::from_stream(futures_util::stream::iter(pieces));

    let got = send_body(&router().await, json_to("/read"), stream).await;

    assert_eq!((got.status, got.body), (StatusCode::OK, json!("Acme")));
}

#[tokio::test]
async fn other_origins_are_let_in_only_by_setting_and_see_problems_too() {
    let ids = RequestIds::new(|| 1);
    let metrics = Metrics::new().expect("they are set up");
    let edge = Edge::new(fixed_clock(), ids, metrics, Duration::from_secs(1));
    let origin = "https://console.example";
    let open = edge.clone().wrap(Router::new(), &[origin.parse().expect("it is a value")]);
    let closed = edge.wrap(Router::new(), &[]);
    let preflight = || {
        Request::options("/x")
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
    };

    let shown = send(&open, ask("/x").header("origin", origin)).await;
    let hidden = send(&closed, ask("/x").header("origin", origin)).await;
    let allowed = send(&open, preflight()).await;
    let foreign = send(&open, ask("/x").header("origin", "https://evil.example")).await;

    is_problem(&shown, 404, 61_110_004);
    assert_eq!(shown.headers["access-control-allow-origin"], origin);
    assert!(!hidden.headers.contains_key("access-control-allow-origin"));
    assert_eq!(allowed.status, StatusCode::OK);
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn requests_are_counted_by_their_template() {
    let metrics = Metrics::new().expect("they are set up");
    let edge = Edge::new(fixed_clock(), RequestIds::new(|| 1), metrics.clone(), Duration::MAX);
    let router = Router::new()
        .nest("/api/v1", Router::new().route("/tenants/{tenant_id}", get(async || "fine")))
        .route("/metrics", get(async |State(metrics): State<Metrics>| metrics.render()))
        .with_state(metrics);
    let router = edge.wrap(router, &[]);

    send(&router, ask("/api/v1/tenants/tnt_1")).await;
    send(&router, ask("/api/v1/tenants/tnt_2")).await;
    send(&router, ask("/nowhere/tnt_3")).await;
    let page = send(&router, ask("/metrics")).await.body.to_string();

    assert!(
        page.contains(r#"route=\"/tenants/{tenant_id}\",method=\"GET\",status=\"200\"} 2"#),
        "{page}"
    );
    assert!(page.contains(r#"route=\"unknown\",method=\"GET\",status=\"404\"} 1"#), "{page}");
    assert!(!page.contains("tnt_"), "{page}");
}
