//! What is billed of usage.

use countinghouse::metering::MeteredRow;
use serde_json::{Value, json};

use super::{enter_metered, invoiced, open, zone};
use crate::harness::{Server, Who, engines};

const METERED: &str = "/admin/billing/metered-usage/acme";

/// Rows of three months, of two apps and of none.
fn rows() -> Vec<MeteredRow> {
    let billed = |app: &str| MeteredRow {
        included_units: 100,
        unit_price: Some("0.0004".to_owned()),
        overage_units: 23,
        overage_amount: 12_500,
        ..invoiced("2025-11-10T06:00:00Z", "2025-12-10T06:00:00Z", app, "api_calls", 123)
    };
    vec![
        billed("a"),
        billed(""),
        invoiced("2025-12-10T06:00:00Z", "2026-01-10T06:00:00Z", "a", "sms", 5),
        open("2026-01-10T06:00:00Z", "2026-02-10T06:00:00Z", "a", "users", 9),
        open("2026-01-10T06:00:00Z", "2026-02-10T06:00:00Z", "B", "api_calls", 7),
        open("2026-01-10T06:00:00Z", "2026-02-10T06:00:00Z", "a", "api_calls", 6),
    ]
}

async fn ids(server: &Server, query: &str) -> Vec<String> {
    let list = server.get(Who::ADMIN, &format!("{METERED}{query}")).await.expect(200).at("/data");
    let list = list.as_array().unwrap().iter();
    list.map(|it| it["id"].as_str().unwrap().replace("T06:00:00Z", "")).collect()
}

#[tokio::test]
async fn rows_are_told_whole_the_newest_period_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter_metered(&server, "acme", rows()).await;
        enter_metered(&server, "other", rows()).await;

        let all = server.get(Who::ADMIN, METERED).await.expect(200);

        let expected = [
            "2026-01-10:B:api_calls",
            "2026-01-10:a:api_calls",
            "2026-01-10:a:users",
            "2025-12-10:a:sms",
            "2025-11-10::api_calls",
            "2025-11-10:a:api_calls",
        ];
        assert_eq!(ids(&server, "").await, expected);
        let last = json!({
            "id": "2025-11-10T06:00:00Z:a:api_calls", "tenant_id": "acme", "app_id": "a",
            "resource_type": "api_calls", "period_start": "2025-11-10T06:00:00Z",
            "period_end": "2025-12-10T06:00:00Z", "total_usage": 123, "included_units": 100,
            "overage_units": 23, "overage_amount": "1.25", "status": "invoiced",
        });
        assert_eq!(all.at("/data/5"), last);
        assert_eq!(
            (all.at("/data/4/app_id"), all.at("/data/0/status")),
            (Value::Null, json!("open"))
        );
        assert_eq!(ids(&server, "?app_id=B").await, ["2026-01-10:B:api_calls"]);
        let none = server.get(Who::SUPER, "/admin/billing/metered-usage/nobody").await.expect(200);
        assert_eq!(none.at("/data"), json!([]));
    }
}

#[tokio::test]
async fn a_time_has_the_periods_that_reach_into_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter_metered(&server, "acme", rows()).await;
        let of_app = async |query: &str| ids(&server, &format!("?app_id=a&{query}")).await.len();

        assert_eq!(of_app("start=2026-01-10T06:00:00Z").await, 2);
        assert_eq!(of_app("start=2026-01-10T05:59:59Z").await, 3);
        assert_eq!(of_app("start=2026-01-10").await, 3);
        assert_eq!(of_app("start=2026-01-11").await, 2);
        assert_eq!(of_app("end=2025-12-10T06:00:00Z").await, 1);
        assert_eq!(of_app("end=2025-12-10T06:00:01Z").await, 2);
        assert_eq!(of_app("end=2025-12-10").await, 2);
        assert_eq!(of_app("end=2025-12-09").await, 1);
        assert_eq!(of_app("start=2025-12-20&end=2025-12-20").await, 1);
        assert_eq!(of_app("start=2025-12-10&end=2025-12-10T12:00:00Z").await, 2);
        zone(&server, "acme", "Asia/Shanghai").await;
        // That day ends there at 4 p.m. of UTC, and the day before at 4 p.m. too.
        assert_eq!(of_app("start=2026-01-10&end=2026-01-10").await, 3);
        zone(&server, "acme", "Pacific/Kiritimati").await;
        assert_eq!(of_app("start=2026-01-11&end=2026-01-11").await, 2);
        for (query, fields) in [
            ("start=2026-01-02&end=2026-01-01", &["end"][..]),
            ("start=2026-01-02T00:00:01Z&end=2026-01-02T00:00:00Z", &["end"]),
            ("start=soon&end=2026-13-01&app_id=..", &["app_id", "start", "end"]),
        ] {
            let refused = server.get(Who::ADMIN, &format!("{METERED}?{query}")).await.expect(400);
            assert_eq!(refused.fields(), fields, "{query}");
        }
    }
}
