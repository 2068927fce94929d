//! The settings as flags.

use std::path::PathBuf;

use serde::Serialize;

/// Every setting as a flag. Values are read as those of the environment are.
#[derive(Clone, Debug, Default, clap::Args, Serialize)]
#[command(
    next_help_heading = "Settings (flag, else COUNTINGHOUSE_<NAME>, else file, else default)"
)]
pub struct Flags {
    /// The settings file [default: countinghouse.toml, if it is there]
    #[arg(long, global = true, value_name = "PATH")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// `sqlite://PATH` or `postgres://…` [default: `sqlite://countinghouse.db`]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Where the internal plane listens, if not there
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub internal_listen: Option<String>,
    /// How the service is reached from outside [default: from listen]
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// The shared secret of HS256 tokens, at least 32 bytes
    #[arg(long, global = true, value_name = "SECRET")]
    pub jwt_hs256_secret: Option<String>,
    /// The public keys of tokens: a URL or a file
    #[arg(long, global = true, value_name = "URL|PATH")]
    pub jwt_jwks: Option<String>,
    /// What `aud` must hold
    #[arg(long, global = true, value_name = "TEXT")]
    pub jwt_audience: Option<String>,
    /// What `iss` must be
    #[arg(long, global = true, value_name = "TEXT")]
    pub jwt_issuer: Option<String>,
    /// The keys of other services, each at least 16 characters
    #[arg(long, global = true, value_name = "KEY,…")]
    pub api_keys: Option<String>,
    /// Seals gateway secrets and signs URLs, at least 32 bytes
    #[arg(long, global = true, value_name = "SECRET")]
    pub secret_key: Option<String>,
    /// The wallet service [default: the built-in wallet]
    #[arg(long, global = true, value_name = "URL")]
    pub wallet_url: Option<String>,
    /// What a wallet is known by when its URL changes [default: the URL]
    #[arg(long, global = true, value_name = "TEXT")]
    pub wallet_name: Option<String>,
    /// What the wallet service knows us by
    #[arg(long, global = true, value_name = "KEY")]
    pub wallet_api_key: Option<String>,
    /// The seller on invoices
    #[arg(long, global = true, value_name = "TEXT")]
    pub company_name: Option<String>,
    /// The seller's address
    #[arg(long, global = true, value_name = "TEXT")]
    pub company_address: Option<String>,
    /// The seller's tax number
    #[arg(long, global = true, value_name = "TEXT")]
    pub company_tax_id: Option<String>,
    /// Whether tenants may have test clocks [default: false]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub sandbox: Option<String>,
    /// After how many days, 400 or more, events of usage are packed away [default: never]
    #[arg(long, global = true, value_name = "DAYS")]
    pub usage_event_days: Option<String>,
    /// Database connections at most [default: 16]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub max_connections: Option<String>,
    /// Requests a second of one caller, or `off` [default: off]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub rate_limit: Option<String>,
    /// The largest body [default: 2 MiB; a batch 16 MiB]
    #[arg(long, global = true, value_name = "SIZE")]
    pub body_limit: Option<String>,
    /// How long a request may take until its answer begins [default: 30s]
    #[arg(long, global = true, value_name = "DURATION")]
    pub request_timeout: Option<String>,
    /// Web origins that may call, or `*` [default: none]
    #[arg(long, global = true, value_name = "ORIGIN,…")]
    pub cors_origins: Option<String>,
    /// What is logged [default: info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// `text` or `json` [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}
