//! Payment gateways, over HTTP.

use axum::{body::Body, http::Method};
use countinghouse::db::{Purpose, Stmt};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Engine, Server, Who, engines};

const LIST: &str = "/admin/billing/payment-gateways";

const SECRET: &str = "hunter2-never-shown";

fn gateway(code: &str, name: &str) -> Value {
    let config = json!({ "app_id": "123456", "private_key": SECRET, "mode": { "live": true } });
    json!({ "code": code, "name": name, "config": config.to_string() })
}

async fn made(server: &Server, code: &str, name: &str) -> Answer {
    server.post(Who::SUPER, LIST, gateway(code, name)).await.expect(201)
}

fn path(made: &Answer) -> String {
    format!("{LIST}/{}", made.at("/data/id").as_str().unwrap())
}

fn config(answer: &Answer) -> Value {
    serde_json::from_str(answer.at("/data/config").as_str().unwrap()).unwrap()
}

/// The secrets that are stored: where, and the sealed bytes.
async fn secrets(server: &Server) -> Vec<(String, Vec<u8>)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new("SELECT place, sealed FROM gateway_secret ORDER BY gateway_id, place");
    tx.fetch_all(stmt).await.unwrap()
}

#[tokio::test]
async fn a_secret_is_sealed_and_never_shown_again() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let made = made(&server, "alipay", "Alipay").await;
        let shown = server.get(Who::SUPER, &path(&made)).await.expect(200);
        let list = server.get(Who::SUPER, LIST).await.expect(200);

        let masked =
            json!({ "app_id": "123456", "private_key": "********", "mode": { "live": true } });
        assert_eq!(config(&made), masked);
        assert_eq!(shown.at("/data"), made.at("/data"));
        assert_eq!(list.at("/items/0"), made.at("/data"));
        assert_eq!(
            (made.at("/data/status"), made.at("/data/version")),
            (json!("active"), json!(1))
        );
        let stored = secrets(&server).await;
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].0, "/private_key");
        for answer in [&made, &shown, &list] {
            assert!(!answer.text.contains(SECRET));
        }
        assert!(!stored[0].1.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
    }
}

#[tokio::test]
async fn no_file_of_the_database_has_a_secret_in_it() {
    let server = Server::start(engines().remove(0)).await;
    let made = made(&server, "alipay", "Alipay").await;
    let change = json!({ "config": json!({ "token": format!("{SECRET}-2") }).to_string() });
    server.put(Who::SUPER, &path(&made), change).await.expect(200);

    let Engine::Sqlite(folder) = server.engine() else { panic!("SQLite is the first") };
    let mut read = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        read += bytes.len();
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
    }

    assert!(read > 4_096);
}

#[tokio::test]
async fn a_mask_keeps_what_is_stored_and_what_is_left_out_is_gone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, "alipay", "Alipay").await;
        let before = secrets(&server).await;
        let put = async |config: Value| {
            let body = json!({ "config": config.to_string() });
            server.put(Who::SUPER, &path(&made), body).await
        };

        let renamed = json!({ "name": "Alipay International", "status": "inactive" });
        let renamed = server.put(Who::SUPER, &path(&made), renamed).await.expect(200);
        let kept = put(json!({ "private_key": "********", "app_id": "6", "token": "t" })).await;
        let kept = kept.expect(200);
        let after = secrets(&server).await;
        let nothing = put(json!({ "password": "********" })).await.expect(400);
        put(json!({ "private_key": "other", "token": "********" })).await.expect(200);
        let replaced = secrets(&server).await;
        put(json!({})).await.expect(200);

        assert_eq!(renamed.at("/data/name"), "Alipay International");
        assert_eq!(renamed.at("/data/status"), "inactive");
        assert_eq!(renamed.at("/data/config"), made.at("/data/config"));
        let masked = json!({ "private_key": "********", "app_id": "6", "token": "********" });
        assert_eq!(config(&kept), masked);
        assert_eq!((&after[0], after.len()), (&before[0], 2));
        assert_eq!(nothing.fields(), ["config"]);
        assert!(replaced[0].1 != after[0].1 && replaced[1] == after[1]);
        assert_eq!(secrets(&server).await, []);
        let last = server.get(Who::SUPER, &path(&made)).await.expect(200);
        assert_eq!(last.at("/data/version"), 5);
    }
}

#[tokio::test]
async fn a_mask_never_gives_one_account_the_key_of_another() {
    let account = |name, key| json!({ "name": name, "key": key });
    for engine in engines() {
        let server = Server::start(engine).await;
        let config = json!({ "accounts": [account("one", "1"), account("two", "2")] }).to_string();
        let new = json!({ "code": "alipay", "name": "Alipay", "config": config });
        let made = server.post(Who::SUPER, LIST, new).await.expect(201);
        let (one, two) = (account("one", "********"), account("two", "********"));
        let put = async |accounts: Value| {
            let config = json!({ "accounts": accounts }).to_string();
            let change = json!({ "config": config });
            server.put(Who::SUPER, &path(&made), change).await
        };
        let before = secrets(&server).await;

        let removed = put(json!([two])).await.expect(400);
        put(json!([two, one])).await.expect(400);
        let untouched = secrets(&server).await;
        put(json!([one, two])).await.expect(200);
        let unchanged = secrets(&server).await;
        put(json!([account("two", "2"), account("one", "1")])).await.expect(200);

        assert_eq!(removed.fields(), ["config"]);
        assert!(removed.text.contains("no_secret"));
        assert_eq!((&untouched, &unchanged), (&before, &before));
        assert_ne!(secrets(&server).await, before);
    }
}

#[tokio::test]
async fn what_another_changed_meanwhile_is_not_overwritten() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, "alipay", "Alipay").await;
        let tag = made.headers["etag"].clone();
        let with_tag = async |method: Method, body: Value| {
            let request = server.request(method, Who::SUPER, &path(&made));
            server.send(request.header("if-match", tag.clone()), Some(body.to_string())).await
        };
        let secret = json!({ "config": json!({ "private_key": "another" }).to_string() });

        with_tag(Method::PUT, secret.clone()).await.expect(200);
        // Only a secret changed, which nobody sees; it is another version all the same.
        with_tag(Method::PUT, secret).await.expect(412);
        with_tag(Method::DELETE, json!({})).await.expect(412);
        let now = server.get(Who::SUPER, &path(&made)).await.expect(200);
        let request = server.request(Method::DELETE, Who::SUPER, &path(&made));
        let gone = request.header("if-match", now.headers["etag"].clone());
        server.send(gone, None).await.expect(200);

        server.get(Who::SUPER, &path(&made)).await.expect(404);
        server.delete(Who::SUPER, &path(&made)).await.expect(404);
        server.put(Who::SUPER, &path(&made), json!({})).await.expect(404);
        assert_eq!(secrets(&server).await, []);
        server.post(Who::SUPER, LIST, gateway("alipay", "Again")).await.expect(201);
    }
}

#[tokio::test]
async fn a_code_is_taken_once_however_many_ask_for_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;

        let made = join_all((0..8).map(|n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            at.post(Who::SUPER, LIST, gateway("alipay", "Alipay"))
        }));
        let mut statuses: Vec<u16> = made.await.iter().map(|it| it.status.as_u16()).collect();
        let first = server.post_once(Who::SUPER, "k", LIST, gateway("wechat", "WeChat")).await;
        let again = server.post_once(Who::SUPER, "k", LIST, gateway("wechat", "WeChat")).await;

        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
        assert_eq!(first.expect(201).text, again.expect(201).text);
    }
}

#[tokio::test]
async fn words_find_gateways_by_name_and_code() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for (code, name) in
            [("alipay", "支付宝 Alipay"), ("wx_pay", "WeChat Pay 100%"), ("stripe", "Stripe")]
        {
            made(&server, code, name).await;
        }

        for (words, expected) in [
            ("", &["stripe", "wx_pay", "alipay"][..]),
            ("PAY", &["wx_pay", "alipay"]),
            ("pay%20wechat", &["wx_pay"]),
            ("%E4%BB%98", &["alipay"]),
            ("100%25", &["wx_pay"]),
            ("x_p", &["wx_pay"]),
            ("%25", &["wx_pay"]),
            ("_", &["wx_pay"]),
            ("%5C", &[]),
            ("nothing", &[]),
        ] {
            let found = server.get(Who::SUPER, &format!("{LIST}?name_or_code={words}")).await;
            let found = found.expect(200).at("/items");
            let codes: Vec<_> = found.as_array().unwrap().iter().map(|it| &it["code"]).collect();
            assert_eq!(codes, expected, "{words}");
        }
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = format!("{LIST}?page_size=1&name_or_code=pay&cursor={cursor}");
            let page = server.get(Who::SUPER, &page).await.expect(200);
            assert_eq!(page.at("/total"), 2);
            walked.push(page.at("/items/0/code"));
            match page.at("/pagination/next_cursor").as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(walked, ["wx_pay", "alipay"]);
        let long =
            server.get(Who::SUPER, &format!("{LIST}?name_or_code={}", "a+".repeat(11))).await;
        assert_eq!(long.expect(400).fields(), ["name_or_code"]);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let made = made(&server, "alipay", "Alipay").await;

    let empty = server.post(Who::SUPER, LIST, json!({})).await.expect(400);
    let bad = json!({ "code": "a b", "name": " ", "config": "[1]" });
    let bad = server.post(Who::SUPER, LIST, bad).await.expect(400);
    let no_text = json!({ "code": "a", "name": "a", "config": { "a": 1 } });
    let no_text = server.post(Who::SUPER, LIST, no_text).await.expect(400);
    let masked = json!({ "code": "a", "name": "a", "config": "{\"key\":\"********\"}" });
    let masked = server.post(Who::SUPER, LIST, masked).await.expect(400);
    let change = json!({ "name": "", "status": "open", "config": "{" });
    let change = server.put(Who::SUPER, &path(&made), change).await.expect(400);
    server.get(Who::ADMIN, LIST).await.expect(403);
    server.get(Who::SUPER, &format!("{LIST}/pg_001")).await.expect(404);

    assert_eq!(empty.fields(), ["code", "name", "config"]);
    assert_eq!(bad.fields(), ["code", "name", "config"]);
    assert_eq!(
        (no_text.fields(), masked.fields()),
        (vec!["config".to_owned()], vec!["config".to_owned()])
    );
    assert_eq!(change.fields(), ["name", "status", "config"]);
}

#[tokio::test]
async fn without_the_key_only_what_must_be_sealed_is_unavailable() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let keyless = server.beside_without_secret_key().await;
        let open = json!({ "code": "open", "name": "Open", "config": "{\"app_id\":1}" });

        let made = keyless.post(Who::SUPER, LIST, open).await.expect(201);
        let sealed = keyless.post(Who::SUPER, LIST, gateway("sealed", "Sealed")).await.expect(503);
        let change = json!({ "config": "{\"app_id\":2}", "name": "O" });
        keyless.put(Who::SUPER, &path(&made), change).await.expect(200);

        assert!(sealed.text.contains("secret_key"), "{}", sealed.text);
        assert!(!sealed.text.contains(SECRET));
        assert_eq!(sealed.headers["retry-after"], "5");
        let body = server.request(Method::POST, Who::SUPER, LIST).body(Body::empty()).unwrap();
        server.answer(body).await.expect(400);
    }
}

#[tokio::test]
async fn what_requests_with_secrets_are_told_apart_by_is_kept_under_the_secret_key() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let keyless = server.beside_without_secret_key().await;
        let open = json!({ "code": "open", "name": "Open", "config": "{\"app_id\":1}" });
        let made = server.post(Who::SUPER, LIST, open).await.expect(201);
        let put = async |server: &Server, key: &str| {
            let request = server.request(Method::PUT, Who::SUPER, &path(&made));
            let request = request.header("idempotency-key", key);
            let request = request.header("content-type", "application/json");
            server.answer(request.body(Body::from("{\"name\":\"O\"}")).unwrap()).await
        };

        put(&server, "hidden").await.expect(200);
        put(&server, "hidden").await.expect(200);
        put(&keyless, "plain").await.expect(200);
        put(&keyless, "hidden").await.expect(422);

        let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
        let stmt = Stmt::new("SELECT fingerprint FROM command_answer");
        let kept: Vec<(Vec<u8>,)> = tx.fetch_all(stmt).await.unwrap();
        assert_eq!(kept.len(), 2);
        assert_ne!(kept[0], kept[1]);
    }
}
