//! Tokens, API keys and permissions, through a router.

use std::sync::{Arc, atomic::AtomicI64};

use axum::{
    Router,
    http::{Method, Request, StatusCode, request::Builder},
    response::{IntoResponse, Response},
    routing::get,
};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::{
    super::{
        envelope::Answer,
        problem::ApiError,
        rate::RateLimit,
        testing::{
            API_KEY, EC, ED, Got, NOW, RSA, SECRET, Signer, TestState, claims, claims_with,
            clock_at, edged, fixed_clock, send, settings,
        },
    },
    Admin, AuthSettings, InternalCaller, JwksSource, Keys, PlatformAdmin, TenantAdmin,
    TenantReader, TokenTenant,
};

/// A route for each permission, telling what was found.
fn router(state: TestState) -> Router {
    fn tell(value: &Value) -> Response {
        Answer::ok(value.to_string().into()).into_response()
    }
    let reader = get(async |TenantReader { tenant, caller }: TenantReader| {
        tell(&json!({ "tenant": tenant.as_str(), "user": caller.user.as_str() }))
    });
    let own = get(async |TokenTenant { tenant, caller }: TokenTenant| {
        tell(&json!({ "tenant": tenant.as_str(), "roles": &caller.roles[..] }))
    });
    let tenant_admin = get(async |TenantAdmin { tenant, .. }: TenantAdmin| {
        tell(&json!({ "tenant": tenant.as_str() }))
    });
    let admin = get(async |Admin { tenant, .. }: Admin| {
        tell(&json!({ "tenant": tenant.as_ref().map(|tenant| tenant.as_str()) }))
    });
    let platform = get(async |PlatformAdmin { caller }: PlatformAdmin| {
        tell(&json!({ "user": caller.user.as_str() }))
    });
    let service = get(async |service: InternalCaller| {
        let tenant = service.tenant()?.as_str().to_owned();
        Ok::<_, ApiError>(tell(&json!({ "tenant": tenant })))
    });
    let router = Router::new()
        .route("/tenants/{tenant_id}", reader)
        .route("/own", own)
        .route("/admin/{id}", tenant_admin)
        .route("/admin", admin)
        .route("/platform", platform)
        .route("/internal", service)
        .with_state(state);
    edged(router)
}

async fn router_of(settings: &AuthSettings) -> Router {
    router(TestState::new(settings).await)
}

fn ask(path: &str) -> Builder {
    Request::builder().method(Method::GET).uri(path)
}

fn as_holder(path: &str, token: &str) -> Builder {
    ask(path).header("authorization", format!("Bearer {token}"))
}

fn signed(more: &Value) -> String {
    Signer::hs256(SECRET.as_bytes()).sign(&claims_with(more))
}

fn code(got: &Got) -> (u16, i64) {
    (got.status.as_u16(), got.body["code"].as_i64().unwrap_or(-1))
}

const UNAUTHORIZED: (u16, i64) = (401, 61_110_002);
const FORBIDDEN: (u16, i64) = (403, 61_110_003);
const INVALID: (u16, i64) = (400, 61_110_001);

#[tokio::test]
async fn a_member_reads_their_own_tenant() {
    let router = router_of(&settings()).await;

    let got = send(&router, as_holder("/tenants/tnt%5F1", &signed(&json!({})))).await;

    assert_eq!(got.status, StatusCode::OK, "{:?}", got.body);
    assert_eq!(got.body, json!({ "tenant": "tnt_1", "user": "usr_1" }));
}

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

/// Settings whose key set holds the public halves of these.
fn with_key_set(directory: &tempfile::TempDir, signers: &[&Signer]) -> AuthSettings {
    let path = directory.path().join("jwks.json");
    let mut keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    keys.push(json!({ "kty": "oct", "kid": "secret", "k": "c2VjcmV0" }));
    keys.push(json!({ "kty": "new-kind", "kid": "new" }));
    std::fs::write(&path, json!({ "keys": keys }).to_string()).expect("it is written");
    AuthSettings { jwks: Some(JwksSource::File(path)), ..AuthSettings::default() }
}

#[tokio::test]
async fn rs256_es256_and_eddsa_are_verified_against_the_key_set() {
    let directory = tempfile::tempdir().expect("there is room");
    let router = router_of(&with_key_set(&directory, &[&RSA, &EC, &ED])).await;

    for signer in [&*RSA, &*EC, &*ED] {
        let mut nameless = signer.clone();
        nameless.header.kid = None;
        for token in [signer.sign(&claims()), nameless.sign(&claims())] {
            let got = send(&router, as_holder("/own", &token)).await;
            assert_eq!(got.status, StatusCode::OK, "{:?}", signer.header.alg);
        }
    }
}

#[tokio::test]
async fn a_secret_never_verifies_against_a_public_key() {
    let directory = tempfile::tempdir().expect("there is room");
    let only_public = router_of(&with_key_set(&directory, &[&RSA, &EC])).await;
    let public = RSA.jwk();
    let modulus = public["n"].as_str().expect("it has a modulus");
    let known_texts = [modulus.as_bytes(), public.to_string().as_bytes(), b"secret"].map(Vec::from);

    for secret in known_texts {
        let mut forger = Signer::hs256(&secret);
        for kid in [Some("rsa-1".to_owned()), Some("secret".to_owned()), None] {
            forger.header.kid = kid;
            let got = send(&only_public, as_holder("/own", &forger.sign(&claims()))).await;
            assert_eq!(code(&got), UNAUTHORIZED);
        }
    }
    let only_secret = router_of(&settings()).await;
    let got = send(&only_secret, as_holder("/own", &RSA.sign(&claims()))).await;
    assert_eq!(code(&got), UNAUTHORIZED);
}

#[tokio::test]
async fn foreign_keys_other_algorithms_and_headers_that_bring_a_key_are_refused() {
    let directory = tempfile::tempdir().expect("there is room");
    let settings = AuthSettings {
        hs256_secret: Some(SECRET.into()),
        ..with_key_set(&directory, &[&RSA, &EC])
    };
    let router = router_of(&settings).await;
    let edit = |change: fn(&mut jsonwebtoken::Header)| {
        let mut signer = RSA.clone();
        change(&mut signer.header);
        signer.sign(&claims())
    };
    let mut hs512 = Signer::hs256(SECRET.as_bytes());
    hs512.header.alg = Algorithm::HS512;
    let unsigned = {
        let token = Signer::hs256(SECRET.as_bytes()).sign(&claims());
        let claims = token.split('.').nth(1).expect("it has claims").to_owned();
        // {"alg":"none","typ":"JWT"}
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")
    };
    let stripped = RSA.sign(&claims()).rsplit_once('.').expect("it is signed").0.to_owned() + ".";

    let refused = [
        Signer::ec("ec-1").sign(&claims()),
        ED.sign(&claims()),
        Signer::hs256(b"another-secret-of-thirty-two-bytes!!").sign(&claims()),
        hs512.sign(&claims()),
        edit(|header| header.jku = Some("https://evil.example/jwks".to_owned())),
        edit(|header| header.x5u = Some("https://evil.example/x5u".to_owned())),
        edit(|header| header.crit = Some(vec!["b64".to_owned()])),
        edit(|header| header.alg = Algorithm::RS512),
        edit(|header| header.kid = Some("ec-1".to_owned())),
        unsigned,
        stripped,
    ];

    for (index, token) in refused.iter().enumerate() {
        let got = send(&router, as_holder("/own", token)).await;
        assert_eq!(code(&got), UNAUTHORIZED, "number {index}");
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
async fn a_remembered_token_still_expires() {
    let second = Arc::new(AtomicI64::new(NOW));
    let state = TestState::limited(&settings(), None, clock_at(Arc::clone(&second))).await;
    let router = router(state);
    let token = signed(&json!({ "exp": NOW + 5 }));

    let mut statuses = Vec::new();
    for now in [NOW, NOW + 4, NOW + 34, NOW + 35] {
        second.store(now, std::sync::atomic::Ordering::Relaxed);
        statuses.push(send(&router, as_holder("/own", &token)).await.status.as_u16());
    }

    assert_eq!(statuses, [200, 200, 200, 401]);
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

/// A server of a key set, answering these one after the other and then the last for ever.
async fn serve_keys(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (index, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(method("GET")).respond_with(answer);
        let mock = if index == last { mock } else { mock.up_to_n_times(1) };
        mock.mount(&server).await;
    }
    server
}

fn set_of(signers: &[&Signer]) -> ResponseTemplate {
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))
}

fn from_url(server: &MockServer) -> AuthSettings {
    AuthSettings { jwks: Some(JwksSource::Url(server.uri())), ..AuthSettings::default() }
}

async fn verdict(keys: &Keys, signer: &Signer, now: i64) -> bool {
    keys.judge(&signer.sign(&claims()), now).await.is_ok()
}

#[tokio::test]
async fn an_unknown_key_id_fetches_the_rotated_set_and_old_verdicts_are_dropped() {
    let new = Signer::ec("ec-2");
    let server = serve_keys(vec![set_of(&[&EC]), set_of(&[&new])]).await;
    let router = router_of(&from_url(&server)).await;
    let (old_token, new_token) = (EC.sign(&claims()), new.sign(&claims()));

    let before = send(&router, as_holder("/own", &old_token)).await;
    let rotated = send(&router, as_holder("/own", &new_token)).await;
    let after = send(&router, as_holder("/own", &old_token)).await;

    assert_eq!((before.status.as_u16(), rotated.status.as_u16()), (200, 200));
    assert_eq!(code(&after), UNAUTHORIZED);
}

#[tokio::test]
async fn unknown_key_ids_fetch_at_most_every_so_often() {
    let server = serve_keys(vec![set_of(&[&EC])]).await;
    let keys = Keys::open(&from_url(&server)).await.expect("the set is there");
    let stranger = Signer::ec("ec-9");

    for now in [NOW, NOW + 1, NOW + 29, NOW + 30, NOW + 31] {
        assert!(!verdict(&keys, &stranger, now).await);
    }

    let fetches = server.received_requests().await.expect("they are recorded").len();
    assert_eq!(fetches, 3, "one at the start, one at once, one after the pause");
}

#[tokio::test]
async fn the_last_good_set_is_kept_when_the_url_fails() {
    let bad = [
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(json!({ "keys": [] })),
        ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:9/"),
    ];

    for answer in bad {
        let server = serve_keys(vec![set_of(&[&EC]), answer]).await;
        let keys = Keys::open(&from_url(&server)).await.expect("the set is there");

        assert!(!verdict(&keys, &Signer::ec("ec-9"), NOW).await);

        assert!(verdict(&keys, &EC, NOW).await);
        assert_eq!(server.received_requests().await.map(|requests| requests.len()), Some(2));
    }
}

#[tokio::test]
async fn a_url_that_is_down_at_the_start_is_asked_again() {
    let server = serve_keys(vec![ResponseTemplate::new(503), set_of(&[&EC])]).await;

    let keys = Keys::open(&from_url(&server)).await.expect("it starts all the same");

    assert!(verdict(&keys, &EC, NOW).await);
}

#[tokio::test]
async fn a_file_that_is_no_set_stops_the_start() {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("jwks.json");
    let settings =
        AuthSettings { jwks: Some(JwksSource::File(path.clone())), ..AuthSettings::default() };

    assert!(Keys::open(&settings).await.is_err(), "it is not there");
    for text in ["", "[]", "{}", r#"{"keys": []}"#, r#"{"keys": [{"kty": "oct", "k": "YQ"}]}"#] {
        std::fs::write(&path, text).expect("it is written");
        assert!(Keys::open(&settings).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_key_for_encryption_or_another_algorithm_is_no_key() {
    let directory = tempfile::tempdir().expect("there is room");
    let settings = with_key_set(&directory, &[&EC]);
    let Some(JwksSource::File(path)) = &settings.jwks else { panic!("it is a file") };
    let (mut encrypting, mut other) = (RSA.jwk(), RSA.jwk());
    encrypting["use"] = json!("enc");
    other["alg"] = json!("RS512");
    let set = json!({ "keys": [EC.jwk(), encrypting, other] });
    std::fs::write(path, set.to_string()).expect("it is written");

    let keys = Keys::open(&settings).await.expect("one key is good");

    assert!(verdict(&keys, &EC, NOW).await);
    assert!(!verdict(&keys, &RSA, NOW).await);
}
