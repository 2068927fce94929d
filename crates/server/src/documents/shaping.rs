//! Text becomes glyphs: direction, fonts and joining are settled here.

use std::ops::Range;

use harfrust::{BufferFlags, Direction, ShapeOptions, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};

use super::fonts::{FONTS, FaceId, Weight};

/// One line of text, ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What it says.
    pub(super) text: String,
    /// How heavy it is meant to be.
    pub(super) weight: Weight,
    /// Its parts, from the left.
    pub(super) runs: Vec<Run>,
}

/// A part of a line in one face.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The face.
    pub(super) face: FaceId,
    /// Its glyphs, from the left.
    pub(super) glyphs: Vec<Glyph>,
}

/// A glyph, in units of its font.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// Its number in the font.
    pub(super) id: u32,
    /// The bytes of the line's text that it stands for.
    pub(super) text: Range<usize>,
    /// How far the next one is.
    pub(super) advance: i32,
    /// How far to the right of its place it is drawn.
    pub(super) right: i32,
    /// How far above it.
    pub(super) up: i32,
}

impl Line {
    /// Its width at a size, both in thousandths of a point.
    pub(super) fn width(&self, size: i64) -> i64 {
        self.runs.iter().map(|run| run.width(size)).sum()
    }
}

impl Run {
    /// Its width at a size, rounded up.
    pub(super) fn width(&self, size: i64) -> i64 {
        let units: i64 = self.glyphs.iter().map(|glyph| i64::from(glyph.advance)).sum();
        scaled(units, size, FONTS.face(self.face).units_per_em)
    }
}

/// Units of a font at a size, rounded up.
pub(super) fn scaled(units: i64, size: i64, units_per_em: i64) -> i64 {
    -((-units * size).div_euclid(units_per_em))
}

/// Sets a text, which holds no end of a line, as one line.
pub(super) fn shape(text: &str, weight: Weight) -> Line {
    let mut runs = Vec::new();
    for (range, direction) in directions(text) {
        let mut parts = faces(text, range, weight);
        if direction == Direction::RightToLeft {
            parts.reverse();
        }
        for (range, face) in parts {
            let run = match face {
                Some(face) => glyphs(text, range, face, direction),
                None => boxes(text, range),
            };
            if !run.glyphs.is_empty() {
                runs.push(run);
            }
        }
    }
    Line { text: text.to_owned(), weight, runs }
}

/// The parts of a line by direction, from the left.
fn directions(text: &str) -> Vec<(Range<usize>, Direction)> {
    if !text.chars().any(may_run_to_the_left) {
        return vec![(0..text.len(), Direction::LeftToRight)];
    }
    let bidi = BidiInfo::new(text, None);
    let mut parts = Vec::new();
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        parts.extend(runs.into_iter().map(|run| {
            let to_the_left = levels.get(run.start).is_some_and(Level::is_rtl);
            let direction =
                if to_the_left { Direction::RightToLeft } else { Direction::LeftToRight };
            (run, direction)
        }));
    }
    parts
}

/// Whether it is of a block of scripts that run to the left.
fn may_run_to_the_left(it: char) -> bool {
    matches!(u32::from(it), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFE)
        || matches!(u32::from(it), 0x1_0800..=0x1_0FFF | 0x1_E800..=0x1_EFFF)
}

/// The parts of a text by face, in the order of the text; `None` is what no font has.
fn faces(text: &str, range: Range<usize>, weight: Weight) -> Vec<(Range<usize>, Option<FaceId>)> {
    let mut parts: Vec<(Range<usize>, Option<FaceId>)> = Vec::new();
    for (at, it) in text[range.clone()].char_indices() {
        let start = range.start + at;
        let end = start + it.len_utf8();
        let before = parts.last().and_then(|&(_, face)| face);
        let face = FONTS.face_of(it, weight, before);
        match parts.last_mut() {
            Some((part, of)) if *of == face => part.end = end,
            _ => parts.push((start..end, face)),
        }
    }
    parts
}

/// Shapes a part that one face has.
fn glyphs(text: &str, range: Range<usize>, id: FaceId, direction: Direction) -> Run {
    let face = FONTS.face(id);
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text[range.clone()]);
    buffer.set_direction(direction);
    buffer.set_script(face.script);
    buffer.set_flags(BufferFlags::DO_NOT_INSERT_DOTTED_CIRCLE);
    let by = face.shaping.shaper(&face.source).build();
    let shaped = by.shape(buffer, ShapeOptions::new().plan(Some(face.plan(direction))));
    let starts = starts(shaped.glyph_infos().iter().map(|info| info.cluster as usize));
    let pairs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    let drawn = pairs.filter(|(info, _)| info.glyph_id != 0).map(|(info, place)| {
        let start = info.cluster as usize;
        let next = starts.partition_point(|&it| it <= start);
        let end = starts.get(next).map_or(range.end, |&end| range.start + end);
        Glyph {
            id: info.glyph_id,
            text: range.start + start..end,
            advance: place.x_advance,
            right: place.x_offset,
            up: place.y_offset,
        }
    });
    Run { face: id, glyphs: drawn.collect() }
}

/// Where clusters start, in the order of the text.
fn starts(clusters: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut starts: Vec<_> = clusters.collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// A box for each character of a part that no font has.
fn boxes(text: &str, range: Range<usize>) -> Run {
    let shape = &FONTS.placeholder;
    let characters = text[range.clone()].char_indices();
    let glyphs = characters.map(|(at, it)| Glyph {
        id: shape.glyph,
        text: range.start + at..range.start + at + it.len_utf8(),
        advance: shape.advance,
        right: 0,
        up: 0,
    });
    Run { face: shape.face, glyphs: glyphs.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &Line) -> Vec<&str> {
        let glyphs = line.runs.iter().flat_map(|run| &run.glyphs);
        glyphs.map(|glyph| &line.text[glyph.text.clone()]).collect()
    }

    #[test]
    fn what_no_font_has_is_a_box_that_stands_for_it() {
        let line = shape("aབ\u{12000}", Weight::Regular);

        let boxes: Vec<_> = line.runs[1].glyphs.iter().map(|glyph| glyph.id).collect();
        assert_eq!(boxes, [FONTS.placeholder.glyph; 2]);
        assert_eq!(said(&line), ["a", "བ", "\u{12000}"]);
    }

    #[test]
    fn scripts_to_the_left_begin_at_the_right_and_join() {
        let line = shape("ab שלום 12", Weight::Regular);
        let joined = shape("سس", Weight::Regular);

        assert_eq!(said(&line).concat(), "ab 12 םולש");
        let glyphs = &joined.runs[0].glyphs;
        assert!(glyphs[0].text.start > glyphs[1].text.start);
        assert_ne!(glyphs[0].id, glyphs[1].id, "a last letter looks unlike a first one");
    }

    #[test]
    fn every_script_that_has_a_font_is_set_without_boxes() {
        let text = "Ångström Ж Ω Việt 发票 發票 カタカナ 한국어 สวัสดี नमस्ते مرحبا שלום 🚀 ₹ € ¥ −";

        let line = shape(text, Weight::Bold);

        let placeholder = &FONTS.placeholder;
        let boxes = line.runs.iter().filter(|run| run.face == placeholder.face);
        let glyphs = boxes.flat_map(|run| &run.glyphs);
        assert_eq!(glyphs.filter(|glyph| glyph.id == placeholder.glyph).count(), 0);
    }
}
