//! Documents to send: invoices and credit notes as PDF.
//!
//! [`Document`] is what one says, ready to be shown; [`draw`] makes the bytes of it, and nothing but
//! it decides what they are: no clock, no randomness, no settings. So the same document is always
//! the same bytes, and drawing needs no database.
//!
//! What is stored becomes one in `filling`, and is drawn for requests by [`Drawings`].
//!
//! Text goes `clean` → `wrapping` → `shaping` (with `fonts`) and becomes lines of glyphs; `layout`
//! puts these on pages in whole thousandths of a point; `canvas` and `tags` write what stands there
//! as a tagged PDF (PDF/UA-1). Only `points` knows fractions.

pub mod api;
mod canvas;
mod clean;
mod document;
mod drawing;
mod figures;
mod filling;
mod fonts;
mod layout;
mod points;
#[cfg(test)]
mod samples;
mod shaping;
mod tags;
#[cfg(test)]
mod tests;
mod wording;
mod wrapping;

pub use canvas::NotDrawn;
pub use document::{
    CreditNote, Days, Document, Invoice, Kind, Line, Party, Pricing, Standing, TaxPart,
};
pub use drawing::Drawings;
pub use wording::Wording;

/// The document as PDF.
///
/// Any text is drawn: what no font here has is a box, and the text behind it stays the same. It
/// fails only where a font of ours is broken. A page takes a few milliseconds of a processor, at the
/// first call some more to read the fonts.
pub fn draw(document: &Document) -> Result<Vec<u8>, NotDrawn> {
    canvas::write(document, &layout::lay_out(document))
}
