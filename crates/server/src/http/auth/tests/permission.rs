//! Who may do what.

use axum::http::StatusCode;
use serde_json::json;

use super::{
    super::super::{
        rate::RateLimit,
        testing::{API_KEY, TestState, fixed_clock, send, settings},
    },
    AuthSettings, FORBIDDEN, INVALID, UNAUTHORIZED, as_holder, ask, code, router, router_of,
    signed,
};

#[tokio::test]
async fn a_member_reads_their_own_tenant() {
    let router = router_of(&settings()).await;

    let got = send(&router, as_holder("/tenants/tnt%5F1", &signed(&json!({})))).await;

    assert_eq!(got.status, StatusCode::OK, "{:?}", got.body);
    assert_eq!(got.body, json!({ "tenant": "tnt_1", "user": "usr_1" }));
}

#[tokio::test]
async fn another_tenant_is_403_and_looks_like_any_other_even_to_super_admin() {
    let router = router_of(&settings()).await;
    let tokens = [json!({}), json!({ "role": "admin" }), json!({ "role": "super_admin" })];

    for more in tokens {
        let token = signed(&more);
        let one = send(&router, as_holder("/tenants/tnt_2", &token)).await;
        let two = send(&router, as_holder("/tenants/tnt_3", &token)).await;
        assert_eq!(code(&one), FORBIDDEN, "{more}");
        assert_eq!(one.body["detail"], two.body["detail"]);
        assert!(!one.body["detail"].to_string().contains("tnt"), "{:?}", one.body);
    }
}

#[tokio::test]
async fn a_token_without_a_tenant_is_403_on_the_user_plane() {
    let router = router_of(&settings()).await;

    for tenant in [json!(null), json!("")] {
        let token = signed(&json!({ "tenant_id": tenant, "role": "super_admin" }));
        for path in ["/own", "/tenants/tnt_1"] {
            assert_eq!(code(&send(&router, as_holder(path, &token)).await), FORBIDDEN, "{path}");
        }
    }
}

#[tokio::test]
async fn a_tenant_header_must_agree_with_the_token() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({ "role": "admin" }));
    let sent = [("tnt_1", 200), ("", 200), ("tnt_2", 403), ("a/b", 403)];

    for (header, status) in sent {
        for path in ["/own", "/tenants/tnt_1", "/admin", "/admin/tnt_1"] {
            let request = as_holder(path, &token).header("x-tenant-id", header);
            assert_eq!(send(&router, request).await.status, status, "{path} {header}");
        }
    }
}

#[tokio::test]
async fn a_path_tenant_that_is_no_id_is_400_by_its_name() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({ "role": "super_admin" }));
    let long = "a".repeat(129);

    for bad in ["a%2Fb", "a%20b", "%C3%A9", "%2e%2e", "%00", "%ff", "%zz", long.as_str()] {
        for path in [format!("/tenants/{bad}"), format!("/admin/{bad}")] {
            let got = send(&router, as_holder(&path, &token)).await;
            assert_eq!(code(&got), INVALID, "{path}: {:?}", got.body);
            let field = got.body["errors"][0]["field"].as_str();
            assert!(matches!(field, Some("tenant_id" | "path")), "{path}: {field:?}");
        }
    }
}

#[tokio::test]
async fn an_admin_acts_for_their_tenant_and_a_super_admin_for_any() {
    let router = router_of(&settings()).await;
    let member = signed(&json!({}));
    let admin = signed(&json!({ "roles": ["admin"] }));
    let top = signed(&json!({ "custom": { "role": "super_admin" }, "tenant_id": null }));
    let expected = [
        (&member, "/admin/tnt_1", 403),
        (&member, "/admin", 403),
        (&member, "/platform", 403),
        (&admin, "/admin/tnt_1", 200),
        (&admin, "/admin/tnt_2", 403),
        (&admin, "/admin", 200),
        (&admin, "/platform", 403),
        (&top, "/admin/tnt_2", 200),
        (&top, "/admin", 200),
        (&top, "/platform", 200),
    ];

    for (token, path, status) in expected {
        let got = send(&router, as_holder(path, token)).await;
        assert_eq!(got.status, status, "{path}: {:?}", got.body);
    }
}

#[tokio::test]
async fn a_super_admin_names_a_tenant_by_the_header() {
    let router = router_of(&settings()).await;
    let token = signed(&json!({ "role": "super_admin" }));

    let all = send(&router, as_holder("/admin", &token)).await;
    let one = send(&router, as_holder("/admin", &token).header("x-tenant-id", "tnt_7")).await;
    let bad = send(&router, as_holder("/admin", &token).header("x-tenant-id", "a b")).await;

    assert_eq!(all.body["tenant"], json!(null));
    assert_eq!(one.body["tenant"], "tnt_7");
    assert_eq!((code(&bad), &bad.body["errors"][0]["field"]), (INVALID, &json!("X-Tenant-ID")));
}

#[tokio::test]
async fn a_service_is_known_by_any_of_the_keys_and_by_nothing_else() {
    let router = router_of(&settings()).await;
    let named =
        |key: &str| ask("/internal").header("x-api-key", key).header("x-tenant-id", "tnt_1");

    for good in [API_KEY, "another-key-of-sixteen"] {
        assert_eq!(send(&router, named(good)).await.body["tenant"], "tnt_1");
    }
    for bad in ["", "an-api-key", &API_KEY[1..], &format!("{API_KEY}x"), &API_KEY.to_uppercase()] {
        assert_eq!(code(&send(&router, named(bad)).await), UNAUTHORIZED, "{bad}");
    }
    let token = as_holder("/internal", &signed(&json!({ "role": "super_admin" })));
    assert_eq!(code(&send(&router, token).await), UNAUTHORIZED);
    let twice = named(API_KEY).header("x-api-key", API_KEY);
    assert_eq!(code(&send(&router, twice).await), UNAUTHORIZED);
}

#[tokio::test]
async fn a_service_that_must_name_a_tenant_and_does_not_is_400() {
    let router = router_of(&settings()).await;

    for header in [None, Some(""), Some("a/b")] {
        let mut request = ask("/internal").header("x-api-key", API_KEY);
        if let Some(header) = header {
            request = request.header("x-tenant-id", header);
        }
        let got = send(&router, request).await;
        assert_eq!(code(&got), INVALID, "{header:?}");
        assert_eq!(got.body["errors"][0]["field"], "X-Tenant-ID");
    }
}

#[tokio::test]
async fn who_calls_too_often_is_told_to_wait() {
    let rate = RateLimit::per_second(std::num::NonZeroU32::MIN);
    let router = router(TestState::limited(&settings(), Some(rate), fixed_clock()).await);
    let first = signed(&json!({}));
    let other = signed(&json!({ "sub": "usr_2" }));

    let mut got = Vec::new();
    for token in [&first, &first, &other] {
        got.push(send(&router, as_holder("/own", token)).await);
    }

    assert_eq!(got.iter().map(|got| got.status.as_u16()).collect::<Vec<_>>(), [200, 429, 200]);
    assert_eq!(got[1].headers["retry-after"], "1");
    assert_eq!((code(&got[1]), &got[1].body["retry_after"]), ((429, 61_110_007), &json!(1)));
}

#[tokio::test]
async fn anyone_may_ask_what_is_public_and_every_bad_part_of_the_path_is_told() {
    let router = router_of(&AuthSettings::default()).await;

    let got = send(&router, ask("/tenants/tnt_1/apps/app%5F1")).await;
    let bad = send(&router, ask("/tenants/a%20b/apps/..%2F")).await;

    assert_eq!((got.status, got.body), (StatusCode::OK, json!({ "app": "app_1" })));
    assert_eq!(code(&bad), INVALID);
    let fields = [&bad.body["errors"][0]["field"], &bad.body["errors"][1]["field"]];
    assert_eq!(fields, ["tenant_id", "app_id"]);
}
