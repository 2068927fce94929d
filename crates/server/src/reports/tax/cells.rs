//! Cells of a table of comma-separated values: RFC 4180, and safe where it is opened as a sheet.

use crate::http::csv::harmless;

/// Writes a cell of text. What a sheet would take for a formula gets a `'` in front, unless it is a
/// plain number.
pub(super) fn text(cell: &str, write: &mut impl FnMut(&str)) {
    let safe = harmless(cell);
    if !safe.contains([',', '"', '\r', '\n']) {
        return write(&safe);
    }
    write("\"");
    for (place, part) in safe.split('"').enumerate() {
        if place > 0 {
            write("\"\"");
        }
        write(part);
    }
    write("\"");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(cell: &str) -> String {
        let mut out = String::new();
        text(cell, &mut |part| out.push_str(part));
        out
    }

    #[test]
    fn a_formula_becomes_text_and_a_number_stays() {
        for (cell, expected) in [
            ("Acme", "Acme"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1,A2)", "\"'@SUM(A1,A2)\""),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("-5.94", "-5.94"),
            ("+7", "'+7"),
            ("-5.94-1", "'-5.94-1"),
            ("-", "'-"),
            ("+1.", "'+1."),
            ("x;=1", "x;'=1"),
        ] {
            assert_eq!(written(cell), expected, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn a_reader_gets_the_text_back(cell in "\\PC*|[=+\\-@\t\r\n,\" a1.]*") {
            let text = written(&cell);

            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let read = reader.records().next().map(|it| it.unwrap()[0].to_owned()).unwrap_or_default();

            prop_assert_eq!(&read, &harmless(&cell));
        }
    }
}
