//! What a gateway is configured by: a JSON object, of which some parts are secrets.
//!
//! Numbers and the order of members stay as they were sent; white space between them goes.

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
        let object = Object::parse(text.as_bytes())
            .map_err(|fault| Broken::new("malformed", format!("{fault}, as text")))?;
        let mut writer = Writer(Config { shown: String::new(), secrets: Vec::new() });
        let repeated = |_| Broken::new("repeated", "must not name a member twice");
        writer.object(&object, "").map_err(repeated)?;
        Ok(writer.0)
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
        self.0.shown.push('[');
        for (at, element) in elements.into_iter().enumerate() {
            self.0.shown.push_str(if at == 0 { "" } else { "," });
            self.value(element, &format!("{place}/{at}"))?;
        }
        self.0.shown.push(']');
        Ok(())
    }

    fn secret(&mut self, value: &RawValue, place: String) {
        let is_mask = json::string(value).is_some_and(|text| text == MASK);
        let text = (!is_mask).then(|| value.get().to_owned());
        self.0.secrets.push(Secret { place, text });
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
