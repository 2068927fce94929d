//! Every refusal over HTTP: its status, its code, and all that a problem must say.

mod bodies;
mod parameters;

use axum::{
    body::Body,
    http::{Method, Request, request::Builder},
};
use serde_json::Value;

use crate::harness::{API_KEY, Answer, BASE, SECRET, Server, Who, engines};

const INVALID: u64 = 61_110_001;
const UNAUTHORIZED: u64 = 61_110_002;
const FORBIDDEN: u64 = 61_110_003;
const NOT_FOUND: u64 = 61_110_004;
const CONFLICT: u64 = 61_110_005;
const KEY_REUSED: u64 = 61_110_006;
const BODY: u64 = 61_110_009;
const METHOD: u64 = 61_110_010;

/// What an answer never shows.
const SECRETS: &[&str] = &[
    SECRET,
    API_KEY,
    "SELECT",
    "INSERT",
    "UPDATE",
    "sqlx",
    "SQLITE",
    "panicked",
    "RUST_BACKTRACE",
    "src/",
    ".rs:",
    "Bearer e",
];

const ADJUST: &str = "/admin/billing/credit-balance/acme/adjust";

/// The text of each member of a problem.
const MEMBERS: [&str; 8] =
    ["type", "title", "detail", "instance", "message", "request_id", "timestamp", "service"];

/// A problem with this status and code, and nothing missing or too much in it.
#[track_caller]
fn refused(server: &Server, answer: &Answer, status: u16, code: u64) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.text);
    let problem = answer.json();
    for member in MEMBERS {
        assert!(
            problem[member].as_str().is_some_and(|text| !text.is_empty()),
            "{member}: {problem}"
        );
    }
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code);
    assert_eq!(problem["message"], problem["detail"]);
    assert_eq!(problem["service"], "billing-service");
    assert_eq!(problem["timestamp"], server.now().to_string());
    assert_eq!(answer.headers["x-request-id"], problem["request_id"].as_str().unwrap());
    assert_eq!(problem.get("errors").is_some(), code == INVALID, "{problem}");
    for row in problem["errors"].as_array().into_iter().flatten() {
        let texts = ["field", "code", "description"].map(|member| row[member].as_str().unwrap());
        assert!(texts.iter().all(|text| !text.is_empty()), "{problem}");
    }
    assert_eq!(problem.get("retry_after").is_some(), status == 429 || status == 503);
    for secret in SECRETS {
        assert!(!answer.text.contains(secret), "`{secret}` in {}", answer.text);
    }
    problem
}

/// A 400 that complains about exactly these fields.
#[track_caller]
fn invalid(server: &Server, answer: &Answer, fields: &[&str]) {
    refused(server, answer, 400, INVALID);
    assert_eq!(answer.fields(), fields, "{}", answer.text);
}

async fn answer(server: &Server, request: Builder, body: impl Into<Body>) -> Answer {
    server.answer(request.body(body.into()).unwrap()).await
}

/// A POST of a body as it is.
async fn post(server: &Server, path: &str, body: impl Into<Body>) -> Answer {
    let request = server.request(Method::POST, Who::ADMIN, path);
    answer(server, request.header("content-type", "application/json"), body).await
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let server = Server::start(engines().remove(0)).await;

    for path in ["/billing/nothing", "/billing/plans/", "/billing", "/internal/nothing", "/root/no"]
    {
        let found = server.get(Who::ADMIN, path).await;
        let problem = refused(&server, &found, 404, NOT_FOUND);
        assert_eq!(problem["type"], "urn:countinghouse:problem:unknown-route");
        assert!(problem["instance"].as_str().unwrap().ends_with(path.trim_start_matches("/root")));
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told_with_those_it_takes() {
    let server = Server::start(engines().remove(0)).await;
    let wrong = [
        ("DELETE", "/billing/plans", "GET,HEAD"),
        ("POST", "/billing/records/acme", "GET,HEAD"),
        ("GET", "/billing/subscribe", "POST"),
        ("PATCH", "/internal/billing/records", "POST"),
        ("POST", "/root/healthz", "GET,HEAD"),
        ("BREW", "/billing/plans", "GET,HEAD"),
    ];

    for (method, path, allowed) in wrong {
        let request = server.request(method.parse().unwrap(), Who::ADMIN, path);
        let found = answer(&server, request, Body::empty()).await;
        refused(&server, &found, 405, METHOD);
        assert_eq!(found.headers["allow"], allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_head_request_is_a_get_without_its_body() {
    let server = Server::start(engines().remove(0)).await;

    let head = server.request(Method::HEAD, Who::MEMBER, "/billing/records/acme");
    let head = answer(&server, head, Body::empty()).await.expect(200);

    assert_eq!(head.text, "");
}

#[tokio::test]
async fn a_credential_that_is_missing_or_wrong_is_unauthorized() {
    let server = Server::start(engines().remove(0)).await;
    let person = "/billing/records/acme";
    let service = "/internal/billing/subscription/acme";
    let token = server.token(serde_json::json!({ "sub": "u", "tenant_id": "acme" }));
    let attempts = [
        (person, "authorization", String::new()),
        (person, "authorization", "Bearer".to_owned()),
        (person, "authorization", "Bearer ".to_owned()),
        (person, "authorization", "Bearer a.b.c".to_owned()),
        (person, "authorization", format!("Basic {token}")),
        (person, "authorization", format!("Bearer {token}x")),
        (person, "authorization", token.clone()),
        (person, "x-api-key", API_KEY.to_owned()),
        (service, "authorization", format!("Bearer {token}")),
        (service, "x-api-key", String::new()),
        (service, "x-api-key", format!("{API_KEY}x")),
        (service, "x-api-key", API_KEY[1..].to_owned()),
    ];

    for (path, name, value) in attempts {
        let request = Request::get(format!("{BASE}{path}")).header(name, &value);
        let found = answer(&server, request, Body::empty()).await;
        refused(&server, &found, 401, UNAUTHORIZED);
        assert_eq!(found.headers["www-authenticate"], "Bearer", "{name}: {value}");
    }
}

#[tokio::test]
async fn a_token_that_names_no_tenant_is_good_for_a_super_admin_only() {
    let server = Server::start(engines().remove(0)).await;
    let who = |role: &'static str| Who::Stateless { user: "usr_1", role };
    let own = "/billing/invoices";
    let admin = "/admin/billing/records/acme";

    let member = server.get(who("member"), own).await;
    let platform = server.get(who("super_admin"), own).await;
    let tenantless = server.get(who("admin"), admin).await;

    for found in [member, platform, tenantless] {
        refused(&server, &found, 403, FORBIDDEN);
    }
    server.get(who("super_admin"), admin).await.expect(200);
    server.get(Who::Nobody, "/billing/plans").await.expect(200);
}

#[tokio::test]
async fn a_tenant_in_a_header_must_agree_and_be_there_once_where_it_is_needed() {
    let server = Server::start(engines().remove(0)).await;
    let as_service =
        || server.request(Method::POST, Who::Service { tenant: None }, "/internal/billing/records");
    let as_member = |tenant: &str| {
        server.request(Method::GET, Who::MEMBER, "/billing/invoices").header("x-tenant-id", tenant)
    };

    let missing = answer(&server, as_service(), "").await;
    let twice = as_service().header("x-tenant-id", "a").header("x-tenant-id", "b");
    let twice = answer(&server, twice, "").await;
    let bad = answer(&server, as_service().header("x-tenant-id", "a/b"), "").await;
    let other = answer(&server, as_member("other"), "").await;
    let own = answer(&server, as_member("acme"), "").await;
    let empty = answer(&server, as_member(""), "").await;

    for found in [missing, twice, bad] {
        invalid(&server, &found, &["X-Tenant-ID"]);
    }
    refused(&server, &other, 403, FORBIDDEN);
    assert_eq!((own.status.as_u16(), empty.status.as_u16()), (200, 200));
}

#[tokio::test]
async fn an_idempotency_key_that_is_blank_or_too_long_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    let too_long = "k".repeat(256);
    let with_key = |key: &[u8]| {
        let request = server.request(Method::POST, Who::ADMIN, ADJUST);
        let key = axum::http::HeaderValue::from_bytes(key).unwrap();
        request.header("content-type", "application/json").header("idempotency-key", key)
    };
    let body = r#"{"amount": 1, "source": "promo"}"#;

    for key in [&b""[..], b" ", b"a b", b"a\tb", b"caf\xc3\xa9", too_long.as_bytes()] {
        let found = answer(&server, with_key(key), body).await;
        invalid(&server, &found, &["Idempotency-Key"]);
    }
    let twice = answer(&server, with_key(b"a").header("idempotency-key", "a"), body).await;
    invalid(&server, &twice, &["Idempotency-Key"]);
    let longest = answer(&server, with_key(&[b'k'; 255]), body).await;
    assert_eq!(longest.status, 201);
}

#[tokio::test]
async fn what_the_state_forbids_and_what_is_not_there_have_codes_of_their_own() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let take = r#"{"amount": -1, "source": "promo"}"#;
        let give = r#"{"amount": 1, "source": "promo"}"#;
        let give_more = r#"{"amount": 2, "source": "promo"}"#;
        let keyed = || {
            let request = server.request(Method::POST, Who::ADMIN, ADJUST);
            request.header("content-type", "application/json").header("idempotency-key", "k")
        };

        let overdrawn = post(&server, ADJUST, take).await;
        let nothing = server.get(Who::MEMBER, "/billing/subscription/acme").await;
        answer(&server, keyed(), give).await.expect(201);
        let reused = answer(&server, keyed(), give_more).await;

        refused(&server, &overdrawn, 409, CONFLICT);
        refused(&server, &nothing, 404, NOT_FOUND);
        refused(&server, &reused, 422, KEY_REUSED);
    }
}
