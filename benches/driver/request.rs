//! Requests as the bytes that go over the wire.

use std::io::Write as _;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::Outcome;

/// The HS256 secret of the services that are measured.
pub(crate) const SECRET: &str = "a-benchmark-secret-of-at-least-32-bytes";

/// Their API key.
pub(crate) const API_KEY: &str = "a-benchmark-api-key";

/// Where every operation is.
const BASE: &str = "/api/v1";

/// Longer than any run.
const EXPIRES_AT: i64 = 4_000_000_000;

/// Who asks: the header lines that say so.
#[derive(Clone, Debug)]
pub(crate) struct Caller(String);

impl Caller {
    /// A person of a tenant.
    pub(crate) fn person(tenant: &str, role: &str) -> Outcome<Self> {
        Self::user(tenant, "usr_bench", role)
    }

    /// A person of a tenant, by name.
    pub(crate) fn user(tenant: &str, user: &str, role: &str) -> Outcome<Self> {
        let claims = json!({
            "sub": user, "tenant_id": tenant, "role": role, "exp": EXPIRES_AT,
        });
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?;
        Ok(Self(format!("Authorization: Bearer {token}\r\n")))
    }

    /// Whoever has an address.
    pub(crate) fn nobody() -> Self {
        Self(String::new())
    }

    /// Another service, about a tenant.
    pub(crate) fn service(tenant: &str) -> Self {
        Self(format!("X-API-Key: {API_KEY}\r\nX-Tenant-ID: {tenant}\r\n"))
    }

    /// The same caller with another header line.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        Self(format!("{}{name}: {value}\r\n", self.0))
    }

    /// A `GET` of a path below the base.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let mut request = Vec::with_capacity(512);
        self.write_get(path, &mut request);
        request
    }

    /// Writes a `GET` of a path below the base.
    pub(crate) fn write_get(&self, path: &str, into: &mut Vec<u8>) {
        write!(into, "GET {BASE}{path} HTTP/1.1\r\nHost: bench\r\n{}\r\n", self.0)
            .expect("a vector takes any bytes");
    }

    /// A `POST` of JSON to a path below the base.
    pub(crate) fn post(&self, path: &str, body: &str) -> Vec<u8> {
        let mut request = Vec::with_capacity(768);
        self.write_post(path, body, &mut request);
        request
    }

    /// Writes a `POST` of JSON to a path below the base.
    pub(crate) fn write_post(&self, path: &str, body: &str, into: &mut Vec<u8>) {
        self.write("POST", path, body, into);
    }

    /// A `PUT` of JSON to a path below the base.
    pub(crate) fn put(&self, path: &str, body: &str) -> Vec<u8> {
        let mut request = Vec::with_capacity(768);
        self.write("PUT", path, body, &mut request);
        request
    }

    fn write(&self, method: &str, path: &str, body: &str, into: &mut Vec<u8>) {
        let length = body.len();
        write!(
            into,
            "{method} {BASE}{path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{}\r\n{body}",
            self.0,
        )
        .expect("a vector takes any bytes");
    }
}

/// A text as part of a query.
pub(crate) fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A number below `below` that looks drawn, the same for the same `n`.
pub(crate) fn scatter(n: u64, below: u64) -> u64 {
    let mut mixed = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) % below.max(1)
}
