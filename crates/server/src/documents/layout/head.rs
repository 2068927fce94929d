//! The head of the first page: what it is, who bills whom, and when.

use super::{
    MARGIN, POINT, WIDTH,
    sheet::{Area, Corner, Ink, Role, Sheets, bold, regular, small, stack},
};
use crate::documents::{
    Document, Kind, Party, Standing, figures,
    wording::Label,
    wrapping::{self, Style},
};

/// The width of who bills, and of who is billed.
const PARTY_WIDTH: i64 = 262 * POINT;
/// Where the right half begins.
const RIGHT: i64 = MARGIN + 292 * POINT;
/// Its width.
const RIGHT_WIDTH: i64 = MARGIN + WIDTH - RIGHT;
/// The width of what a fact is called.
const NAME_WIDTH: i64 = 92 * POINT;
/// The width of a fact.
const FACT_WIDTH: i64 = RIGHT_WIDTH - NAME_WIDTH;
/// The most lines of a name, an address, a fact.
const NAME_LINES: usize = 5;
const ADDRESS_LINES: usize = 8;
const FACT_LINES: usize = 6;
/// The most lines of a reason over the whole width: more than the longest one takes in any script.
const REASON_LINES: usize = 20;

/// What the document is, with its number.
pub(in crate::documents) fn subject(document: &Document) -> String {
    format!("{} {}", document.wording.say(title(document)), document.number)
}

const fn title(document: &Document) -> Label {
    match document.kind {
        Kind::Invoice(_) => Label::Invoice,
        Kind::CreditNote(_) => Label::CreditNote,
    }
}

/// Puts the head on the first page.
pub(super) fn place(sheets: &mut Sheets, document: &Document) {
    let top = sheets.y;
    let right = place_title(sheets, document, top);
    let left = match &document.seller {
        Some(seller) => place_party(sheets, document, seller, None, top),
        None => top,
    };
    let rule = left.max(right) + 12 * POINT;
    let accent =
        Area { left: MARGIN, top: rule, width: WIDTH, height: 3 * POINT / 2, ink: Ink::Accent };
    sheets.sheet.area(accent);
    let top = rule + 16 * POINT;
    let to = match document.kind {
        Kind::Invoice(_) => Label::BillTo,
        Kind::CreditNote(_) => Label::CreditTo,
    };
    let left = place_party(sheets, document, &document.buyer, Some(to), top);
    let right = place_facts(sheets, document, top);
    let mut end = left.max(right);
    if let Some(reason) = reason(document).filter(|it| is_long(it)) {
        end = place_reason(sheets, document, reason, end + 12 * POINT);
    }
    sheets.y = end + 20 * POINT;
}

/// The title, the number and where the payment stands, to the right.
fn place_title(sheets: &mut Sheets, document: &Document, top: i64) -> i64 {
    let edge = MARGIN + WIDTH;
    let name = document.wording.say(title(document));
    let name = wrapping::shrink(&name, bold(22 * POINT), RIGHT_WIDTH);
    let at = Corner::right(edge, top + 18 * POINT);
    sheets.sheet.put(Role::Title, at, Ink::Accent, name);
    let number = wrapping::shrink(&document.number, bold(11 * POINT), RIGHT_WIDTH);
    let at = Corner::right(edge, top + 36 * POINT);
    sheets.sheet.put(Role::Paragraph, at, Ink::Text, number);
    let (state, ink) = state(document);
    let state = document.wording.say(state).to_uppercase();
    let state = wrapping::shrink(&state, bold(9 * POINT), RIGHT_WIDTH);
    let width = state.line.width(state.size) + 16 * POINT;
    let badge = Area { left: edge - width, top: top + 46 * POINT, width, height: 17 * POINT, ink };
    sheets.sheet.area(badge);
    let at = Corner::right(edge - 8 * POINT, top + 58 * POINT);
    sheets.sheet.put(Role::Paragraph, at, Ink::White, state);
    top + 63 * POINT
}

const fn state(document: &Document) -> (Label, Ink) {
    match &document.kind {
        Kind::Invoice(invoice) => match invoice.standing {
            Standing::Due => (Label::StateDue, Ink::Accent),
            Standing::Overdue => (Label::StateOverdue, Ink::Alarm),
            Standing::Paid(_) => (Label::StatePaid, Ink::Good),
            Standing::Refunded => (Label::StateRefunded, Ink::Grey),
            Standing::Void => (Label::StateVoid, Ink::Grey),
        },
        Kind::CreditNote(note) if note.is_cancelled => (Label::StateCancelled, Ink::Grey),
        Kind::CreditNote(_) => (Label::StateIssued, Ink::Good),
    }
}

/// A seller or a buyer, to the left. The answer is where it ends.
fn place_party(
    sheets: &mut Sheets,
    document: &Document,
    party: &Party,
    heading: Option<Label>,
    top: i64,
) -> i64 {
    let mut y = top;
    if let Some(heading) = heading {
        y = place_heading(sheets, &document.wording.say(heading), y);
    }
    let mut pieces = Vec::new();
    let name = wrapping::wrap(&party.name, bold(11 * POINT), PARTY_WIDTH, NAME_LINES);
    y = stack(&mut pieces, name, (MARGIN, y), 15 * POINT, Ink::Text);
    if let Some(address) = &party.address {
        let address = wrapping::wrap(address, regular(9 * POINT), PARTY_WIDTH, ADDRESS_LINES);
        y = stack(&mut pieces, address, (MARGIN, y), 13 * POINT, Ink::Muted);
    }
    if let Some(tax_id) = &party.tax_id {
        let tax_id = format!("{} {tax_id}", document.wording.say(Label::TaxId));
        let tax_id = wrapping::wrap(&tax_id, regular(9 * POINT), PARTY_WIDTH, 2);
        y = stack(&mut pieces, tax_id, (MARGIN, y), 13 * POINT, Ink::Muted);
    }
    sheets.sheet.block(Role::Paragraph, pieces);
    y
}

fn place_heading(sheets: &mut Sheets, text: &str, y: i64) -> i64 {
    let heading = wrapping::clip(text, bold(8 * POINT), PARTY_WIDTH);
    let at = Corner::left(MARGIN, y + 9 * POINT);
    sheets.sheet.put(Role::Heading, at, Ink::Accent, heading);
    y + 14 * POINT
}

/// The days, and what the document refers to, to the right. The answer is where they end.
fn place_facts(sheets: &mut Sheets, document: &Document, top: i64) -> i64 {
    let mut y = top;
    for (name, value) in facts(document) {
        let is_due = name == Label::AmountDue;
        let ink = if is_due { Ink::Accent } else { Ink::Text };
        let style = if is_due { bold(11 * POINT) } else { regular(9 * POINT) };
        y = place_fact(sheets, (&document.wording.say(name), &value), y, ink, style);
    }
    y
}

fn place_fact(
    sheets: &mut Sheets,
    (name, value): (&str, &str),
    top: i64,
    ink: Ink,
    style: Style,
) -> i64 {
    let mut pieces = Vec::new();
    let name = wrapping::wrap(name, small(), NAME_WIDTH - 6 * POINT, 2);
    let names = stack(&mut pieces, name, (RIGHT, top), 14 * POINT, Ink::Muted);
    let left = RIGHT + NAME_WIDTH;
    let value = wrapping::wrap(value, style, FACT_WIDTH, FACT_LINES);
    let values = stack(&mut pieces, value, (left, top), 14 * POINT, ink);
    sheets.sheet.block(Role::Paragraph, pieces);
    names.max(values) + POINT
}

fn facts(document: &Document) -> Vec<(Label, String)> {
    let mut facts = vec![(Label::Issued, figures::day(document.issued_on))];
    match &document.kind {
        Kind::Invoice(invoice) => {
            facts.push((Label::DueOn, figures::day(invoice.due_on)));
            facts.extend(invoice.period.map(|days| (Label::Period, figures::days(days))));
            if let Standing::Paid(Some(day)) = invoice.standing {
                facts.push((Label::Paid, figures::day(day)));
            }
            let due = figures::money(invoice.due, document.currency);
            facts.push((Label::AmountDue, due));
        }
        Kind::CreditNote(note) => {
            facts.push((Label::Corrects, note.invoice_number.clone()));
            facts.push((Label::InvoiceIssued, figures::day(note.invoice_issued_on)));
            let short = reason(document).filter(|it| !is_long(it));
            facts.extend(short.map(|reason| (Label::Reason, reason.to_owned())));
        }
    }
    facts
}

/// Why a note was issued.
fn reason(document: &Document) -> Option<&str> {
    match &document.kind {
        Kind::Invoice(_) => None,
        Kind::CreditNote(note) => note.reason.as_deref(),
    }
}

/// Whether a reason has no room among the facts.
fn is_long(reason: &str) -> bool {
    wrapping::wrap(reason, regular(9 * POINT), FACT_WIDTH, FACT_LINES + 1).len() > FACT_LINES
}

/// A long reason, over the whole width. The answer is where it ends.
fn place_reason(sheets: &mut Sheets, document: &Document, reason: &str, top: i64) -> i64 {
    let y = place_heading(sheets, &document.wording.say(Label::Reason), top);
    let mut pieces = Vec::new();
    let reason = wrapping::wrap_whole(reason, small(), WIDTH, REASON_LINES);
    let y = stack(&mut pieces, reason, (MARGIN, y), 11 * POINT, Ink::Text);
    sheets.sheet.block(Role::Paragraph, pieces);
    y
}
