//! What is no alert, and no list of them.

use serde_json::{Value, json};

use super::{LIST, alert, made, path, with};
use crate::harness::{Server, Who, engines};

const ALL: [&str; 4] = ["name", "resource_type", "threshold_percent", "notification_channels"];

/// Values of each member that are refused, where they are sent.
fn wrong() -> Vec<(&'static str, Value)> {
    let long = "n".repeat(201);
    let resource = "r".repeat(65);
    vec![
        ("name", json!("")),
        ("name", json!(" \t")),
        ("name", json!(long)),
        ("name", json!(5)),
        ("resource_type", json!("")),
        ("resource_type", json!("API calls")),
        ("resource_type", json!("Storage")),
        ("resource_type", json!(resource)),
        ("resource_type", json!(["sms"])),
        ("threshold_percent", json!(0)),
        ("threshold_percent", json!(101)),
        ("threshold_percent", json!(-80)),
        ("threshold_percent", json!("80")),
        ("threshold_percent", json!(1.5)),
        ("threshold_percent", json!(true)),
        ("threshold_percent", json!(u64::MAX)),
        ("notification_channels", json!("")),
        ("notification_channels", json!("fax")),
        ("notification_channels", json!("email,email")),
        ("notification_channels", json!("email,,sms")),
        ("notification_channels", json!("email,")),
        ("notification_channels", json!("EMAIL")),
        ("notification_channels", json!(["email"])),
    ]
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_new_alert_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;

    let empty = server.post(Who::MEMBER, LIST, json!({})).await.expect(400);
    let bad = json!({
        "app_id": "a b",
        "name": "",
        "resource_type": "?",
        "threshold_percent": 0,
        "notification_channels": "fax",
    });
    let bad = server.post(Who::MEMBER, LIST, bad).await.expect(400);
    for (member, value) in
        wrong().into_iter().chain([("app_id", json!("")), ("app_id", json!("a/b"))])
    {
        let body = with(alert("Calls"), &json!({ member: value }));
        let refused = server.post(Who::MEMBER, LIST, body.clone()).await.expect(400);
        assert_eq!(refused.fields(), [member], "{body}");
    }
    for member in ALL {
        let body = with(alert("Calls"), &json!({ member: null }));
        let refused = server.post(Who::MEMBER, LIST, body).await.expect(400);
        assert_eq!(refused.fields(), [member]);
    }
    let nul = server.post(Who::MEMBER, LIST, alert("a\0")).await.expect(400);

    assert_eq!(empty.fields(), ALL);
    assert_eq!(bad.fields(), [&["app_id"][..], &ALL].concat());
    assert_eq!(nul.fields(), ["body"]);
    assert_eq!(server.get(Who::MEMBER, LIST).await.expect(200).at("/total"), 0);
}

#[tokio::test]
async fn the_longest_name_and_the_outermost_thresholds_are_taken() {
    for engine in engines() {
        let server = Server::start(engine).await;

        for (name, percent) in [("名".repeat(200), 1), ("n".to_owned(), 100)] {
            let body = with(alert(&name), &json!({ "threshold_percent": percent }));
            let made = made(&server, Who::MEMBER, body).await;
            assert_eq!(made.at("/data/name"), name);
            assert_eq!(made.at("/data/threshold_percent"), percent);
        }
        let channels = json!({ "notification_channels": "webhook , in_app,sms,email" });
        let made = made(&server, Who::MEMBER, with(alert("All"), &channels)).await;

        assert_eq!(made.at("/data/notification_channels"), "webhook,in_app,sms,email");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_change_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let made = made(&server, Who::MEMBER, alert("Calls")).await;

    let all = json!({
        "name": " ",
        "resource_type": "",
        "threshold_percent": 101,
        "notification_channels": "sms,sms",
        "status": "triggered",
    });
    let all = server.put(Who::MEMBER, &path(&made), all).await.expect(400);
    for (member, value) in wrong() {
        let change = json!({ member: value });
        let refused = server.put(Who::MEMBER, &path(&made), change.clone()).await.expect(400);
        assert_eq!(refused.fields(), [member], "{change}");
    }
    for status in ["triggered", "Active", "", "asleep"] {
        let change = json!({ "status": status });
        let refused = server.put(Who::MEMBER, &path(&made), change).await.expect(400);
        assert_eq!(refused.fields(), ["status"], "{status}");
    }

    assert_eq!(all.fields(), [&ALL[..], &["status"]].concat());
    let now = server.get(Who::MEMBER, &path(&made)).await.expect(200);
    assert_eq!(now.at("/data"), made.at("/data"));
}

#[tokio::test]
async fn a_list_that_is_asked_for_wrongly_is_refused() {
    let server = Server::start(engines().remove(0)).await;

    for (list, who) in [(LIST, Who::MEMBER), ("/admin/billing/alerts", Who::ADMIN)] {
        let all = "status=on&app_id=a%20b&resource_type=%3F&page=0&page_size=x&cursor=zz";
        let all = server.get(who, &format!("{list}?{all}")).await.expect(400);
        let twice = server.get(who, &format!("{list}?status=active&status=active")).await;
        let deep = server.get(who, &format!("{list}?page=501")).await.expect(400);

        let mut fields = all.fields();
        fields.sort_unstable();
        assert_eq!(fields, ["app_id", "cursor", "page", "page_size", "resource_type", "status"]);
        assert_eq!(twice.expect(400).fields(), ["status"]);
        assert_eq!(deep.fields(), ["page"]);
    }
}
