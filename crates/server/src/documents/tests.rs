//! What documents look like to who reads them with a program.

mod reading;

use std::collections::BTreeMap;

use lopdf::Object;
use proptest::prelude::*;

use super::{
    Kind, Wording, draw,
    fonts::{FONTS, Weight},
    layout::{self, Role, Row, Sheet, Table},
    samples,
};
use reading::{bare, drawn, figures_of, heads_of, is_legible, pages, parsed};

/// The most bytes of a document of one page, in any script.
const PAGE_BYTES_MAX: usize = 120_000;

#[test]
fn a_gallery_can_be_looked_at() {
    for (name, document) in samples::gallery() {
        let drawn = draw(&document).expect(name);

        assert!(drawn.starts_with(b"%PDF-1.7"), "{name}");
        if let Some(folder) = std::env::var_os("GALLERY") {
            let path = std::path::Path::new(&folder).join(name).with_extension("pdf");
            std::fs::write(path, drawn).expect("the folder can be written to");
        }
    }
}

#[test]
fn everything_that_a_document_says_can_be_read_back_in_order() {
    for (name, document) in samples::gallery().into_iter().filter(|&(name, _)| name != "odd") {
        let text = pages(&document).concat();

        let mut rest = text.as_str();
        for said in heads_of(&document).into_iter().chain(figures_of(&document)) {
            let said = bare(&said);
            let found = rest.find(&said);
            let at = found.unwrap_or_else(|| panic!("{name}: {said:?} is not in {rest:?}"));
            rest = &rest[at + said.len()..];
        }
    }
}

#[test]
fn each_language_has_its_words_and_both_have_all() {
    let mut document = samples::plain();

    for (wording, words) in [
        (Wording::English, &["Invoice", "DUE", "Billto", "Subtotal", "Amountdue"][..]),
        (Wording::Chinese, &["账单", "待付款", "付款方", "小计", "应付金额"]),
        (Wording::Both, &["Invoice账单", "DUE待付款", "Billto付款方", "Amountdue应付金额"]),
    ] {
        document.wording = wording;
        let text = pages(&document).concat();
        let missing: Vec<_> = words.iter().filter(|it| !text.contains(**it)).collect();
        assert_eq!(missing, Vec::<&&str>::new(), "{text}");
    }
}

#[test]
fn the_state_of_the_payment_is_printed() {
    for (name, word) in [("void", "VOID"), ("overdue", "OVERDUE"), ("nothing", "PAID")] {
        let (_, document) =
            samples::gallery().into_iter().find(|it| it.0 == name).expect("a sample");

        assert!(pages(&document)[0].contains(word), "{name}");
    }
}

#[test]
fn the_same_document_is_the_same_bytes_and_another_is_not() {
    let first = drawn(&samples::both());

    let again = std::thread::spawn(|| drawn(&samples::both())).join().expect("a document");
    let mut other = samples::both();
    other.number = "INV-2026-000124".to_owned();

    assert!(first == again);
    assert!(first != drawn(&other));
}

#[test]
fn every_page_has_the_heads_of_the_table_and_its_number() {
    let pages = pages(&samples::long(200));

    assert!(pages.len() > 5);
    for (at, page) in pages.iter().enumerate() {
        assert_eq!(page.matches("DescriptionQtyUnitpriceTaxAmount(EUR)").count(), 1, "{page}");
        assert!(page.ends_with(&format!("{}/{}", at + 1, pages.len())), "{page}");
        assert!(page.contains("INV-2026-000123"));
    }
}

#[test]
fn the_sums_stay_together_and_with_the_last_line() {
    for lines in 1..60 {
        let sheets = layout::lay_out(&samples::long(lines));

        let last = sheets.last().expect("a page");
        let rows = |sheet: &Sheet, wanted: Table| {
            let cells = sheet.blocks.iter().filter(|block| {
                matches!(block.role, Role::Cell(table, Row::Data { is_head: true, .. }) if table == wanted)
            });
            cells.count()
        };
        assert_eq!(rows(last, Table::Sums), 4, "{lines}");
        assert!(rows(last, Table::Lines) > 0, "{lines}");
        let all: usize = sheets.iter().map(|sheet| rows(sheet, Table::Lines)).sum();
        assert_eq!(all, lines);
    }
}

#[test]
fn samples_are_legible() {
    for (name, document) in samples::gallery() {
        assert_eq!(is_legible(&layout::lay_out(&document)), Ok(()), "{name}");
    }
}

#[test]
fn a_page_is_small() {
    for (name, document) in samples::gallery().into_iter().filter(|it| it.1.lines.len() < 20) {
        let size = drawn(&document).len();

        assert!(size < PAGE_BYTES_MAX, "{name} has {size} bytes");
    }
}

#[test]
fn who_listens_hears_headings_tables_and_their_heads() {
    let document = samples::long(30);

    let pdf = parsed(&document);

    let mut kinds = BTreeMap::<String, usize>::new();
    for object in pdf.objects.values().filter_map(|it| it.as_dict().ok()) {
        if object.get(b"P").is_ok()
            && let Ok(Object::Name(kind)) = object.get(b"S")
        {
            *kinds.entry(String::from_utf8_lossy(kind).into_owned()).or_default() += 1;
        }
    }
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
    assert_eq!((count("H1"), count("H2"), count("Table"), count("THead")), (1, 1, 2, 1));
    assert_eq!(count("TR"), 1 + 30 + 4, "heads once, lines, sums: {kinds:?}");
    assert_eq!(count("TH"), 5 + 30 + 4);
    assert_eq!(count("TD"), 30 * 4 + 4);
}

#[test]
fn chinese_is_for_who_speaks_it() {
    let of = |tag| {
        let language = countinghouse_core::tenants::Language::parse(tag).expect("a tag");
        Wording::of(&language)
    };

    assert_eq!([of("zh"), of("ZH-Hant-HK")], [Wording::Chinese; 2]);
    assert_eq!([of("en-GB"), of("de"), of("zha")], [Wording::English; 3]);
    assert_eq!(of("mul"), Wording::Both);
}

#[test]
fn what_no_page_holds_is_divided() {
    let mut document = samples::plain();
    document.taxes = vec![document.taxes[0].clone(); 120];
    document.lines[0].description = "多".repeat(5_000);

    let sheets = layout::lay_out(&document);

    assert!(sheets.len() > 3);
    assert_eq!(is_legible(&sheets), Ok(()));
    let sums = sheets
        .iter()
        .flat_map(|it| &it.blocks)
        .filter(|it| matches!(it.role, Role::Cell(Table::Sums, _)));
    assert_eq!(sums.count(), 2 * (120 + 3));
}

#[test]
fn the_longest_texts_are_printed_whole() {
    let han = "服务中断三日按合同约定退还部分费用上海珺瑄科技有限公司";
    for text in [han.chars().cycle().take(500).collect(), "a\n".repeat(250), "W".repeat(500)] {
        let mut invoice = samples::nothing();
        invoice.lines[0].description.clone_from(&text);
        invoice.taxes[0].reason = Some(text.clone());
        let mut note = samples::credit_note();
        let Kind::CreditNote(of) = &mut note.kind else { panic!("a note") };
        of.reason = Some(text.clone());
        note.buyer = samples::odd().buyer;

        for document in [invoice, note] {
            let told = pages(&document).concat();
            let wanted = document.lines.iter().filter(|it| it.description == text).count()
                + usize::from(document.taxes[0].reason.is_some())
                + usize::from(matches!(document.kind, Kind::CreditNote(_)));
            assert_eq!(told.matches(&bare(&text)).count(), wanted, "{told}");
            assert_eq!(is_legible(&layout::lay_out(&document)), Ok(()));
        }
    }
}

#[test]
fn names_have_their_own_characters() {
    let mut document = samples::plain();
    for name in ["上海珺瑄科技有限公司", "旻禛珅鋆燊沄洺淏湉燚玹珣琎瑧璠赪翾彧頔垕囧"]
    {
        document.buyer.name = name.to_owned();

        let missing = name.chars().filter(|&it| FONTS.face_of(it, Weight::Regular, None).is_none());

        assert_eq!(missing.collect::<String>(), "");
        assert!(pages(&document).concat().contains(name));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let characters = prop_oneof![
        any::<char>(),
        "\\PC".prop_map(|it| it.chars().next().unwrap_or(' ')),
        prop::sample::select(
            "a W.一。אبกि👩\u{200d}🚀\u{301}\n\u{0}\u{202e}\u{fe0f}".chars().collect::<Vec<_>>()
        ),
    ];
    prop::collection::vec(characters, 0..300).prop_map(|it| it.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_is_drawn_and_stays_where_it_belongs(
        name in any_text(),
        address in any_text(),
        description in any_text(),
        reason in any_text(),
        quantity: i64,
        units: i64,
    ) {
        let mut document = samples::both();
        document.buyer.name.clone_from(&name);
        document.seller = Some(document.buyer.clone());
        document.buyer.address = Some(address.clone());
        document.buyer.tax_id = Some(name);
        document.number = address;
        document.lines[1].description = description;
        document.lines[1].quantity = quantity;
        document.lines[1].net = countinghouse_core::money::Amount::from_units(units);
        document.taxes[0].reason = Some(reason);

        prop_assert_eq!(is_legible(&layout::lay_out(&document)), Ok(()));
        let drawn = draw(&document);
        prop_assert!(drawn.is_ok(), "{:?}", drawn.err());
    }
}
