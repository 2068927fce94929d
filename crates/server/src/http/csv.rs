//! Tables as CSV (RFC 4180), which spreadsheets open without running anything that is in them.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, their full-width forms, a tab or a
//! line break for a formula, whoever wrote it. Such a cell gets a leading `'`, unless it is a plain
//! number. Where a spreadsheet parts cells by `;` or tabs, as in many countries, a comma begins no cell
//! and quotes inside of one hold nothing together: what follows these, or a line break, may begin a cell
//! too.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use csv::{Terminator, Writer, WriterBuilder};
use utoipa::ToSchema;

use super::{download::Download, fields::Word, problem::ApiError};

/// How tables are sent.
pub const CSV: &str = "text/csv; charset=utf-8";

/// The forms in which a table can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    #[default]
    Json,
    /// CSV.
    Csv,
}

/// The words of `format`.
pub const FORMATS: Word<Format> = Word(&[("json", Format::Json), ("csv", Format::Csv)]);

/// What a formula begins with.
const RISKY: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// What a cell may end with where cells are not parted by commas.
const PARTING: &[char] = &[';', '\t', '\r', '\n'];

/// A table that is being written.
#[derive(Debug)]
pub struct Table(Writer<Vec<u8>>);

/// A table as it is sent: a line of heads, and a line for each row, ended by CR and LF.
#[derive(ToSchema)]
#[schema(value_type = String, example = "invoice_number,status\r\nINV-2026-000001,paid\r\n")]
#[expect(dead_code, reason = "it documents a body, which is written straight to bytes")]
pub(crate) struct CsvText(String);

impl Table {
    /// A table with these heads.
    pub fn new(heads: &[&str]) -> Result<Self, ApiError> {
        let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        table.write_record(heads).map_err(ApiError::internal)?;
        Ok(Self(table))
    }

    /// Adds a row with a cell for each head. A cell without a value is empty.
    pub fn row<S: AsRef<str>>(
        &mut self,
        cells: impl IntoIterator<Item = Option<S>>,
    ) -> Result<(), ApiError> {
        for cell in cells {
            let text = cell.as_ref().map_or("", AsRef::as_ref);
            self.0.write_field(harmless(text).as_bytes()).map_err(ApiError::internal)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(ApiError::internal)
    }

    /// The table as a file of that name.
    pub fn finish(self, name: impl Into<String>) -> Result<Download, ApiError> {
        let bytes = self.0.into_inner().map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(Download { kind: CSV, name: name.into(), bytes: bytes.into() })
    }
}

/// The text of a cell that is nothing but text, or a number.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if is_number(text) {
        return text.into();
    }
    let (mut places, mut may_begin) = (Vec::new(), true);
    for (place, letter) in text.char_indices() {
        if may_begin && RISKY.contains(&letter) {
            places.push(place);
        }
        let is_passed_over = letter == '"' || letter.is_whitespace();
        may_begin = PARTING.contains(&letter) || (may_begin && place > 0 && is_passed_over);
    }
    if places.is_empty() {
        return text.into();
    }
    let (mut safe, mut from) = (String::with_capacity(text.len() + places.len()), 0);
    for place in places {
        safe.push_str(&text[from..place]);
        safe.push('\'');
        from = place;
    }
    safe.push_str(&text[from..]);
    safe.into()
}

/// Whether a text is a number as this service writes it: digits, perhaps with a minus and a point.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

impl Format {
    /// Whether it is CSV.
    pub fn is_csv(self) -> bool {
        self == Self::Csv
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Json, Self::Csv].into_iter().find(|it| it.as_str() == name)
    }
}

/// A page of a list as a table, with what JSON has under `pagination` in headers.
#[derive(Debug)]
pub struct TablePage {
    /// The table.
    pub table: Download,
    /// Rows of the whole list, as JSON has it.
    pub total: i64,
    /// The cursor that goes on after the page.
    pub next_cursor: Option<String>,
}

impl IntoResponse for TablePage {
    fn into_response(self) -> Response {
        let mut response = self.table.into_response();
        let headers = response.headers_mut();
        headers.insert("x-total-count", self.total.into());
        if let Some(cursor) = self.next_cursor.and_then(|cursor| cursor.parse().ok()) {
            headers.insert("x-next-cursor", cursor);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(rows: &[&[&str]]) -> Vec<u8> {
        let mut table = Table::new(&["a", "b"]).expect("a table");
        for row in rows {
            table.row(row.iter().copied().map(Some)).expect("a row");
        }
        table.finish("a.csv").expect("it is whole").bytes.to_vec()
    }

    #[test]
    fn rows_end_with_cr_lf_and_what_needs_quotes_has_them() {
        let text = written(&[&["1,5", "say \"hi\""], &["", "two\nlines"]]);

        let expected = "a,b\r\n\"1,5\",\"say \"\"hi\"\"\"\r\n,\"two\nlines\"\r\n";
        assert_eq!(String::from_utf8(text).expect("text"), expected);
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        let mut table = Table::new(&["a", "b"]).expect("a table");

        assert!(table.row([Some("1")]).is_err());
    }

    #[test]
    fn what_looks_like_a_formula_becomes_text_and_numbers_stay() {
        for formula in [
            "=1+1", "+1", "-", "-1+1", "@SUM(A1)", "\t1", "\r1", "\n1", "--1", "-1.", "-1e3",
            "＝1", "＋1", "－1", "＠A1",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for plain in [
            "",
            "-1",
            "-0.05",
            "12.5",
            "a=b",
            " =1",
            "'=1",
            "专业版",
            "a;b",
            "two\nlines",
            "a; b=c",
        ] {
            assert_eq!(harmless(plain), plain);
        }
    }

    #[test]
    fn a_formula_stays_text_where_cells_are_parted_by_semicolons() {
        for (text, safe) in [
            ("x;=cmd|'/c calc'!A0", "x;'=cmd|'/c calc'!A0"),
            ("x;  @A1", "x;  '@A1"),
            ("x;\"=1", "x;\"'=1"),
            ("x\t=1", "x\t'=1"),
            ("x\n＝1;-1", "x\n'＝1;'-1"),
            ("=1;=2", "'=1;'=2"),
            (";\t=1", ";'\t'=1"),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }

    proptest! {
        #[test]
        fn another_reader_finds_every_cell(cells in prop::collection::vec("\\PC*|[=+\\-@\t\r\n\",;＝ 0-9.]{0,9}", 2)) {
            let text = written(&[&[&cells[0], &cells[1]]]);

            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
            let rows: Vec<csv::StringRecord> =
                reader.records().collect::<Result<_, _>>().expect("it is CSV");
            prop_assert_eq!(rows.len(), 2);
            for (read, cell) in rows[1].iter().zip(&cells) {
                prop_assert_eq!(read, &*harmless(cell));
                let is_risky = read.starts_with(RISKY);
                prop_assert!(!is_risky || is_number(read));
            }
        }
    }
}
