//! The database goes away: between requests, and in the middle of a commit.
//!
//! A proxy stands between the service and PostgreSQL, and does what networks do.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::harness::{Engine, Server, Who, engines};

const ADJUST: &str = "/admin/billing/credit-balance/acme/adjust";

/// What the proxy does with connections.
#[derive(Clone, Copy, PartialEq)]
#[repr(u8)]
pub(crate) enum Mood {
    /// Carries bytes.
    Fair = 0,
    /// Closes every connection, and takes no new one.
    Gone = 1,
    /// Carries a commit to the server, and closes before its answer comes back.
    CutsCommits = 2,
    /// Closes a connection that asks to commit, before the server hears of it.
    EatsCommits = 3,
}

#[derive(Clone)]
pub(crate) struct Proxy(Arc<AtomicU8>);

impl Proxy {
    /// Stands before the PostgreSQL of `engine`; gives the URL through it.
    async fn before(engine: &Engine) -> (Self, String) {
        let url = engine.url();
        let (head, rest) = url.split_once('@').unwrap();
        let (address, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let through = format!("{head}@{}/{database}", listener.local_addr().unwrap());
        let proxy = Self(Arc::new(AtomicU8::new(Mood::Fair as u8)));
        let (mood, address) = (proxy.clone(), address.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !mood.is(Mood::Gone) {
                    tokio::spawn(carry(mood.clone(), client, address.clone()));
                }
            }
        });
        (proxy, through)
    }

    pub(crate) fn be(&self, mood: Mood) {
        self.0.store(mood as u8, Ordering::SeqCst);
    }

    fn is(&self, mood: Mood) -> bool {
        self.0.load(Ordering::SeqCst) == mood as u8
    }
}

async fn carry(mood: Proxy, client: TcpStream, address: String) {
    let server = TcpStream::connect(address).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut committing = false;
    loop {
        tokio::select! {
            read = from_client.read(&mut asked) => {
                let Ok(size @ 1..) = read else { return };
                let commit = asked[..size].windows(6).any(|bytes| bytes == b"COMMIT");
                if mood.is(Mood::Gone) || (commit && mood.is(Mood::EatsCommits)) {
                    return;
                }
                committing = commit && mood.is(Mood::CutsCommits);
                if to_server.write_all(&asked[..size]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut answered) => {
                let Ok(size @ 1..) = read else { return };
                if committing || mood.is(Mood::Gone) {
                    return;
                }
                if to_client.write_all(&answered[..size]).await.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {
                if mood.is(Mood::Gone) {
                    return;
                }
            }
        }
    }
}

fn grant() -> Value {
    json!({ "amount": 10, "source": "promo" })
}

async fn balance(server: &Server) -> Value {
    let answer = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
    answer.at("/data/balance")
}

/// A service behind a proxy, if there is a PostgreSQL.
pub(crate) async fn behind_proxy() -> Option<(Server, Proxy)> {
    let engine = engines().into_iter().find(|engine| engine.url().starts_with("postgres"))?;
    let (proxy, url) = Proxy::before(&engine).await;
    Some((Server::start_through(engine, &url).await, proxy))
}

#[tokio::test]
async fn a_database_that_is_gone_is_a_503_and_comes_back_by_itself() {
    let Some((server, proxy)) = behind_proxy().await else { return };
    server.post(Who::ADMIN, ADJUST, grant()).await.expect(201);

    proxy.be(Mood::Gone);
    let write = server.post(Who::ADMIN, ADJUST, grant()).await;
    let read = server.get(Who::MEMBER, "/billing/records/acme").await;
    let ready = server.get(Who::Nobody, "/root/readyz").await;
    proxy.be(Mood::Fair);
    let back = server.post(Who::ADMIN, ADJUST, grant()).await;

    for refused in [write, read, ready] {
        let refused = refused.expect(503);
        assert_eq!(refused.at("/code"), 61_110_008);
        assert!(refused.headers.contains_key("retry-after"));
        assert!(!refused.text.contains("sqlx"), "{}", refused.text);
    }
    // A pool may hand out one more dead connection, which is a 503 too, and no more than that.
    if back.status != 201 {
        back.expect(503);
        server.post(Who::ADMIN, ADJUST, grant()).await.expect(201);
    }
    server.get(Who::Nobody, "/root/readyz").await.expect(200);
    assert_eq!(balance(&server).await, 20);
}

#[tokio::test]
async fn a_commit_of_unknown_fate_is_said_to_be_so_and_a_repeat_by_key_is_safe() {
    for mood in [Mood::CutsCommits, Mood::EatsCommits] {
        let Some((server, proxy)) = behind_proxy().await else { return };
        server.post(Who::ADMIN, ADJUST, grant()).await.expect(201);

        proxy.be(mood);
        let unknown = server.post_once(Who::ADMIN, "k", ADJUST, grant()).await.expect(503);
        proxy.be(Mood::Fair);
        let mut repeat = server.post_once(Who::ADMIN, "k", ADJUST, grant()).await;
        while repeat.status == 503 {
            repeat = server.post_once(Who::ADMIN, "k", ADJUST, grant()).await;
        }
        let repeat = repeat.expect(201);

        assert!(unknown.at("/detail").as_str().unwrap().contains("Idempotency-Key"));
        let replayed = repeat.headers.contains_key("idempotency-replayed");
        assert_eq!(replayed, mood == Mood::CutsCommits);
        assert_eq!(balance(&server).await, 20);
    }
}
