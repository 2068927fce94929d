//! The readers: each knows one kind of value, as JSON in a body and as text in a query.

use std::{borrow::Cow, fmt, fmt::Write as _, ops::RangeInclusive};

use countinghouse_core::money::{Amount, Currency};
use serde_json::value::RawValue;

use super::super::json;

/// What was sent under a name.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A member of a body, as it was written.
    Json(&'a RawValue),
    /// A parameter of a query, decoded.
    Text(Cow<'a, str>),
}

/// The rule that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule in one word.
    pub code: &'static str,
    /// The rule for people, to be read after the field's name: `must be …`.
    pub rule: Cow<'static, str>,
}

/// Knows how to read one kind of value.
pub trait Read {
    /// What it reads.
    type Out;

    /// Reads a value that is there.
    fn read(self, value: Value<'_>) -> Result<Self::Out, Broken>;
}

/// A text of at most so many letters (Unicode scalar values); it may be empty.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub usize);

/// A text of at most so many letters, not only white space.
#[derive(Clone, Copy, Debug)]
pub struct Name(pub usize);

/// A whole number in a range: in a body a JSON number, not a string.
#[derive(Clone, Debug)]
pub struct Whole(pub RangeInclusive<i64>);

/// `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct Flag;

/// One of a closed list of words and what each means.
#[derive(Clone, Copy, Debug)]
pub struct Word<T: 'static>(pub &'static [(&'static str, T)]);

/// A text that a domain type parses: `Parsed(TenantId::parse)`, `Parsed(Instant::parse)`,
/// `Parsed(Date::parse)`. Its error is what the client reads.
#[derive(Debug)]
pub struct Parsed<T, E>(pub fn(&str) -> Result<T, E>);

/// A decimal that a domain type parses, sent as a JSON number or as a string:
/// `Decimal(UnitPrice::parse)`, `Decimal(TaxRate::parse)`.
#[derive(Debug)]
pub struct Decimal<T, E>(pub fn(&str) -> Result<T, E>);

/// An amount of money in a currency, sent as a JSON number or as a string.
#[derive(Clone, Copy, Debug)]
pub struct AmountIn {
    currency: Currency,
    sign: Sign,
}

#[derive(Clone, Copy, Debug)]
enum Sign {
    Any,
    NotNegative,
    Positive,
}

impl AmountIn {
    /// Any amount, be it negative.
    pub fn any(currency: Currency) -> Self {
        Self { currency, sign: Sign::Any }
    }

    /// An amount of at least 0.
    pub fn not_negative(currency: Currency) -> Self {
        Self { currency, sign: Sign::NotNegative }
    }

    /// An amount above 0.
    pub fn positive(currency: Currency) -> Self {
        Self { currency, sign: Sign::Positive }
    }
}

impl Broken {
    /// A broken rule.
    pub fn new(code: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { code, rule: rule.into() }
    }
}

impl<'a> Value<'a> {
    /// The text of a JSON string or of a parameter.
    pub fn text(self) -> Result<Cow<'a, str>, Broken> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Json(raw) => {
                json::string(raw).ok_or(Broken::new("wrong_type", "must be a string"))
            }
        }
    }

    /// The decimal text of a JSON number, of a JSON string, or of a parameter; it is not known to
    /// be a number.
    pub fn decimal(self) -> Result<Cow<'a, str>, Broken> {
        match self {
            Self::Json(raw) if raw.get().starts_with(|first: char| first != '"') => {
                Ok(Cow::Borrowed(raw.get()))
            }
            other => other.text(),
        }
    }
}

impl Read for Text {
    type Out = String;

    fn read(self, value: Value<'_>) -> Result<String, Broken> {
        let text = value.text()?;
        if text.len() > self.0 && text.chars().count() > self.0 {
            return Err(Broken::new("too_long", format!("must have at most {} letters", self.0)));
        }
        Ok(text.into_owned())
    }
}

impl Read for Name {
    type Out = String;

    fn read(self, value: Value<'_>) -> Result<String, Broken> {
        let text = Text(self.0).read(value)?;
        if text.trim().is_empty() {
            return Err(Broken::new("blank", "must not be blank"));
        }
        Ok(text)
    }
}

impl Read for Whole {
    type Out = i64;

    fn read(self, value: Value<'_>) -> Result<i64, Broken> {
        let text = match &value {
            Value::Json(raw) => raw.get(),
            Value::Text(text) => text,
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Broken::new("wrong_type", "must be a whole number"));
        }
        let number = text.parse().ok();
        number.filter(|number| self.0.contains(number)).ok_or_else(|| {
            let (least, most) = (*self.0.start(), *self.0.end());
            let rule = match number {
                Some(number) if number < least => format!("must be at least {least}"),
                _ => format!("must be from {least} to {most}"),
            };
            Broken::new("out_of_range", rule)
        })
    }
}

impl Read for Flag {
    type Out = bool;

    fn read(self, value: Value<'_>) -> Result<bool, Broken> {
        let text = match &value {
            Value::Json(raw) => raw.get(),
            Value::Text(text) => text,
        };
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Broken::new("wrong_type", "must be true or false")),
        }
    }
}

impl<T: Copy> Read for Word<T> {
    type Out = T;

    fn read(self, value: Value<'_>) -> Result<T, Broken> {
        let text = value.text()?;
        let known = self.0.iter().find(|(word, _)| *word == text);
        known.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let mut rule = "must be one of".to_owned();
            for (index, (word, _)) in self.0.iter().enumerate() {
                let _always_fits = write!(rule, "{} `{word}`", if index == 0 { "" } else { "," });
            }
            Broken::new("unknown_word", rule)
        })
    }
}

impl<T, E: fmt::Display> Read for Parsed<T, E> {
    type Out = T;

    fn read(self, value: Value<'_>) -> Result<T, Broken> {
        let text = value.text()?;
        (self.0)(&text).map_err(|error| Broken::new("malformed", error.to_string()))
    }
}

impl<T, E: fmt::Display> Read for Decimal<T, E> {
    type Out = T;

    fn read(self, value: Value<'_>) -> Result<T, Broken> {
        let text = value.decimal()?;
        (self.0)(&text).map_err(|error| Broken::new("malformed", error.to_string()))
    }
}

impl Read for AmountIn {
    type Out = Amount;

    fn read(self, value: Value<'_>) -> Result<Amount, Broken> {
        let text = value.decimal()?;
        let amount = Amount::parse(&text, self.currency)
            .map_err(|error| Broken::new("malformed", error.to_string()))?;
        match self.sign {
            Sign::NotNegative if amount.is_negative() => {
                Err(Broken::new("out_of_range", "must not be negative"))
            }
            Sign::Positive if !amount.is_positive() => {
                Err(Broken::new("out_of_range", "must be more than 0"))
            }
            Sign::Any | Sign::NotNegative | Sign::Positive => Ok(amount),
        }
    }
}
