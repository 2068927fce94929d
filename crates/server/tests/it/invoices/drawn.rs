//! Invoices and credit notes as PDF: what is read in them is what the API says.

use axum::http::Method;
use serde_json::{Value, json};

use super::{FIRST, introduced, invoice, subscribed, told};
use crate::harness::{Answer, Server, Who, engines};

const PDF: &str = "/billing/invoice/INV-2026-000001/pdf";

/// The text of a document, without white space.
pub(super) fn read(answer: &Answer) -> String {
    assert_eq!(answer.headers["content-type"], "application/pdf");
    let pdf = lopdf::Document::load_mem(&answer.bytes).unwrap();
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    bare(&pdf.extract_text(&pages).unwrap())
}

pub(super) fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// An amount of JSON as documents write it.
fn money(amount: &Value) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{fraction:0<2}")
}

/// What an invoice of the API has to say on paper, in order.
pub(super) fn said(invoice: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = vec![text(&invoice["invoice_number"])];
    for party in [&invoice["seller"], &invoice["buyer"]] {
        all.extend(["name", "address", "tax_id"].map(|member| text(&party[member])));
    }
    let day = |at: &Value| text(at).chars().take(10).collect::<String>();
    all.extend([day(&invoice["issued_at"]), day(&invoice["due_date"])]);
    for line in invoice["line_items"].as_array().unwrap() {
        all.extend([text(&line["description"]), line["quantity"].to_string()]);
        all.push(money(&line["amount"]));
    }
    all.push(money(&invoice["subtotal"]));
    for tax in invoice["taxes"].as_array().unwrap() {
        all.extend([money(&tax["subtotal"]), text(&tax["reason"]), money(&tax["tax_amount"])]);
    }
    all.push(format!("{} {}", text(&invoice["currency"]), money(&invoice["amount"])));
    for taken in ["credit_applied", "amount_noted", "amount_paid"] {
        if invoice[taken] != 0 {
            all.push(format!("−{}", money(&invoice[taken])));
        }
    }
    all.push(money(&invoice["amount_due"]));
    all
}

/// That a text has all of these, in order.
#[track_caller]
pub(super) fn has_in_order(text: &str, said: &[String]) {
    let mut rest = text;
    for said in said.iter().map(|said| bare(said)) {
        let found = rest.find(&said);
        let at = found.unwrap_or_else(|| panic!("{said:?} is not in {rest:?} of {text:?}"));
        rest = &rest[at + said.len()..];
    }
}

pub(super) async fn drawn(server: &Server, number: &str) -> Answer {
    let path = format!("/billing/invoice/{number}/pdf");
    server.get(Who::MEMBER, &path).await.expect(200)
}

#[tokio::test]
async fn what_is_read_on_an_invoice_is_what_the_api_says() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        let gift = json!({ "amount": 100, "source": "promo" });
        server.post(Who::ADMIN, adjust, gift).await.expect(201);
        subscribed(&server).await;

        let open = (drawn(&server, "INV-2026-000001").await, invoice(&server, FIRST).await);
        told(&server, "INV-2026-000001", "428.94", "paid").await.expect(201);
        let paid = (drawn(&server, "INV-2026-000001").await, invoice(&server, FIRST).await);

        for (document, invoice) in [&open, &paid] {
            has_in_order(&read(document), &said(invoice));
            let name = document.headers["content-disposition"].to_str().unwrap();
            assert_eq!(name, "attachment; filename=\"INV-2026-000001.pdf\"");
        }
        assert_eq!(open.1["credit_applied"], 100);
        assert!(read(&open.0).contains("DUE") && read(&paid.0).contains("PAID"));
    }
}

#[tokio::test]
async fn the_same_state_is_the_same_bytes_and_another_is_not() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        subscribed(&server).await;

        let first = drawn(&server, "INV-2026-000001").await;
        let language = json!({ "language": "zh-Hans" });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", language).await.expect(200);
        server.advance(3_600);
        let again = drawn(&server, "INV-2026-000001").await;
        told(&server, "INV-2026-000001", "528.94", "paid").await.expect(201);
        let paid = drawn(&server, "INV-2026-000001").await;

        assert!(first.bytes == again.bytes);
        assert!(first.bytes != paid.bytes);
    }
}

#[tokio::test]
async fn any_name_is_drawn_in_the_language_of_the_tenant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let names = [
            ("zh", "上海云账信息技术有限公司"),
            ("mul", "🚀👩‍🚀 Rocket"),
            ("en", "บริษัท ตัวอย่าง จำกัด"),
            ("ar", "شركة المثال المحدودة"),
            ("de", "\u{202e}reversed \u{1}"),
            ("en", &"long name ".repeat(20)),
        ];

        for (place, (language, name)) in names.into_iter().enumerate() {
            let tenant = format!("named-{place}");
            let who = Who::Person { tenant: &tenant, user: "usr_1", role: "admin" };
            let profile = json!({
                "legal_name": name, "address": name.repeat(2), "tax_id": "ภ", "language": language,
                "tax_exempt_reason": "reverse charge",
            });
            let path = format!("/admin/billing/tenants/{tenant}/profile");
            server.put(who, &path, profile).await.expect(200);
            server.post(who, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);

            let text = read(&server.get(who, PDF).await.expect(200));

            let word = if language == "en" || language == "ar" || language == "de" {
                "Amountdue"
            } else {
                "应付金额"
            };
            assert!(text.contains(word), "{language}: {text}");
            assert!(text.contains("reversecharge"), "{text}");
            assert!(place > 0 || text.contains(name), "{text}");
        }
    }
}

#[tokio::test]
async fn many_at_once_are_drawn_one_after_the_other() {
    let server = Server::start(engines().remove(0)).await;
    subscribed(&server).await;

    let all = (0..24).map(|_| drawn(&server, "INV-2026-000001"));
    let all = futures_util::future::join_all(all).await;

    assert!(all.iter().all(|it| it.bytes == all[0].bytes));
}

#[tokio::test]
async fn a_tenant_that_never_said_who_it_is_is_called_by_its_id() {
    let server = Server::start(engines().remove(0)).await;
    subscribed(&server).await;

    let text = read(&drawn(&server, "INV-2026-000001").await);

    assert!(text.contains("acme"), "{text}");
}

#[tokio::test]
async fn a_credit_note_says_of_which_invoice_it_takes_back_and_why() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        subscribed(&server).await;
        told(&server, "INV-2026-000001", "528.94", "paid").await.expect(201);
        let basic = json!({ "new_plan": "basic" });
        let change_plan = "/admin/billing/subscription/acme/change-plan";
        server.post(Who::ADMIN, change_plan, basic).await.expect(200);
        let returned = invoice(&server, FIRST).await["amount_returned"].clone();
        let path = "/admin/billing/credit-note/CN-2026-000001/pdf";

        let own = server.get(Who::ADMIN, path).await.expect(200);
        let found = server.get(Who::SUPER, path).await.expect(200);
        server.get(Who::MEMBER, path).await.expect(403);
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };
        server.get(other, path).await.expect(404);
        server.get(Who::SUPER, "/admin/billing/credit-note/CN-1/pdf").await.expect(404);

        assert!(own.bytes == found.bytes);
        let said = ["CN-2026-000001", "Acme Ltd.", "INV-2026-000001", "Change of plan"];
        let mut said = said.map(str::to_owned).to_vec();
        said.push(format!("CNY {}", money(&returned)));
        has_in_order(&read(&own), &said);
    }
}

#[tokio::test]
async fn a_note_that_was_asked_for_says_why_in_the_words_of_who_asked_until_it_is_hidden() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        subscribed(&server).await;
        let number = "INV-2026-000001";
        let ask = json!({ "amount": 10, "invoice_number": number, "reason": "Outage of 3 March" });
        let path = format!("/admin/billing/invoice/{number}/credit-note");
        server.post(Who::ADMIN, &path, ask).await.expect(200);
        let note = "/admin/billing/credit-note/CN-2026-000001";
        let pdf = format!("{note}/pdf");

        let text = read(&server.get(Who::ADMIN, &pdf).await.expect(200));
        assert!(text.contains(&bare("Outage of 3 March")), "{text}");

        server.send(server.request(Method::PUT, Who::ADMIN, note), None).await.expect(200);
        server.get(Who::ADMIN, &pdf).await.expect(200);
        server.delete(Who::ADMIN, note).await.expect(200);
        server.get(Who::ADMIN, &pdf).await.expect(404);
    }
}

#[tokio::test]
async fn what_was_refunded_stands_on_the_invoice_and_on_the_note_over_it() {
    const REFUND: &str = "/admin/billing/refund-approval";
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        subscribed(&server).await;
        told(&server, "INV-2026-000001", "528.94", "paid").await.expect(201);
        let ask = json!({
            "amount": 77, "invoice_number": "INV-2026-000001", "reason": "Outage",
            "transaction_id": "pay_1",
        });
        let other = Who::Person { tenant: "acme", user: "usr_b", role: "admin" };
        let made = server.post(Who::ADMIN, REFUND, ask).await.expect(200);
        let refund = format!("{REFUND}/{}", made.at("/data/refund_id").as_str().unwrap());
        server.post(other, &format!("{refund}/approve"), json!({})).await.expect(200);
        let execute = json!({ "user_id": "usr_a" });
        server.post(other, &format!("{refund}/execute"), execute).await.expect(200);

        assert_eq!(invoice(&server, FIRST).await["amount_returned"], 77);
        let note = "/admin/billing/credit-note/CN-2026-000001/pdf";
        let note = server.get(Who::ADMIN, note).await.expect(200);
        let said = ["Given back", "77.00"].map(str::to_owned);
        has_in_order(&read(&note), &said);
        has_in_order(&read(&drawn(&server, "INV-2026-000001").await), &said);
    }
}

#[tokio::test]
async fn a_number_that_two_tenants_have_asks_for_the_tenant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["acme", "beta"] {
            let who = Who::Person { tenant, user: "usr_1", role: "admin" };
            server.post(who, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
            let path = format!("/admin/billing/subscription/{tenant}/change-plan");
            server.post(who, &path, json!({ "new_plan": "basic" })).await.expect(200);
        }
        let path = "/admin/billing/credit-note/CN-2026-000001/pdf";

        server.get(Who::SUPER, path).await.expect(409);
        let named = server.request(Method::GET, Who::SUPER, path);
        let named = server.send(named.header("x-tenant-id", "beta"), None).await.expect(200);

        assert!(read(&named).contains("beta"));
    }
}

#[tokio::test]
async fn a_note_is_of_the_year_and_the_day_of_the_zone_in_which_it_was_issued() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        subscribed(&server).await;
        let clock = "/internal/billing/test-clock/acme";
        let now = json!({ "now": "2026-12-31T18:00:00Z" });
        server.put(Who::Service { tenant: None }, clock, now).await.expect(200);
        let profile = "/admin/billing/tenants/acme/profile";
        let zone = |zone: &str| json!({ "timezone": zone });
        server.put(Who::ADMIN, profile, zone("Asia/Shanghai")).await.expect(200);

        let note = json!({ "amount": 5, "reason": "late" });
        let path = "/admin/billing/invoice/INV-2026-000001/credit-note";
        let number = server.post(Who::ADMIN, path, note).await.expect(200);
        server.put(Who::ADMIN, profile, zone("UTC")).await.expect(200);

        assert_eq!(number.at("/data/credit_note_number"), "CN-2027-000001");
        let path = "/admin/billing/credit-note/CN-2027-000001/pdf";
        let drawn = read(&server.get(Who::ADMIN, path).await.expect(200));
        assert!(drawn.contains("2027-01-01"), "{drawn}");
        assert!(!drawn.contains("2026-12-31"), "{drawn}");
    }
}
