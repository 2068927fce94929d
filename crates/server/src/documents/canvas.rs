//! Pages written as PDF.

use krilla::{
    Document as Pdf, SerializeSettings,
    color::rgb,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    error::KrillaError,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, Stroke},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag},
};

use super::{
    Document,
    clean::clean_line,
    fonts::FONTS,
    layout::{self, Area, Block, Ink, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Piece, Sheet},
    points::{Drawn, points},
    tags::{self, Tags},
};

/// A document that could not be drawn: a font of ours is broken, or a rule of PDF/UA is.
#[derive(Debug, thiserror::Error)]
#[error("the document could not be drawn: {0}")]
pub struct NotDrawn(KrillaError);

/// Writes the pages.
pub(super) fn write(document: &Document, sheets: &[Sheet]) -> Result<Vec<u8>, NotDrawn> {
    let mut pdf = Pdf::new_with(settings());
    let mut tags = Tags::default();
    for sheet in sheets {
        let mut page = pdf.start_page_with(page_settings());
        let mut surface = page.surface();
        draw_areas(&mut surface, &sheet.areas);
        for block in &sheet.blocks {
            draw_block(&mut surface, block, &mut tags);
        }
        surface.finish();
        page.finish();
    }
    pdf.set_metadata(metadata(document));
    pdf.set_outline(outline(document));
    pdf.set_tag_tree(tags.finish().with_lang(Some(document.wording.tag().to_owned())));
    pdf.finish().map_err(NotDrawn)
}

fn settings() -> SerializeSettings {
    let accessible =
        ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    SerializeSettings {
        configuration: accessible.expect("PDF/UA-1 alone contradicts nothing"),
        ..SerializeSettings::default()
    }
}

fn page_settings() -> PageSettings {
    PageSettings::from_wh(points(PAGE_WIDTH), points(PAGE_HEIGHT)).expect("A4 is a size")
}

/// What the document says of itself. Its id is made of its content by the writer.
fn metadata(document: &Document) -> Metadata {
    let day = document.issued_on;
    let issued = DateTime::new(day.year()).month(day.month()).day(day.day());
    let metadata = Metadata::new()
        .title(clean_line(&layout::subject(document)))
        .language(document.wording.tag().to_owned())
        .producer("Countinghouse".to_owned())
        .creation_date(issued);
    match &document.seller {
        Some(seller) => metadata.authors(vec![clean_line(&seller.name)]),
        None => metadata,
    }
}

fn outline(document: &Document) -> Outline {
    let start = XyzDestination::new(0, Point::from_xy(points(MARGIN), points(MARGIN)));
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(clean_line(&layout::subject(document)), start));
    outline
}

fn draw_areas(surface: &mut Surface<'_>, areas: &[Area]) {
    surface.set_stroke(None);
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    for area in areas {
        let (left, top) = (points(area.left), points(area.top));
        let (right, bottom) = (points(area.left + area.width), points(area.top + area.height));
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            path.push_rect(rect);
        }
        if let Some(path) = path.finish() {
            surface.set_fill(Some(fill(area.ink)));
            surface.draw_path(&path);
        }
    }
    surface.end_tagged();
}

fn draw_block(surface: &mut Surface<'_>, block: &Block, tags: &mut Tags) {
    let artifact = tags::artifact(block.role);
    let tag = match artifact {
        Some(artifact) => ContentTag::Artifact(artifact),
        None => ContentTag::Span(SpanTag::empty()),
    };
    let drawn = surface.start_tagged(tag);
    for piece in &block.pieces {
        draw_piece(surface, piece);
    }
    surface.end_tagged();
    if artifact.is_none() {
        let lines: Vec<_> = block.pieces.iter().map(|it| it.text.line.text.as_str()).collect();
        tags.push(block.role, &lines.join(" "), drawn);
    }
}

fn draw_piece(surface: &mut Surface<'_>, piece: &Piece) {
    let (line, size) = (&piece.text.line, piece.text.size);
    surface.set_fill(Some(fill(piece.ink)));
    let mut left = piece.left;
    for run in &line.runs {
        let is_heavy = run.face.is_as_heavy_as(line.weight);
        surface.set_stroke((!is_heavy).then(|| outline_of(piece.ink, size)));
        let face = FONTS.face(run.face);
        let start = Point::from_xy(points(left), points(piece.base));
        let drawn = |glyph| Drawn { glyph, units_per_em: face.units_per_em };
        let glyphs: Vec<_> = run.glyphs.iter().map(drawn).collect();
        surface.draw_glyphs(start, &glyphs, face.font.clone(), &line.text, points(size), false);
        left += run.width(size);
    }
}

/// What makes letters heavier whose font has no bold face.
fn outline_of(ink: Ink, size: i64) -> Stroke {
    Stroke { paint: color(ink).into(), width: points(size / 36), ..Stroke::default() }
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: color(ink).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn color(ink: Ink) -> rgb::Color {
    let (red, green, blue) = match ink {
        Ink::Text => (31, 36, 45),
        Ink::Muted => (92, 100, 114),
        Ink::Accent => (27, 73, 120),
        Ink::Tint => (236, 242, 248),
        Ink::Rule => (221, 225, 231),
        Ink::White => (255, 255, 255),
        Ink::Good => (22, 113, 68),
        Ink::Alarm => (179, 32, 32),
        Ink::Grey => (84, 92, 105),
    };
    rgb::Color::new(red, green, blue)
}
