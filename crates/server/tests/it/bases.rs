//! One API under four paths, and what stands at the root only.

use axum::{body::Body, http::Request};
use countinghouse::http::bases::BASES;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Server, Who,
    contract::{operations, served},
    engines,
};

/// What stands at the root, and under no base.
const AT_ROOT: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

async fn get(server: &Server, path: &str) -> Answer {
    server.answer(Request::get(path).body(Body::empty()).unwrap()).await
}

/// The same request under a base.
async fn send(server: &Server, base: &str, method: &str, path: &str, body: &str) -> Answer {
    let request = server.request(method.parse().unwrap(), Who::ADMIN, path);
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    parts.uri = format!("{base}{path}").parse().unwrap();
    parts.headers.insert("content-type", "application/json".parse().unwrap());
    parts.headers.insert("idempotency-key", "once".parse().unwrap());
    server.answer(Request::from_parts(parts, Body::from(body.to_owned()))).await
}

#[tokio::test]
async fn the_four_bases_answer_alike() {
    let server = Server::start(engines().remove(0)).await;

    for operation in operations(&served()) {
        let path = operation.template.replace("{tenant_id}", "acme").replace("{record_id}", "acme");
        let path = path.replace(['{', '}'], "");
        let mut answers = Vec::new();
        for base in BASES {
            let answer = send(&server, base, &operation.method, &path, "").await;
            let mut body = answer.json();
            if let Some(instance) = body.get_mut("instance") {
                assert_eq!(*instance, json!(format!("{base}{path}")));
                *instance = Value::Null;
            }
            answers.push((answer.status, body));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{}", operation.name());
        assert_ne!(answers[0].1["type"], "urn:countinghouse:problem:unknown-route");
    }
}

#[tokio::test]
async fn a_key_is_the_same_key_under_every_base() {
    let server = Server::start(engines().remove(0)).await;
    let adjust = "/admin/billing/credit-balance/acme/adjust";
    let body = r#"{"amount": 5, "source": "promo"}"#;

    let mut texts = Vec::new();
    for base in BASES {
        let answer = send(&server, base, "POST", adjust, body).await.expect(201);
        assert_eq!(answer.headers.contains_key("idempotency-replayed"), !texts.is_empty());
        texts.push(answer.text);
    }

    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
    assert_eq!(balance.at("/data/balance"), 5);
}

#[tokio::test]
async fn what_stands_at_the_root_stands_nowhere_else() {
    let server = Server::start(engines().remove(0)).await;

    for path in AT_ROOT {
        get(&server, path).await.expect(200);
        for base in BASES {
            let answer = get(&server, &format!("{base}{path}")).await.expect(404);
            assert_eq!(answer.at("/code"), 61_110_004, "{base}{path}");
        }
    }
}

#[tokio::test]
async fn operations_stand_under_a_base_only() {
    let server = Server::start(engines().remove(0)).await;

    for path in ["/billing/plans", "/public/plans", "/api/v1", "/api/v1/", "/api/v2/billing/plans"]
    {
        get(&server, path).await.expect(404);
    }
    get(&server, "/api/v1/api/v1/billing/plans").await.expect(404);
    get(&server, "/api/v1/billing/plans/").await.expect(404);
    get(&server, "/api/v1//billing/plans").await.expect(404);
    get(&server, "/API/v1/billing/plans").await.expect(404);
    get(&server, "/api/v1/billing/plans").await.expect(200);
}

#[tokio::test]
async fn the_document_and_its_pages_are_served_at_the_root() {
    let server = Server::start(engines().remove(0)).await;

    let document = get(&server, "/openapi.json").await.expect(200);
    let page = get(&server, "/docs/").await.expect(200);
    let moved = get(&server, "/docs").await;

    assert_eq!(document.json(), served());
    assert_eq!(document.headers["content-type"], "application/json");
    let servers: Vec<Value> = BASES.iter().map(|base| json!({ "url": base })).collect();
    assert_eq!(document.at("/servers"), json!(servers));
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
    assert_eq!(moved.headers["location"], "/docs/");
}
