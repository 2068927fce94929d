//! Reading JSON without building a tree of it: an object is a list of raw members.
//!
//! Numbers keep their text, so that an amount never passes through a binary float, and what nobody
//! asks for is never parsed. Nothing here recurses, so nesting costs no stack.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// How many arrays and objects may stand inside each other.
pub const NESTING_MAX: usize = 64;

/// A JSON object, its members in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Why a text was refused before any member was looked at. The text of each is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// There is nothing.
    #[error("must not be empty")]
    Empty,
    /// It is not UTF-8.
    #[error("must be UTF-8")]
    NotUtf8,
    /// It is not JSON, or something follows it.
    #[error("must be valid JSON")]
    NotJson,
    /// It is JSON, but not an object.
    #[error("must be a JSON object")]
    NotAnObject,
    /// Arrays and objects are nested deeper than [`NESTING_MAX`].
    #[error("must not nest deeper than {NESTING_MAX} levels")]
    TooDeep,
    /// A string holds U+0000, which the databases do not all keep.
    #[error("must not contain the character U+0000")]
    Nul,
}

/// The objects in a JSON array, having made sure of the whole text; none for what is no object. An
/// error if it is no array.
pub fn objects(text: &[u8]) -> Result<Vec<Option<Object<'_>>>, JsonFault> {
    let text = std::str::from_utf8(text).map_err(|_| JsonFault::NotUtf8)?;
    scan(text.as_bytes())?;
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| JsonFault::NotJson)?;
    Ok(elements.into_iter().map(Object::nested).collect())
}

/// A member is there more than once, so it is unclear which one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

impl<'a> Object<'a> {
    /// Takes an object apart, having made sure of the whole text.
    pub fn parse(text: &'a [u8]) -> Result<Self, JsonFault> {
        let text = std::str::from_utf8(text).map_err(|_| JsonFault::NotUtf8)?;
        let start = text.trim_ascii_start();
        if start.is_empty() {
            return Err(JsonFault::Empty);
        }
        scan(text.as_bytes())?;
        match serde_json::from_str(text) {
            Ok(object) => Ok(object),
            Err(_) if start.starts_with('{') => Err(JsonFault::NotJson),
            Err(_) if serde_json::from_str::<&RawValue>(text).is_ok() => {
                Err(JsonFault::NotAnObject)
            }
            Err(_) => Err(JsonFault::NotJson),
        }
    }

    /// Takes apart an object inside one that [`parse`](Self::parse) made sure of. `None` if it is
    /// something else.
    pub fn nested(raw: &'a RawValue) -> Option<Self> {
        raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok()).flatten()
    }

    /// The member of that name. Null is no member.
    pub fn get(&self, name: &str) -> Result<Option<&'a RawValue>, Repeated> {
        let mut members = self.0.iter().filter(|(key, _)| key == name);
        let first = members.next();
        match members.next() {
            Some(_) => Err(Repeated),
            None => Ok(first.map(|(_, raw)| *raw).filter(|raw| raw.get() != "null")),
        }
    }

    /// The members, in the order in which they were sent.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (&**name, *raw))
    }

    /// Whether a member of that name was sent, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

/// The elements of an array inside an object that was made sure of. `None` if it is something else.
pub fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    raw.get().starts_with('[').then(|| serde_json::from_str(raw.get()).ok()).flatten()
}

/// The text of a string, borrowed where it has no escapes. `None` if it is something else.
pub fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inside = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') {
        return serde_json::from_str(raw.get()).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inside))
}

/// Looks for what is refused wherever it stands: deep nesting and an escaped U+0000. (An unescaped
/// one is not JSON.)
fn scan(text: &[u8]) -> Result<(), JsonFault> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if in_string => {
                if text[at + 1..].starts_with(b"u0000") {
                    return Err(JsonFault::Nul);
                }
                at += 1;
            }
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > NESTING_MAX {
                    return Err(JsonFault::TooDeep);
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Object(members))
    }
}

/// The name of a member, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(text: &[u8]) -> JsonFault {
        Object::parse(text).expect_err("it should be refused")
    }

    #[test]
    fn what_is_no_json_object_is_refused_by_what_it_is() {
        let refused: [(&[u8], JsonFault); 10] = [
            (b"", JsonFault::Empty),
            (b" \n", JsonFault::Empty),
            (b"{", JsonFault::NotJson),
            (b"{} {}", JsonFault::NotJson),
            (b"{'a': 1}", JsonFault::NotJson),
            (b"{\"a\": NaN}", JsonFault::NotJson),
            (b"[]", JsonFault::NotAnObject),
            (b"7", JsonFault::NotAnObject),
            (b"[", JsonFault::NotJson),
            (b"{\"a\": \"\xff\"}", JsonFault::NotUtf8),
        ];

        for (text, expected) in refused {
            assert_eq!(fault(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_hundred_thousand_brackets_are_refused_and_cost_no_stack() {
        let open = "[".repeat(100_000);
        let nested = format!("{{\"a\":{open}{}}}", "]".repeat(100_000));
        let objects = "{\"a\":".repeat(100_000);

        assert_eq!(fault(open.as_bytes()), JsonFault::TooDeep);
        assert_eq!(fault(nested.as_bytes()), JsonFault::TooDeep);
        assert_eq!(fault(objects.as_bytes()), JsonFault::TooDeep);
    }

    #[test]
    fn brackets_inside_a_string_nest_nothing() {
        let text = format!("{{\"a\":\"{}\"}}", "[".repeat(1_000));

        let object = Object::parse(text.as_bytes()).expect("it is an object");

        assert!(object.has("a"));
    }

    #[test]
    fn nul_is_refused_in_any_member_but_an_escaped_backslash_is_no_nul() {
        assert_eq!(fault(br#"{"unused": ["a\u0000b"]}"#), JsonFault::Nul);
        assert_eq!(fault(b"{\"a\": \"\0\"}"), JsonFault::NotJson);

        let object = Object::parse(br#"{"a": "\\u0000"}"#).expect("no NUL is in it");

        let raw = object.get("a").expect("it is there once").expect("it is not null");
        assert_eq!(string(raw).as_deref(), Some(r"\u0000"));
    }

    #[test]
    fn null_is_absent_and_a_repeated_member_is_noticed() {
        let object = Object::parse(br#"{"a": null, "b": 1, "b": 2}"#).expect("it is an object");

        assert!(object.get("a").expect("it is there once").is_none());
        assert!(object.has("a"));
        assert_eq!(object.get("b").err(), Some(Repeated));
    }

    #[test]
    fn a_number_keeps_its_text() {
        let object = Object::parse(br#"{"a": 1000000000000000.01}"#).expect("it is an object");

        let raw = object.get("a").expect("it is there once").expect("it is not null");

        assert_eq!(raw.get(), "1000000000000000.01");
    }

    proptest! {
        #[test]
        fn any_string_reads_back(text in "[^\0]*", name in "[a-z\"\\\\é]{1,5}") {
            let body = serde_json::json!({ name.as_str(): text }).to_string();

            let object = Object::parse(body.as_bytes()).expect("it is an object");

            let raw = object.get(&name).expect("it is there once").expect("it is not null");
            let read = string(raw);
            prop_assert_eq!(read.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = Object::parse(&bytes);
        }
    }
}
