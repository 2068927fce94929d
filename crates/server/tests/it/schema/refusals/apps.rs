//! Apps and their prices.

use super::{copy, fill, is_refused};
use crate::harness::{Server, engines};

const APP: &str = "tenant_id, app_id, id, status, deleted_at, created_at";

const PRICE: &str = "tenant_id, app_id, list, place, since, id, resource_type, unit_label, \
    included_units, unit_price, overage_unit_price";

fn app(changed: &[(&str, &str)]) -> String {
    let other = [("app_id", "'app_002'"), ("id", "'sa_2'")];
    copy("subscription_app", APP, &changed.iter().chain(&other).copied().collect::<Vec<_>>())
}

fn price(changed: &[(&str, &str)]) -> String {
    let other = [("place", "2"), ("resource_type", "'email'")];
    copy("app_price", PRICE, &changed.iter().chain(&other).copied().collect::<Vec<_>>())
}

/// What the one row of an empty list leaves out.
const EMPTY: [(&str, &str); 7] = [
    ("list", "2"),
    ("place", "1"),
    ("id", "NULL"),
    ("resource_type", "NULL"),
    ("included_units", "NULL"),
    ("unit_price", "NULL"),
    ("overage_unit_price", "NULL"),
];

fn empty(changed: &[(&str, &str)]) -> String {
    price(&changed.iter().chain(&EMPTY).copied().collect::<Vec<_>>())
}

#[tokio::test]
async fn an_app_has_one_row_and_is_deleted_at_some_time() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;

        for good in [
            app(&[]),
            app(&[("status", "'suspended'")]),
            app(&[("status", "'deleted'"), ("deleted_at", "created_at")]),
            "UPDATE subscription_app SET status = 'suspended'".to_owned(),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            app(&[("app_id", "app_id")]),
            app(&[("app_id", "''")]),
            app(&[("id", "id")]),
            app(&[("tenant_id", "'no such tenant'")]),
            app(&[("status", "'asleep'")]),
            app(&[("status", "'deleted'")]),
            app(&[("deleted_at", "created_at")]),
            app(&[("created_at", "NULL")]),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn a_price_is_of_one_resource_not_below_nothing_and_stays() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;

        for good in [
            price(&[]),
            price(&[("list", "2"), ("resource_type", "resource_type")]),
            price(&[("included_units", "1000000000000000"), ("unit_label", "'times'")]),
            price(&[("unit_price", "NULL"), ("overage_unit_price", "'0.000000000001'")]),
            empty(&[]),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            price(&[("resource_type", "resource_type")]),
            price(&[("place", "1")]),
            price(&[("place", "0")]),
            price(&[("list", "0")]),
            price(&[("app_id", "'no such app'")]),
            price(&[("tenant_id", "'no such tenant'")]),
            price(&[("since", "NULL")]),
            price(&[("id", "NULL")]),
            price(&[("resource_type", "NULL")]),
            price(&[("included_units", "NULL")]),
            price(&[("included_units", "-1")]),
            price(&[("included_units", "1000000000000001")]),
            price(&[("unit_price", "'-1'")]),
            price(&[("overage_unit_price", "'-1'")]),
            price(&[("unit_price", "NULL"), ("overage_unit_price", "'-1'")]),
            empty(&[("place", "2")]),
            empty(&[("unit_label", "'times'")]),
            empty(&[("unit_price", "'1'")]),
            empty(&[("overage_unit_price", "'1'")]),
            empty(&[("included_units", "0")]),
            "UPDATE app_price SET unit_price = '2'".to_owned(),
            "DELETE FROM app_price".to_owned(),
            "DELETE FROM subscription_app".to_owned(),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}
