//! What it comes to: below the table, to the right, in one piece where a page can hold it.

use countinghouse_core::money::Amount;

use super::{
    BOTTOM, MARGIN, POINT, TOP, WIDTH,
    sheet::{Area, Corner, Ink, Role, Row, Sheets, Table, bold, regular, small, stack},
};
use crate::documents::{
    CreditNote, Document, Invoice, Kind, TaxPart, figures,
    wording::Label,
    wrapping::{self, Fitted},
};

/// Where the sums begin.
const LEFT: i64 = MARGIN + 220 * POINT;
/// The width of their names.
const NAME_WIDTH: i64 = 148 * POINT;
/// Where their figures end.
const EDGE: i64 = MARGIN + WIDTH - 6 * POINT;
/// The width of a figure.
const FIGURE_WIDTH: i64 = 114 * POINT;
/// The width of the reason for which there is no tax, below its name and its figure.
const REASON_WIDTH: i64 = EDGE - LEFT - 8 * POINT;
/// The most lines of it: more than the longest one takes in any script.
const REASON_LINES: usize = 30;
/// What is free above the sums.
const GAP: i64 = 8 * POINT;

/// How much a sum matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Part,
    Total,
    Due,
}

/// A sum that is set, but not placed.
pub(super) struct Sum {
    name: Vec<Fitted>,
    detail: Vec<Fitted>,
    figure: Fitted,
    rank: Rank,
}

/// The sums of a document, in order.
pub(super) fn rows(document: &Document) -> Vec<Sum> {
    let show = |amount| figures::amount(amount, document.currency);
    let part = |label, figure: String| sum(&document.wording.say(label), "", &figure, Rank::Part);
    let mut rows = vec![part(Label::Subtotal, show(document.net))];
    rows.extend(document.taxes.iter().map(|tax| tax_row(document, tax)));
    let total = match document.kind {
        Kind::Invoice(_) => Label::Total,
        Kind::CreditNote(_) => Label::TotalCredited,
    };
    let money = figures::money(document.total, document.currency);
    rows.push(sum(&document.wording.say(total), "", &money, Rank::Total));
    match &document.kind {
        Kind::Invoice(invoice) => rows.extend(settling(document, invoice)),
        Kind::CreditNote(note) => rows
            .extend(giving_back(note).into_iter().map(|(label, amount)| part(label, show(amount)))),
    }
    rows
}

/// What was settled of an invoice, and what is due.
fn settling(document: &Document, invoice: &Invoice) -> Vec<Sum> {
    let taken = [
        (Label::CreditApplied, invoice.credit_applied),
        (Label::Noted, invoice.noted),
        (Label::Paid, invoice.paid),
    ];
    let say = |label| document.wording.say(label);
    let taken = taken.into_iter().filter(|(_, amount)| !amount.is_zero());
    let mut rows: Vec<_> = taken
        .map(|(label, amount)| {
            sum(&say(label), "", &figures::taken_off(amount, document.currency), Rank::Part)
        })
        .collect();
    if !invoice.returned.is_zero() {
        let returned = figures::amount(invoice.returned, document.currency);
        rows.push(sum(&say(Label::Returned), "", &returned, Rank::Part));
    }
    let due = figures::money(invoice.due, document.currency);
    rows.push(sum(&say(Label::AmountDue), "", &due, Rank::Due));
    rows
}

/// Where the money of a credit note went.
fn giving_back(note: &CreditNote) -> Vec<(Label, Amount)> {
    let parts = [(Label::Lowered, note.lowered), (Label::GivenBack, note.returned)];
    parts.into_iter().filter(|(_, amount)| !amount.is_zero()).collect()
}

fn tax_row(document: &Document, part: &TaxPart) -> Sum {
    let rate = figures::per_cent(part.rate);
    let net = figures::amount(part.net, document.currency);
    let name = format!("{} {rate} × {net}", document.wording.say(Label::TaxSum));
    let reason = part.reason.as_deref().unwrap_or_default();
    let figure = figures::amount(part.tax, document.currency);
    sum(&name, reason, &figure, Rank::Part)
}

fn sum(name: &str, detail: &str, figure: &str, rank: Rank) -> Sum {
    let style = match rank {
        Rank::Part => regular(9 * POINT),
        Rank::Total => bold(10 * POINT),
        Rank::Due => bold(11 * POINT),
    };
    Sum {
        name: wrapping::wrap(name, style, NAME_WIDTH, 4),
        detail: wrapping::wrap_whole(detail, small(), REASON_WIDTH, REASON_LINES),
        figure: wrapping::shrink(figure, style, FIGURE_WIDTH),
        rank,
    }
}

impl Sum {
    fn height(&self) -> i64 {
        let lines = |lines: &[Fitted]| i64::try_from(lines.len()).unwrap_or(0);
        let padding = match self.rank {
            Rank::Part => 4 * POINT,
            Rank::Total => 9 * POINT,
            Rank::Due => 12 * POINT,
        };
        lines(&self.name).max(1) * 13 * POINT + lines(&self.detail) * 11 * POINT + padding
    }
}

/// The height of all of them.
pub(super) fn height(rows: &[Sum]) -> i64 {
    GAP + rows.iter().map(Sum::height).sum::<i64>()
}

/// Puts them. Only what no page holds is divided.
pub(super) fn place(sheets: &mut Sheets, rows: &[Sum]) {
    let height = height(rows);
    if !sheets.has_room(height) && height <= BOTTOM - TOP - 14 * POINT {
        sheets.turn();
    }
    sheets.y += GAP;
    for (at, row) in rows.iter().enumerate() {
        if !sheets.has_room(row.height()) {
            sheets.turn();
        }
        place_sum(sheets, row, at);
    }
}

fn place_sum(sheets: &mut Sheets, sum: &Sum, at: usize) {
    let (width, height) = (MARGIN + WIDTH - LEFT, sum.height());
    let mut top = sheets.y + 2 * POINT;
    match sum.rank {
        Rank::Part => {}
        Rank::Total => {
            let line = Area { left: LEFT, top, width, height: POINT, ink: Ink::Accent };
            sheets.sheet.area(line);
            top += 4 * POINT;
        }
        Rank::Due => {
            let under = Area { left: LEFT, top, width, height: height - 3 * POINT, ink: Ink::Tint };
            sheets.sheet.area(under);
            top += 4 * POINT;
        }
    }
    let ink = if sum.rank == Rank::Due { Ink::Accent } else { Ink::Text };
    let role = |is_head| Role::Cell(Table::Sums, Row::Data { row: at, is_head });
    let mut pieces = Vec::new();
    let left = LEFT + 8 * POINT;
    let y = stack(&mut pieces, sum.name.clone(), (left, top), 13 * POINT, ink);
    stack(&mut pieces, sum.detail.clone(), (left, y), 11 * POINT, Ink::Muted);
    sheets.sheet.block(role(true), pieces);
    let at = Corner::right(EDGE, top + 13 * POINT * 3 / 4);
    sheets.sheet.put(role(false), at, ink, sum.figure.clone());
    sheets.y += height;
}
