//! Months end where the tenant lives, and a change of zone neither closes one twice nor skips one.

use serde_json::json;

use super::{admin, deferred, earned, set_clock, subscribe};
use crate::harness::{Server, engines};

async fn move_to(server: &Server, zone: &str) {
    let path = "/admin/billing/tenants/acme/profile";
    server.put(admin("acme"), path, json!({ "timezone": zone })).await.expect(200);
}

async fn change(server: &Server, plan: &str) {
    let path = "/admin/billing/subscription/acme/change-plan";
    server.post(admin("acme"), path, json!({ "new_plan": plan })).await.expect(200);
}

#[tokio::test]
async fn a_month_ends_at_midnight_where_the_tenant_lives() {
    for engine in engines() {
        let server = Server::start(engine).await;
        move_to(&server, "Asia/Shanghai").await;
        // The 1st of February there.
        set_clock(&server, "acme", "2026-01-31T16:00:00Z").await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;

        let ran = set_clock(&server, "acme", "2026-03-01T00:00:00Z").await;

        let closed = "2026-02-28T16:00:00Z revenue.recognised 2026-02";
        assert!(ran.iter().any(|it| it == closed), "{ran:?}");
        assert_eq!(earned(&server, "acme").await, ["2026-02 9900"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_zone_that_turns_back_closes_no_month_twice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        move_to(&server, "Pacific/Kiritimati").await;
        set_clock(&server, "acme", "2026-03-14T10:00:00Z").await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        set_clock(&server, "acme", "2026-03-31T11:00:00Z").await;
        let march = earned(&server, "acme").await;

        // It is March again, but what comes now is earned in April.
        move_to(&server, "UTC").await;
        change(&server, "pro").await;
        assert!(deferred(&server, "acme").await.iter().all(|it| it.starts_with("2026-04")));
        let ran = set_clock(&server, "acme", "2026-05-01T00:00:00Z").await;

        assert_eq!(march.len(), 1);
        assert_eq!(earned(&server, "acme").await[..1], march);
        assert_eq!(earned(&server, "acme").await.len(), 2);
        assert!(
            ran.contains(&"2026-05-01T00:00:00Z revenue.recognised 2026-04".to_owned()),
            "{ran:?}"
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_zone_that_goes_ahead_closes_what_is_over_there() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "acme", "2026-03-15T00:00:00Z").await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        set_clock(&server, "acme", "2026-03-31T12:00:00Z").await;

        move_to(&server, "Pacific/Kiritimati").await;
        let ran = set_clock(&server, "acme", "2026-03-31T12:00:01Z").await;

        assert_eq!(ran, ["2026-03-31T12:00:00Z revenue.recognised 2026-03"]);
        // 17 of 31 days.
        assert_eq!(earned(&server, "acme").await, ["2026-03 5429"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn months_that_are_over_are_closed_before_the_zone_changes() {
    for engine in engines() {
        let server = Server::start(engine).await;
        // By the service's clock, so that nobody closes it in time.
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        server.advance(12 * 60 * 60 + 600);

        move_to(&server, "America/New_York").await;

        // It is January there, but that is closed.
        assert_eq!(earned(&server, "acme").await, ["2026-01 354"]);
        change(&server, "pro").await;
        assert!(deferred(&server, "acme").await.iter().all(|it| it.starts_with("2026-02")));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_tenant_without_postings_changes_its_zone_and_has_no_book() {
    for engine in engines() {
        let server = Server::start(engine).await;

        move_to(&server, "Asia/Shanghai").await;
        move_to(&server, "UTC").await;

        server.assert_sound().await;
    }
}
