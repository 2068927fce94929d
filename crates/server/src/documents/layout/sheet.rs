//! Pages being filled from the top.

use super::{BOTTOM, MARGIN, POINT, TOP, WIDTH};
use crate::documents::{
    fonts::Weight,
    wrapping::{self, Fitted, Style},
};

/// A page: what is drawn below, and the text on it in the order in which it is read.
#[derive(Debug, Default)]
pub(in crate::documents) struct Sheet {
    pub(in crate::documents) areas: Vec<Area>,
    pub(in crate::documents) blocks: Vec<Block>,
}

/// A rectangle of one colour, for the eye only.
#[derive(Clone, Copy, Debug)]
pub(in crate::documents) struct Area {
    pub(in crate::documents) left: i64,
    pub(in crate::documents) top: i64,
    pub(in crate::documents) width: i64,
    pub(in crate::documents) height: i64,
    pub(in crate::documents) ink: Ink,
}

/// Text that is one thing.
#[derive(Debug)]
pub(in crate::documents) struct Block {
    pub(in crate::documents) role: Role,
    pub(in crate::documents) pieces: Vec<Piece>,
}

/// A line at its place.
#[derive(Debug)]
pub(in crate::documents) struct Piece {
    pub(in crate::documents) left: i64,
    /// Where the letters stand.
    pub(in crate::documents) base: i64,
    pub(in crate::documents) ink: Ink,
    pub(in crate::documents) text: Fitted,
}

/// What text is, to who can't see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::documents) enum Role {
    /// The heading of the document.
    Title,
    /// The heading of a part.
    Heading,
    /// A paragraph.
    Paragraph,
    /// A cell of a table.
    Cell(Table, Row),
    /// Said again on top of a page: nothing new.
    Again,
    /// The foot of a page.
    Foot,
    /// The number of a page.
    PageNumber,
}

/// The tables of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::documents) enum Table {
    /// What is billed.
    Lines,
    /// What it comes to.
    Sums,
}

/// Which row a cell is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::documents) enum Row {
    /// The heads of columns.
    Heads,
    /// A row of data, and whether the cell is its head.
    Data { row: usize, is_head: bool },
}

/// Colours by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::documents) enum Ink {
    Text,
    Muted,
    Accent,
    Tint,
    Rule,
    White,
    Good,
    Alarm,
    Grey,
}

/// Where a line is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    x: i64,
    base: i64,
    is_right: bool,
}

impl Corner {
    /// By the left end of its base.
    pub(super) const fn left(x: i64, base: i64) -> Self {
        Self { x, base, is_right: false }
    }

    /// By the right end.
    pub(super) const fn right(x: i64, base: i64) -> Self {
        Self { x, base, is_right: true }
    }
}

impl Sheet {
    /// Puts one line as a block of its own.
    pub(super) fn put(&mut self, role: Role, at: Corner, ink: Ink, text: Fitted) {
        self.block(role, vec![Piece::at(at, ink, text)]);
    }

    /// Puts a block.
    pub(super) fn block(&mut self, role: Role, pieces: Vec<Piece>) {
        if !pieces.is_empty() {
            self.blocks.push(Block { role, pieces });
        }
    }

    /// A thin line.
    pub(super) fn rule(&mut self, left: i64, top: i64, width: i64) {
        self.area(Area { left, top, width, height: POINT / 2, ink: Ink::Rule });
    }

    /// A rectangle.
    pub(super) fn area(&mut self, area: Area) {
        self.areas.push(area);
    }
}

impl Piece {
    /// A line at a place.
    pub(super) fn at(at: Corner, ink: Ink, text: Fitted) -> Self {
        let width = if at.is_right { text.line.width(text.size) } else { 0 };
        Self { left: at.x - width, base: at.base, ink, text }
    }
}

#[cfg(test)]
impl Piece {
    /// Where it ends to the right.
    pub(in crate::documents) fn right(&self) -> i64 {
        self.left + self.text.line.width(self.text.size)
    }
}

/// Lines below each other, `leading` from each other. The answer is where they end.
pub(super) fn stack(
    pieces: &mut Vec<Piece>,
    lines: Vec<Fitted>,
    (left, top): (i64, i64),
    leading: i64,
    ink: Ink,
) -> i64 {
    let mut y = top;
    for text in lines {
        pieces.push(Piece::at(Corner::left(left, y + leading * 3 / 4), ink, text));
        y += leading;
    }
    y
}

/// The pages, and how far the last one is filled.
pub(super) struct Sheets {
    done: Vec<Sheet>,
    pub(super) sheet: Sheet,
    pub(super) y: i64,
    running: String,
}

impl Sheets {
    /// The first page, empty.
    pub(super) fn new(running: String) -> Self {
        Self { done: Vec::new(), sheet: Sheet::default(), y: TOP, running }
    }

    /// Whether so much fits below what is there.
    pub(super) fn has_room(&self, height: i64) -> bool {
        self.y + height <= BOTTOM
    }

    /// Begins the next page, with what runs along on top of it.
    pub(super) fn turn(&mut self) {
        self.done.push(std::mem::take(&mut self.sheet));
        let text = wrapping::clip(&self.running, small(), WIDTH);
        self.sheet.put(Role::Again, Corner::left(MARGIN, TOP), Ink::Muted, text);
        self.y = TOP + 14 * POINT;
    }

    /// All pages.
    pub(super) fn finish(mut self) -> Vec<Sheet> {
        self.done.push(self.sheet);
        self.done
    }
}

/// The style of small print.
pub(super) const fn small() -> Style {
    Style { size: 8 * POINT, weight: Weight::Regular }
}

/// A style of the regular face.
pub(super) const fn regular(size: i64) -> Style {
    Style { size, weight: Weight::Regular }
}

/// A style of the bold face.
pub(super) const fn bold(size: i64) -> Style {
    Style { size, weight: Weight::Bold }
}
