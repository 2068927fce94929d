//! The list of a tenant's apps.

use countinghouse::db::Stmt;
use serde_json::{Value, json};

use super::{APPS, OTHER, PRICING, pricing, set, sms};
use crate::harness::{Server, Who, engines};

/// The names of apps, of a page.
fn names(page: &Value) -> Vec<String> {
    let items = page.as_array().unwrap().iter();
    items.map(|it| it["app_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn apps_are_listed_newest_first_with_their_last_prices() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for app in ["c", "a", "d", "b"] {
            set(&server, app, sms(1)).await.expect(200);
        }
        server.advance(1);
        set(&server, "e", sms(1)).await.expect(200);
        set(&server, "a", sms(2)).await.expect(200);
        server.delete(Who::ADMIN, &pricing("d")).await.expect(200);
        let event = json!({ "action": "delete" });
        let path = "/internal/billing/apps/acme/x/billing-event";
        server.post(Who::SERVICE, path, event).await.expect(200);

        let all = server.get(Who::ADMIN, APPS).await.expect(200);

        assert_eq!(names(&all.at("/items")), ["x", "e", "b", "d", "a", "c"]);
        assert_eq!(all.at("/total"), 6);
        for (place, prices) in [(0, json!([])), (3, json!([]))] {
            assert_eq!(all.at(&format!("/items/{place}/pricings")), prices);
        }
        assert_eq!(all.at("/items/0/status"), "deleted");
        assert_eq!(all.at("/items/4/pricings/0/unit_price"), 2);
        let shown = server.get(Who::ADMIN, &pricing("a")).await.expect(200);
        assert_eq!(shown.at("/data"), all.at("/items/4"));
    }
}

#[tokio::test]
async fn pages_and_cursors_walk_all_apps_of_one_tenant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for n in 1..=5 {
            set(&server, &format!("app_{n}"), sms(n)).await.expect(200);
        }
        let theirs = PRICING.replace("acme", "other");
        server.post(OTHER, &theirs, sms(1)).await.expect(200);

        let second =
            server.get(Who::ADMIN, &format!("{APPS}?page=2&page_size=2")).await.expect(200);
        let past = server.get(Who::ADMIN, &format!("{APPS}?page=4&page_size=2")).await.expect(200);
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = format!("{APPS}?page_size=2&cursor={cursor}");
            let page = server.get(Who::SUPER, &page).await.expect(200);
            walked.extend(names(&page.at("/items")));
            match page.at("/pagination/next_cursor").as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        let other = APPS.replace("acme", "other");
        let of_other = server.get(OTHER, &other).await.expect(200);
        let foreign = server.get(OTHER, &format!("{other}?cursor={cursor}")).await.expect(400);
        let bad = server.get(Who::ADMIN, &format!("{APPS}?page=0&page_size=a&cursor=z")).await;

        assert_eq!(names(&second.at("/items")), ["app_3", "app_2"]);
        assert_eq!((past.at("/items"), past.at("/total")), (json!([]), json!(5)));
        assert_eq!(walked, ["app_5", "app_4", "app_3", "app_2", "app_1"]);
        assert_eq!(
            (names(&of_other.at("/items")), of_other.at("/total")),
            (vec!["app_001".to_owned()], json!(1))
        );
        assert_eq!(foreign.fields(), ["cursor"]);
        assert_eq!(bad.expect(400).fields(), ["page", "page_size", "cursor"]);
        server.get(OTHER, APPS).await.expect(403);
        server.get(Who::MEMBER, APPS).await.expect(403);
        let never = server.get(Who::SUPER, &APPS.replace("acme", "never")).await.expect(200);
        assert_eq!((never.at("/items"), never.at("/total")), (json!([]), json!(0)));
    }
}

#[tokio::test]
async fn an_app_names_the_latest_subscription_that_usage_was_counted_under() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let before = set(&server, "app_001", sms(1)).await.expect(200);
        let mut tx = server.env.db.begin().await.unwrap();
        for (ordinal, subscription) in [(1_i64, "sub_1"), (2, "sub_2")] {
            let stmt = Stmt::new(
                "INSERT INTO meter
                     (tenant_id, ordinal, since, until, subscription_id, anchor, timezone, number,
                      trial)
                 VALUES ('acme', $1, $2, $2, $3, '2026-01-31T12:00:00', 'UTC', 0, FALSE)",
            );
            let stmt = stmt.bind(ordinal).bind(server.now()).bind(subscription);
            tx.execute(stmt).await.unwrap();
        }
        tx.commit().await.unwrap();

        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);
        let listed = server.get(Who::ADMIN, APPS).await.expect(200);
        let set = set(&server, "app_001", sms(2)).await.expect(200);

        assert_eq!(before.at("/data/subscription_id"), Value::Null);
        let told = [shown.at("/data"), listed.at("/items/0"), set.at("/data")];
        assert_eq!(told.map(|it| it["subscription_id"].clone()), ["sub_2", "sub_2", "sub_2"]);
    }
}
