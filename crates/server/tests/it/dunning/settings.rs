//! What a tenant sets about late payments, over HTTP.

use axum::http::Method;
use serde_json::{Value, json};

use super::{SETTINGS, moved, requests, shown, status, subscribed};
use crate::harness::{Answer, Server, Who, engines};

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

async fn with_tag(server: &Server, method: Method, tag: &str, body: &Value) -> Answer {
    let request = server.request(method, Who::ADMIN, SETTINGS).header("if-match", tag);
    server.send(request, Some(body.to_string())).await
}

#[tokio::test]
async fn where_nothing_was_set_numbers_are_0_and_the_default_holds() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let settings = server.get(Who::ADMIN, SETTINGS).await.expect(200);
        subscribed(&server).await;

        let nothing = json!({
            "tenant_id": "acme",
            "retry_schedule": "",
            "grace_period_days": 0,
            "auto_cancel_days": 0,
            "status": "",
        });
        assert_eq!(settings.at("/data"), nothing);
        assert_eq!(shown(&server).await["grace_period_days"], 7);
    }
}

#[tokio::test]
async fn what_is_absent_stays_and_what_was_never_set_was_the_default() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let templates = r#"{"past_due": "请付款"}"#;

        let first = json!({ "grace_period_days": 10, "email_templates": templates });
        let first = server.put(Who::ADMIN, SETTINGS, first).await.expect(200);
        moved(&server, "02-01T00:00:00").await;
        let second = json!({ "retry_schedule": " [ 2, 5 ] ", "auto_cancel_days": 11 });
        let second = server.put(Who::ADMIN, SETTINGS, second).await.expect(200);
        let third = json!({ "grace_period_days": null, "email_templates": "" });
        let third = server.put(Who::SUPER, SETTINGS, third).await.expect(200);
        let read = server.get(Who::ADMIN, SETTINGS).await.expect(200);

        let mut expected = json!({
            "tenant_id": "acme",
            "retry_schedule": "[1,3,7,14]",
            "grace_period_days": 10,
            "auto_cancel_days": 30,
            "email_templates": templates,
            "status": "active",
            "created_at": "2026-01-31T12:00:00Z",
            "updated_at": "2026-01-31T12:00:00Z",
        });
        assert_eq!(first.at("/data"), expected);
        expected["retry_schedule"] = json!("[2,5]");
        expected["auto_cancel_days"] = json!(11);
        expected["updated_at"] = json!("2026-02-01T00:00:00Z");
        assert_eq!(second.at("/data"), expected);
        expected.as_object_mut().unwrap().remove("email_templates");
        assert_eq!((third.at("/data"), read.at("/data")), (expected.clone(), expected));
        assert_eq!(shown(&server).await["grace_period_days"], 10);
    }
}

#[tokio::test]
async fn every_broken_field_is_told_at_once_and_nothing_is_kept() {
    let server = Server::start(engines().remove(0)).await;
    let broken = json!({
        "tenant_id": "other",
        "retry_schedule": "[3,1]",
        "grace_period_days": 0,
        "auto_cancel_days": 181,
        "email_templates": "x".repeat(10_001),
    });
    let each = [
        (json!({ "retry_schedule": [1, 3] }), "retry_schedule"),
        (json!({ "retry_schedule": "1,3" }), "retry_schedule"),
        (json!({ "retry_schedule": "[0]" }), "retry_schedule"),
        (json!({ "retry_schedule": "[181]" }), "retry_schedule"),
        (json!({ "grace_period_days": 91 }), "grace_period_days"),
        (json!({ "grace_period_days": "7" }), "grace_period_days"),
        (json!({ "grace_period_days": 30 }), "grace_period_days"),
        (json!({ "auto_cancel_days": 7 }), "auto_cancel_days"),
        (json!({ "grace_period_days": 9, "auto_cancel_days": 9 }), "auto_cancel_days"),
    ];

    let all = server.put(Who::ADMIN, SETTINGS, broken.clone()).await.expect(400);
    for (body, field) in each {
        let refused = server.put(Who::ADMIN, SETTINGS, body.clone()).await.expect(400);
        assert_eq!(refused.fields(), [field], "{body}");
    }

    let mut fields = all.fields();
    fields.sort_unstable();
    let mut expected: Vec<&str> = broken.as_object().unwrap().keys().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(server.get(Who::ADMIN, SETTINGS).await.expect(200).at("/data/status"), "");
}

#[tokio::test]
async fn a_change_and_a_removal_are_made_to_the_version_that_was_seen_only() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let nothing = tag(&server.get(Who::ADMIN, SETTINGS).await.expect(200));
        let days = |days: u8| json!({ "grace_period_days": days });

        let set = with_tag(&server, Method::PUT, &nothing, &days(9)).await.expect(200);
        with_tag(&server, Method::PUT, &nothing, &days(8)).await.expect(412);
        with_tag(&server, Method::DELETE, &nothing, &json!({})).await.expect(412);
        let read = server.get(Who::ADMIN, SETTINGS).await.expect(200);
        with_tag(&server, Method::DELETE, &tag(&set), &json!({})).await.expect(200);
        server.delete(Who::ADMIN, SETTINGS).await.expect(200);

        assert_eq!((tag(&read), read.at("/data/grace_period_days")), (tag(&set), json!(9)));
        assert_eq!(tag(&server.get(Who::ADMIN, SETTINGS).await.expect(200)), nothing);
    }
}

#[tokio::test]
async fn what_fails_already_goes_on_by_the_new_settings() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        // It failed on the fourteenth at noon.
        moved(&server, "02-16T13:00:00").await;

        let other =
            json!({ "retry_schedule": "[2,5]", "grace_period_days": 2, "auto_cancel_days": 40 });
        server.put(Who::ADMIN, SETTINGS, other).await.expect(200);
        let ran = moved(&server, "02-16T14:00:00").await;
        let suspended = status(&server).await;
        server.delete(Who::ADMIN, SETTINGS).await.expect(200);
        let rest = moved(&server, "06-01T00:00:00").await;

        // The second day is over only since the sixteenth at noon; its retry comes at once.
        assert_eq!(ran, ["02-16T13:00 retry 1", "02-16T13:00 suspend 1"]);
        assert_eq!(suspended, "suspended");
        let steps = [
            "02-17T12:00 retry 1",
            "02-21T12:00 retry 1",
            "02-28T12:00 retry 1",
            "03-16T12:00 cancel 1",
        ];
        assert_eq!(rest, steps);
        assert_eq!(requests(&server, "acme").await.len(), 6);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_settings_of_a_tenant_are_its_own() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let stranger = Who::Person { tenant: "other", user: "usr_o", role: "admin" };
        let ten = json!({ "grace_period_days": 10 });
        server.put(Who::ADMIN, SETTINGS, ten.clone()).await.expect(200);

        server.get(stranger, SETTINGS).await.expect(403);
        server.put(stranger, SETTINGS, ten.clone()).await.expect(403);
        server.delete(stranger, SETTINGS).await.expect(403);
        server.put(Who::MEMBER, SETTINGS, ten).await.expect(403);
        let theirs = "/admin/billing/dunning-settings/other";
        assert_eq!(server.get(stranger, theirs).await.expect(200).at("/data/status"), "");
        server.delete(stranger, theirs).await.expect(200);
        let kept = server.get(Who::ADMIN, SETTINGS).await.expect(200);
        assert_eq!(kept.at("/data/grace_period_days"), 10);
    }
}
