//! Which tokens are good.

use std::sync::Arc;

use axum::http::StatusCode;
use countinghouse_core::calendar::Instant;
use serde_json::json;

use super::{
    super::super::testing::{NOW, TestState, send, settings, standing_at},
    AuthSettings, UNAUTHORIZED, as_holder, ask, code, router, router_of, signed,
};
use crate::env::Clock;

#[tokio::test]
async fn without_a_usable_authorization_it_is_401() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({}));

    for header in ["", "Bearer", "Bearer ", "Basic dXNyOnB3", &token, "Bearer a.b.c", "Bearer x"] {
        let got = send(&router, ask("/own").header("authorization", header)).await;
        assert_eq!(code(&got), UNAUTHORIZED, "{header}");
        assert_eq!(got.headers["www-authenticate"], "Bearer");
    }
    let none = send(&router, ask("/own")).await;
    let twice = as_holder("/own", &token).header("authorization", format!("Bearer {token}"));
    assert_eq!(code(&none), UNAUTHORIZED);
    assert_eq!(code(&send(&router, twice).await), UNAUTHORIZED);
    let lower = ask("/own").header("authorization", format!("bearer {token}"));
    assert_eq!(send(&router, lower).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bad_claims_and_times_are_401() {
    let router = router_of(&settings()).await;
    let bad = [
        json!({ "exp": NOW - 30 }),
        json!({ "exp": null }),
        json!({ "exp": "1900000000" }),
        json!({ "exp": 1_900_000_000.5 }),
        json!({ "nbf": NOW + 31 }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "sub": "a b" }),
        json!({ "tenant_id": "a/b" }),
    ];

    for more in bad {
        let got = send(&router, as_holder("/own", &signed(&more))).await;
        assert_eq!(code(&got), UNAUTHORIZED, "{more}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_half_a_minute() {
    let router = router_of(&settings()).await;

    for more in [json!({ "exp": NOW - 29 }), json!({ "nbf": NOW + 30 })] {
        let got = send(&router, as_holder("/own", &signed(&more))).await;
        assert_eq!(got.status, StatusCode::OK, "{more}");
    }
}

#[tokio::test]
async fn the_user_may_be_named_by_user_id() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({ "sub": null, "user_id": "usr_9" }));

    let got = send(&router, as_holder("/tenants/tnt_1", &token)).await;

    assert_eq!(got.body["user"], "usr_9");
}

#[tokio::test]
async fn roles_are_the_union_of_their_three_forms() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({
        "role": "viewer",
        "roles": ["admin", "viewer"],
        "custom": { "role": "auditor", "other": 1 },
    }));

    let got = send(&router, as_holder("/own", &token)).await;

    assert_eq!(got.body["roles"], json!(["admin", "auditor", "viewer"]));
}

#[tokio::test]
async fn roles_of_another_shape_give_nothing() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({ "role": 7, "roles": { "admin": true }, "custom": "admin" }));

    let got = send(&router, as_holder("/own", &token)).await;

    assert_eq!(got.body["roles"], json!([]));
}

#[tokio::test]
async fn audience_and_issuer_are_checked_where_configured() {
    let audience = Some("billing".to_owned());
    let issuer = Some("https://id.example".to_owned());
    let router = router_of(&AuthSettings { audience, issuer, ..settings() }).await;
    let good = [
        json!({ "aud": "billing", "iss": "https://id.example" }),
        json!({ "aud": ["other", "billing"], "iss": "https://id.example" }),
    ];
    let bad = [
        json!({}),
        json!({ "aud": "billing" }),
        json!({ "aud": "other", "iss": "https://id.example" }),
        json!({ "aud": ["other"], "iss": "https://id.example" }),
        json!({ "aud": "billing", "iss": "https://other.example" }),
    ];

    for more in good {
        let got = send(&router, as_holder("/own", &signed(&more))).await;
        assert_eq!(got.status, StatusCode::OK, "{more}");
    }
    for more in bad {
        let got = send(&router, as_holder("/own", &signed(&more))).await;
        assert_eq!(code(&got), UNAUTHORIZED, "{more}");
    }
}

#[tokio::test]
async fn without_any_key_everyone_is_unknown() {
    let router = router_of(&AuthSettings::default()).await;

    let person = send(&router, as_holder("/own", &signed(&json!({})))).await;
    let service = send(&router, ask("/internal").header("x-api-key", "")).await;

    assert_eq!(code(&person), UNAUTHORIZED);
    assert_eq!(code(&service), UNAUTHORIZED);
}

#[tokio::test]
async fn a_remembered_token_still_expires() {
    let shown = standing_at(NOW);
    let clock = Clock::Manual(Arc::clone(&shown));
    let state = TestState::limited(&settings(), None, clock).await;
    let router = router(state);
    let token = signed(&json!({ "exp": NOW + 5 }));

    let mut statuses = Vec::new();
    for now in [NOW, NOW + 4, NOW + 34, NOW + 35] {
        *shown.lock().unwrap() = Instant::from_second(now).unwrap();
        statuses.push(send(&router, as_holder("/own", &token)).await.status.as_u16());
    }

    assert_eq!(statuses, [200, 200, 200, 401]);
}
