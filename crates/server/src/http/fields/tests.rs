//! Reading fields, as a handler does.

use countinghouse_core::{
    calendar::{Date, Instant},
    id::TenantId,
    money::{Amount, Currency, UnitPrice},
};
use proptest::prelude::*;

use super::*;

fn body(text: &str) -> Fields<'_> {
    Fields::of_body(Object::parse(text.as_bytes()).expect("it is an object"))
}

fn query(text: &str) -> Fields<'_> {
    Fields::of_query(Parameters::parse(text).expect("it is a query"))
}

/// The field and the code of every broken rule.
fn broken(fields: &Fields<'_>) -> Vec<(String, String)> {
    let broken = fields.violations().iter();
    broken.map(|rule| (rule.field.to_string(), rule.code.to_string())).collect()
}

fn one_broken<R: Read>(json: &str, reader: R) -> Option<String> {
    let text = format!("{{\"a\": {json}}}");
    let mut fields = body(&text);
    let value = fields.required("a", reader);
    let mut codes = fields.violations().iter().map(|rule| rule.code.to_string());
    assert_eq!(value.is_none(), codes.len() == 1, "{json}");
    codes.next()
}

#[test]
fn every_broken_rule_is_told_at_once() {
    let mut fields = body(r#"{"name": " ", "days": 91, "renew": "yes", "start": "soon", "x": 1}"#);

    fields.required("name", Name(200));
    fields.optional("days", Whole(0..=90));
    fields.optional("renew", Flag);
    fields.required("start", Parsed(Instant::parse));
    fields.required("end", Parsed(Instant::parse));
    let refused = fields.finish(()).expect_err("much is wrong");

    let told: Vec<_> =
        refused.violations().iter().map(|rule| (&*rule.field, &*rule.code)).collect();
    assert_eq!(
        told,
        [
            ("name", "blank"),
            ("days", "out_of_range"),
            ("renew", "wrong_type"),
            ("start", "malformed"),
            ("end", "required"),
        ]
    );
}

#[test]
fn a_null_member_and_an_empty_parameter_are_absent() {
    let mut fields = body(r#"{"days": null}"#);
    let mut parameters = query("days=&status=");

    assert_eq!(fields.optional("days", Whole(0..=90)), None);
    assert_eq!(parameters.optional("days", Whole(0..=90)), None);
    assert_eq!(fields.required("days", Whole(0..=90)), None);
    assert_eq!(broken(&fields), [("days".to_owned(), "required".to_owned())]);
    assert_eq!(broken(&parameters), []);
}

#[test]
fn what_is_given_twice_is_refused() {
    let mut fields = body(r#"{"amount": 1, "amount": 2}"#);
    let mut parameters = query("page=1&page=2");

    fields.required("amount", AmountIn::any(Currency::CNY));
    parameters.optional("page", Whole(1..=9));

    assert_eq!(broken(&fields), [("amount".to_owned(), "repeated".to_owned())]);
    assert_eq!(broken(&parameters), [("page".to_owned(), "repeated".to_owned())]);
}

#[test]
fn whole_numbers_are_json_numbers_without_a_fraction() {
    let whole = || Whole(-5..=i64::MAX);

    for good in ["0", "-5", "9223372036854775807"] {
        assert_eq!(one_broken(good, whole()), None, "{good}");
    }
    for (bad, code) in [
        ("1.0", "wrong_type"),
        ("1e2", "wrong_type"),
        ("\"1\"", "wrong_type"),
        ("true", "wrong_type"),
        ("[1]", "wrong_type"),
        ("-6", "out_of_range"),
        ("9223372036854775808", "out_of_range"),
    ] {
        assert_eq!(one_broken(bad, whole()).as_deref(), Some(code), "{bad}");
    }
}

#[test]
fn amounts_are_exact_and_of_their_currency() {
    let mut fields = body(r#"{"number": 1000000000000, "text": "5.94", "small": -0.01}"#);

    let amounts = [
        fields.required("number", AmountIn::positive(Currency::CNY)),
        fields.required("text", AmountIn::not_negative(Currency::CNY)),
        fields.required("small", AmountIn::any(Currency::CNY)),
    ];

    let units = amounts.map(|amount| amount.map(Amount::units));
    assert_eq!(units, [Some(10_000_000_000_000_000), Some(59_400), Some(-100)]);
    let yen = Currency::parse("JPY").expect("it is a currency");
    for (bad, reader, code) in [
        ("0.001", AmountIn::any(Currency::CNY), "malformed"),
        ("0.1", AmountIn::any(yen), "malformed"),
        ("1000000000000.01", AmountIn::any(Currency::CNY), "malformed"),
        ("1e999", AmountIn::any(Currency::CNY), "malformed"),
        ("\"NaN\"", AmountIn::any(Currency::CNY), "malformed"),
        ("{}", AmountIn::any(Currency::CNY), "malformed"),
        ("0", AmountIn::positive(Currency::CNY), "out_of_range"),
        ("-0.01", AmountIn::not_negative(Currency::CNY), "out_of_range"),
    ] {
        assert_eq!(one_broken(bad, reader).as_deref(), Some(code), "{bad}");
    }
}

#[test]
fn domain_types_are_parsed_and_say_themselves_what_is_wrong() {
    let mut fields = body(r#"{"price": 0.000000000001, "day": "2026-02-30", "tenant_id": "a/b"}"#);

    let price = fields.required("price", Decimal(UnitPrice::parse));
    fields.required("day", Parsed(Date::parse));
    fields.required("tenant_id", Parsed(TenantId::parse));

    assert_eq!(price.map(|price| price.to_string()).as_deref(), Some("0.000000000001"));
    let told: Vec<_> = fields.violations().iter().map(|rule| &*rule.field).collect();
    assert_eq!(told, ["day", "tenant_id"]);
    assert!(fields.violations()[1].description.contains("without `/`"));
}

#[test]
fn words_are_of_a_closed_list() {
    const WORDS: Word<u8> = Word(&[("monthly", 1), ("yearly", 12)]);
    let mut fields = query("cycle=yearly&other=Yearly");

    assert_eq!(fields.required("cycle", WORDS), Some(12));
    assert_eq!(fields.required("other", WORDS), None);
    assert_eq!(fields.violations()[0].description, "must be one of `monthly`, `yearly`");
}

#[test]
fn text_is_counted_in_letters() {
    assert_eq!(one_broken("\"账单账单\"", Text(4)), None);
    assert_eq!(one_broken("\"账单账单账\"", Text(4)).as_deref(), Some("too_long"));
    assert_eq!(one_broken("\"\"", Text(4)), None);
    assert_eq!(one_broken("7", Text(4)).as_deref(), Some("wrong_type"));
}

#[test]
fn entries_of_an_array_are_read_one_by_one_and_named_by_their_place() {
    let mut fields = body(r#"{"lines": [{"quantity": 2}, {}, 7], "buyer": {"name": ""}}"#);

    let mut quantities = Vec::new();
    for mut line in fields.objects("lines", 1..=3) {
        quantities.push(line.required("quantity", Whole(1..=9)));
        fields.absorb(line);
    }
    let mut buyer = fields.object("buyer").expect("it is there");
    buyer.required("name", Name(200));
    fields.absorb(buyer);

    assert_eq!(quantities, [Some(2), None]);
    let mut told: Vec<_> = fields.violations().iter().map(|rule| &*rule.field).collect();
    told.sort_unstable();
    assert_eq!(told, ["buyer.name", "lines[1].quantity", "lines[2]"]);
}

#[test]
fn an_array_has_its_bounds() {
    for (text, code) in [
        ("{}", "required"),
        (r#"{"lines": []}"#, "out_of_range"),
        (r#"{"lines": [{}, {}, {}]}"#, "out_of_range"),
        (r#"{"lines": {}}"#, "wrong_type"),
        (r#"{"lines": "[]"}"#, "wrong_type"),
    ] {
        let mut fields = body(text);
        assert!(fields.objects("lines", 1..=2).is_empty(), "{text}");
        assert_eq!(broken(&fields), [("lines".to_owned(), code.to_owned())], "{text}");
    }
}

#[test]
fn a_member_that_repeats_the_path_must_agree_with_it() {
    let mut same = body(r#"{"tenant_id": "tnt_1"}"#);
    let mut other = body(r#"{"tenant_id": "tnt_2"}"#);
    let mut absent = body("{}");

    for fields in [&mut same, &mut other, &mut absent] {
        fields.must_repeat("tenant_id", "tnt_1");
    }

    assert!(same.finish(()).is_ok());
    assert_eq!(broken(&other), [("tenant_id".to_owned(), "differs".to_owned())]);
    assert!(absent.finish(()).is_ok());
}

#[test]
fn finishing_gives_every_value_or_none() {
    let mut fields = body(r#"{"a": 1, "b": "two"}"#);

    let a = fields.required("a", Whole(0..=9));
    let b = fields.required("b", Text(9));

    assert_eq!(fields.finish((a, b)).expect("nothing is wrong"), (1, "two".to_owned()));
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused_by_any_reader(text in r#"[\[\]{}"0-9eE.,:\\ntrufals-]{0,12}"#) {
        let text = format!("{{\"a\": {text}}}");
        let Ok(object) = Object::parse(text.as_bytes()) else { return Ok(()) };
        let mut fields = Fields::of_body(object);

        fields.optional("a", Text(3));
        fields.optional("a", Whole(0..=9));
        fields.optional("a", Flag);
        fields.optional("a", AmountIn::any(Currency::CNY));
        fields.optional("a", Parsed(Instant::parse));
        fields.objects("a", 0..=1);
    }
}
