//! Many rows in one text.
//!
//! Where a million rows are read, what a row costs on its way is what all cost. So a statement puts
//! many into one text (`concat_ws`, `string_agg`), which is taken apart where it lies. Columns stand
//! between spaces; free text comes after its length in bytes, so what it says does not matter.

/// The columns of a text that are still to be taken.
#[derive(Debug)]
pub struct Columns<'a>(&'a str);

impl<'a> Columns<'a> {
    /// All columns of a text.
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Whether all are taken.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What comes next, for whoever has to say where something is wrong.
    pub fn start(&self) -> &'a str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// What comes before the next space.
    pub fn word(&mut self) -> Option<&'a str> {
        let end = self.0.bytes().position(|byte| byte == b' ').unwrap_or(self.0.len());
        self.take(end)
    }

    /// A whole number.
    pub fn whole(&mut self) -> Option<i64> {
        self.word()?.parse().ok()
    }

    /// Free text after its length.
    pub fn text(&mut self) -> Option<&'a str> {
        let bytes = self.word()?.parse().ok()?;
        self.take(bytes)
    }

    /// So many bytes, and the space behind them unless they are the last.
    fn take(&mut self, bytes: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = if rest.is_empty() { rest } else { rest.strip_prefix(' ')? };
        Some(taken)
    }
}
