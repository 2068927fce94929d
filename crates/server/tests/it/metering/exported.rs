//! What was written through the operations of metering, in the export of a user's data.

use serde_json::json;

use super::{METER, REPORT, subscribed};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn usage_alerts_and_what_is_billed_are_exported_as_they_are_shown() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let pricing = "/admin/billing/subscription/acme/apps/app_1/pricing";
        let prices =
            json!([{ "resource_type": "api_calls", "included_units": 10, "unit_price": "0.005" }]);
        server.post(Who::ADMIN, pricing, json!({ "pricings": prices })).await.expect(200);
        let alert = json!({
            "name": "Calls", "resource_type": "api_calls", "threshold_percent": 50,
            "notification_channels": "in_app", "app_id": "app_1",
        });
        server.post(Who::ADMIN, "/billing/alerts", alert).await.expect(201);
        for (resource, amount) in [("api_calls", 30), ("users", 4)] {
            let event = json!({ "resource_type": resource, "amount": amount, "app_id": "app_1" });
            server.post(METER, REPORT, event).await.expect(200);
        }

        let body = json!({ "user_id": "usr_a" });
        let export =
            server.post(METER, "/internal/billing/export-user-data", body).await.expect(200);

        let day = export.at("/data/usage_stats/0");
        assert_eq!((&day["api_requests"], &day["user_count"]), (&json!(30), &json!(4)));
        let alerts = server.get(Who::ADMIN, "/billing/alerts").await.expect(200);
        assert_eq!(export.at("/data/usage_alerts"), alerts.at("/items"));
        assert_eq!(export.at("/data/usage_alerts/0/status"), "triggered");
        let metered = server.get(Who::ADMIN, "/admin/billing/metered-usage/acme").await.expect(200);
        for (name, expected) in [
            ("overage_units", json!(20)),
            ("overage_amount", json!("0.1")),
            ("included_units", json!(10)),
            ("status", json!("open")),
        ] {
            let of_calls = |rows: serde_json::Value| {
                let rows = rows.as_array().unwrap().clone();
                let calls = rows.into_iter().find(|row| row["resource_type"] == "api_calls");
                calls.unwrap()[name].clone()
            };
            assert_eq!(of_calls(export.at("/data/metered_billing_records")), expected, "{name}");
            assert_eq!(of_calls(metered.at("/data")), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn apps_corrections_and_calls_of_endpoints_are_too() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        for (n, app) in ["app_1", "app_2", "app_3"].into_iter().enumerate() {
            let event = json!({ "resource_type": "api_calls", "amount": 30, "app_id": app });
            server.post(METER, REPORT, event).await.expect(200);
            let pricing = format!("/admin/billing/subscription/acme/apps/{app}/pricing");
            let prices = json!([{ "resource_type": "sms", "included_units": n, "unit_price": 1 }]);
            server.post(Who::ADMIN, &pricing, json!({ "pricings": prices })).await.expect(200);
        }
        let root = Who::Person { tenant: "acme", user: "usr_root", role: "admin" };
        for (who, figure) in [(Who::ADMIN, 7), (root, 8), (Who::ADMIN, 9)] {
            let figures = json!({ "api_requests": figure, "reason": "counted twice" });
            let path = "/admin/billing/usage-stats/acme/2026-01-31:app_1";
            server.put(who, path, figures).await.expect(200);
        }
        let calls = json!({ "records": [
            { "date": "2026-01-30", "endpoint": "GET /a", "request_count": 2, "avg_latency_ms": 1.5 },
            { "date": "2026-01-31", "endpoint": "GET /a", "request_count": 3, "error_count": 1,
                "app_id": "app_1" },
        ] });
        let import = "/internal/billing/endpoint-stats/import";
        server.post(METER, import, calls).await.expect(200);

        let path = "/internal/billing/export-user-data";
        let ask = |user: &str| json!({ "user_id": user });
        let all = server.post(METER, path, ask("usr_a")).await.expect(200);
        let own = server.post(METER, path, ask("usr_root")).await.expect(200);

        let apps = server.get(Who::ADMIN, "/admin/billing/subscription/acme/apps").await;
        assert_eq!(all.at("/data/apps"), apps.expect(200).at("/items"));
        assert_eq!(all.at("/data/apps/0/pricings/0/included_units"), 2);
        let made = server.get(Who::ADMIN, "/admin/billing/usage-stats/acme/corrections").await;
        let made = made.expect(200).at("/items");
        assert_eq!(all.at("/data/usage_corrections"), made);
        assert_eq!(own.at("/data/usage_corrections"), json!([made[1]]));
        let figures = json!([
            { "date": "2026-01-31", "app_id": "app_1", "endpoint": "GET /a", "request_count": 3,
                "error_count": 1, "avg_latency_ms": 0 },
            { "date": "2026-01-30", "endpoint": "GET /a", "request_count": 2, "error_count": 0,
                "avg_latency_ms": 1.5 },
        ]);
        assert_eq!(all.at("/data/endpoint_stats"), figures);
        for list in ["apps", "endpoint_stats"] {
            assert_eq!(own.at(&format!("/data/{list}")), json!([]));
        }
    }
}
