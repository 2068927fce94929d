//! The table of what is billed, over as many pages as it takes.

use super::{
    MARGIN, POINT, WIDTH,
    sheet::{Area, Corner, Ink, Piece, Role, Row, Sheets, Table, bold, regular, small, stack},
};
use crate::documents::{
    Document, Line, Pricing, figures,
    wording::Label,
    wrapping::{self, Fitted},
};

/// A column of figures: where its right edge is and how wide it is.
#[derive(Clone, Copy)]
struct Column {
    right: i64,
    width: i64,
}

const INSET: i64 = 6 * POINT;
const DESCRIPTION: i64 = 196 * POINT;
const AMOUNT: Column = Column { right: MARGIN + WIDTH - INSET, width: 98 * POINT };
const TAX: Column = Column { right: AMOUNT.right - 104 * POINT, width: 42 * POINT };
const PRICE: Column = Column { right: TAX.right - 48 * POINT, width: 80 * POINT };
const QUANTITY: Column = Column { right: PRICE.right - 86 * POINT, width: 46 * POINT };

/// The most lines of a description: what a page holds below the heads, and more than the longest one
/// takes in any script.
const DESCRIPTION_LINES: usize = 48;
/// How far the lines of a description are from each other.
const LEADING: i64 = 13 * POINT;

/// A row that is set, but not placed.
struct SetRow {
    description: Vec<Fitted>,
    service: Vec<Fitted>,
    figures: [(Column, Fitted); 4],
}

/// Puts the table. The last row stays with what follows, which needs `after`.
pub(super) fn place(sheets: &mut Sheets, document: &Document, after: i64) {
    let heads = heads(document);
    let heads_height = heads_height(&heads);
    if !sheets.has_room(heads_height + 2 * LEADING) {
        sheets.turn();
    }
    place_heads(sheets, &heads, Role::Cell(Table::Lines, Row::Heads));
    if document.lines.is_empty() {
        place_nothing(sheets, document);
    }
    for (at, line) in document.lines.iter().enumerate() {
        let row = set(line, document);
        let is_last = at + 1 == document.lines.len();
        let together = if is_last { row.height() + after } else { row.height() };
        let fits_a_page = heads_height + together <= super::BOTTOM - super::TOP - 14 * POINT;
        let needed = if fits_a_page { together } else { row.height() };
        if !sheets.has_room(needed) {
            sheets.turn();
            place_heads(sheets, &heads, Role::Again);
        }
        place_row(sheets, row, at);
    }
}

impl SetRow {
    fn height(&self) -> i64 {
        let lines = i64::try_from(self.description.len().max(1)).unwrap_or(1);
        let service = i64::try_from(self.service.len()).unwrap_or(0);
        lines * LEADING + service * 11 * POINT + 8 * POINT
    }
}

/// The heads of the columns, each with its column; the description has none.
fn heads(document: &Document) -> Vec<(Option<Column>, Vec<Fitted>)> {
    let say = |label| document.wording.say(label);
    let price = match document.pricing {
        Pricing::BeforeTax => Label::UnitPrice,
        Pricing::TaxIncluded => Label::UnitPriceWithTax,
    };
    let amount = format!("{} ({})", say(Label::Amount), document.currency.as_str());
    let columns = [
        (None, say(Label::Description)),
        (Some(QUANTITY), say(Label::Quantity)),
        (Some(PRICE), say(price)),
        (Some(TAX), say(Label::Tax)),
        (Some(AMOUNT), amount),
    ];
    let set = |(column, text): (Option<Column>, String)| {
        let width = column.map_or(DESCRIPTION, |it| it.width);
        (column, wrapping::wrap(&text, bold(8 * POINT), width, 3))
    };
    columns.into_iter().map(set).collect()
}

fn heads_height(heads: &[(Option<Column>, Vec<Fitted>)]) -> i64 {
    let lines = heads.iter().map(|(_, lines)| lines.len()).max().unwrap_or(1);
    i64::try_from(lines).unwrap_or(1) * 10 * POINT + 10 * POINT
}

fn place_heads(sheets: &mut Sheets, heads: &[(Option<Column>, Vec<Fitted>)], role: Role) {
    let height = heads_height(heads);
    let top = sheets.y;
    sheets.sheet.area(Area { left: MARGIN, top, width: WIDTH, height, ink: Ink::Tint });
    for (column, lines) in heads {
        let mut pieces = Vec::new();
        for (line, text) in (1_i64..).zip(lines) {
            let base = top + 3 * POINT + line * 10 * POINT;
            let at = column.map_or(Corner::left(MARGIN + INSET, base), |column| {
                Corner::right(column.right, base)
            });
            pieces.push(Piece::at(at, Ink::Accent, text.clone()));
        }
        sheets.sheet.block(role, pieces);
    }
    sheets.y += height + 2 * POINT;
}

/// A table without lines says so.
fn place_nothing(sheets: &mut Sheets, document: &Document) {
    let text = document.wording.say(Label::NoLines);
    let text = wrapping::clip(&text, regular(9 * POINT), WIDTH - 2 * INSET);
    let at = Corner::left(MARGIN + INSET, sheets.y + 12 * POINT);
    let role = Role::Cell(Table::Lines, Row::Data { row: 0, is_head: true });
    sheets.sheet.put(role, at, Ink::Muted, text);
    sheets.y += 20 * POINT;
}

fn set(line: &Line, document: &Document) -> SetRow {
    let style = regular(9 * POINT);
    let figure =
        |column: Column, text: String| (column, wrapping::shrink(&text, style, column.width));
    let service = line.service.map(figures::days).unwrap_or_default();
    SetRow {
        description: wrapping::wrap_whole(&line.description, style, DESCRIPTION, DESCRIPTION_LINES),
        service: wrapping::wrap(&service, small(), DESCRIPTION, 2),
        figures: [
            figure(QUANTITY, figures::count(line.quantity)),
            figure(PRICE, figures::price(line.unit_price, document.currency)),
            figure(TAX, figures::per_cent(line.rate)),
            figure(AMOUNT, figures::amount(line.net, document.currency)),
        ],
    }
}

fn place_row(sheets: &mut Sheets, row: SetRow, at: usize) {
    let height = row.height();
    let top = sheets.y + 3 * POINT;
    let role = |is_head| Role::Cell(Table::Lines, Row::Data { row: at, is_head });
    let mut pieces = Vec::new();
    let corner = (MARGIN + INSET, top);
    let y = stack(&mut pieces, row.description, corner, LEADING, Ink::Text);
    stack(&mut pieces, row.service, (corner.0, y), 11 * POINT, Ink::Muted);
    sheets.sheet.block(role(true), pieces);
    for (column, text) in row.figures {
        let at = Corner::right(column.right, top + LEADING * 3 / 4);
        sheets.sheet.put(role(false), at, Ink::Text, text);
    }
    sheets.y += height;
    sheets.sheet.rule(MARGIN, sheets.y, WIDTH);
}
