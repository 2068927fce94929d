//! The administrators' list of invoices.

use serde_json::{Value, json};

use super::{subscribed, told};
use crate::harness::{Answer, Server, Who, engines};

const LIST: &str = "/admin/billing/invoices";

const BETA: Who<'static> = Who::Person { tenant: "beta", user: "usr_b", role: "admin" };

/// Invoices 1 to 4 of `acme`, a day apart, and 1 and 2 of `beta` between them.
async fn filled(server: &Server) {
    let write = async |who: Who<'_>, price: i64| {
        let line = json!({ "description": "Work", "quantity": 1, "unit_price": price });
        server.post(who, LIST, json!({ "lines": [line] })).await.expect(201);
        server.advance(86_400);
    };
    subscribed(server).await;
    server.advance(86_400);
    write(BETA, 1).await;
    write(Who::ADMIN, 2).await;
    write(BETA, 0).await;
    write(Who::ADMIN, 3).await;
    write(Who::ADMIN, 4).await;
    told(server, "INV-2026-000002", "2", "paid").await.expect(201);
}

fn numbers(answer: &Answer) -> Vec<String> {
    let text = |item: &Value| {
        let tenant = item["tenant_id"].as_str().unwrap();
        let number = item["invoice_number"].as_str().unwrap();
        format!("{tenant} {}", number.trim_start_matches("INV-2026-00000"))
    };
    answer.at("/items").as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn filters_narrow_the_list_and_who_asks_decides_whose_it_is() {
    for engine in engines() {
        let server = Server::start(engine).await;
        filled(&server).await;

        for (who, query, expected) in [
            (Who::ADMIN, "", &["acme 4", "acme 3", "acme 2", "acme 1"][..]),
            (BETA, "", &["beta 2", "beta 1"]),
            (Who::SUPER, "", &["acme 4", "acme 3", "beta 2", "acme 2", "beta 1", "acme 1"]),
            (Who::SUPER, "?tenant_id=beta", &["beta 2", "beta 1"]),
            (Who::SUPER, "?tenant_id=nobody", &[]),
            (Who::ADMIN, "?tenant_id=acme&status=paid", &["acme 2"]),
            (Who::SUPER, "?status=paid", &["beta 2", "acme 2"]),
            (Who::SUPER, "?status=void", &[]),
            (Who::ADMIN, "?date_from=2026-02-02&date_to=2026-02-04", &["acme 3", "acme 2"]),
            (Who::SUPER, "?date_to=2026-02-01", &["beta 1", "acme 1"]),
            (Who::SUPER, "?date_from=2026-02-04&status=issued", &["acme 4", "acme 3"]),
        ] {
            let found = server.get(who, &format!("{LIST}{query}")).await.expect(200);
            assert_eq!(numbers(&found), expected, "{query}");
            assert_eq!(found.at("/total"), expected.len(), "{query}");
        }
        let all = server.get(Who::ADMIN, LIST).await.expect(200);
        let one = server.get(Who::MEMBER, super::FIRST).await.expect(200);
        assert_eq!(all.at("/items/3"), one.at("/data"));
    }
}

#[tokio::test]
async fn days_are_those_of_the_tenant_s_zone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let zone = json!({ "timezone": "Pacific/Auckland" });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", zone).await.expect(200);
        subscribed(&server).await;

        // Noon of UTC is the next day there.
        let own = server.get(Who::ADMIN, &format!("{LIST}?date_from=2026-02-01")).await.expect(200);
        let all = server.get(Who::SUPER, &format!("{LIST}?date_from=2026-02-01")).await.expect(200);

        assert_eq!((own.at("/total"), all.at("/total")), (json!(1), json!(0)));
    }
}

#[tokio::test]
async fn pages_and_cursors_show_every_invoice_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        filled(&server).await;

        for query in ["?", "?tenant_id=acme&", "?status=issued&"] {
            let whole = server.get(Who::SUPER, &format!("{LIST}{query}")).await.expect(200);
            let (mut paged, mut walked, mut cursor) = (Vec::new(), Vec::new(), String::new());
            for page in 1..=4 {
                let at = format!("{LIST}{query}page_size=2&page={page}");
                paged.extend(numbers(&server.get(Who::SUPER, &at).await.expect(200)));
            }
            loop {
                let at = format!("{LIST}{query}page_size=2&cursor={cursor}");
                let answer = server.get(Who::SUPER, &at).await.expect(200);
                walked.extend(numbers(&answer));
                match answer.at("/pagination/next_cursor").as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!(paged, numbers(&whole), "{query}");
            assert_eq!(walked, numbers(&whole), "{query}");
        }
    }
}

#[tokio::test]
async fn what_is_no_filter_or_another_s_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    filled(&server).await;
    let first = server.get(Who::SUPER, &format!("{LIST}?page_size=1")).await.expect(200);
    let cursor = first.at("/pagination/next_cursor").as_str().unwrap().to_owned();

    let bad = "?tenant_id=a%20b&status=open&date_from=soon&page=0&cursor=7";
    let bad = server.get(Who::SUPER, &format!("{LIST}{bad}")).await.expect(400);
    let backwards = format!("{LIST}?date_from=2026-02-02&date_to=2026-02-01");
    let backwards = server.get(Who::SUPER, &backwards).await.expect(400);
    let of_another_list = format!("{LIST}?status=paid&cursor={cursor}");
    let of_another_list = server.get(Who::SUPER, &of_another_list).await.expect(400);
    server.get(Who::ADMIN, &format!("{LIST}?tenant_id=beta")).await.expect(403);
    server.get(Who::MEMBER, LIST).await.expect(403);
    let both = server.request(
        axum::http::Method::GET,
        Who::SUPER,
        &format!("{LIST}?tenant_id=a&status=open"),
    );
    let both = server.send(both.header("x-tenant-id", "b"), None).await.expect(400);

    assert_eq!(bad.fields(), ["tenant_id", "status", "date_from", "page", "cursor"]);
    assert_eq!(backwards.fields(), ["date_to"]);
    assert_eq!(of_another_list.fields(), ["cursor"]);
    assert_eq!(both.fields(), ["tenant_id", "status"]);
}
