//! The fonts that documents are set in, read once a process.
//!
//! `scripts/fonts` makes the files; their licences stand beside them.

use std::sync::LazyLock;

use harfrust::{Direction, FontRef, Script, ShapePlan, ShaperData, script};
use krilla::text::Font;
use skrifa::{
    MetadataProvider,
    charmap::Charmap,
    instance::{LocationRef, Size},
};

use super::clean::PLACEHOLDER;

/// All of them.
pub(super) static FONTS: LazyLock<Fonts> = LazyLock::new(Fonts::read);

/// How heavy text is. Only Latin, Greek and Cyrillic have a bold face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Which face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FaceId(usize);

/// The faces, in the order in which they are asked for a character: the text's own weight first.
pub(super) struct Fonts {
    faces: Vec<Face>,
    /// The box for what no font has.
    pub(super) placeholder: Placeholder,
}

/// The glyph for what no font has.
pub(super) struct Placeholder {
    pub(super) face: FaceId,
    pub(super) glyph: u32,
    pub(super) advance: i32,
}

/// A font, as each of those who use it wants it.
pub(super) struct Face {
    /// For the PDF.
    pub(super) font: Font,
    /// How many of its units its size is.
    pub(super) units_per_em: i64,
    /// For shaping.
    pub(super) source: FontRef<'static>,
    /// What shaping needs of it.
    pub(super) shaping: ShaperData,
    /// The script that it is for.
    pub(super) script: Script,
    /// How text to the right, and to the left, is shaped in it.
    plans: [ShapePlan; 2],
    charmap: Charmap<'static>,
}

const REGULAR: FaceId = FaceId(0);
const BOLD: FaceId = FaceId(1);

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../../../../assets/fonts/", $name, ".ttf"))
    };
}

/// The files, and the script of each.
const FILES: &[(&[u8], Script)] = &[
    (font!("latin-regular"), script::LATIN),
    (font!("latin-bold"), script::LATIN),
    (font!("han"), script::HAN),
    (font!("hangul"), script::HANGUL),
    (font!("arabic"), script::ARABIC),
    (font!("hebrew"), script::HEBREW),
    (font!("thai"), script::THAI),
    (font!("devanagari"), script::DEVANAGARI),
    (font!("emoji"), script::COMMON),
];

impl FaceId {
    /// Whether it is as heavy as text wants to be.
    pub(super) fn is_as_heavy_as(self, weight: Weight) -> bool {
        weight == Weight::Regular || self == BOLD
    }
}

impl Fonts {
    fn read() -> Self {
        let faces: Vec<_> =
            FILES.iter().map(|&(bytes, script)| Face::read(bytes, script)).collect();
        let placeholder = Placeholder::of(&faces);
        Self { faces, placeholder }
    }

    /// A face.
    pub(super) fn face(&self, id: FaceId) -> &Face {
        &self.faces[id.0]
    }

    /// The face to set a character in, after one that was set in `before`; `None` if no font has it.
    pub(super) fn face_of(
        &self,
        it: char,
        weight: Weight,
        before: Option<FaceId>,
    ) -> Option<FaceId> {
        let latin = if weight == Weight::Bold { BOLD } else { REGULAR };
        if it.is_ascii() {
            return Some(latin);
        }
        if belongs_to_the_one_before(it) && before.is_some() {
            return before;
        }
        let others = (BOLD.0 + 1..self.faces.len()).map(FaceId);
        std::iter::once(latin).chain(others).find(|&id| self.face(id).has(it))
    }
}

impl Placeholder {
    fn of(faces: &[Face]) -> Self {
        let found = faces.iter().position(|face| face.has(PLACEHOLDER));
        let at = found.expect("a font of ours has a box");
        let glyph = faces[at].charmap.map(PLACEHOLDER).unwrap_or_default();
        let metrics = faces[at].source.glyph_metrics(Size::unscaled(), LocationRef::default());
        let advance = metrics.advance_width(glyph).unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "whole units of the font, below 2^15")]
        let advance = advance as i32;
        Self { face: FaceId(at), glyph: glyph.to_u32(), advance }
    }
}

impl Face {
    fn read(bytes: &'static [u8], script: Script) -> Self {
        let source = FontRef::new(bytes).expect("a font of ours is a font");
        let shaping = ShaperData::new(&source);
        let shaper = shaping.shaper(&source).build();
        let plan = |direction| ShapePlan::new(&shaper, direction, Some(script), None, &[]);
        let plans = [plan(Direction::LeftToRight), plan(Direction::RightToLeft)];
        Self {
            font: Font::new(bytes.into(), 0).expect("a font of ours is a font"),
            units_per_em: i64::from(shaper.units_per_em()),
            charmap: source.charmap(),
            source,
            shaping,
            script,
            plans,
        }
    }

    /// How text that runs so is shaped.
    pub(super) fn plan(&self, direction: Direction) -> &ShapePlan {
        &self.plans[usize::from(direction == Direction::RightToLeft)]
    }

    fn has(&self, it: char) -> bool {
        self.charmap.map(it).is_some_and(|glyph| glyph.to_u32() != 0)
    }
}

/// Whether it says nothing alone: joiners, selectors of variants, combining accents, skin tones.
fn belongs_to_the_one_before(it: char) -> bool {
    matches!(it, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{300}'..='\u{36f}')
        || matches!(it, '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}')
}
