//! What other rooms ask of apps.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse::{
    apps::{self, NewApp},
    db::{Purpose, Tx},
};
use countinghouse_core::{
    id::{AppId, TenantId},
    metering::{AppStatus, PriceList, Resource},
};
use serde_json::{Value, json};

use super::{OTHER, PRICING, set, sms};
use crate::harness::{Server, Who, engines};

fn pair(tenant: &str, app: &str) -> (String, String) {
    (tenant.to_owned(), app.to_owned())
}

async fn snapshot(server: &Server) -> Tx {
    server.env.db.snapshot(Purpose::Page).await.unwrap()
}

/// What lists say: the number, since when, and each resource with its price.
fn said(lists: &[PriceList]) -> Value {
    let list = |it: &PriceList| {
        let price = |it: &countinghouse_core::metering::Price| {
            format!("{} {}", it.resource, it.unit_price.unwrap())
        };
        let prices: Vec<String> = it.prices.iter().map(price).collect();
        json!([it.ordinal, it.since.to_string(), prices])
    };
    lists.iter().map(list).collect()
}

fn two(one: &str, other: &str, price: i64) -> Value {
    let of = |name: &str| json!({ "resource_type": name, "unit_price": price });
    json!({ "pricings": [of(one), of(other)] })
}

#[tokio::test]
async fn apps_that_usage_names_are_entered_and_those_that_are_there_stay() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let known = set(&server, "app_001", sms(1)).await.expect(200);
        let event = json!({ "action": "suspend" });
        let path = "/internal/billing/apps/acme/app_001/billing-event";
        server.post(Who::SERVICE, path, event).await.expect(200);
        server.post(OTHER, &PRICING.replace("acme", "other"), sms(1)).await.expect(200);
        server.advance(60);
        let at = server.now();
        let new = |tenant: &str, app: &str| NewApp {
            tenant: TenantId::parse(tenant).unwrap(),
            app: AppId::parse(app).unwrap(),
            id: server.env.id(at),
            at,
        };

        let mut tx = server.env.db.begin().await.unwrap();
        let all = [new("acme", "app_001"), new("acme", "b"), new("other", "b")];
        apps::enter(&mut tx, &all).await.unwrap();
        apps::enter(&mut tx, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let pairs = vec![
            pair("acme", "app_001"),
            pair("acme", "b"),
            pair("other", "b"),
            pair("acme", "none"),
        ];
        let found = apps::apps(&mut snapshot(&server).await, pairs).await.unwrap();
        let none = apps::apps(&mut snapshot(&server).await, Vec::new()).await.unwrap();

        let kept = &found[&pair("acme", "app_001")];
        assert_eq!(json!(kept.id.to_string()), known.at("/data/id"));
        assert_eq!((kept.status, kept.deleted_at), (AppStatus::Suspended, None));
        let entered = &found[&pair("acme", "b")];
        assert_eq!((entered.id, entered.status), (all[1].id, AppStatus::Active));
        assert_eq!((entered.created_at, entered.app.as_str()), (at, "b"));
        assert_eq!(found[&pair("other", "b")].id, all[2].id);
        assert_eq!((found.len(), none.len()), (3, 0));
    }
}

#[tokio::test]
async fn all_lists_of_all_apps_of_tenants_are_told_oldest_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "a", two("sms", "gpu", 1)).await.expect(200);
        set(&server, "b", two("email", "sms", 2)).await.expect(200);
        server.post(OTHER, &PRICING.replace("acme", "other"), sms(3)).await.expect(200);
        server.advance(60);
        set(&server, "a", sms(4)).await.expect(200);
        server.delete(Who::ADMIN, &super::pricing("a")).await.expect(200);

        let of = async |tenants: &[&str]| {
            let tenants = tenants.iter().copied().collect();
            let lists = apps::price_lists(&mut snapshot(&server).await, &tenants).await.unwrap();
            lists.into_iter().map(|(pair, lists)| (pair, said(&lists))).collect::<BTreeMap<_, _>>()
        };
        let all = of(&["acme", "other", "never"]).await;

        let (first, then) = ("2026-01-31T12:00:00Z", "2026-01-31T12:01:00Z");
        let a = json!([[1, first, ["sms 1", "gpu 1"]], [2, then, ["sms 4"]], [3, then, []]]);
        assert_eq!(all[&pair("acme", "a")], a);
        assert_eq!(all[&pair("acme", "b")], json!([[1, first, ["email 2", "sms 2"]]]));
        assert_eq!(all[&pair("other", "app_001")], json!([[1, first, ["sms 3"]]]));
        assert_eq!(all.len(), 3);
        assert_eq!((of(&["other"]).await.len(), of(&[]).await.len()), (1, 0));
    }
}

#[tokio::test]
async fn an_app_knows_every_resource_of_its_own_that_it_ever_had_a_price_for() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "a", two("sms", "gpu", 1)).await.expect(200);
        set(&server, "a", two("gpu", "tokens", 1)).await.expect(200);
        server.delete(Who::ADMIN, &super::pricing("a")).await.expect(200);
        set(&server, "b", sms(1)).await.expect(200);
        set(&server, "c", two("pages", "sms", 1)).await.expect(200);

        let pairs = vec![pair("acme", "a"), pair("acme", "b"), pair("other", "c")];
        let mut tx = snapshot(&server).await;
        let known = apps::known_resources(&mut tx, pairs).await.unwrap();
        let none = apps::known_resources(&mut tx, Vec::new()).await.unwrap();

        let own = ["gpu", "tokens"].map(|name| Resource::parse(name).unwrap());
        assert_eq!(known, BTreeMap::from([(pair("acme", "a"), BTreeSet::from(own))]));
        assert_eq!(none, BTreeMap::new());
    }
}
