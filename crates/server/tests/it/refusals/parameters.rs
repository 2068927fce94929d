//! Paths and queries that are refused.

use super::{INVALID, invalid, refused};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn a_path_or_query_that_is_badly_encoded_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    let paths = ["%", "%4", "%zz", "%ff", "%C3%28", "%00", "a%00b", "%ed%a0%80"];

    for bad in paths {
        let path = server.get(Who::MEMBER, &format!("/billing/records/{bad}")).await;
        let query = server.get(Who::MEMBER, &format!("/billing/records/acme?app_id={bad}")).await;
        let name = server.get(Who::MEMBER, &format!("/billing/records/acme?{bad}=1")).await;
        let nowhere = server.get(Who::MEMBER, &format!("/nowhere/{bad}")).await;
        invalid(&server, &path, &["path"]);
        invalid(&server, &query, &["query"]);
        invalid(&server, &name, &["query"]);
        invalid(&server, &nowhere, &["path"]);
    }
}

#[tokio::test]
async fn an_id_is_visible_ascii_without_a_slash() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let longest = "x".repeat(128);
        let too_long = "x".repeat(129);
        let bad = [
            "%01",
            "%1f",
            "%7f",
            "%0a",
            "%20",
            "a%20b",
            "a%2Fb",
            "%2f",
            "%C3%A9",
            "%2e",
            "%2e%2e",
            "%2E%2E",
            "..",
            ".",
            too_long.as_str(),
        ];

        for id in bad {
            let person = server.get(Who::MEMBER, &format!("/billing/subscription/{id}")).await;
            let admin = server.get(Who::SUPER, &format!("/admin/billing/records/{id}")).await;
            let service = format!("/internal/billing/subscription/{id}");
            let service = server.get(Who::SERVICE, &service).await;
            let app = server.get(Who::MEMBER, &format!("/billing/records/acme/apps/{id}")).await;
            let query =
                server.get(Who::MEMBER, &format!("/billing/records/acme?app_id={id}")).await;
            for found in [person, admin, service] {
                invalid(&server, &found, &["tenant_id"]);
            }
            invalid(&server, &app, &["app_id"]);
            invalid(&server, &query, &["app_id"]);
        }
        for id in ["%61cme", "a%25b", "~!@$&'()*+,;=:", "...", "%25zz", longest.as_str()] {
            let path = format!("/admin/billing/records/{id}");
            server.get(Who::SUPER, &path).await.expect(200);
        }
    }
}

#[tokio::test]
async fn an_empty_position_of_a_path_is_no_path() {
    let server = Server::start(engines().remove(0)).await;

    for path in ["/billing/records/acme/apps/", "/billing/subscription/", "/billing/records/"] {
        server.get(Who::MEMBER, path).await.expect(404);
    }
    let inner = server.get(Who::MEMBER, "/billing/records//apps/a").await;
    invalid(&server, &inner, &["tenant_id"]);
}

#[tokio::test]
async fn pages_are_whole_numbers_from_one() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let bad = [
            "0",
            "-1",
            "text",
            "1.0",
            "1e3",
            "0x1",
            "%2B1",
            "%201",
            "9223372036854775808",
            "-9223372036854775809",
            "１",
            "true",
            "null",
            "1%3B",
        ];

        for list in ["/billing/records/acme", "/billing/credit-transactions/acme"] {
            for value in bad {
                let page = server.get(Who::MEMBER, &format!("{list}?page={value}")).await;
                let large = value.starts_with("92");
                let size = server.get(Who::MEMBER, &format!("{list}?page_size={value}")).await;
                invalid(&server, &page, &["page"]);
                if large {
                    assert_eq!(size.at("/pagination/page_size"), 100);
                } else {
                    invalid(&server, &size, &["page_size"]);
                }
            }
            let both = server.get(Who::MEMBER, &format!("{list}?page=0&page_size=0")).await;
            invalid(&server, &both, &["page", "page_size"]);
            let far = server.get(Who::MEMBER, &format!("{list}?page=9223372036854775807")).await;
            assert_eq!(far.expect(200).at("/items"), serde_json::json!([]));
            let empty = server.get(Who::MEMBER, &format!("{list}?page=&page_size=&x=1&&")).await;
            assert_eq!(empty.expect(200).at("/pagination/page_size"), 20);
        }
    }
}

#[tokio::test]
async fn a_parameter_is_given_once() {
    let server = Server::start(engines().remove(0)).await;

    for name in ["page", "page_size", "cursor", "app_id"] {
        let path = format!("/billing/records/acme?{name}=1&{name}=1");
        let found = server.get(Who::MEMBER, &path).await;
        let problem = refused(&server, &found, 400, INVALID);
        assert_eq!(problem["errors"][0]["field"], name);
        assert_eq!(problem["errors"][0]["code"], "repeated");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_one_list() {
    let server = Server::start(engines().remove(0)).await;
    let adjust = "/admin/billing/credit-balance/acme/adjust";
    for _ in 0..3 {
        let body = serde_json::json!({ "amount": 1, "source": "promo" });
        server.post(Who::ADMIN, adjust, body).await.expect(201);
    }
    let list = "/billing/credit-transactions/acme";
    let page = server.get(Who::MEMBER, &format!("{list}?page_size=1")).await.expect(200);
    let cursor = page.at("/pagination/next_cursor");
    let cursor = cursor.as_str().unwrap();

    let next = server.get(Who::MEMBER, &format!("{list}?page_size=1&cursor={cursor}")).await;
    let other_list = format!("{list}?cursor={cursor}&source=promo");
    let other_list = server.get(Who::MEMBER, &other_list).await;
    let records = server.get(Who::MEMBER, &format!("/billing/records/acme?cursor={cursor}")).await;
    let cut = &cursor[..cursor.len() - 2];
    let cut = server.get(Who::MEMBER, &format!("{list}?cursor={cut}")).await;
    let text = server.get(Who::MEMBER, &format!("{list}?cursor=next")).await;

    assert_eq!(next.expect(200).at("/items/0/balance"), 2);
    for found in [other_list, records, cut, text] {
        invalid(&server, &found, &["cursor"]);
    }
}

#[tokio::test]
async fn an_unknown_word_and_an_instant_that_does_not_exist_are_refused() {
    let server = Server::start(engines().remove(0)).await;
    let instants = [
        "2026-02-30T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "yesterday",
        "1769860800",
        "2026-01-01T24:00:01Z",
        "2026-W01",
        "%202026-01-01T00:00:00Z",
    ];

    for word in ["Promo", "cash", "promo,refund", "%20"] {
        let path = format!("/billing/credit-transactions/acme?source={word}");
        invalid(&server, &server.get(Who::MEMBER, &path).await, &["source"]);
    }
    for instant in instants {
        let path = format!("/billing/credit-balance/acme?as_of={instant}");
        invalid(&server, &server.get(Who::MEMBER, &path).await, &["as_of"]);
    }
    let offset = "/billing/credit-balance/acme?as_of=2026-01-01T00:00:00%2B08:00";
    server.get(Who::MEMBER, offset).await.expect(200);
}
