//! Exports of a user's data, over HTTP and from the command line.

use std::{
    io::Read as _,
    process::{Command, Output, Stdio},
};

use axum::{
    body::{Body, BodyDataStream},
    http::Method,
};
use countinghouse::db::Stmt;
use futures_util::{StreamExt as _, future::join_all};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use self::given::{records, tenant, usage};
use crate::harness::{API_KEY, Answer, BASE, Engine, Server, Who, engines};

mod given;

const EXPORT: &str = "/internal/billing/export-user-data";

const NOBODY: Who<'static> = Who::Service { tenant: None };

/// The lists of an export.
const LISTS: [&str; 11] = [
    "gate_overrides",
    "billing_records",
    "credit_transactions",
    "usage_stats",
    "usage_alerts",
    "metered_billing_records",
    "refund_approvals",
    "credit_notes",
    "apps",
    "usage_corrections",
    "endpoint_stats",
];

fn admin_of(tenant: &str) -> Who<'_> {
    Who::Person { tenant, user: "usr_a", role: "admin" }
}

async fn export(server: &Server, who: Who<'_>, user: &str) -> Answer {
    server.post(who, EXPORT, json!({ "user_id": user })).await
}

/// Starts an export of `usr_a` and answers its body.
async fn start(server: &Server, tenant: &str) -> BodyDataStream {
    let request = server.request(Method::POST, Who::Service { tenant: Some(tenant) }, EXPORT);
    let request = request.header("content-type", "application/json");
    let request = request.body(Body::from(r#"{"user_id":"usr_a"}"#)).unwrap();
    let response = server.router().oneshot(request).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    response.into_body().into_data_stream()
}

/// What came of a body, and whether it ended as it should.
async fn read(mut body: BodyDataStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(_) => return (bytes, false),
        }
    }
    (bytes, true)
}

/// The items of a list operation, all pages of it.
async fn items(server: &Server, tenant: &str, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{path}?page_size=100&cursor={cursor}");
        let page = server.get(admin_of(tenant), &path).await.expect(200);
        items.extend(page.at("/items").as_array().unwrap().clone());
        match page.at("/pagination/next_cursor").as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return items,
        }
    }
}

#[tokio::test]
async fn the_administrator_gets_what_every_operation_shows_of_the_tenant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        usage(&server, "acme").await;
        for amount in ["10", "2.5", "-1.25"] {
            let body = json!({ "amount": amount, "source": "promo", "remark": "a \"gift\"" });
            let path = "/admin/billing/credit-balance/acme/adjust";
            server.post(Who::ADMIN, path, body).await.expect(201);
        }

        let profile = "/admin/billing/tenants/acme/profile";
        let about =
            json!({ "legal_name": "Acme 有限公司", "tax_rate": 0.06, "email": "a@b.example" });
        server.put(Who::ADMIN, profile, about).await.expect(200);
        let gate = json!({ "gate_key": "sso", "enabled": false });
        let gates = "/admin/billing/feature-gates/overrides";
        server.put(Who::ADMIN, gates, gate).await.expect(200);

        let found = export(&server, NOBODY, "usr_a").await.expect(200);
        let named = export(&server, Who::SERVICE, "usr_a").await.expect(200);

        assert_eq!(named.text, found.text);
        assert_eq!((found.at("/code"), found.at("/message")), (json!(0), json!("success")));
        assert_eq!(found.at("/timestamp"), "2026-01-31T12:00:00Z");
        let data = found.at("/data");
        assert_eq!(data["user_id"], "usr_a");
        assert_eq!(data["tenant_id"], "acme");
        assert_eq!(data["exported_at"], "2026-01-31T12:00:00Z");
        assert_eq!(data.get("note"), None);
        let subscription = server.get(Who::ADMIN, "/billing/subscription/acme").await;
        assert_eq!(data["subscription"], subscription.at("/data"));
        let balance = server.get(Who::ADMIN, "/billing/credit-balance/acme").await;
        assert_eq!(data["credit_balance"], balance.at("/data"));
        let shown = server.get(Who::ADMIN, profile).await.expect(200);
        assert_eq!(data["profile"], shown.at("/data"));
        assert_eq!(data["profile"]["legal_name"], "Acme 有限公司");
        let shown = server.get(Who::ADMIN, gates).await;
        assert_eq!(data["gate_overrides"], shown.expect(200).at("/overrides"));
        assert_eq!(data["gate_overrides"][0]["gate_key"], "sso");
        let transactions = items(&server, "acme", "/billing/credit-transactions/acme").await;
        assert_eq!(transactions.len(), 3);
        assert_eq!(data["credit_transactions"], json!(transactions));
        let records = items(&server, "acme", "/billing/records/acme").await;
        assert_eq!(records.len(), 1);
        assert_eq!(data["billing_records"], json!(records));
        let alerts = data["usage_alerts"].as_array().unwrap().iter().map(|alert| &alert["name"]);
        assert_eq!(alerts.collect::<Vec<_>>(), ["acme 3", "acme 2", "acme 1"]);
        assert_eq!(data["usage_alerts"][2]["last_triggered_at"], "2026-01-31T12:00:00Z");
        assert_eq!(data["usage_alerts"][0].get("last_triggered_at"), None);
        assert_eq!(data["usage_stats"].as_array().unwrap().len(), 2);
        assert_eq!(data["usage_stats"][0]["date"], "2026-01-30");
        assert_eq!(data["usage_stats"][0]["api_requests"], 11);
        assert_eq!(data["usage_stats"][0]["user_count"], 10);
        let metered = json!({
            "period_start": "2026-01-01T00:00:00Z",
            "period_end": "2026-02-01T00:00:00Z",
            "resource_type": "api_calls",
            "total_usage": 120,
            "included_units": 100,
            "overage_units": 20,
            "overage_amount": "8.05",
            "status": "invoiced",
        });
        assert_eq!(data["metered_billing_records"][1], metered);
        assert_eq!(data["metered_billing_records"][0]["app_id"], "a");
    }
}

#[tokio::test]
async fn another_user_gets_what_they_made_and_a_note() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        usage(&server, "acme").await;

        let member = export(&server, Who::SERVICE, "usr_m").await.expect(200);
        let unknown = export(&server, Who::SERVICE, "usr_nobody").await.expect(200);

        let alerts = member.at("/data/usage_alerts");
        assert_eq!(alerts.as_array().unwrap().len(), 1);
        assert_eq!(alerts[0]["name"], "acme 2");
        assert_eq!(unknown.at("/data/usage_alerts"), json!([]));
        for answer in [member, unknown] {
            let data = answer.at("/data");
            assert!(data["note"].as_str().unwrap().contains("does not administer"), "{data}");
            assert_eq!(data["tenant_id"], "acme");
            for member in ["subscription", "credit_balance", "profile"] {
                assert_eq!(data.get(member), None, "{member}");
            }
            for list in LISTS.into_iter().filter(|list| *list != "usage_alerts") {
                assert_eq!(data[list], json!([]), "{list}");
            }
        }
    }
}

#[tokio::test]
async fn who_administers_nothing_gets_nothing_and_a_note() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;

        // One made alerts, one administers nothing, one is unknown; a tenant may be unknown too.
        let beyond = Who::Service { tenant: Some("nowhere") };
        let answers = [
            export(&server, NOBODY, "usr_m").await.expect(200),
            export(&server, NOBODY, "usr_nobody").await.expect(200),
            export(&server, beyond, "usr_a").await.expect(200),
        ];

        for answer in answers {
            let data = answer.at("/data");
            assert!(data["note"].is_string(), "{data}");
            for member in ["subscription", "credit_balance", "profile"] {
                assert_eq!(data.get(member), None, "{member}");
            }
            for list in LISTS {
                assert_eq!(data[list], json!([]), "{list}");
            }
        }
    }
}

#[tokio::test]
async fn several_tenants_are_refused_and_none_of_them_is_named() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for id in ["acme", "beta", "gamma"] {
            tenant(&server, id).await;
        }

        let refused = export(&server, NOBODY, "usr_a").await.expect(400);
        let named = export(&server, Who::Service { tenant: Some("beta") }, "usr_a").await;

        assert_eq!(refused.fields(), ["X-Tenant-ID"]);
        assert_eq!(refused.at("/code"), 61_110_001);
        assert!(!["acme", "beta", "gamma"].iter().any(|id| refused.text.contains(id)));
        assert_eq!(named.expect(200).at("/data/subscription/tenant_id"), "beta");
    }
}

#[tokio::test]
async fn only_the_administrator_of_the_latest_subscription_counts() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        let over = Stmt::new("UPDATE subscription SET status = 'cancelled' WHERE tenant_id = $1");
        let mut tx = server.env.db.begin().await.unwrap();
        tx.execute(over.bind("acme")).await.unwrap();
        tx.commit().await.unwrap();
        let next = Who::Person { tenant: "acme", user: "usr_b", role: "member" };
        server.post(next, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);

        let former = export(&server, Who::SERVICE, "usr_a").await.expect(200);
        let found = export(&server, NOBODY, "usr_a").await.expect(200);
        let latest = export(&server, NOBODY, "usr_b").await.expect(200);

        assert!(former.at("/data/note").is_string());
        assert_eq!(former.at("/data/usage_alerts").as_array().unwrap().len(), 2);
        assert_eq!(former.at("/data/billing_records"), json!([]));
        assert_eq!(found.at("/data/tenant_id"), Value::Null);
        assert_eq!(latest.at("/data/subscription/plan_id"), "basic");
        assert_eq!(latest.at("/data/billing_records").as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_a_problem() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let bad = Who::Service { tenant: Some("a/b") };

        for (who, body, status) in [
            (NOBODY, json!({}), 400),
            (NOBODY, json!({ "user_id": "a b" }), 400),
            (NOBODY, json!({ "user_id": 7 }), 400),
            (NOBODY, json!([]), 400),
            (bad, json!({ "user_id": "usr_a" }), 400),
            (Who::Nobody, json!({ "user_id": "usr_a" }), 401),
            (Who::ADMIN, json!({ "user_id": "usr_a" }), 401),
        ] {
            let answer = server.post(who, EXPORT, body.clone()).await.expect(status);

            assert_eq!(answer.headers["content-type"], "application/problem+json", "{body}");
        }
    }
}

#[tokio::test]
async fn thousands_of_records_are_all_there_as_the_list_shows_them_and_no_one_elses() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for id in ["acme", "acme2"] {
            tenant(&server, id).await;
            usage(&server, id).await;
            records(&server, id, 4_500, "0.0004").await;
        }

        let (body, ended) = read(start(&server, "acme").await).await;

        assert!(ended);
        let text = String::from_utf8(body).unwrap();
        let export: Value = serde_json::from_str(&text).unwrap();
        let shown = export["data"]["billing_records"].as_array().unwrap();
        let listed = items(&server, "acme", "/billing/records/acme").await;
        assert_eq!(shown.len(), 4_500);
        assert!(*shown == listed, "every record is as the list shows it");
        assert!(!text.contains("acme2"));
        // Not only the values: the text of every member is that of the list.
        let path = "/billing/records/acme?page_size=100&page=3";
        let page = server.get(Who::ADMIN, path).await.expect(200).text;
        let rows =
            page.split_once("\"items\":[").unwrap().1.split_once("],\"pagination").unwrap().0;
        assert!(text.contains(rows));
    }
}

#[tokio::test]
async fn an_export_shows_the_moment_at_which_it_began() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        records(&server, "acme", 3_000, "0.0004").await;
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        let grant = |amount: i64| json!({ "amount": amount, "source": "promo" });
        server.post(Who::ADMIN, adjust, grant(7)).await.expect(201);

        // It is longer than what waits for the reader, so most of it is read after the changes.
        let body = start(&server, "acme").await;
        server.post(Who::ADMIN, adjust, grant(5)).await.expect(201);
        usage(&server, "acme").await;
        let (bytes, ended) = read(body).await;
        let next = export(&server, Who::SERVICE, "usr_a").await.expect(200);

        assert!(ended);
        let first: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(first["data"]["credit_balance"]["balance"], 7);
        assert_eq!(first["data"]["credit_transactions"].as_array().unwrap().len(), 1);
        assert_eq!(first["data"]["usage_stats"], json!([]));
        assert_eq!(next.at("/data/credit_balance/balance"), 12);
        assert_eq!(next.at("/data/usage_stats").as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn exports_and_writers_get_on_and_every_export_adds_up() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        let writers = join_all((1..=60).map(async |amount: i64| {
            let body = json!({ "amount": amount, "source": "promo" });
            server.post(Who::ADMIN, adjust, body).await.expect(201);
        }));
        let exports = async {
            let mut seen = Vec::new();
            for _ in 0..8 {
                seen.push(export(&server, Who::SERVICE, "usr_a").await.expect(200).at("/data"));
            }
            seen
        };

        let (_, mut seen) = tokio::join!(writers, exports);
        seen.push(export(&server, Who::SERVICE, "usr_a").await.expect(200).at("/data"));

        for data in &seen {
            let transactions = data["credit_transactions"].as_array().unwrap();
            let sum: i64 = transactions.iter().map(|it| it["amount"].as_i64().unwrap()).sum();
            assert_eq!(data["credit_balance"]["balance"], sum);
        }
        assert_eq!(seen[8]["credit_balance"]["balance"], 60 * 61 / 2);
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_its_place_to_the_next() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        records(&server, "acme", 3_000, "0.0004").await;

        // More of them than there are connections for exports.
        for _ in 0..10 {
            let mut body = start(&server, "acme").await;
            body.next().await.unwrap().unwrap();
        }

        export(&server, Who::SERVICE, "usr_a").await.expect(200);
    }
}

#[tokio::test]
async fn an_export_that_fails_half_way_breaks_the_connection() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        records(&server, "acme", 3_000, "no decimal").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{BASE}{EXPORT}", listener.local_addr().unwrap());
        let serving = tokio::spawn(axum::serve(listener, server.router()).into_future());

        let request = reqwest::Client::new().post(url).header("x-api-key", API_KEY);
        let request = request.header("content-type", "application/json");
        let mut response = request.body(r#"{"user_id":"usr_a"}"#).send().await.unwrap();

        assert_eq!(response.status().as_u16(), 200);
        let mut bytes = Vec::new();
        let broken = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(broken, "the body must not seem to end");
        assert!(bytes.len() > 1_000_000 && serde_json::from_slice::<Value>(&bytes).is_err());
        serving.abort();
    }
}

#[tokio::test]
async fn a_service_that_stops_waits_for_no_reader_and_ends_no_export_well() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        records(&server, "acme", 3_000, "0.0004").await;
        let body = start(&server, "acme").await;

        server.env.db.close().await;

        let (bytes, ended) = read(body).await;
        assert!(!ended);
        assert!(serde_json::from_slice::<Value>(&bytes).is_err());
    }
}

#[tokio::test]
async fn the_command_line_writes_the_same_bytes() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        usage(&server, "acme").await;
        records(&server, "acme", 3_000, "0.0004").await;

        for (user, tenant) in [("usr_a", None), ("usr_a", Some("acme")), ("usr_m", Some("acme"))] {
            let answer = export(&server, Who::Service { tenant }, user).await.expect(200);
            let printed = run(command(server.engine(), user, tenant));

            assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
            let printed = String::from_utf8(printed.stdout).unwrap();
            assert!(without_times(&printed) == without_times(&answer.text), "{user} {tenant:?}");
            assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["code"], 0);
        }
    }
}

#[tokio::test]
async fn the_command_line_tells_by_its_exit_whether_all_of_it_was_written() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server, "acme").await;
        tenant(&server, "beta").await;
        records(&server, "acme", 3_000, "0.0004").await;
        records(&server, "beta", 3_000, "no decimal").await;

        let several = run(command(server.engine(), "usr_a", None));
        let malformed = run(command(server.engine(), "usr a", None));
        let cut_off = run(command(server.engine(), "usr_a", Some("beta")));
        let mut headed = command(server.engine(), "usr_a", Some("acme"));
        let mut headed = headed.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        headed.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
        let headed = headed.wait_with_output().unwrap();

        for refused in [several, malformed] {
            assert_eq!(refused.status.code(), Some(1));
            assert_eq!((refused.stdout.len(), refused.stderr.is_empty()), (0, false));
        }
        assert_eq!(cut_off.status.code(), Some(1));
        assert!(cut_off.stdout.len() > 1_000_000);
        assert!(serde_json::from_slice::<Value>(&cut_off.stdout).is_err());
        assert!(headed.status.success(), "{}", String::from_utf8_lossy(&headed.stderr));
    }
}

fn command(engine: &Engine, user: &str, tenant: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countinghouse"));
    command.env_clear().args(["export-user", "--user", user, "--database-url", &engine.url()]);
    command.args(tenant.into_iter().flat_map(|tenant| ["--tenant", tenant]));
    command
}

fn run(mut command: Command) -> Output {
    command.output().unwrap()
}

/// The text without the two instants of the export itself.
fn without_times(text: &str) -> String {
    let (head, rest) = text.split_once("\"exported_at\":\"").unwrap();
    let (body, end) = rest.rsplit_once("\"timestamp\":\"").unwrap();
    let long = "2026-01-31T12:00:00Z".len();
    [head, &body[long..], &end[long..]].concat()
}
