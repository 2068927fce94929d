//! Which keys a token may be signed by, and how they rotate.

use axum::http::StatusCode;
use jsonwebtoken::Algorithm;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::{
    super::{
        super::testing::{EC, ED, NOW, RSA, SECRET, Signer, claims, send, settings},
        AuthSettings, JwksSource, Keys,
    },
    UNAUTHORIZED, as_holder, code, router_of,
};

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
