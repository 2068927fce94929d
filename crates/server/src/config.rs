//! The settings: flags, else environment, else `countinghouse.toml`, else defaults.
//!
//! Each setting is read once, into the type that the service works with. Everything that is wrong
//! is told at once, one line for each setting, and stops the start. Secrets are never shown.

mod flags;
mod outside;
mod source;
mod unit;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use axum::http::HeaderValue;
use secrecy::SecretString;

use crate::http::auth::AuthSettings;

use source::Sources;

pub use flags::Flags;
pub use outside::{Outside, Purpose};
pub use source::SettingsError;

/// The largest body of a batch, in bytes, unless `body_limit` is larger.
pub const BATCH_BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The fewest characters of an API key.
pub const API_KEY_MIN: usize = 16;

/// The fewest bytes of a secret that signs or seals.
pub const SECRET_MIN: usize = 32;

/// Everything that whoever runs the service decides.
#[derive(Debug)]
pub struct Settings {
    /// `sqlite://…` or `postgres://…`; it may hold a password.
    pub database_url: SecretString,
    /// Where the service listens.
    pub listen: SocketAddr,
    /// Where the internal plane listens, if not there.
    pub internal_listen: Option<SocketAddr>,
    /// How the service is reached from outside, without a slash at the end.
    pub public_url: String,
    /// How callers are known.
    pub auth: AuthSettings,
    /// Seals gateway secrets and signs URLs. What needs it answers 503 without it.
    pub secret_key: Option<SecretString>,
    /// The wallet service; without one, the built-in wallet serves.
    pub wallet: Option<WalletSettings>,
    /// The seller on invoices.
    pub company: CompanySettings,
    /// Whether tenants may have test clocks.
    pub sandbox: bool,
    /// After how many days an event of usage is packed away; for ever kept if none.
    pub usage_event_days: Option<i64>,
    /// Database connections at most.
    pub max_connections: u32,
    /// Requests a second of one caller, if they are limited.
    pub rate_limit: Option<NonZeroU32>,
    /// Bytes of a body.
    pub body_limit: usize,
    /// How long a request may take until its answer begins.
    pub request_timeout: Duration,
    /// Web origins that may call; `*` for all.
    pub cors_origins: Vec<HeaderValue>,
    /// What is logged, as `tracing` filters are written.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
}

/// Where the wallet service is.
#[derive(Clone, Debug)]
pub struct WalletSettings {
    /// Its URL, without a slash at the end.
    pub url: String,
    /// What it is known by, wherever it moves: its first URL unless the settings say otherwise.
    pub name: String,
    /// What it knows us by.
    pub api_key: Option<SecretString>,
}

/// The seller, as invoices name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanySettings {
    /// Its name.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// Its tax number.
    pub tax_id: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Reads the settings. `environment` is that of the process.
    pub fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        Self::load_over(&[], flags, environment)
    }

    /// The same, for a verb with defaults of its own, by the names of the settings.
    pub fn load_over(
        defaults: &[(&'static str, &'static str)],
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut sources = Sources::open(defaults, flags, environment)?;
        let settings = Self::read(&mut sources);
        sources.finish(settings)
    }

    /// What is wrong is kept by the sources, and has its default here.
    fn read(from: &mut Sources) -> Self {
        let database_url = from.secret("database_url", unit::database_url);
        let listen = from.read("listen", unit::address);
        let listen = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let public_url = from.read("public_url", unit::url);
        let internal_listen = from.read("internal_listen", unit::address);
        if internal_listen == Some(listen) {
            from.refuse("internal_listen", "must differ from `listen`");
        }
        Self {
            database_url: database_url.unwrap_or_else(|| "sqlite://countinghouse.db".into()),
            listen,
            internal_listen,
            public_url: public_url.unwrap_or_else(|| reachable(listen)),
            auth: auth(from),
            secret_key: from.secret("secret_key", unit::long_secret),
            wallet: wallet(from),
            company: CompanySettings {
                name: from.read("company_name", unit::text),
                address: from.read("company_address", unit::text),
                tax_id: from.read("company_tax_id", unit::text),
            },
            sandbox: from.read("sandbox", unit::flag).unwrap_or(false),
            usage_event_days: from.read("usage_event_days", unit::usage_event_days),
            max_connections: from.read("max_connections", unit::connections).unwrap_or(16),
            rate_limit: from.read("rate_limit", unit::rate).flatten(),
            body_limit: from.read("body_limit", unit::size).unwrap_or(2 * 1024 * 1024),
            request_timeout: from
                .read("request_timeout", unit::duration)
                .unwrap_or(Duration::from_secs(30)),
            cors_origins: from.read("cors_origins", unit::origins).unwrap_or_default(),
            log: from.read("log", unit::log_filter).unwrap_or_else(|| "info".to_owned()),
            log_format: from.read("log_format", unit::log_format).unwrap_or(LogFormat::Text),
        }
    }

    /// Bytes of the body of a batch.
    pub fn batch_body_limit(&self) -> usize {
        self.body_limit.max(BATCH_BODY_LIMIT)
    }

    /// What the start has to say about settings that are not there.
    pub fn notices(&self) -> Vec<&'static str> {
        let AuthSettings { hs256_secret, jwks, api_keys, .. } = &self.auth;
        let missing = [
            (
                hs256_secret.is_none() && jwks.is_none(),
                "neither jwt_hs256_secret nor jwt_jwks is set: user and admin planes answer 401",
            ),
            (api_keys.is_empty(), "api_keys is not set: the internal plane answers 401"),
            (
                self.secret_key.is_none(),
                "secret_key is not set: gateway secrets and signed URLs answer 503",
            ),
        ];
        missing
            .into_iter()
            .filter_map(|(is_missing, notice)| is_missing.then_some(notice))
            .collect()
    }
}

fn auth(from: &mut Sources) -> AuthSettings {
    AuthSettings {
        hs256_secret: from.secret("jwt_hs256_secret", unit::long_secret),
        jwks: from.read("jwt_jwks", unit::jwks),
        audience: from.read("jwt_audience", unit::text),
        issuer: from.read("jwt_issuer", unit::text),
        api_keys: from.secret("api_keys", unit::api_keys).unwrap_or_default(),
    }
}

fn wallet(from: &mut Sources) -> Option<WalletSettings> {
    let url = from.read("wallet_url", unit::url);
    let name = from.read("wallet_name", unit::wallet_name);
    let api_key = from.secret("wallet_api_key", unit::header_secret);
    if url.is_none() {
        for (setting, is_set) in
            [("wallet_name", name.is_some()), ("wallet_api_key", api_key.is_some())]
        {
            if is_set {
                from.refuse(setting, "is of no use without `wallet_url`");
            }
        }
    }
    url.map(|url| WalletSettings { name: name.unwrap_or_else(|| url.clone()), url, api_key })
}

/// How a listener is reached on this machine.
fn reachable(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        return format!("http://localhost:{}", listen.port());
    }
    format!("http://{listen}")
}
