//! Where everything stands.
//!
//! Lengths are thousandths of a point, from the upper left corner of the page.

mod head;
mod sheet;
mod sums;
mod table;

pub(super) use head::subject;
pub(super) use sheet::{Area, Block, Ink, Piece, Role, Row, Sheet, Table};

use super::{Document, figures, wording::Label, wrapping};
use sheet::{Corner, Sheets, small};

/// A point.
pub(super) const POINT: i64 = 1_000;
/// The width of a page (A4).
pub(super) const PAGE_WIDTH: i64 = 595_276;
/// The height of a page.
pub(super) const PAGE_HEIGHT: i64 = 841_890;
/// What is left free to the left and right.
pub(super) const MARGIN: i64 = 48 * POINT;
/// Where text begins on a page.
const TOP: i64 = 48 * POINT;
/// Where it has to end: below is the foot.
const BOTTOM: i64 = PAGE_HEIGHT - 62 * POINT;
/// The width of text.
const WIDTH: i64 = PAGE_WIDTH - 2 * MARGIN;
/// Where the base of the foot is.
const FOOT: i64 = PAGE_HEIGHT - 38 * POINT;

/// The pages of a document.
pub(super) fn lay_out(document: &Document) -> Vec<Sheet> {
    let running = running_head(document);
    let mut sheets = Sheets::new(running);
    head::place(&mut sheets, document);
    let sums = sums::rows(document);
    table::place(&mut sheets, document, sums::height(&sums));
    sums::place(&mut sheets, &sums);
    let mut sheets = sheets.finish();
    place_feet(&mut sheets, document);
    sheets
}

/// What stands on top of the second page and those after it.
fn running_head(document: &Document) -> String {
    let subject = subject(document);
    match &document.seller {
        Some(seller) => format!("{subject} · {}", seller.name),
        None => subject,
    }
}

/// The foot of each page: what it is, and which page of how many.
fn place_feet(sheets: &mut [Sheet], document: &Document) {
    let count = sheets.len();
    let subject = subject(document);
    let issued = document.wording.say(Label::Issued);
    let issued = format!("{subject} · {issued} {}", figures::day(document.issued_on));
    for (at, sheet) in sheets.iter_mut().enumerate() {
        let number = format!("{} / {count}", at + 1);
        let number = wrapping::shrink(&number, small(), 60 * POINT);
        let issued = wrapping::clip(&issued, small(), WIDTH - 80 * POINT);
        sheet.rule(MARGIN, FOOT - 14 * POINT, WIDTH);
        sheet.put(Role::Foot, Corner::left(MARGIN, FOOT), Ink::Muted, issued);
        sheet.put(Role::PageNumber, Corner::right(MARGIN + WIDTH, FOOT), Ink::Muted, number);
    }
}
