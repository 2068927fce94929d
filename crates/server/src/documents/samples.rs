//! Documents to draw in tests.

use countinghouse_core::{
    calendar::Date,
    money::{Amount, Currency, TaxRate, UnitPrice},
};

use super::{
    CreditNote, Days, Document, Invoice, Kind, Line, Party, Pricing, Standing, TaxPart, Wording,
};

pub(super) fn amount(text: &str) -> Amount {
    Amount::parse_in_any(text).expect("an amount")
}

fn date(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

fn rate(text: &str) -> TaxRate {
    TaxRate::parse(text).expect("a rate")
}

fn january() -> Days {
    Days { first: date("2026-01-01"), last: date("2026-01-31") }
}

pub(super) fn line(description: &str, quantity: i64, price: &str, net: &str) -> Line {
    Line {
        description: description.to_owned(),
        service: Some(january()),
        quantity,
        unit_price: UnitPrice::parse(price).expect("a price"),
        rate: rate("0.06"),
        net: amount(net),
    }
}

fn tax(of: &str, net: &str, tax: &str, reason: Option<&str>) -> TaxPart {
    TaxPart {
        rate: rate(of),
        net: amount(net),
        tax: amount(tax),
        reason: reason.map(str::to_owned),
    }
}

fn invoice(due: &str, standing: Standing) -> Invoice {
    Invoice {
        due_on: date("2026-02-15"),
        period: Some(january()),
        credit_applied: Amount::ZERO,
        noted: Amount::ZERO,
        paid: Amount::ZERO,
        returned: Amount::ZERO,
        due: amount(due),
        standing,
    }
}

fn party(name: &str, address: &str, tax_id: &str) -> Party {
    Party {
        name: name.to_owned(),
        address: Some(address.to_owned()),
        tax_id: Some(tax_id.to_owned()),
    }
}

/// One page in English, still to be paid.
pub(super) fn plain() -> Document {
    Document {
        kind: Kind::Invoice(invoice("1372.7", Standing::Due)),
        number: "INV-2026-000123".to_owned(),
        wording: Wording::English,
        seller: Some(party(
            "Northwind Cloud Services Ltd",
            "12 Harbour Street\nFloor 3\nDublin D02 X285\nIreland",
            "IE 1234567 T",
        )),
        buyer: party(
            "Acme Data GmbH",
            "Rosenthaler Straße 40\n10178 Berlin\nGermany",
            "DE 123456789",
        ),
        issued_on: date("2026-02-01"),
        currency: Currency::parse("EUR").expect("a currency"),
        pricing: Pricing::BeforeTax,
        lines: vec![
            line("Professional plan, monthly", 1, "999", "999"),
            line("API calls beyond the quota", 1_250_000, "0.0002", "250"),
            line("Storage beyond the quota (GB)", 23, "2", "46"),
        ],
        net: amount("1295"),
        taxes: vec![tax("0.06", "1295", "77.7", None)],
        total: amount("1372.7"),
    }
}

/// The same in both languages, from a seller in China, partly covered by credit and notes.
pub(super) fn both() -> Document {
    let mut document = plain();
    document.wording = Wording::Both;
    document.currency = Currency::CNY;
    document.seller = Some(party(
        "上海云账信息技术有限公司 (Yunzhang)",
        "上海市浦东新区张江高科技园区博云路2号 浦软大厦 1201室\n201203",
        "91310115MA1K4XXXXX",
    ));
    document.buyer = party("臺灣數位雲端股份有限公司", "臺北市信義區信義路五段7號", "90218812");
    document.lines = vec![
        line("专业版套餐（月付） Professional plan", 1, "999", "999"),
        line("超出配额的接口调用次数，按量计费，单价为每次调用的价格", 1_250_000, "0.0002", "250"),
        line("存储空间 Storage (GB)", 23, "2", "46"),
    ];
    document.kind = Kind::Invoice(Invoice {
        credit_applied: amount("300"),
        noted: amount("72.7"),
        paid: amount("1000"),
        due: Amount::ZERO,
        standing: Standing::Paid(Some(date("2026-02-03"))),
        ..invoice("0", Standing::Due)
    });
    document
}

/// So many lines.
pub(super) fn long(lines: usize) -> Document {
    let mut document = plain();
    document.lines = (1..=lines)
        .map(|at| line(&format!("Workspace {at}: seats and storage"), 3, "12.5", "37.5"))
        .collect();
    document.kind = Kind::Invoice(invoice("7950", Standing::Overdue));
    document.net = amount("7500");
    document.taxes = vec![tax("0.06", "7500", "450", None)];
    document.total = amount("7950");
    document
}

/// A credit note in Chinese, with a reason.
pub(super) fn credit_note() -> Document {
    Document {
        kind: Kind::CreditNote(CreditNote {
            invoice_number: "INV-2026-000123".to_owned(),
            invoice_issued_on: date("2026-02-01"),
            reason: Some("服务中断三日，按合同约定退还部分费用。".to_owned()),
            lowered: amount("6"),
            returned: amount("100"),
            is_cancelled: false,
        }),
        number: "CN-2026-000007".to_owned(),
        wording: Wording::Chinese,
        lines: vec![line("更正 INV-2026-000123", 1, "100", "100")],
        net: amount("100"),
        taxes: vec![tax("0.06", "100", "6", None)],
        total: amount("106"),
        ..both()
    }
}

/// Names of every kind.
pub(super) fn odd() -> Document {
    let mut document = plain();
    document.seller = Some(party(
        "شركة الأفق للتقنية المحدودة (Horizon)",
        "בניין עזריאלי, תל אביב\nบริษัท ตัวอย่าง จำกัด ถนนสุขุมวิท กรุงเทพฯ\nमुंबई, महाराष्ट्र · 서울특별시 강남구",
        "300-1234567\u{7}",
    ));
    document.buyer = party(
        &"Donaudampfschifffahrtsgesellschaft".repeat(9),
        &format!("🚀 Rocket Yard 7 {}\nline\u{0}two\u{202e}\nབོད་ཡིག", "9".repeat(120)),
        "—",
    );
    document.lines = vec![
        line(
            "Emoji 👩‍🚀 ✅ e\u{301}clair, Ελληνικά, Русский, Tiếng Việt, 日本語のサービス",
            1,
            "0.000000000001",
            "0",
        ),
        line(&"无空格的长描述".repeat(30), i64::MAX, "1000000000000", "1000000000000"),
        line(&"supercalifragilistic".repeat(20), -3, "-12.5", "37.5"),
    ];
    document.total = amount("1000000000000");
    document.net = amount("1000000000000");
    document.taxes = vec![
        tax(
            "0",
            "1000000000000",
            "0",
            Some(
                "Reverse charge: VAT is owed by the buyer under Article 196 of Directive 2006/112/EC.",
            ),
        ),
        tax("0.08875", "1000000000000", "88750000000", None),
    ];
    document
}

/// Nothing to pay, in a currency without decimals, exempt from tax.
pub(super) fn nothing() -> Document {
    let mut document = plain();
    document.currency = Currency::parse("JPY").expect("a currency");
    document.pricing = Pricing::TaxIncluded;
    document.seller = None;
    document.lines = vec![line("トライアル Trial", 1, "0", "0")];
    document.net = Amount::ZERO;
    document.taxes = vec![tax("0", "0", "0", Some("Exempt: small enterprise"))];
    document.total = Amount::ZERO;
    document.kind = Kind::Invoice(invoice("0", Standing::Paid(None)));
    document
}

/// A document for each thing that is worth looking at.
pub(super) fn gallery() -> Vec<(&'static str, Document)> {
    let standing =
        |standing, due| Document { kind: Kind::Invoice(invoice(due, standing)), ..plain() };
    let mut refunded = both();
    refunded.wording = Wording::Chinese;
    refunded.kind = Kind::Invoice(Invoice {
        paid: amount("1372.7"),
        returned: amount("1372.7"),
        ..invoice("0", Standing::Refunded)
    });
    let mut empty = plain();
    empty.lines.clear();
    vec![
        ("plain", plain()),
        ("both", both()),
        ("long", long(200)),
        ("just-over", long(23)),
        ("credit-note", credit_note()),
        ("odd", odd()),
        ("nothing", nothing()),
        ("void", standing(Standing::Void, "0")),
        ("overdue", standing(Standing::Overdue, "1372.7")),
        ("refunded", refunded),
        ("empty", empty),
    ]
}
