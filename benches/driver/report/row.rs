//! One measurement, what it is compared with, and what it should be.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::figure::{rounded, shown};
use crate::database::Engine;

/// A measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The database; nothing where it plays no part.
    pub(super) engine: String,
    pub(super) what: String,
    pub(super) value: f64,
    unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    against: Option<Against>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
    /// The size that it was measured at, where rows of a job make a curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<f64>,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unit {
    PerSecond,
    Milliseconds,
    Seconds,
    Mebibytes,
    Megabytes,
    Count,
}

/// The same work done otherwise, in the same run and unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Against {
    what: String,
    value: f64,
}

/// What the ratio should be, or the value where there is nothing to compare it with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    pub(crate) fn new(engine: Engine, what: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self {
            engine: engine.name().to_owned(),
            what: what.into(),
            value: rounded(value),
            unit,
            against: None,
            goal: None,
            note: String::new(),
            at: None,
        }
    }

    /// A row in which the database plays no part.
    pub(crate) fn without_engine(what: &str, value: f64, unit: Unit) -> Self {
        Self { engine: String::new(), ..Self::new(Engine::Sqlite, what, value, unit) }
    }

    pub(crate) fn against(mut self, what: &str, value: f64) -> Self {
        self.against = Some(Against { what: what.to_owned(), value: rounded(value) });
        self
    }

    pub(crate) fn at_least(mut self, limit: f64) -> Self {
        self.goal = Some(Goal::AtLeast(limit));
        self
    }

    pub(crate) fn at_most(mut self, limit: f64) -> Self {
        self.goal = Some(Goal::AtMost(limit));
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Makes it a point of the curve of its database, at the size of what it was measured on.
    pub(crate) fn at(self, size: f64) -> Self {
        Self { at: Some(rounded(size)), ..self }
    }

    /// The measurement with its unit.
    pub(super) fn measured(&self) -> String {
        self.unit.shown(self.value)
    }

    /// What it is compared with.
    pub(super) fn compared(&self) -> String {
        self.against.as_ref().map_or_else(String::new, |against| {
            format!("{}: {}", against.what, self.unit.shown(against.value))
        })
    }

    fn against_value(&self) -> Option<f64> {
        self.against.as_ref().map(|against| self.value / against.value)
    }

    /// How often what it is compared with goes into it.
    pub(super) fn ratio(&self) -> String {
        self.against_value().map_or_else(String::new, |ratio| format!("{}×", shown(ratio)))
    }

    pub(super) fn wanted(&self) -> String {
        let limit = |value| match self.against {
            Some(_) => format!("{value}×"),
            None => format!("{value}{}", self.unit.name()),
        };
        match self.goal {
            Some(Goal::AtLeast(value)) => format!("≥ {}", limit(value)),
            Some(Goal::AtMost(value)) => format!("≤ {}", limit(value)),
            None => String::new(),
        }
    }

    /// How it stands to its goal: 1 is the goal, more is better.
    pub(super) fn standing(&self) -> Option<f64> {
        let judged = self.against_value().unwrap_or(self.value);
        Some(match self.goal? {
            Goal::AtLeast(limit) => judged / limit,
            Goal::AtMost(limit) if judged > 0.0 => limit / judged,
            Goal::AtMost(_) => 1.0,
        })
    }

    /// `ok` or `short`; nothing without a goal.
    pub(super) fn verdict(&self) -> &'static str {
        match self.standing() {
            Some(standing) if standing >= 1.0 => "ok",
            Some(_) => "short",
            None => "",
        }
    }
}

impl Unit {
    fn shown(self, value: f64) -> String {
        format!("{}{}", shown(value), self.name())
    }

    /// As it stands behind a number.
    const fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Milliseconds => " ms",
            Self::Seconds => " s",
            Self::Mebibytes => " MiB",
            Self::Megabytes => " MB",
            Self::Count => "",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {:<10} {}: {}", self.engine, self.what, self.measured())?;
        if self.against.is_some() {
            write!(f, "; {}; {}", self.compared(), self.ratio())?;
        }
        if let Some(standing) = self.standing() {
            let (wanted, verdict) = (self.wanted(), self.verdict());
            write!(f, " [{wanted}: {verdict}, {} of it]", shown(standing))?;
        }
        if !self.note.is_empty() {
            write!(f, " ({})", self.note)?;
        }
        Ok(())
    }
}
