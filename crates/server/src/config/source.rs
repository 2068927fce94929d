//! Where settings come from, and what is wrong with them.

use std::{fmt, path::Path};

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Num, Value},
};

use super::Flags;

/// The file that is read when no other is named.
const FILE: &str = "countinghouse.toml";

/// What the names of the environment begin with.
const PREFIX: &str = "COUNTINGHOUSE_";

/// Settings that must not be empty when they are there at all.
const SECRETS: [&str; 3] = ["api_keys", "jwt_hs256_secret", "secret_key"];

/// Everything that is wrong with the settings, a line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(Vec<String>);

/// The settings of every source, the strongest on top.
pub(super) struct Sources {
    figment: Figment,
    wrong: Vec<String>,
}

/// Settings of one source.
struct Origin {
    metadata: Metadata,
    values: Dict,
}

impl SettingsError {
    /// The lines.
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl std::error::Error for SettingsError {}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Sources {
    /// Opens the sources. A file that was named must be there.
    ///
    /// Unknown names are refused in the file. In the environment they are nobody's: platforms put
    /// names of their own there.
    pub(super) fn open(
        defaults: &[(&'static str, &'static str)],
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let path = flags.config.as_deref();
        let named = path.unwrap_or(Path::new(FILE)).display().to_string();
        let all_flags = Value::serialize(flags).ok().and_then(Value::into_dict).unwrap_or_default();

        let in_file = file(path).map_err(|rule| SettingsError(vec![format!("{named}: {rule}")]))?;
        let unknown = in_file.keys().filter(|name| !all_flags.contains_key(*name));
        let wrong = unknown.map(|name| format!("{name} ({named}): is not a setting")).collect();
        let environment = environment.into_iter().filter_map(|(name, value)| {
            let name = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
            let counts = !value.is_empty() || SECRETS.contains(&name.as_str());
            (counts && all_flags.contains_key(&name)).then(|| (name, Value::from(value)))
        });
        let in_environment = environment.collect();
        let given = all_flags.into_iter().filter(|(_, value)| value.as_str().is_some()).collect();

        let defaults =
            defaults.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));

        let figment = Figment::new()
            .merge(Origin { metadata: Metadata::named("default"), values: defaults.collect() })
            .merge(Origin { metadata: Metadata::named(named), values: in_file })
            .merge(Origin { metadata: Metadata::named("environment"), values: in_environment })
            .merge(Origin { metadata: Metadata::named("flag"), values: given });
        Ok(Self { figment, wrong })
    }

    /// The setting of that name, if it is there and right. What is wrong with it is kept.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(text.trim());
        parsed.map_err(|rule| self.refuse(name, &format!("{rule}, not `{}`", text.trim()))).ok()
    }

    /// The same, but the value is taken as it is, and never shown.
    pub(super) fn secret<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name)?;
        parse(&text).map_err(|rule| self.refuse(name, &rule)).ok()
    }

    /// Keeps what is wrong with a setting.
    pub(super) fn refuse(&mut self, name: &str, rule: &str) {
        let origin = self.figment.find_metadata(name).map_or("default", |from| &from.name);
        let line = match origin {
            "flag" => format!("{name} (--{}): {rule}", name.replace('_', "-")),
            "environment" => format!("{name} ({PREFIX}{}): {rule}", name.to_ascii_uppercase()),
            origin => format!("{name} ({origin}): {rule}"),
        };
        self.wrong.push(line);
    }

    /// The settings, if nothing was wrong.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, SettingsError> {
        if self.wrong.is_empty() { Ok(settings) } else { Err(SettingsError(self.wrong)) }
    }

    /// The text of a setting. An empty one is none, but for secrets.
    fn text(&mut self, name: &str) -> Option<String> {
        let value = self.figment.find_value(name).ok()?;
        let Some(text) = text_of(&value) else {
            self.refuse(name, "must be text, a whole number, true, false, or a list of text");
            return None;
        };
        (!text.trim().is_empty() || SECRETS.contains(&name)).then_some(text)
    }
}

impl Provider for Origin {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// The settings of the file; none if no file was named and the usual one is not there.
fn file(named: Option<&Path>) -> Result<Dict, String> {
    let path = named.unwrap_or(Path::new(FILE));
    if named.is_none() && !path.exists() {
        return Ok(Dict::new());
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    let mut profiles = Toml::string(&text).data().map_err(|error| one_line(&error))?;
    Ok(profiles.remove(&Profile::Default).unwrap_or_default())
}

/// An error of the parser without the excerpt that it shows: there may be a secret in it.
fn one_line(error: &Error) -> String {
    let text = error.to_string();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or("is not TOML");
    match lines.next_back() {
        Some(last) => format!("{first}: {last}"),
        None => first.to_owned(),
    }
}

/// A value as the text that a flag would have.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, letter) => Some(letter.to_string()),
        Value::Bool(_, flag) => Some(flag.to_string()),
        Value::Num(_, number) => whole(*number),
        Value::Array(_, values) => {
            let texts: Option<Vec<_>> = values.iter().map(text_of).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Empty(..) | Value::Dict(..) => None,
    }
}

fn whole(number: Num) -> Option<String> {
    let signed = number.to_i128().map(|number| number.to_string());
    signed.or_else(|| number.to_u128().map(|number| number.to_string()))
}
