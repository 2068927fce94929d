//! How far a long verb is, for whoever looks at a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error that counts up to `total`; nothing where that is no terminal.
pub(super) fn bar(total: u64, what: &'static str) -> ProgressBar {
    let template = "{elapsed_precise} {wide_bar} {human_pos}/{human_len} {msg} {per_sec} {eta}";
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(what)
}
