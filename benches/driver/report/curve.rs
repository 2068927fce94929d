//! What was measured at different sizes as a drawing: a line for each database, sizes to the right,
//! each step ten times the one before.

use std::fmt::{self, Write as _};

use super::{figure::shown, results::Measured};
use crate::database::Engine;

/// What it shows.
pub(super) const TITLE: &str = "How it goes on as the table grows";

/// Pixels.
const WIDTH: u32 = 900;
const HEIGHT: u32 = 400;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 850.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 340.0;

/// Room for the name of an engine.
const NAME: f64 = 90.0;

/// The most lines across.
const LINES: f64 = 6.0;

const STYLE: &str = "
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .faint { fill: #6e7781; }
  .grid { stroke: #8c959f; stroke-opacity: .35; }
  .sqlite { stroke: #2da562; fill: #2da562; }
  .postgres { stroke: #3b78c3; fill: #3b78c3; }
  polyline { fill: none !important; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .faint { fill: #9198a1; }
  }
";

/// Where sizes and values are drawn.
struct Axes {
    /// The powers of ten between which all sizes are.
    decades: (f64, f64),
    /// Between two lines across.
    step: f64,
    most: f64,
}

/// The whole drawing.
pub(super) fn svg(measured: &Measured) -> String {
    let mut drawing = String::new();
    draw(measured, &mut drawing).expect("a string takes any text");
    drawing
}

fn draw(measured: &Measured, to: &mut String) -> fmt::Result {
    let job = &measured.job;
    writeln!(
        to,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">
<title>{job}: {TITLE}</title>
<style>{STYLE}</style>
<text class="title" x="12" y="24">{job}: {TITLE}</text>"#
    )?;
    let lines = [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgres")]
        .map(|(engine, class)| (engine, class, points(measured, engine)));
    let axes = Axes::around(lines.iter().flat_map(|(_, _, points)| points));
    axes.draw(to)?;
    for (engine, class, points) in lines.iter().filter(|(_, _, points)| !points.is_empty()) {
        line(&axes, (*engine, class), points, to)?;
    }
    writeln!(to, "</svg>")
}

/// Sizes and what was measured at them, the smallest first.
fn points(measured: &Measured, engine: Engine) -> Vec<(f64, f64)> {
    let rows = measured.rows.iter().filter(|row| row.engine == engine.name());
    let mut points: Vec<_> = rows.filter_map(|row| Some((row.at?, row.value))).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

fn line(
    axes: &Axes,
    (engine, class): (Engine, &str),
    points: &[(f64, f64)],
    to: &mut String,
) -> fmt::Result {
    let places: Vec<(f64, f64)> =
        points.iter().map(|(size, value)| (axes.x(*size), axes.y(*value))).collect();
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    writeln!(to, r#"<polyline class="{class}" points="{}"/>"#, path.join(" "))?;
    // The values of one line stand above it, those of the other below.
    let aside = if engine == Engine::Sqlite { 18.0 } else { -9.0 };
    for ((x, y), (_, value)) in places.iter().zip(points) {
        writeln!(
            to,
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>
<text class="faint" x="{x:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
            y + aside,
            shown(*value),
        )?;
    }
    let Some((x, y)) = places.last() else { return Ok(()) };
    let (x, y, anchor) =
        if x + NAME < RIGHT { (x + 10.0, y + 4.0, "start") } else { (*x, y + 2.0 * aside, "end") };
    writeln!(to, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{engine}</text>"#)
}

impl Axes {
    fn around<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> Self {
        let (mut least, mut largest, mut most) = (f64::INFINITY, 1.0_f64, 1.0_f64);
        for (size, value) in points {
            least = least.min(size.max(1.0));
            largest = largest.max(*size);
            most = most.max(*value);
        }
        let first = least.min(largest).log10().floor();
        let decades = (first, largest.log10().ceil().max(first + 1.0));
        let magnitude = 10_f64.powf((most / LINES).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * magnitude);
        let step = steps.into_iter().find(|step| most / step <= LINES).unwrap_or(most);
        Self { decades, step, most: (most / step).ceil() * step }
    }

    fn x(&self, size: f64) -> f64 {
        let (first, last) = self.decades;
        LEFT + (size.max(1.0).log10() - first).max(0.0) / (last - first) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - value / self.most * (BOTTOM - TOP)
    }

    fn draw(&self, to: &mut String) -> fmt::Result {
        let mut value = 0.0;
        while value <= self.most {
            let y = self.y(value);
            writeln!(
                to,
                r#"<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1}" y2="{y:.1}"/>
<text class="faint" x="{}" y="{:.1}" text-anchor="end">{}/s</text>"#,
                LEFT - 8.0,
                y + 4.0,
                shown(value),
            )?;
            value += self.step;
        }
        let (mut decade, last) = self.decades;
        while decade <= last {
            let size = 10_f64.powf(decade);
            let x = self.x(size);
            writeln!(
                to,
                r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{TOP}" y2="{BOTTOM}"/>
<text class="faint" x="{x:.1}" y="{}" text-anchor="middle">{}</text>"#,
                BOTTOM + 18.0,
                shown(size.round()),
            )?;
            decade += 1.0;
        }
        writeln!(
            to,
            r#"<text class="faint" x="{RIGHT}" y="{}" text-anchor="end">rows in the table</text>"#,
            BOTTOM + 40.0,
        )
    }
}
