//! The results as a chart: a bar for each goal, to the right of the line where it is met and to the
//! left where it is missed, each step twice the one before.

use std::fmt::{self, Write as _};

use super::{figure::shown, results::Results, row::Row};

/// Pixels.
const WIDTH: u32 = 900;
const LINE: u32 = 22;
const HEADING: u32 = 34;
const TOP: u32 = 48;
const LABELS_END: f64 = 470.0;
const GOAL_AT: f64 = 610.0;
const DOUBLING: f64 = 56.0;

/// How many doublings a bar shows at most, on either side.
const DOUBLINGS: f64 = 4.0;
const HALVINGS: f64 = 2.2;

const STYLE: &str = "
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .job { font-weight: 600; }
  .faint { fill: #6e7781; }
  .grid { stroke: #8c959f; stroke-opacity: .35; }
  .goal { stroke: #24292f; stroke-width: 1.5; }
  .ok { fill: #2da562; }
  .short { fill: #dd7a2b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .faint { fill: #9198a1; }
    .goal { stroke: #e6edf3; }
  }
";

/// The whole drawing.
pub(super) fn svg(results: &Results) -> String {
    let mut drawing = String::new();
    draw(results, &mut drawing).expect("a string takes any text");
    drawing
}

fn draw(results: &Results, to: &mut String) -> fmt::Result {
    let jobs: Vec<(&str, Vec<(&Row, f64)>)> = results
        .jobs
        .iter()
        .map(|it| (it.job.as_str(), with_goals(&it.rows)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let lines: u32 = jobs.iter().map(|(_, rows)| lines(rows) * LINE + HEADING).sum();
    let height = TOP + lines + LINE;
    writeln!(
        to,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">
<title>How each measurement stands to its goal</title>
<style>{STYLE}</style>
<text class="title" x="12" y="24">How each measurement stands to its goal</text>"#
    )?;
    grid(height - LINE, to)?;
    let mut top = TOP;
    for (job, rows) in jobs {
        writeln!(to, r#"<text class="job" x="12" y="{}">{job}</text>"#, top + 24)?;
        top += HEADING;
        for (row, standing) in rows {
            bar(row, standing, top, to)?;
            top += LINE;
        }
    }
    writeln!(to, "</svg>")
}

fn with_goals(rows: &[Row]) -> Vec<(&Row, f64)> {
    rows.iter().filter_map(|row| Some((row, row.standing()?))).collect()
}

fn lines(rows: &[(&Row, f64)]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(0)
}

fn grid(bottom: u32, to: &mut String) -> fmt::Result {
    for (step, label) in [
        (-2.0, "¼"),
        (-1.0, "½"),
        (0.0, "goal"),
        (1.0, "2×"),
        (2.0, "4×"),
        (3.0, "8×"),
        (4.0, "16×"),
    ] {
        let x = GOAL_AT + step * DOUBLING;
        let class = if label == "goal" { "goal" } else { "grid" };
        writeln!(to, r#"<line class="{class}" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}"/>"#)?;
        writeln!(
            to,
            r#"<text class="faint" x="{x}" y="{}" text-anchor="middle">{label}</text>"#,
            TOP - 6
        )?;
    }
    Ok(())
}

fn bar(row: &Row, standing: f64, top: u32, to: &mut String) -> fmt::Result {
    let doublings = standing.max(0.001).log2().clamp(-HALVINGS, DOUBLINGS);
    let end = GOAL_AT + doublings * DOUBLING;
    let (left, width) = (end.min(GOAL_AT), (end - GOAL_AT).abs().max(1.5));
    let class = row.verdict();
    let place = if row.engine.is_empty() { "" } else { " · " };
    let label = escaped(&format!("{}{place}{}", row.what, row.engine));
    let text_at = top + 15;
    writeln!(
        to,
        r#"<text x="{LABELS_END}" y="{text_at}" text-anchor="end">{label}</text>
<rect class="{class}" x="{left:.1}" y="{}" width="{width:.1}" height="14" rx="2"/>
<text class="faint" x="{:.1}" y="{text_at}">{}×</text>"#,
        top + 4,
        left + width + 5.0,
        shown(standing),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
