//! Payment gateways: what one is called, whether it is used, and which parts of its configuration are
//! secrets.
//!
//! What is *not* here: how a configuration is written, and how secrets are sealed.

use std::fmt;

use crate::{calendar::Instant, id::GatewayId};

/// The longest code of a gateway, in characters.
pub const GATEWAY_CODE_MAX: usize = 64;

/// What programs call a gateway, such as `alipay`: visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayCode(String);

/// A text can't be the code of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has 1 to {GATEWAY_CODE_MAX} visible ASCII characters")]
pub struct NotACode;

/// Whether a gateway is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayStatus {
    /// It is.
    Active,
    /// It is not.
    Inactive,
}

/// A gateway, but for its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// `pg_…`
    pub id: GatewayId,
    /// What programs call it. No two have the same.
    pub code: GatewayCode,
    /// What people call it.
    pub name: String,
    /// Whether it is used.
    pub status: GatewayStatus,
    /// How often it was written; 1 at first.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was changed last.
    pub updated_at: Instant,
}

/// What is changed of a gateway; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayChange {
    /// What people call it.
    pub name: Option<String>,
    /// Whether it is used.
    pub status: Option<GatewayStatus>,
}

/// Words that make the value of a member a secret.
const SECRET_WORDS: &[&str] = &[
    "pin",
    "pem",
    "pfx",
    "cert",
    "certs",
    "sign",
    "signing",
    "pass",
    "auth",
    "authorization",
    "bearer",
    "salt",
    "hmac",
    "keystore",
];

/// How a word ends that makes the value of a member a secret, such as `merchantkey`.
const SECRET_ENDS: &[&str] = &["key", "keys"];

/// What makes the value of a member a secret wherever it stands in a word, such as `privatekey`.
const SECRET_PARTS: &[&str] = &[
    "secret",
    "token",
    "passw",
    "passphrase",
    "pwd",
    "private",
    "credential",
    "signature",
    "certificate",
    "密码",
    "密钥",
    "私钥",
    "口令",
];

/// Words that make it none after all where a name ends with one, since that only names a secret. In
/// front of another word they don't: `id_token` is a token.
const NAMING_WORDS: &[&str] = &["id", "url", "name", "type", "version"];

/// What makes it none where it stands, unless one of [`PRIVATE_PARTS`] does as well.
const PUBLIC_PARTS: &[&str] = &["public", "publishable"];

/// What nobody publishes: `publicKeyPassword` is of a key that is public, and still a password.
const PRIVATE_PARTS: &[&str] =
    &["private", "secret", "passw", "passphrase", "pwd", "token", "credential"];

/// What says that a text is a private key, whatever the member is called (RFC 7468).
const PRIVATE_KEY_LABEL: &str = "PRIVATE KEY-----";

/// Whether the value of a member of this name is a secret, by the words of the name: `api_key`,
/// `appSecret`, `PRIVATE-KEY` and `merchantprivatekey` are, `public_key` and `key_id` are not. Where
/// it can't be told, it is one: nothing is lost by that but that it isn't shown.
pub fn is_secret(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let contains =
        |list: &[&str]| words.iter().any(|word| list.iter().any(|part| word.contains(part)));
    let ends = words.iter().any(|word| SECRET_ENDS.iter().any(|end| word.ends_with(end)));
    let is_public = contains(PUBLIC_PARTS) && !contains(PRIVATE_PARTS);
    let last = words.iter().rev().find(|word| !word.is_empty());
    let is_named_only = last.is_some_and(|word| NAMING_WORDS.contains(&word.as_str()));
    (has(SECRET_WORDS) || ends || contains(SECRET_PARTS)) && !is_named_only && !is_public
}

/// Whether a text tells a secret by itself, whatever the member is called: a private key, or an address
/// with a password.
pub fn tells_secret(text: &str) -> bool {
    text.contains(PRIVATE_KEY_LABEL) || has_password(text)
}

/// Whether there is an address with a password in a text: `scheme://user:password@host` (RFC 3986).
fn has_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
        user.is_some_and(|(_, password)| !password.is_empty())
    })
}

/// The words of a name in lower case: parted by what is no letter, and before a capital that follows a
/// small letter or comes before one.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut was_small) = (vec![String::new()], false);
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_small_next = letters.peek().is_some_and(|next| next.is_lowercase());
        let begins = letter.is_uppercase() && (was_small || is_small_next);
        if begins || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    words
}

impl GatewayCode {
    /// Reads a code.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_visible || !(1..=GATEWAY_CODE_MAX).contains(&text.len()) {
            return Err(NotACode);
        }
        Ok(Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GatewayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl GatewayStatus {
    /// Its name in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Inactive].into_iter().find(|it| it.as_str() == name)
    }
}

impl Gateway {
    /// It after a change at `at`, one version on.
    #[must_use]
    pub fn changed(&self, change: &GatewayChange, at: Instant) -> Self {
        Self {
            name: change.name.clone().unwrap_or_else(|| self.name.clone()),
            status: change.status.unwrap_or(self.status),
            version: self.version + 1,
            updated_at: self.updated_at.max(at),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_secret_however_they_are_written() {
        for secret in [
            "key",
            "api_key",
            "apiKey",
            "API-KEY",
            "APIKEY",
            "appSecret",
            "RSAKey",
            "apiKey2",
            "client_secret",
            "token",
            "accessToken2",
            "password",
            "db.passwd",
            "PWD",
            "privateKey",
            "rsa private",
            "certPem",
            "webhook_signature",
            "merchantprivatekey",
            "apisecret",
            "accesstoken",
            "dbpassword",
            "MCHKEY",
            "public_private_key",
            "sign",
            "id_token",
            "notify_url_key",
            "clientIdSecret",
            "app_id_secret",
            "typeKey2",
            "publicKeyPassword",
            "public_token",
            "db_pass",
            "auth",
            "Authorization",
            "bearer",
            "salt",
            "hmac",
            "signing",
            "pfx",
            "keystore",
            "apikeys",
            "商户密钥",
            "登录密码",
            "API私钥",
            "口令2",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
    }

    #[test]
    fn names_of_what_is_public_or_only_named_are_open() {
        for open in [
            "",
            "app_id",
            "merchantId",
            "publicKey",
            "publishable_key",
            "key_id",
            "accessKeyId",
            "token_url",
            "publickey",
            "keyboard",
            "accesskeyid",
            "design",
            "pinned",
            "tokenType",
            "auth_url",
            "public_certificate",
            "api_key_version2",
            "passenger",
            "author",
            "公钥",
            "notify_url",
            "mode",
            "钥匙",
        ] {
            assert!(!is_secret(open), "{open}");
        }
    }

    #[test]
    fn a_private_key_and_an_address_with_a_password_tell_a_secret_by_themselves() {
        for secret in [
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            "https://user:pw@pay.example",
            "redis://:pw@cache",
            "mongodb://u:p:w@a,b/db?x=1",
            "jdbc:x://u:p@ss@host:1/db",
            "see https://pay.example/a or ftp://u:p@host",
        ] {
            assert!(tells_secret(secret), "{secret}");
        }
        for open in [
            "",
            "https://pay.example:8443/a?mail=u:p@b",
            "https://pay.example/u:p@b",
            "https://user@pay.example",
            "https://user:@pay.example",
            "user:pw@host",
            "-----BEGIN PUBLIC KEY-----",
        ] {
            assert!(!tells_secret(open), "{open}");
        }
    }

    #[test]
    fn a_code_is_short_and_visible() {
        assert_eq!(
            GatewayCode::parse("alipay-2").map(|it| it.to_string()),
            Ok("alipay-2".to_owned())
        );
        for bad in ["", "a b", "支付", "a\n", &"a".repeat(65)] {
            assert_eq!(GatewayCode::parse(bad), Err(NotACode), "{bad}");
        }
    }

    #[test]
    fn what_is_absent_stays_and_each_change_is_a_version() {
        let at = |second| Instant::from_second(second).expect("in range");
        let before = Gateway {
            id: GatewayId::from_parts(1, 1),
            code: GatewayCode::parse("alipay").expect("a code"),
            name: "Alipay".to_owned(),
            status: GatewayStatus::Active,
            version: 1,
            created_at: at(5),
            updated_at: at(5),
        };

        let renamed =
            before.changed(&GatewayChange { name: Some("Ali".to_owned()), status: None }, at(9));
        let closed = renamed
            .changed(&GatewayChange { name: None, status: Some(GatewayStatus::Inactive) }, at(3));

        assert_eq!((renamed.name.as_str(), renamed.version), ("Ali", 2));
        assert_eq!((closed.name.as_str(), closed.status), ("Ali", GatewayStatus::Inactive));
        assert_eq!((closed.version, closed.updated_at, closed.created_at), (3, at(9), at(5)));
    }
}
