//! Reading a body or a query into domain types, all broken rules of it at once.
//!
//! [`Fields`] looks a member or parameter up, hands it to a *reader* ([`Text`], [`Whole`], …) and
//! keeps what is wrong. At the end [`finish`](Fields::finish) gives either every required value or
//! the whole list:
//!
//! ```
//! use bytes::Bytes;
//! use countinghouse::http::{body::Body, fields::{Name, Whole}};
//!
//! let body = Body::from(Bytes::from_static(br#"{"name": "Acme", "days": 14}"#));
//! let mut fields = body.fields()?;
//! let name = fields.required("name", Name(200));
//! let days = fields.optional("days", Whole(0..=90)).unwrap_or(30);
//! let (name,) = fields.finish((name,))?;
//! assert_eq!((name.as_str(), days), ("Acme", 14));
//! # Ok::<(), countinghouse::http::problem::ApiError>(())
//! ```
//!
//! Null members and empty parameters are absent; unknown ones are ignored.

mod complete;
mod reader;

use std::{borrow::Cow, ops::RangeInclusive};

use serde_json::value::RawValue;

use super::{
    json::{self, Object},
    problem::{ApiError, FieldViolation},
    query::Parameters,
};

pub use complete::Complete;
pub use reader::{AmountIn, Broken, Decimal, Flag, Name, Parsed, Read, Text, Value, Whole, Word};

/// The members of an object, or the parameters of a query, and what was found wrong with them.
#[derive(Debug)]
pub struct Fields<'a> {
    source: Source<'a>,
    /// Where the object stands in the body, such as `lines[2]`.
    within: Option<Place>,
    violations: Vec<FieldViolation>,
}

#[derive(Debug)]
enum Source<'a> {
    Body(Object<'a>),
    Query(Parameters<'a>),
}

/// The path of a nested object, put into words only when one of its fields breaks a rule.
#[derive(Debug)]
struct Place {
    list: Cow<'static, str>,
    index: Option<usize>,
}

impl<'a> Fields<'a> {
    /// Reads the members of a body.
    pub fn of_body(object: Object<'a>) -> Self {
        Self { source: Source::Body(object), within: None, violations: Vec::new() }
    }

    /// Reads the parameters of a query.
    pub fn of_query(parameters: Parameters<'a>) -> Self {
        Self { source: Source::Query(parameters), within: None, violations: Vec::new() }
    }

    /// A value that must be there. `None` if it is not, or breaks a rule: that is kept.
    pub fn required<R: Read>(&mut self, name: &'static str, reader: R) -> Option<R::Out> {
        let Some(value) = self.value(name)? else {
            self.violate(name, "required", "is required");
            return None;
        };
        self.read(name, value, reader)
    }

    /// A value that may be absent. `None` if it is, or breaks a rule: that is kept.
    pub fn optional<R: Read>(&mut self, name: &'static str, reader: R) -> Option<R::Out> {
        let value = self.value(name)??;
        self.read(name, value, reader)
    }

    /// The objects in an array that must be there, one collector each: read it, then
    /// [`absorb`](Self::absorb) it. None if the array breaks a rule: that is kept.
    pub fn objects(&mut self, name: &'static str, count: RangeInclusive<usize>) -> Vec<Fields<'a>> {
        let raw = match self.value(name) {
            None => return Vec::new(),
            Some(None) => {
                self.violate(name, "required", "is required");
                return Vec::new();
            }
            Some(Some(Value::Text(_))) => None,
            Some(Some(Value::Json(raw))) => json::elements(raw),
        };
        let Some(elements) = raw else {
            self.violate(name, "wrong_type", "must be an array of objects");
            return Vec::new();
        };
        if !count.contains(&elements.len()) {
            let rule = format!("must have {} to {} entries", count.start(), count.end());
            self.violate(name, "out_of_range", rule);
            return Vec::new();
        }
        let entries = elements.into_iter().enumerate();
        entries.filter_map(|(index, raw)| self.entry(name, index, raw)).collect()
    }

    /// An object that may be absent, as a collector of its own: read it, then
    /// [`absorb`](Self::absorb) it.
    pub fn object(&mut self, name: &'static str) -> Option<Fields<'a>> {
        let object = match self.value(name)?? {
            Value::Json(raw) => Object::nested(raw),
            Value::Text(_) => None,
        };
        let Some(object) = object else {
            self.violate(name, "wrong_type", "must be an object");
            return None;
        };
        let place = Place { list: self.path(name), index: None };
        Some(Self { within: Some(place), ..Self::of_body(object) })
    }

    /// Refuses a member that repeats what the path says and differs from it.
    pub fn must_repeat(&mut self, name: &'static str, in_path: &str) {
        if self.optional(name, Text(usize::MAX)).is_some_and(|said| said != in_path) {
            self.violate(name, "differs", "differs from the path");
        }
    }

    /// Whether a member or parameter of that name was sent, be it null or empty.
    pub fn has(&self, name: &str) -> bool {
        match &self.source {
            Source::Body(object) => object.has(name),
            Source::Query(parameters) => parameters.has(name),
        }
    }

    /// Keeps a broken rule that no reader can know, such as a start after its end.
    pub fn violate(
        &mut self,
        name: &'static str,
        code: &'static str,
        rule: impl Into<Cow<'static, str>>,
    ) {
        let field = self.path(name);
        self.violations.push(FieldViolation::new(field, code, rule.into()));
    }

    /// Takes over what another collector found: of a nested object, or of the query.
    pub fn absorb(&mut self, other: Fields<'_>) {
        self.violations.extend(other.violations);
    }

    /// What was found wrong so far.
    pub fn violations(&self) -> &[FieldViolation] {
        &self.violations
    }

    /// Every required value, or everything that is wrong.
    pub fn finish<C: Complete>(self, values: C) -> Result<C::Out, ApiError> {
        match values.complete() {
            Some(values) if self.violations.is_empty() => Ok(values),
            _ => Err(ApiError::Invalid(self.violations)),
        }
    }

    fn entry(&mut self, name: &'static str, index: usize, raw: &'a RawValue) -> Option<Self> {
        let place = Place { list: self.path(name), index: Some(index) };
        let Some(object) = Object::nested(raw) else {
            let field = format!("{}[{index}]", place.list);
            self.violations.push(FieldViolation::new(field, "wrong_type", "must be an object"));
            return None;
        };
        Some(Self { within: Some(place), ..Self::of_body(object) })
    }

    /// The value of that name: `None` when it is there twice, which is kept.
    #[expect(clippy::option_option, reason = "the outer one is a refusal, the inner one absence")]
    fn value(&mut self, name: &'static str) -> Option<Option<Value<'a>>> {
        let found = match &self.source {
            Source::Body(object) => object.get(name).map(|raw| raw.map(Value::Json)),
            Source::Query(parameters) => parameters.get(name).map(|text| text.map(Value::Text)),
        };
        if found.is_err() {
            self.violate(name, "repeated", "must be given once");
        }
        found.ok()
    }

    fn read<R: Read>(&mut self, name: &'static str, value: Value<'a>, reader: R) -> Option<R::Out> {
        match reader.read(value) {
            Ok(value) => Some(value),
            Err(Broken { code, rule }) => {
                self.violate(name, code, rule);
                None
            }
        }
    }

    fn path(&self, name: &'static str) -> Cow<'static, str> {
        match &self.within {
            None => Cow::Borrowed(name),
            Some(Place { list, index: None }) => Cow::Owned(format!("{list}.{name}")),
            Some(Place { list, index: Some(index) }) => {
                Cow::Owned(format!("{list}[{index}].{name}"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
