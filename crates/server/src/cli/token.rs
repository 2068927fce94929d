//! `token`: a JWT signed with the configured HS256 secret.

use std::{process::ExitCode, time::Duration};

use countinghouse_core::id::{TenantId, UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::Failure;
use crate::{config::Settings, env::Clock};

/// What `token` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tenant that the person belongs to
    #[arg(long)]
    tenant: String,
    /// The person
    #[arg(long)]
    user: String,
    /// The person's role: `admin`, `super_admin`, or any other, such as `member`
    #[arg(long, default_value = "member")]
    role: String,
    /// How long it is good for: a number and `s`, `m`, `h` or `d`
    #[arg(long, default_value = "1h", value_parser = duration)]
    ttl: Duration,
}

/// What a token says.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    sub: &'a str,
    tenant_id: &'a str,
    role: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<ExitCode, Failure> {
    TenantId::parse(&args.tenant).map_err(Failure::because("--tenant"))?;
    UserId::parse(&args.user).map_err(Failure::because("--user"))?;
    println!("{}", sign(&args.tenant, &args.user, &args.role, args.ttl, settings)?);
    Ok(ExitCode::SUCCESS)
}

/// A token for a person, good from now on for `ttl`.
pub(super) fn sign(
    tenant: &str,
    user: &str,
    role: &str,
    ttl: Duration,
    settings: &Settings,
) -> Result<String, Failure> {
    let secret = settings.auth.hs256_secret.as_ref();
    let secret = secret.ok_or_else(|| Failure::new("jwt_hs256_secret is not set"))?;
    let now = Clock::System.now().as_second();
    let ttl = i64::try_from(ttl.as_secs()).map_err(Failure::because("--ttl"))?;
    let exp = now.checked_add(ttl).ok_or_else(|| Failure::new("--ttl: is too long"))?;
    let claims = Claims {
        sub: user,
        tenant_id: tenant,
        role,
        iat: now,
        exp,
        aud: settings.auth.audience.as_deref(),
        iss: settings.auth.issuer.as_deref(),
    };
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(Failure::because("the token can't be signed"))
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let wrong = "expected a number and s, m, h or d, such as 1h";
    let unit = text.chars().last().ok_or(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong)?;
    count.checked_mul(seconds).map(Duration::from_secs).ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2d"), Ok(Duration::from_hours(48)));
        for text in ["", "h", "1", "-1h", "1w", "1.5h", "99999999999999999999d", "٣h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
