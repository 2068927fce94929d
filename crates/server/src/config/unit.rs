//! How the text of each kind of setting is read. An error is the rule: `must be …`.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use axum::http::{HeaderValue, Uri};
use countinghouse_core::refunds::Wallet;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

use super::{API_KEY_MIN, LogFormat, SECRET_MIN};
use crate::http::auth::JwksSource;

/// Letters of a name or an address at most.
const TEXT_MAX: usize = 1000;

/// Database connections at most.
const CONNECTIONS_MAX: u32 = 10_000;

/// The smallest and largest limit of a body, in bytes.
const SIZES: std::ops::RangeInclusive<usize> = 1024..=1024 * 1024 * 1024;

/// The longest and shortest timeout.
const DURATIONS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(1);

/// How long an event is kept whole, in days: it may be reported 366 days late, and is taken back as long
/// as its period is open.
const USAGE_EVENT_DAYS: std::ops::RangeInclusive<i64> = 400..=36_500;

pub(super) fn text(text: &str) -> Result<String, String> {
    if text.chars().count() <= TEXT_MAX && !text.contains('\0') {
        return Ok(text.to_owned());
    }
    Err(format!("must have at most {TEXT_MAX} letters, and no U+0000"))
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an address and a port, such as 127.0.0.1:8080".to_owned())
}

pub(super) fn database_url(text: &str) -> Result<SecretString, String> {
    let schemes = ["sqlite:", "postgres://", "postgresql://"];
    if schemes.iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(text.into());
    }
    Err("must begin with sqlite:// or postgres://".to_owned())
}

/// An `http` or `https` URL, without a slash at the end, nor a user or a password: it is stored, logged
/// and shown.
pub(super) fn url(text: &str) -> Result<String, String> {
    let is_url = text.parse::<Uri>().is_ok_and(|uri| {
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        let is_open = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
        known && is_open && uri.host().is_some_and(|host| !host.is_empty())
    });
    let no_query = !text.contains(['?', '#']);
    if is_url && no_query {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("must be an http:// or https:// URL, without a user or a password".to_owned())
}

/// What a wallet service is known by.
pub(super) fn wallet_name(name: &str) -> Result<String, String> {
    match name {
        "" | Wallet::BUILT_IN => Err(format!("must not be empty, nor `{}`", Wallet::BUILT_IN)),
        _ => text(name),
    }
}

pub(super) fn jwks(text: &str) -> Result<JwksSource, String> {
    if !text.contains("://") {
        return Ok(JwksSource::File(PathBuf::from(text)));
    }
    let uri = text.parse::<Uri>();
    if uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
        return Ok(JwksSource::Url(text.to_owned()));
    }
    Err("must be an http:// or https:// URL, or a file".to_owned())
}

/// A secret that signs or seals.
pub(super) fn long_secret(text: &str) -> Result<SecretString, String> {
    if text.len() < SECRET_MIN {
        return Err(format!("must have at least {SECRET_MIN} bytes"));
    }
    Ok(text.into())
}

/// A secret that is sent in a header.
pub(super) fn header_secret(text: &str) -> Result<SecretString, String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.into());
    }
    Err("must be visible ASCII characters".to_owned())
}

pub(super) fn api_keys(text: &str) -> Result<Vec<SecretString>, String> {
    let keys = text.split(',').map(str::trim).map(|key| {
        if key.len() < API_KEY_MIN {
            return Err(format!("each key must have at least {API_KEY_MIN} characters"));
        }
        header_secret(key)
    });
    keys.collect()
}

pub(super) fn connections(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=CONNECTIONS_MAX).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {CONNECTIONS_MAX}"))
}

pub(super) fn usage_event_days(text: &str) -> Result<i64, String> {
    let days = text.parse().ok().filter(|days| USAGE_EVENT_DAYS.contains(days));
    let (least, most) = (USAGE_EVENT_DAYS.start(), USAGE_EVENT_DAYS.end());
    days.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

/// Requests a second; `off` is none.
pub(super) fn rate(text: &str) -> Result<Option<NonZeroU32>, String> {
    if text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| "must be a whole number of at least 1, or `off`".to_owned())
}

/// Bytes: `2097152`, `2048 KiB`, `2MiB`, `1 GB`.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = number_and_unit(text);
    let bytes = match unit {
        "" | "B" => Some(1),
        "KiB" => Some(1024),
        "MiB" => Some(1024 * 1024),
        "GiB" => Some(1024 * 1024 * 1024),
        "kB" | "KB" => Some(1000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        _ => None,
    };
    let number: Option<usize> = number.parse().ok();
    let size = number.zip(bytes).and_then(|(number, bytes)| number.checked_mul(bytes));
    size.filter(|size| SIZES.contains(size))
        .ok_or_else(|| "must be a size from 1 KiB to 1 GiB, such as `2 MiB`".to_owned())
}

/// A duration: `30` seconds, `30s`, `500 ms`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = number_and_unit(text);
    let millis = match unit {
        "ms" => Some(1),
        "" | "s" => Some(1000),
        "m" | "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let number: Option<u64> = number.parse().ok();
    let millis = number.zip(millis).and_then(|(number, millis)| number.checked_mul(millis));
    millis
        .map(Duration::from_millis)
        .filter(|duration| DURATIONS.contains(duration))
        .ok_or_else(|| "must be a duration from 100 ms to 1 h, such as `30s`".to_owned())
}

/// Web origins: scheme, host and perhaps a port, nothing after them; `*` is all.
pub(super) fn origins(text: &str) -> Result<Vec<HeaderValue>, String> {
    let rule = "must be origins such as https://console.example, or *";
    let origins = text.split(',').map(str::trim).map(|origin| {
        let is_origin = origin == "*"
            || url(origin).is_ok_and(|_| {
                let after_scheme = origin.split_once("://").map_or("", |(_, rest)| rest);
                !after_scheme.contains(['/', '@'])
            });
        let value = HeaderValue::from_str(origin).ok().filter(|_| is_origin);
        value.ok_or_else(|| rule.to_owned())
    });
    origins.collect()
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a filter such as `info` or `info,sqlx=warn`".to_owned()),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be `text` or `json`".to_owned()),
    }
}

fn number_and_unit(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}
