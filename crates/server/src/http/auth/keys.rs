//! The keys that callers are known by, and how they are kept fresh.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use tokio::sync::Mutex;

use super::{
    super::causes::Causes,
    jwks::{KeySet, NoKeys},
    token::{Good, Judge, Refused},
};

/// How often the public keys are fetched anew.
pub const ROTATION: Duration = Duration::from_mins(10);

/// How many seconds pass at least between two fetches that unknown key ids ask for.
pub const REFRESH_PAUSE: u64 = 30;

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The most bytes of a set of keys.
const SET_MAX: usize = 1024 * 1024;

/// How tokens and API keys are checked; what `config` knows of it.
#[derive(Clone, Debug, Default)]
pub struct AuthSettings {
    /// The secret for HS256, at least 32 bytes.
    pub hs256_secret: Option<SecretString>,
    /// Where the public keys are.
    pub jwks: Option<JwksSource>,
    /// What `aud` must hold.
    pub audience: Option<String>,
    /// What `iss` must be.
    pub issuer: Option<String>,
    /// The keys of other services.
    pub api_keys: Vec<SecretString>,
}

/// Where a set of public keys is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksSource {
    /// At an `http` or `https` URL.
    Url(String),
    /// In a file.
    File(PathBuf),
}

/// The keys that callers are known by.
pub struct Keys {
    secret: Option<DecodingKey>,
    audience: Option<String>,
    issuer: Option<String>,
    services: Vec<[u8; 32]>,
    source: Option<JwksSource>,
    client: reqwest::Client,
    public: RwLock<Arc<Public>>,
    /// Counts the changes of the public keys.
    generation: AtomicU64,
    /// When the last fetch began, in seconds since 1970. Only one runs at a time.
    fetched_at: AtomicI64,
    fetching: Mutex<()>,
}

/// The public keys, and the digest of the text that they were read from.
struct Public {
    keys: KeySet,
    digest: [u8; 32],
}

/// Why a set of public keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file could not be read.
    #[error("the key set {0} can't be read")]
    File(PathBuf, #[source] std::io::Error),
    /// The URL did not answer with a set.
    #[error("the key set can't be fetched")]
    Fetch(#[from] reqwest::Error),
    /// It is larger than 1 MiB.
    #[error("the key set is larger than {SET_MAX} bytes")]
    TooLarge,
    /// It is no set, or has no usable key.
    #[error(transparent)]
    Set(#[from] NoKeys),
}

impl Keys {
    /// Makes the keys that settings name, and reads the public ones.
    ///
    /// A file that can't be read is an error. A URL that is down is not: it is logged and tried
    /// again when a token comes.
    pub async fn open(settings: &AuthSettings) -> Result<Self, KeysError> {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let digest = |key: &SecretString| Sha256::digest(key.expose_secret().as_bytes()).into();
        let secret = settings.hs256_secret.as_ref();
        let keys = Self {
            secret: secret
                .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes())),
            audience: settings.audience.clone(),
            issuer: settings.issuer.clone(),
            services: settings.api_keys.iter().map(digest).collect(),
            source: settings.jwks.clone(),
            client,
            public: RwLock::new(Arc::new(Public { keys: KeySet::default(), digest: [0; 32] })),
            generation: AtomicU64::new(0),
            fetched_at: AtomicI64::new(i64::MIN),
            fetching: Mutex::new(()),
        };
        match (keys.refresh().await, &keys.source) {
            (Err(error), Some(JwksSource::Url(url))) => {
                tracing::warn!(%url, cause = %Causes(&error), "no public keys yet");
            }
            (outcome, _) => outcome?,
        }
        Ok(keys)
    }

    /// Fetches the public keys every [`ROTATION`], for ever. The last good set is kept when it
    /// can't be had.
    pub async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(ROTATION).await;
            self.refresh_or_warn().await;
        }
    }

    /// Whether any token can be good.
    pub fn knows_tokens(&self) -> bool {
        self.secret.is_some() || self.source.is_some()
    }

    /// Whether any API key can be good.
    pub fn knows_api_keys(&self) -> bool {
        !self.services.is_empty()
    }

    /// Which of the API keys a text is, compared in constant time.
    pub(super) fn api_key(&self, sent: &[u8]) -> Option<[u8; 32]> {
        let digest: [u8; 32] = Sha256::digest(sent).into();
        let none = Choice::from(0);
        let known = self.services.iter().fold(none, |known, key| known | key.ct_eq(&digest));
        bool::from(known).then_some(digest)
    }

    /// Counts the changes of the public keys.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Judges a token at an instant, in seconds since 1970. A key id that nobody knows makes the
    /// public keys be fetched, at most every [`REFRESH_PAUSE`].
    pub(super) async fn judge(&self, token: &str, now: i64) -> Result<Good, Refused> {
        match self.judge_now(token, now) {
            Err(Refused::UnknownKey) if self.refresh_if_due(now).await => {
                self.judge_now(token, now)
            }
            verdict => verdict,
        }
    }

    fn judge_now(&self, token: &str, now: i64) -> Result<Good, Refused> {
        let public = Arc::clone(&self.public.read().unwrap_or_else(PoisonError::into_inner));
        let judge = Judge {
            secret: self.secret.as_ref(),
            keys: &public.keys,
            audience: self.audience.as_deref(),
            issuer: self.issuer.as_deref(),
        };
        judge.judge(token, now)
    }

    /// Whether the keys may be others now than before the call.
    async fn refresh_if_due(&self, now: i64) -> bool {
        if self.source.is_none() {
            return false;
        }
        let generation = self.generation();
        let _one_at_a_time = self.fetching.lock().await;
        if self.generation() != generation {
            return true;
        }
        let last = self.fetched_at.load(Ordering::Acquire);
        if now.abs_diff(last) < REFRESH_PAUSE {
            return false;
        }
        self.fetched_at.store(now, Ordering::Release);
        self.refresh_or_warn().await;
        self.generation() != generation
    }

    async fn refresh_or_warn(&self) {
        if let Err(error) = self.refresh().await {
            tracing::warn!(cause = %Causes(&error), "the last good public keys are kept");
        }
    }

    /// Reads the public keys anew. The generation counts up only if they changed.
    async fn refresh(&self) -> Result<(), KeysError> {
        let text = match &self.source {
            None => return Ok(()),
            Some(JwksSource::File(path)) => read(path).await?,
            Some(JwksSource::Url(url)) => self.fetch(url).await?,
        };
        let digest: [u8; 32] = Sha256::digest(&text).into();
        let keys = KeySet::parse(&text)?;
        let mut public = self.public.write().unwrap_or_else(PoisonError::into_inner);
        if public.digest != digest {
            *public = Arc::new(Public { keys, digest });
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, KeysError> {
        let mut response = self.client.get(url).send().await?.error_for_status()?;
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            text.extend_from_slice(&chunk);
            if text.len() > SET_MAX {
                return Err(KeysError::TooLarge);
            }
        }
        Ok(text)
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, KeysError> {
    tokio::fs::read(path).await.map_err(|error| KeysError::File(path.to_owned(), error))
}
