//! The calls of endpoints.

use std::collections::BTreeMap;

use axum::http::Method;
use countinghouse_core::calendar::Date;
use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

use super::{data, zone};
use crate::harness::{Answer, Server, Who, engines};

const IMPORT: &str = "/internal/billing/endpoint-stats/import";
const TOP: &str = "/billing/usage/acme/endpoints";

fn figure(date: &str, endpoint: &str, requests: i64, errors: i64, latency: &Value) -> Value {
    json!({
        "date": date, "endpoint": endpoint, "request_count": requests, "error_count": errors,
        "avg_latency_ms": latency,
    })
}

fn of_app(app: &str, mut figure: Value) -> Value {
    figure["app_id"] = json!(app);
    figure
}

async fn import(server: &Server, records: Vec<Value>) -> Answer {
    server.post(Who::SERVICE, IMPORT, json!({ "records": records })).await
}

/// The names of the endpoints that are shown, and their calls.
async fn top(server: &Server, query: &str) -> Vec<(String, i64)> {
    let it = data(server, Who::MEMBER, &format!("{TOP}{query}")).await;
    let endpoints = it["endpoints"].as_array().unwrap().iter();
    let told = endpoints.map(|it| {
        (it["endpoint"].as_str().unwrap().to_owned(), it["request_count"].as_i64().unwrap())
    });
    told.collect()
}

fn pairs(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, calls)| ((*name).to_owned(), *calls)).collect()
}

#[tokio::test]
async fn what_is_sent_again_counts_once_and_takes_the_place_of_the_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let first = vec![
            figure("2026-01-30", "GET /a", 30, 3, &json!(10)),
            figure("2026-01-31", "GET /a", 10, 1, &json!("20.5")),
            of_app("app", figure("2026-01-31", "GET /a", 1, 0, &json!(0.001))),
            figure("2026-01-31", "GET /b", 5, 0, &json!(1)),
        ];

        let new = import(&server, first.clone()).await.expect(200);
        let again = import(&server, first).await.expect(200);

        let counts = |answer: &Answer| (answer.at("/data/imported"), answer.at("/data/updated"));
        assert_eq!(counts(&new), (json!(4), json!(0)));
        assert_eq!(counts(&again), (json!(0), json!(4)));
        let all = server.get(Who::MEMBER, TOP).await.expect(200);
        // (30 × 10 + 10 × 20.5 + 0.001) ÷ 41 = 12.31709…
        let expected = r#""endpoints":[{"endpoint":"GET /a","request_count":41,"error_count":4,"avg_latency_ms":12.317},{"endpoint":"GET /b","request_count":5,"error_count":0,"avg_latency_ms":1}]"#;
        assert!(all.text.contains(expected), "{}", all.text);
        assert_eq!((all.at("/data/days"), all.at("/data/tenant_id")), (json!(7), json!("acme")));
        let twin = data(&server, Who::SUPER, "/admin/billing/usage/acme/endpoints").await;
        assert_eq!(twin, all.at("/data"));
        let of_app = data(&server, Who::MEMBER, &format!("{TOP}?app_id=app")).await;
        assert_eq!(
            (&of_app["app_id"], &of_app["endpoints"][0]["request_count"]),
            (&json!("app"), &json!(1))
        );

        let changed = vec![
            figure("2026-01-30", "GET /a", 2, 0, &json!(0)),
            figure("2026-01-31", "GET /c", 1, 1, &json!(600_000)),
            json!({ "date": "2026-01-31", "endpoint": "GET /b" }),
            json!({ "date": "2026-01-31", "endpoint": "GET /never" }),
        ];
        let changed = import(&server, changed).await.expect(200);
        assert_eq!(counts(&changed), (json!(1), json!(2)));
        assert_eq!(top(&server, "").await, pairs(&[("GET /a", 13), ("GET /c", 1)]));
    }
}

#[tokio::test]
async fn the_most_called_come_first_and_then_the_first_by_name_on_every_engine() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let names = ["b", "B", "a", "_", "é", "Z", "a b", "10", "9"];
        let mut figures: Vec<Value> =
            names.iter().map(|it| figure("2026-01-31", it, 2, 0, &json!(1))).collect();
        figures.push(figure("2026-01-31", "most", 3, 0, &json!(1)));
        figures.push(figure("2026-01-31", "least", 1, 0, &json!(1)));
        figures.push(figure("2026-01-24", "least", 100, 0, &json!(1)));
        import(&server, figures).await.expect(200);
        let mut sorted: Vec<(&str, i64)> = names.iter().map(|it| (*it, 2)).collect();
        sorted.sort_unstable();
        sorted.insert(0, ("most", 3));

        for limit in [1, 2, 5, 10] {
            assert_eq!(top(&server, &format!("?limit={limit}")).await, pairs(&sorted[..limit]));
        }
        let all: Vec<(&str, i64)> = sorted.iter().copied().chain([("least", 1)]).collect();
        assert_eq!(top(&server, "").await, pairs(&all));
        assert_eq!(top(&server, "?days=8&limit=1").await, pairs(&[("least", 101)]));
        assert_eq!(top(&server, "?days=1&limit=11").await, pairs(&all));
        assert_eq!(top(&server, "?app_id=x").await, []);
        let other = Who::Person { tenant: "other", user: "usr_1", role: "member" };
        let other = data(&server, other, "/billing/usage/other/endpoints").await;
        assert_eq!(other["endpoints"], json!([]));
    }
}

#[tokio::test]
async fn the_largest_figures_of_a_year_add_up() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let most = 10_000_000_000_i64;
        let days = ["2025-01-30", "2025-06-01", "2026-01-31"];
        let figures = days.iter().map(|day| figure(day, "GET /a", most, most, &json!(600_000)));

        import(&server, figures.collect()).await.expect(200);

        let it = data(&server, Who::MEMBER, &format!("{TOP}?days=366")).await;
        let expected = json!([{
            "endpoint": "GET /a", "request_count": 2 * most, "error_count": 2 * most,
            "avg_latency_ms": 600_000,
        }]);
        assert_eq!(it["endpoints"], expected);
    }
}

#[tokio::test]
async fn any_number_of_days_has_the_calls_of_each_of_them_once() {
    let mut dice = StdRng::seed_from_u64(366);
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut told = BTreeMap::new();
        let mut today = Date::parse("2026-01-31").unwrap();
        for _ in 0..12 {
            let mut figures = BTreeMap::new();
            for _ in 0..200 {
                let day = today.plus_days(-dice.random_range(0..=366)).unwrap();
                let endpoint = format!("GET /{}", dice.random_range(0..4));
                let app = ["", "app"][dice.random_range(0..2)];
                let calls = dice.random_range(0..5);
                figures.insert((day, app, endpoint), calls);
            }
            let records = figures.iter().map(|((day, app, endpoint), calls)| {
                let it = figure(&day.to_string(), endpoint, *calls, 0, &json!(0.001));
                if app.is_empty() { it } else { of_app(app, it) }
            });
            import(&server, records.collect()).await.expect(200);
            told.extend(figures);

            for days in [1, 27, 28, 29, 30, 31, 32, 45, 60, 61, 62, 92, 200, 350, 365, 366] {
                for of in ["", "app"] {
                    let mut expected = BTreeMap::<&str, i64>::new();
                    for ((day, app, endpoint), calls) in &told {
                        let ago = day.days_until(today);
                        if *calls > 0 && (0..days).contains(&ago) && (of.is_empty() || of == *app) {
                            *expected.entry(endpoint).or_default() += calls;
                        }
                    }
                    let mut expected: Vec<(&str, i64)> = expected.into_iter().collect();
                    expected.sort_by_key(|(_, calls)| -calls);
                    let of = if of.is_empty() { String::new() } else { format!("&app_id={of}") };
                    let shown = top(&server, &format!("?days={days}{of}")).await;
                    assert_eq!(shown, pairs(&expected), "{days} days of {today}{of}");
                }
            }
            let ahead = dice.random_range(1..40);
            server.advance(ahead * 24 * 60 * 60);
            today = today.plus_days(ahead).unwrap();
        }
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn figures_that_break_a_rule_are_all_told_and_none_is_taken() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let good = figure("2026-01-31", "GET /a", 1, 0, &json!(1));
        let broken = vec![
            good.clone(),
            json!({ "date": "31.1.2026", "endpoint": " ", "request_count": -1, "app_id": "a/b" }),
            json!({ "error_count": 1.5, "avg_latency_ms": 0.0001, "tenant_id": "other" }),
            figure("2026-01-31", &"é".repeat(301), 1, 2, &json!(-1)),
            figure("2026-01-31", "GET /c", 1, 2, &json!(1)),
            good.clone(),
        ];

        let refused = import(&server, broken).await.expect(400);

        let expected = [
            "records[1].date",
            "records[1].app_id",
            "records[1].endpoint",
            "records[1].request_count",
            "records[2].tenant_id",
            "records[2].date",
            "records[2].endpoint",
            "records[2].error_count",
            "records[2].avg_latency_ms",
            "records[3].endpoint",
            "records[3].avg_latency_ms",
            "records[4].error_count",
            "records[5].endpoint",
        ];
        assert_eq!(refused.fields(), expected);
        let days = [("2026-02-01", "2026-01-31"), ("2025-01-29", "2025-01-30")];
        for (bad, last) in days {
            let of_days =
                vec![figure(last, "a", 1, 0, &json!(1)), figure(bad, "a", 1, 0, &json!(1))];
            let refused = import(&server, of_days).await.expect(400);
            assert_eq!(refused.fields(), ["records[1].date"], "{bad}");
        }
        for body in [json!({}), json!({ "records": [] }), json!({ "records": vec![good; 1_001] })] {
            let refused = server.post(Who::SERVICE, IMPORT, body).await.expect(400);
            assert_eq!(refused.fields(), ["records"]);
        }
        assert_eq!(top(&server, "?days=366").await, []);
        for (query, field) in
            [("limit=0", "limit"), ("limit=101", "limit"), ("days=0", "days"), ("days=367", "days")]
        {
            let refused = server.get(Who::MEMBER, &format!("{TOP}?{query}")).await.expect(400);
            assert_eq!(refused.fields(), [field], "{query}");
        }
    }
}

#[tokio::test]
async fn today_is_that_of_the_tenants_zone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        zone(&server, "acme", "Pacific/Kiritimati").await;

        import(&server, vec![figure("2026-02-01", "a", 1, 0, &json!(1))]).await.expect(200);

        assert_eq!(top(&server, "?days=1").await, pairs(&[("a", 1)]));
    }
}

#[tokio::test]
async fn the_same_key_is_one_import_and_many_at_once_leave_one_figure() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "records": [figure("2026-01-31", "a", 1, 0, &json!(1))] });

        let first = server.post_once(Who::SERVICE, "k", IMPORT, body.clone()).await.expect(200);
        let again = server.post_once(Who::SERVICE, "k", IMPORT, body.clone()).await.expect(200);
        let other = json!({ "records": [figure("2026-01-31", "a", 2, 0, &json!(1))] });
        server.post_once(Who::SERVICE, "k", IMPORT, other).await.expect(422);
        let many = join_all((0..32).map(|n| {
            let records = vec![
                figure("2026-01-31", "b", n + 1, 0, &json!(1)),
                figure("2026-01-31", "a", 7, 0, &json!(1)),
            ];
            import(&server, records)
        }))
        .await;

        assert_eq!(first.text, again.text);
        let new: i64 =
            many.into_iter().map(|it| it.expect(200).at("/data/imported").as_i64().unwrap()).sum();
        assert_eq!(new, 1);
        let told = top(&server, "").await;
        assert_eq!((told.len(), told.iter().find(|it| it.0 == "a").map(|it| it.1)), (2, Some(7)));
        let nobody = server.request(Method::POST, Who::Service { tenant: None }, IMPORT);
        let refused = server.send(nobody, Some(body.to_string())).await.expect(400);
        assert_eq!(refused.fields(), ["X-Tenant-ID"]);
    }
}
