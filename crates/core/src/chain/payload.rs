//! What an event says, as canonical JSON.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use crate::{calendar::Instant, money::Amount};

/// The members of an event, each set once by its name.
///
/// It is written as RFC 8785 has it: one object, members in the order of their names, no white
/// space, and only what must be escaped is. Amounts are text, so that no reader makes floats of
/// them. It must hold nothing personal: no user id, name or mail.
///
/// ```
/// # use countinghouse_core::{chain::Payload, money::Amount};
/// let payload = Payload::new().text("plan", "pro").amount("total", Amount::from_major(499));
/// assert_eq!(payload.to_string(), r#"{"plan":"pro","total":"499"}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    members: BTreeMap<&'static str, Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Integer(i64),
    Amount(Amount),
    Instant(Instant),
    Boolean(bool),
}

impl Payload {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text, such as an id or a number.
    #[must_use]
    pub fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Value::Text(text.into()))
    }

    /// Adds a whole number. Other readers of JSON are exact up to 2^53.
    #[must_use]
    pub fn integer(self, name: &'static str, integer: i64) -> Self {
        self.with(name, Value::Integer(integer))
    }

    /// Adds an amount of money, written as decimal text.
    #[must_use]
    pub fn amount(self, name: &'static str, amount: Amount) -> Self {
        self.with(name, Value::Amount(amount))
    }

    /// Adds an instant, written as RFC 3339.
    #[must_use]
    pub fn instant(self, name: &'static str, instant: Instant) -> Self {
        self.with(name, Value::Instant(instant))
    }

    /// Adds a yes or no.
    #[must_use]
    pub fn boolean(self, name: &'static str, boolean: bool) -> Self {
        self.with(name, Value::Boolean(boolean))
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        // ASCII sorts alike by bytes and by UTF-16, which is the order that RFC 8785 asks for.
        debug_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        let before = self.members.insert(name, value);
        debug_assert!(before.is_none(), "{name} is set twice");
        self
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "{";
        for (name, value) in &self.members {
            write!(f, "{between}\"{name}\":")?;
            between = ",";
            match value {
                Value::Text(text) => write_string(f, text)?,
                Value::Integer(integer) => write!(f, "{integer}")?,
                Value::Amount(amount) => write!(f, "\"{amount}\"")?,
                Value::Instant(instant) => write!(f, "\"{instant}\"")?,
                Value::Boolean(boolean) => write!(f, "{boolean}")?,
            }
        }
        f.write_str(if self.members.is_empty() { "{}" } else { "}" })
    }
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\u{c}' => f.write_str("\\f")?,
            '\r' => f.write_str("\\r")?,
            '\0'..'\u{20}' => write!(f, "\\u{:04x}", u32::from(character))?,
            _ => f.write_char(character)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_whatever_the_order_in_which_they_were_added() {
        let at = Instant::from_second(0).expect("in range");

        let payload = Payload::new()
            .integer("n", -3)
            .boolean("final", true)
            .instant("at", at)
            .amount("total", Amount::from_units(-500))
            .text("plan", "pro");

        assert_eq!(
            payload.to_string(),
            r#"{"at":"1970-01-01T00:00:00Z","final":true,"n":-3,"plan":"pro","total":"-0.05"}"#
        );
    }

    #[test]
    fn nothing_is_an_empty_object() {
        assert_eq!(Payload::new().to_string(), "{}");
    }

    #[test]
    fn only_what_must_be_escaped_is() {
        let text = "\u{20ac}$\u{f}\nA'\u{42}\"\\\\\"/\u{7f}\u{2028}😀\u{8}\t\u{c}\r\0";

        let payload = Payload::new().text("t", text).to_string();

        assert_eq!(
            payload,
            "{\"t\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\u{2028}😀\\b\\t\\f\\r\\u0000\"}"
        );
    }
}
