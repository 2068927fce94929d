//! Whole thousandths of a point as the fractions that a PDF counts in: floats are here, and nowhere
//! else.

use std::ops::Range;

use krilla::{
    surface::Location,
    text::{self, GlyphId},
};

use super::{layout::POINT, shaping::Glyph};

/// Thousandths of a point in points.
pub(super) fn points(length: i64) -> f32 {
    fraction(length, POINT)
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a PDF counts in fractions; both are far below 2^24, and nothing is decided by it"
)]
fn fraction(part: i64, whole: i64) -> f32 {
    part as f32 / whole as f32
}

/// A glyph as the writer wants it.
pub(super) struct Drawn<'a> {
    pub(super) glyph: &'a Glyph,
    pub(super) units_per_em: i64,
}

impl Drawn<'_> {
    #[expect(clippy::float_arithmetic, reason = "a PDF counts in fractions")]
    fn scaled(&self, units: i32, size: f32) -> f32 {
        fraction(units.into(), self.units_per_em) * size
    }
}

impl text::Glyph for Drawn<'_> {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(self.glyph.id)
    }

    fn text_range(&self) -> Range<usize> {
        self.glyph.text.clone()
    }

    fn x_advance(&self, size: f32) -> f32 {
        self.scaled(self.glyph.advance, size)
    }

    fn x_offset(&self, size: f32) -> f32 {
        self.scaled(self.glyph.right, size)
    }

    fn y_offset(&self, size: f32) -> f32 {
        self.scaled(self.glyph.up, size)
    }

    fn y_advance(&self, _size: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        None
    }
}
