//! Documents read back, for tests.

use super::super::{
    Document, Kind, draw, figures,
    layout::{self, Piece, Sheet},
};

pub(super) fn drawn(document: &Document) -> Vec<u8> {
    draw(document).expect("a document")
}

pub(super) fn parsed(document: &Document) -> lopdf::Document {
    lopdf::Document::load_mem(&drawn(document)).expect("a PDF")
}

/// The text of each page as a program finds it, without white space.
pub(super) fn pages(document: &Document) -> Vec<String> {
    let pdf = parsed(document);
    let page = |number| bare(&pdf.extract_text(&[number]).expect("text"));
    pdf.get_pages().into_keys().map(page).collect()
}

pub(super) fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What a document has to say of its lines and sums, in order.
pub(super) fn figures_of(document: &Document) -> Vec<String> {
    let amount = |it| figures::amount(it, document.currency);
    let mut all = Vec::new();
    for line in &document.lines {
        all.push(line.description.clone());
        all.extend(line.service.map(figures::days));
        all.push(figures::count(line.quantity));
        all.push(figures::price(line.unit_price, document.currency));
        all.extend([figures::per_cent(line.rate), amount(line.net)]);
    }
    all.push(amount(document.net));
    for part in &document.taxes {
        all.extend([figures::per_cent(part.rate), amount(part.net)]);
        all.extend(part.reason.clone());
        all.push(amount(part.tax));
    }
    all.push(figures::money(document.total, document.currency));
    match &document.kind {
        Kind::Invoice(it) => {
            let taken = [it.credit_applied, it.noted, it.paid];
            let taken = taken.into_iter().filter(|it| !it.is_zero());
            all.extend(taken.map(|it| figures::taken_off(it, document.currency)));
            all.push(figures::money(it.due, document.currency));
        }
        Kind::CreditNote(it) => all.extend([amount(it.lowered), amount(it.returned)]),
    }
    all
}

/// What a document has to say on top.
pub(super) fn heads_of(document: &Document) -> Vec<String> {
    let mut all = vec![document.number.clone()];
    for party in document.seller.iter().chain([&document.buyer]) {
        all.push(party.name.clone());
        all.extend(party.address.clone());
        all.extend(party.tax_id.clone());
    }
    all.push(figures::day(document.issued_on));
    match &document.kind {
        Kind::Invoice(it) => {
            all.push(figures::day(it.due_on));
            all.extend(it.period.map(figures::days));
        }
        Kind::CreditNote(it) => {
            all.extend([it.invoice_number.clone(), figures::day(it.invoice_issued_on)]);
            all.extend(it.reason.clone());
        }
    }
    all
}

/// No two lines of a page cover each other, and none leaves the page's margins.
pub(super) fn is_legible(sheets: &[Sheet]) -> Result<(), String> {
    for sheet in sheets {
        let pieces: Vec<&Piece> = sheet.blocks.iter().flat_map(|block| &block.pieces).collect();
        for (at, one) in pieces.iter().enumerate() {
            if one.left < layout::MARGIN || one.right() > layout::PAGE_WIDTH - layout::MARGIN {
                return Err(format!("{:?} leaves the margins", one.text.line.text));
            }
            if one.base > layout::PAGE_HEIGHT {
                return Err(format!("{:?} leaves the page", one.text.line.text));
            }
            if let Some(other) = pieces[at + 1..].iter().find(|other| covers(one, other)) {
                let texts = (&one.text.line.text, &other.text.line.text);
                return Err(format!("{texts:?} cover each other"));
            }
        }
    }
    Ok(())
}

fn covers(one: &Piece, other: &Piece) -> bool {
    let beside = one.right() <= other.left || other.right() <= one.left;
    let height = |it: &Piece| it.text.size * 3 / 4;
    let apart = one.base <= other.base - height(other) || other.base <= one.base - height(one);
    !beside && !apart
}
