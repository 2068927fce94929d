//! Text from anywhere, made fit to be printed.

use std::borrow::Cow;

/// What is printed for what can't be.
pub(super) const PLACEHOLDER: char = '□';

/// The text without what only steers (directions, marks of order), with a box for every control
/// character and every code that is no character, and with all ends of lines written as `\n`.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|it| kept(it) == Some(it)) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().filter_map(kept).collect())
}

/// The same on one line.
pub(super) fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is left of a character.
fn kept(it: char) -> Option<char> {
    match it {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' => Some(' '),
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => {
            None
        }
        '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => None,
        _ if it.is_control() || is_no_character(it) => Some(PLACEHOLDER),
        _ => Some(it),
    }
}

/// Whether it is of private use, or a code that will never be a character.
fn is_no_character(it: char) -> bool {
    let code = u32::from(it);
    matches!(code, 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xF_0000..=0x10_FFFF)
        || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_dropped_and_what_is_no_character_is_a_box() {
        assert_eq!(clean("Müller 有限公司 🚀"), "Müller 有限公司 🚀");
        assert_eq!(clean("A\u{7}B\u{202e}C\u{feff}D\tE"), "A□BCD E");
        assert_eq!(clean("one\r\ntwo\rthree\u{2028}four"), "one\ntwo\nthree\nfour");
        assert_eq!(clean("\u{ffff}\u{e001}\u{10ffff}"), "□□□");
        assert_eq!(clean_line(" one\n  two\u{0} "), "one two□");
    }
}
