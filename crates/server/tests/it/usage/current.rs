//! How things stand now.

use countinghouse::metering::DayRow;
use serde_json::json;

use super::{GIB, app, calls, data, enter_days, levels, zone};
use crate::harness::{Server, Who, engines};

const CURRENT: &str = "/billing/usage/acme/current";

#[tokio::test]
async fn calls_are_todays_and_levels_those_that_were_told_last() {
    for engine in engines() {
        let server = Server::start(engine).await;
        app(&server, "acme", "gone", "deleted", Some("2026-01-31T11:00:00Z")).await;
        enter_days(
            &server,
            "acme",
            vec![
                levels("2025-06-01", "a", 5 * GIB / 2, 7),
                calls("2026-01-30", "b", 1_000),
                DayRow { storage_used: 53_688, user_count: 1, ..calls("2026-01-31", "b", 100) },
                calls("2026-01-31", "", 50),
                levels("2026-01-30", "gone", GIB, 1),
            ],
        )
        .await;

        let all = server.get(Who::MEMBER, CURRENT).await.expect(200);
        let member = "/billing/usage/acme/apps/a/current";

        assert!(
            all.text.contains(r#"{"api_calls_today":150,"storage_gb":2.5001,"users":8}"#),
            "{}",
            all.text
        );
        let of_a = json!({ "api_calls_today": 0, "storage_gb": 2.5, "users": 7 });
        assert_eq!(data(&server, Who::MEMBER, member).await, of_a);
        assert_eq!(data(&server, Who::MEMBER, &format!("{CURRENT}?app_id=a")).await, of_a);
        let twin = data(&server, Who::SUPER, "/admin/billing/usage/acme/current").await;
        assert_eq!(twin, all.at("/data"));
        let nothing = json!({ "api_calls_today": 0, "storage_gb": 0, "users": 0 });
        for path in [format!("{CURRENT}?app_id=gone"), format!("{CURRENT}?app_id=nobody")] {
            assert_eq!(data(&server, Who::MEMBER, &path).await, nothing, "{path}");
        }
        let other = Who::Person { tenant: "other", user: "usr_1", role: "member" };
        assert_eq!(data(&server, other, "/billing/usage/other/current").await, nothing);
    }
}

#[tokio::test]
async fn today_is_that_of_the_tenants_zone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter_days(
            &server,
            "acme",
            vec![
                calls("2026-01-31", "a", 1),
                calls("2026-02-01", "a", 2),
                calls("2026-01-30", "a", 3),
            ],
        )
        .await;

        let mut told = Vec::new();
        for name in ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Pago_Pago"] {
            zone(&server, "acme", name).await;
            told.push(data(&server, Who::MEMBER, CURRENT).await["api_calls_today"].clone());
        }

        // At noon of UTC it is 2 a.m. of the next day, midnight, 1 a.m.
        assert_eq!(told, [1, 2, 1, 1]);
    }
}
