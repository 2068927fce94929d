//! What a gateway is configured by: a JSON object, of which some parts are secrets.
//!
//! Numbers and the order of members stay as they were sent; white space between them goes.

use std::sync::Arc;

use countinghouse_core::gateways::{is_secret, tells_secret};
use serde_json::value::RawValue;

use crate::http::{
    fields::{Broken, Read, Value},
    json::{self, Object, Repeated},
};

/// What is shown in the place of a secret, and keeps it when it is sent.
pub(super) const MASK: &str = "********";

/// The longest configuration, in letters.
pub(super) const CONFIG_MAX: usize = 10_000;

/// A configuration that was sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Config {
    /// What is shown of it, with masks.
    pub(super) shown: String,
    /// The secrets behind the masks.
    pub(super) secrets: Vec<Secret>,
}

/// A secret of a configuration.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret {
    /// Where it stands, as a JSON pointer.
    pub(super) place: String,
    /// Its JSON; nothing where what is stored there is kept.
    pub(super) text: Option<String>,
    /// What is shown around it, where it stands in an array.
    around: Option<Around>,
}

/// What is shown around a secret in an array; in arrays of arrays, of the outermost.
#[derive(Clone, PartialEq, Eq)]
struct Around {
    /// The whole array.
    array: Arc<str>,
    /// The element that the secret is in.
    element: Arc<str>,
    /// Whether no other element looks the same.
    is_distinct: bool,
}

/// Reads a configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConfigText;

/// Writes what is shown, and gathers the secrets.
struct Writer(Config);

impl Read for ConfigText {
    type Out = Config;

    fn read(self, value: Value<'_>) -> Result<Config, Broken> {
        let text = value.text()?;
        if text.chars().nth(CONFIG_MAX).is_some() {
            let rule = format!("must have at most {CONFIG_MAX} letters");
            return Err(Broken::new("too_long", rule));
        }
        Config::parse(&text)
    }
}

impl Config {
    /// Reads the text of a configuration, however long: what is stored may be longer than what was
    /// sent, by its masks.
    pub(super) fn parse(text: &str) -> Result<Self, Broken> {
        let object = Object::parse(text.as_bytes())
            .map_err(|fault| Broken::new("malformed", format!("{fault}, as text")))?;
        let mut writer = Writer(Self { shown: String::new(), secrets: Vec::new() });
        let repeated = |_| Broken::new("repeated", "must not name a member twice");
        writer.object(&object, "").map_err(repeated)?;
        Ok(writer.0)
    }
}

impl Secret {
    /// Whether a mask that was sent surely means this secret, which is stored at its place. The place
    /// of an element changes with those before it, so in an array it must also look the same: all of
    /// the array, or this element where no other one looks like it. Otherwise the secret of one
    /// account would silently become that of another.
    pub(super) fn is_meant_by(&self, mask: &Self) -> bool {
        match (&self.around, &mask.around) {
            (None, None) => true,
            (Some(stored), Some(sent)) => {
                let is_element = stored.is_distinct && stored.element == sent.element;
                stored.array == sent.array || is_element
            }
            _ => false,
        }
    }
}

impl Writer {
    fn object(&mut self, object: &Object<'_>, place: &str) -> Result<(), Repeated> {
        self.0.shown.push('{');
        for (at, (name, value)) in object.members().enumerate() {
            object.get(name)?;
            self.0.shown.push_str(if at == 0 { "" } else { "," });
            self.text(name);
            self.0.shown.push(':');
            let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
            if is_secret(name) && !matches!(value.get(), "null" | "\"\"") {
                self.secret(value, place);
            } else {
                self.value(value, &place)?;
            }
        }
        self.0.shown.push('}');
        Ok(())
    }

    fn value(&mut self, value: &RawValue, place: &str) -> Result<(), Repeated> {
        if json::string(value).is_some_and(|text| text == MASK || tells_secret(&text)) {
            self.secret(value, place.to_owned());
            return Ok(());
        }
        if let Some(object) = Object::nested(value) {
            return self.object(&object, place);
        }
        let Some(elements) = json::elements(value) else {
            self.0.shown.push_str(value.get());
            return Ok(());
        };
        self.array(&elements, place)
    }

    fn array(&mut self, elements: &[&RawValue], place: &str) -> Result<(), Repeated> {
        let (begin, mut parts) = (self.0.shown.len(), Vec::new());
        self.0.shown.push('[');
        for (at, element) in elements.iter().enumerate() {
            self.0.shown.push_str(if at == 0 { "" } else { "," });
            let (from, secrets) = (self.0.shown.len(), self.0.secrets.len());
            self.value(element, &format!("{place}/{at}"))?;
            parts.push((from..self.0.shown.len(), secrets..self.0.secrets.len()));
        }
        self.0.shown.push(']');
        let Config { shown, secrets } = &mut self.0;
        let array: Arc<str> = shown[begin..].into();
        for (text, inside) in parts.iter().filter(|(_, inside)| !inside.is_empty()) {
            let element = &shown[text.clone()];
            let alike = parts.iter().filter(|(other, _)| shown[other.clone()] == *element).count();
            let (array, element) = (Arc::clone(&array), element.into());
            let around = Around { array, element, is_distinct: alike == 1 };
            for secret in &mut secrets[inside.clone()] {
                secret.around = Some(around.clone());
            }
        }
        Ok(())
    }

    fn secret(&mut self, value: &RawValue, place: String) {
        let is_mask = json::string(value).is_some_and(|text| text == MASK);
        let text = (!is_mask).then(|| value.get().to_owned());
        self.0.secrets.push(Secret { place, text, around: None });
        self.text(MASK);
    }

    fn text(&mut self, text: &str) {
        self.0.shown.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Config, &'static str> {
        let broken = ConfigText.read(Value::Text(text.into()));
        broken.map_err(|broken| broken.code)
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand_and_the_rest_stays() {
        let sent = r#"{ "app_id": 1e400, "api_key": "k1", "a": [{"token": {"b": 2}}, 0.10],
            "password": "", "secret": null, "x~/y": {"pin": 7}, "keep_key": "********" }"#;

        let config = read(sent).expect("a configuration");

        let shown = r#"{"app_id":1e400,"api_key":"********","a":[{"token":"********"},0.10],"password":"","secret":null,"x~/y":{"pin":"********"},"keep_key":"********"}"#;
        assert_eq!(config.shown, shown);
        let secrets: Vec<_> =
            config.secrets.iter().map(|it| (it.place.as_str(), it.text.as_deref())).collect();
        let expected = [
            ("/api_key", Some("\"k1\"")),
            ("/a/0/token", Some("{\"b\": 2}")),
            ("/x~0~1y/pin", Some("7")),
            ("/keep_key", None),
        ];
        assert_eq!(secrets, expected);
    }

    #[test]
    fn a_private_key_is_a_secret_whatever_it_is_called() {
        let sent =
            r#"{"files":["-----BEGIN RSA PRIVATE KEY-----\nMII","-----BEGIN PUBLIC KEY-----"]}"#;

        let config = read(sent).expect("a configuration");

        assert_eq!(config.shown, r#"{"files":["********","-----BEGIN PUBLIC KEY-----"]}"#);
        assert_eq!(config.secrets[0].place, "/files/0");
        let kept = read(&config.shown).expect("a configuration");
        assert_eq!((kept.secrets[0].place.as_str(), &kept.secrets[0].text), ("/files/0", &None));
    }

    #[test]
    fn an_address_with_a_password_is_a_secret_whatever_it_is_called() {
        let sent = r#"{"notify_url":"https://u:hunter2@shop.example","return_url":"https://shop.example"}"#;

        let config = read(sent).expect("a configuration");

        let shown = r#"{"notify_url":"********","return_url":"https://shop.example"}"#;
        assert_eq!((config.shown.as_str(), config.secrets.len()), (shown, 1));
    }

    #[test]
    fn a_mask_in_an_array_means_a_secret_only_where_it_can_be_told_which() {
        let one = r#"{"name":"one","key":"********"}"#;
        let two = r#"{"name":"two","key":"********"}"#;
        let means = |stored: &str, sent: &str, at: usize| {
            let [stored, sent] = [stored, sent]
                .map(|text| read(&format!("{{\"a\":{text}}}")).expect("a configuration").secrets);
            stored[at].place == sent[at].place && stored[at].is_meant_by(&sent[at])
        };
        let both = format!("[{one},{two}]");

        for (sent, at) in [
            (format!("[{one}, {two}]"), 1),
            (format!("[{one},{two},3]"), 1),
            (format!("[{one}]"), 0),
        ] {
            assert!(means(&both, &sent, at), "{sent}");
        }
        for sent in [
            format!("[{two}]"),
            format!("[{two},{one}]"),
            format!("{{\"0\":{one}}}"),
            one.to_owned(),
        ] {
            assert!(!means(&both, &sent, 0), "{sent}");
        }
        let (bare, nested) = (r#"["********","********"]"#, r#"[["a",["********"]],["b"]]"#);
        assert!(means(bare, bare, 1));
        assert!(!means(bare, r#"["********"]"#, 0));
        assert!(means(nested, nested, 0));
        assert!(!means(nested, r#"[["c",["********"]],["b"]]"#, 0));
    }

    #[test]
    fn what_is_no_object_of_distinct_members_is_refused() {
        for bad in ["", "7", "[]", "{", "\"{}\"", "{\"a\": \"\\u0000\"}"] {
            assert_eq!(read(bad).err(), Some("malformed"), "{bad}");
        }
        for bad in ["{\"a\":1,\"a\":2}", "{\"b\":{\"key\":1,\"key\":2}}"] {
            assert_eq!(read(bad).err(), Some("repeated"), "{bad}");
        }
        let long = format!("{{\"a\":\"{}\"}}", "a".repeat(CONFIG_MAX));
        assert_eq!(read(&long).err(), Some("too_long"));
    }

    proptest! {
        #[test]
        fn no_secret_is_shown_and_what_is_shown_reads_back(secret in "[a-zA-Z0-9]{9,30}", name in "\\PC{0,9}") {
            let sent = serde_json::json!({ &name: 1, "deep": [{ "api_secret": &secret }] });

            let config = read(&sent.to_string()).expect("a configuration");

            prop_assert!(!config.shown.contains(&secret));
            let again = read(&config.shown).expect("a configuration");
            prop_assert_eq!(&again.shown, &config.shown);
            prop_assert!(again.secrets.iter().all(|it| it.text.is_none()));
        }
    }
}
