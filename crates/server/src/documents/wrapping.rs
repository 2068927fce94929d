//! Lines that fit into a width.

use unicode_linebreak::linebreaks;

use super::{
    clean::{clean, clean_line},
    fonts::{FONTS, Weight},
    shaping::{Line, scaled, shape},
};

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// The size of the font, in thousandths of a point.
    pub(super) size: i64,
    /// How heavy it is.
    pub(super) weight: Weight,
}

/// A line and the size at which it fits.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    /// The line.
    pub(super) line: Line,
    /// Its size.
    pub(super) size: i64,
}

/// What stands for the rest of a text that is cut.
const ELLIPSIS: &str = "…";

/// A text in lines of at most `width`, broken where its language allows, inside of a word only
/// where there is no other way. What is beyond `lines_max` lines is cut, and an ellipsis says so.
pub(super) fn wrap(text: &str, style: Style, width: i64, lines_max: usize) -> Vec<Fitted> {
    let text = clean(text);
    let paragraphs = text.split('\n').map(str::trim).filter(|it| !it.is_empty());
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        let mut rest = Rest::new(paragraph, style);
        while !rest.is_empty() {
            if lines.len() == lines_max {
                shorten_last(&mut lines, style, width);
                return lines;
            }
            lines.push(rest.take(style, width));
        }
    }
    lines
}

/// The same, but a text whose own ends of lines take too much room is one paragraph instead.
pub(super) fn wrap_whole(text: &str, style: Style, width: i64, lines_max: usize) -> Vec<Fitted> {
    let lines = wrap(text, style, width, lines_max + 1);
    if lines.len() <= lines_max {
        return lines;
    }
    wrap(&clean_line(text), style, width, lines_max)
}

/// A text on one line, cut to the width with an ellipsis.
pub(super) fn clip(text: &str, style: Style, width: i64) -> Fitted {
    let text = clean_line(text);
    let line = shape(&text, style.weight);
    if line.width(style.size) <= width {
        return Fitted { line, size: style.size };
    }
    cut(&text, style, width)
}

/// A text on one line, all of it, smaller if it must be: figures are never cut.
pub(super) fn shrink(text: &str, style: Style, width: i64) -> Fitted {
    shrunk(shape(&clean_line(text), style.weight), style.size, width)
}

/// What is left of a paragraph, with the places where its characters end.
struct Rest<'a> {
    text: &'a str,
    from: usize,
    /// The whole paragraph as a line, as long as nothing is taken of it.
    whole: Option<Line>,
    /// Where clusters end, and how far that is from the start, in the order of the text.
    ends: Vec<(usize, i64)>,
    /// Where lines may end.
    breaks: Vec<usize>,
}

impl<'a> Rest<'a> {
    fn new(text: &'a str, style: Style) -> Self {
        let whole = shape(text, style.weight);
        let ends = ends(&whole, style.size);
        let breaks = linebreaks(text).map(|(at, _)| at).collect();
        Self { text, from: 0, whole: Some(whole), ends, breaks }
    }

    fn is_empty(&self) -> bool {
        self.from >= self.text.len()
    }

    /// Takes the next line.
    fn take(&mut self, style: Style, width: i64) -> Fitted {
        let until = self.fitting(width);
        let line = match self.whole.take() {
            Some(whole) if until == self.text.len() && self.from == 0 => whole,
            _ => shape(self.text[self.from..until].trim_end(), style.weight),
        };
        self.from = until + leading_space(&self.text[until..]);
        shrunk(line, style.size, width)
    }

    /// How far the next line goes.
    fn fitting(&self, width: i64) -> usize {
        let start = self.reach(self.from);
        let fits = |&at: &usize| {
            let inked = self.from + self.text[self.from..at].trim_end().len();
            self.reach(inked) - start <= width
        };
        let breaks = self.breaks.iter().copied().filter(|&at| at > self.from);
        if let Some(at) = breaks.take_while(fits).last() {
            return at;
        }
        let ends = self.ends.iter().map(|&(at, _)| at).filter(|&at| at > self.from);
        let first = ends.clone().next().unwrap_or(self.text.len());
        ends.take_while(fits).last().unwrap_or(first)
    }

    /// How far a place of the text is from its start.
    fn reach(&self, at: usize) -> i64 {
        let after = self.ends.partition_point(|&(end, _)| end <= at);
        after.checked_sub(1).map_or(0, |last| self.ends[last].1)
    }
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Where the clusters of a line end, and how far from the start, in the order of the text.
fn ends(line: &Line, size: i64) -> Vec<(usize, i64)> {
    let mut widths: Vec<_> = line
        .runs
        .iter()
        .flat_map(|run| {
            let units_per_em = FONTS.face(run.face).units_per_em;
            run.glyphs.iter().map(move |glyph| {
                (glyph.text.end, scaled(i64::from(glyph.advance), size, units_per_em))
            })
        })
        .collect();
    widths.sort_by_key(|&(end, _)| end);
    let mut ends: Vec<(usize, i64)> = Vec::with_capacity(widths.len());
    let mut total = 0;
    for (end, width) in widths {
        total += width;
        match ends.last_mut() {
            Some(last) if last.0 == end => last.1 = total,
            _ => ends.push((end, total)),
        }
    }
    ends
}

/// As much of a text as fits with an ellipsis behind it.
fn cut(text: &str, style: Style, width: i64) -> Fitted {
    let room = width - shape(ELLIPSIS, style.weight).width(style.size);
    let ends = ends(&shape(text, style.weight), style.size);
    let fitting = ends.iter().take_while(|&&(_, reach)| reach <= room).last();
    let kept = fitting.map_or("", |&(end, _)| text[..end].trim_end());
    shrunk(shape(&format!("{kept}{ELLIPSIS}"), style.weight), style.size, width)
}

/// Puts an ellipsis at the end of the last line.
fn shorten_last(lines: &mut [Fitted], style: Style, width: i64) {
    if let Some(last) = lines.last_mut() {
        *last = cut(&last.line.text.clone(), style, width);
    }
}

fn shrunk(line: Line, size: i64, width: i64) -> Fitted {
    let natural = line.width(size);
    let mut size = if natural > width { size * width / natural } else { size };
    // Each run is rounded up, so a size may still be a thousandth too large.
    while size > 1 && line.width(size) > width {
        size -= 1;
    }
    Fitted { line, size }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STYLE: Style = Style { size: 9_000, weight: Weight::Regular };

    fn texts(lines: &[Fitted]) -> Vec<&str> {
        lines.iter().map(|it| it.line.text.as_str()).collect()
    }

    #[test]
    fn lines_end_between_words_and_between_ideographs_but_not_before_a_full_stop() {
        let latin = wrap("seats and storage of March", STYLE, 70_000, 9);
        let han = wrap("按量计费的接口调用。", STYLE, 81_000, 9);

        assert_eq!(texts(&latin), ["seats and", "storage of", "March"]);
        assert_eq!(texts(&han), ["按量计费的接口调", "用。"]);
    }

    #[test]
    fn what_is_too_much_ends_in_an_ellipsis_and_figures_shrink_instead() {
        let lines = wrap(&"word ".repeat(50), STYLE, 60_000, 2);
        let name = clip(&"W".repeat(300), STYLE, 60_000);
        let figure = shrink("1,000,000,000,000.00", STYLE, 40_000);

        assert_eq!(lines.len(), 2);
        assert!(lines[1].line.text.ends_with('…'));
        assert!(name.line.text.ends_with('…') && name.line.width(name.size) <= 60_000);
        assert_eq!(figure.line.text, "1,000,000,000,000.00");
        assert!(figure.line.width(figure.size) <= 40_000);
    }

    #[test]
    fn a_word_is_divided_only_where_it_is_wider_than_the_line() {
        let lines = wrap("a Donaudampfschiff", STYLE, 50_000, 9);

        assert_eq!(texts(&lines).concat().replace(' ', ""), "aDonaudampfschiff");
        assert!(lines.len() > 1 && lines.iter().all(|it| it.size == STYLE.size));
    }

    proptest! {
        #[test]
        fn any_text_fits_and_loses_nothing(
            text in "(\\PC|[\\x00-\\x20א-תก-๙ا-ي一-龥🚀]){0,60}",
            width in 20_000_i64..200_000,
        ) {
            let lines = wrap(&text, STYLE, width, 999);

            for fitted in &lines {
                prop_assert!(fitted.line.width(fitted.size) <= width);
            }
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&texts(&lines).concat()), bare(&clean(&text)));
        }

        #[test]
        fn any_text_fits_on_one_line(text in "\\PC{0,80}", width in 12_000_i64..200_000) {
            let clipped = clip(&text, STYLE, width);
            let shrunk = shrink(&text, STYLE, width);

            prop_assert!(clipped.line.width(clipped.size) <= width);
            prop_assert!(shrunk.line.width(shrunk.size) <= width);
        }
    }
}
