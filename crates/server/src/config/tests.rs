//! Which source wins, and what every wrong setting says.

use clap::Parser;
use secrecy::ExposeSecret;

use super::*;
use crate::http::auth::JwksSource;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
}

fn flags(args: &[&str]) -> Flags {
    Cli::try_parse_from([&["countinghouse"], args].concat()).expect("they are flags").flags
}

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs.map(|(name, value)| (format!("COUNTINGHOUSE_{name}"), (*value).to_owned())).collect()
}

fn from_environment(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::load(&Flags::default(), environment(pairs))
}

/// A settings file, and the flag that names it.
fn file(text: &str) -> (tempfile::TempDir, Flags) {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("settings.toml");
    std::fs::write(&path, text).expect("it is written");
    (directory, Flags { config: Some(path), ..Flags::default() })
}

#[test]
fn without_any_source_the_defaults_hold() {
    let settings = from_environment(&[]).expect("nothing is wrong");

    assert_eq!(settings.database_url.expose_secret(), "sqlite://countinghouse.db");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url, "http://127.0.0.1:8080");
    assert_eq!((settings.body_limit, settings.batch_body_limit()), (2_097_152, 16_777_216));
    assert_eq!(settings.request_timeout, Duration::from_secs(30));
    assert_eq!((settings.max_connections, settings.rate_limit), (16, None));
    assert_eq!((settings.log.as_str(), settings.log_format), ("info", LogFormat::Text));
    assert!(!settings.sandbox && settings.cors_origins.is_empty());
    assert_eq!(settings.usage_event_days, None);
    assert_eq!(settings.notices().len(), 3);
}

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let (_directory, with_file) =
        file("max_connections = 1\nrate_limit = 1\nlisten = \"127.0.0.1:1\"\nsandbox = true");
    let flags = Flags { max_connections: Some("3".to_owned()), ..with_file };
    let environment = environment(&[("MAX_CONNECTIONS", "2"), ("RATE_LIMIT", "2")]);

    let settings = Settings::load(&flags, environment).expect("nothing is wrong");

    assert_eq!(settings.max_connections, 3);
    assert_eq!(settings.rate_limit, NonZeroU32::new(2));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:1");
    assert!(settings.sandbox);
}

#[test]
fn flags_are_named_like_settings() {
    let flags = flags(&["--sandbox", "--listen", "0.0.0.0:9", "--rate-limit=off", "--log", "warn"]);

    let settings = Settings::load(&flags, []).expect("nothing is wrong");

    assert!(settings.sandbox);
    assert_eq!(settings.public_url, "http://localhost:9");
    assert_eq!(settings.log, "warn");
}

#[test]
fn every_setting_is_read() {
    let secret = "0123456789-0123456789-0123456789";
    let settings = from_environment(&[
        ("DATABASE_URL", "postgres://user:password@host/db"),
        ("INTERNAL_LISTEN", "[::1]:8081"),
        ("PUBLIC_URL", "https://billing.example/"),
        ("JWT_HS256_SECRET", secret),
        ("JWT_JWKS", "https://id.example/jwks?tenant=1"),
        ("JWT_AUDIENCE", "billing"),
        ("JWT_ISSUER", "https://id.example"),
        ("API_KEYS", "1234567890123456, abcdefghijklmnopq"),
        ("SECRET_KEY", secret),
        ("WALLET_URL", "http://wallet:9000/"),
        ("WALLET_NAME", "http://wallet"),
        ("WALLET_API_KEY", "k"),
        ("COMPANY_NAME", "账房有限公司"),
        ("USAGE_EVENT_DAYS", "400"),
        ("BODY_LIMIT", "20 MiB"),
        ("REQUEST_TIMEOUT", "500ms"),
        ("CORS_ORIGINS", "https://a.example, http://localhost:3000"),
        ("LOG", "info,sqlx=warn"),
        ("LOG_FORMAT", "json"),
    ])
    .expect("nothing is wrong");

    assert_eq!(settings.public_url, "https://billing.example");
    let jwks = "https://id.example/jwks?tenant=1".to_owned();
    assert_eq!(settings.auth.jwks, Some(JwksSource::Url(jwks)));
    let keys: Vec<_> = settings.auth.api_keys.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(keys, ["1234567890123456", "abcdefghijklmnopq"]);
    let wallet = settings.wallet.map(|wallet| (wallet.url, wallet.name));
    assert_eq!(wallet, Some(("http://wallet:9000".to_owned(), "http://wallet".to_owned())));
    assert_eq!(settings.company.name.as_deref(), Some("账房有限公司"));
    assert_eq!((settings.body_limit, settings.cors_origins.len()), (20 * 1024 * 1024, 2));
    assert_eq!((settings.log_format, settings.usage_event_days), (LogFormat::Json, Some(400)));
}

#[test]
fn every_wrong_setting_is_one_line_that_names_it_and_its_source() {
    let wrong = [
        ("DATABASE_URL", "mysql://x:hunter2@y"),
        ("LISTEN", "8080"),
        ("INTERNAL_LISTEN", "localhost"),
        ("PUBLIC_URL", "billing.example"),
        ("JWT_HS256_SECRET", "hunter2"),
        ("JWT_JWKS", "ftp://id.example"),
        ("API_KEYS", "hunter2"),
        ("SECRET_KEY", ""),
        ("WALLET_URL", "wallet"),
        ("SANDBOX", "yes"),
        ("USAGE_EVENT_DAYS", "399"),
        ("MAX_CONNECTIONS", "0"),
        ("RATE_LIMIT", "0"),
        ("BODY_LIMIT", "2 parsecs"),
        ("REQUEST_TIMEOUT", "-1"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("LOG", "a=b=c"),
        ("LOG_FORMAT", "xml"),
    ];

    let refused = from_environment(&wrong).expect_err("everything is wrong");

    for (name, _) in wrong {
        let begin = format!("{} (COUNTINGHOUSE_{name}): ", name.to_ascii_lowercase());
        let lines = refused.lines().iter().filter(|line| line.starts_with(&begin)).count();
        assert_eq!(lines, 1, "{begin} in\n{refused}");
    }
    assert_eq!(refused.lines().len(), wrong.len(), "{refused}");
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
}

#[test]
fn api_keys_that_are_empty_or_short_stop_the_start() {
    for bad in ["", ",", "1234567890123456,", "1234567890123456,short", "123456789012345\u{e9}"] {
        let refused = from_environment(&[("API_KEYS", bad)]).expect_err("it is bad");
        assert!(refused.lines()[0].starts_with("api_keys "), "{refused}");
    }
}

#[test]
fn an_empty_value_of_the_environment_is_none() {
    let (_directory, flags) = file("jwt_audience = \"billing\"");
    let environment = environment(&[("JWT_AUDIENCE", ""), ("LISTEN", ""), ("UNKNOWN", "x")]);

    let settings = Settings::load(&flags, environment).expect("nothing is wrong");

    assert_eq!(settings.auth.audience.as_deref(), Some("billing"));
}

#[test]
fn a_secret_of_digits_keeps_its_zeros() {
    let secret = "00000000000000000000000000000000001";

    let settings = from_environment(&[("SECRET_KEY", secret)]).expect("nothing is wrong");

    assert_eq!(settings.secret_key.as_ref().map(ExposeSecret::expose_secret), Some(secret));
    assert!(!format!("{settings:?}").contains(secret));
}

#[test]
fn a_file_may_write_lists_numbers_and_flags_as_toml_does() {
    let (_directory, flags) = file(
        "api_keys = [\"1234567890123456\", \"abcdefghijklmnop\"]\nbody_limit = 4096\nsandbox = false",
    );

    let settings = Settings::load(&flags, []).expect("nothing is wrong");

    assert_eq!((settings.auth.api_keys.len(), settings.body_limit), (2, 4096));
}

#[test]
fn what_is_wrong_with_the_file_is_told_without_showing_it() {
    let (_directory, unknown) = file("databse_url = \"sqlite://x\"\nmax_connections = 1.5");
    let (_other, broken) = file("secret_key = hunter2");
    let missing = Flags { config: Some("/nowhere/settings.toml".into()), ..Flags::default() };

    let unknown = Settings::load(&unknown, []).expect_err("a name is unknown");
    let broken = Settings::load(&broken, []).expect_err("it is not TOML");
    let missing = Settings::load(&missing, []).expect_err("it is not there");

    let lines = unknown.lines();
    assert!(lines[0].starts_with("databse_url (") && lines[0].ends_with("is not a setting"));
    assert!(lines[1].starts_with("max_connections ("), "{unknown}");
    assert_eq!((broken.lines().len(), missing.lines().len()), (1, 1));
    assert!(broken.lines()[0].contains("line 1") && !broken.to_string().contains("hunter2"));
    assert!(missing.lines()[0].starts_with("/nowhere/settings.toml: can't be read"));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let same = from_environment(&[("INTERNAL_LISTEN", "127.0.0.1:8080")]).expect_err("both");
    let useless = from_environment(&[("WALLET_API_KEY", "k"), ("WALLET_NAME", "w")]);
    let useless = useless.expect_err("no wallet");
    let wallet = [("WALLET_URL", "https://wallet"), ("WALLET_NAME", "built_in")];
    let built_in = from_environment(&wallet).expect_err("taken");

    assert!(same.lines()[0].starts_with("internal_listen "), "{same}");
    assert!(useless.lines()[0].starts_with("wallet_name "), "{useless}");
    assert!(useless.lines()[1].starts_with("wallet_api_key "), "{useless}");
    assert!(built_in.lines()[0].starts_with("wallet_name "), "{built_in}");
}

#[test]
fn a_default_of_a_verb_is_weaker_than_whatever_is_given() {
    let defaults = [("database_url", "sqlite://demo.db"), ("log", "warn")];
    let given = environment(&[("LOG", "debug")]);

    let settings = Settings::load_over(&defaults, &Flags::default(), given);

    let settings = settings.expect("nothing is wrong");
    assert_eq!(settings.database_url.expose_secret(), "sqlite://demo.db");
    assert_eq!(settings.log, "debug");
}
