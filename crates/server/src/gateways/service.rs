//! Making, changing and removing gateways. They are the platform's, so its lock guards them.

use std::{collections::BTreeSet, fmt};

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    gateways::{Gateway, GatewayChange, GatewayStatus},
    id::GatewayId,
};

use super::{
    ask::{NewGateway, not_found},
    config::{Config, MASK, Secret},
    seal::{Sealed, SealingKey},
    store::{self, Stored},
    view::GatewayView,
};
use crate::{
    command::{Command, PLATFORM},
    db::{Error, Tx},
    env::Env,
    http::{envelope, etag::IfMatch, problem::ApiError},
};

/// Makes a gateway.
pub(super) struct CreateGateway {
    /// What it is to be.
    pub(super) new: NewGateway,
    /// What its secrets are sealed by, if the setting is there.
    pub(super) key: Option<SealingKey>,
}

/// Changes a gateway.
pub(super) struct ChangeGateway {
    /// Which one.
    pub(super) id: GatewayId,
    /// The versions that may be changed.
    pub(super) if_match: IfMatch,
    /// What is changed.
    pub(super) change: GatewayChange,
    /// The configuration, if it is to be another.
    pub(super) config: Option<Config>,
    /// What its secrets are sealed by, if the setting is there.
    pub(super) key: Option<SealingKey>,
}

/// Removes a gateway.
#[derive(Debug)]
pub(super) struct RemoveGateway {
    /// Which one.
    pub(super) id: GatewayId,
    /// The versions that may be removed.
    pub(super) if_match: IfMatch,
}

/// A gateway as it is to be stored, and its secrets where these change.
#[derive(Debug)]
pub(super) struct Written {
    stored: Stored,
    secrets: Option<Secrets>,
}

/// The secrets of a configuration: which are kept, and which are new.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    kept: BTreeSet<String>,
    sealed: Vec<Sealed>,
}

impl Command for CreateGateway {
    /// Whether the code is taken.
    type Facts = bool;
    type Decision = Written;
    type Data = GatewayView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<bool, Error> {
        store::has_code(tx, &self.new.code).await
    }

    fn decide(&self, is_taken: bool, env: &Env) -> Result<Written, ApiError> {
        let NewGateway { code, name, config } = &self.new;
        if is_taken {
            return Err(ApiError::Conflict(format!("there is a payment gateway `{code}` already")));
        }
        let at = env.now();
        let gateway = Gateway {
            id: env.id(at),
            code: code.clone(),
            name: name.clone(),
            status: GatewayStatus::Active,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let secrets = sealed(gateway.id, config, &[], self.key.as_ref(), env)?;
        Ok(Written { stored: (gateway, config.shown.clone()), secrets: Some(secrets) })
    }

    async fn save(&self, written: Written, tx: &mut Tx) -> Result<GatewayView, Error> {
        store::insert(tx, &written.stored).await?;
        written.finish(tx).await
    }
}

impl Command for ChangeGateway {
    /// The gateway, and the places of its secrets.
    type Facts = Option<(Stored, BTreeSet<String>)>;
    type Decision = Written;
    type Data = GatewayView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let Some(found) = store::find(tx, self.id).await? else { return Ok(None) };
        Ok(Some((found, store::places(tx, self.id).await?)))
    }

    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Written, ApiError> {
        let ((gateway, shown), places) = facts.ok_or_else(|| not_found(self.id.to_string()))?;
        self.if_match.allows(&GatewayView::new(&gateway, &shown))?;
        let after = gateway.changed(&self.change, env.now());
        let Some(config) = &self.config else {
            return Ok(Written { stored: (after, shown), secrets: None });
        };
        let unread = |_| ApiError::internal("a stored configuration can't be read");
        let mut before = Config::parse(&shown).map_err(unread)?.secrets;
        before.retain(|it| places.contains(&it.place));
        let secrets = sealed(self.id, config, &before, self.key.as_ref(), env)?;
        Ok(Written { stored: (after, config.shown.clone()), secrets: Some(secrets) })
    }

    async fn save(&self, written: Written, tx: &mut Tx) -> Result<GatewayView, Error> {
        store::update(tx, &written.stored).await?;
        written.finish(tx).await
    }
}

impl Command for RemoveGateway {
    type Facts = Option<Stored>;
    type Decision = ();
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        store::find(tx, self.id).await
    }

    fn decide(&self, found: Self::Facts, _: &Env) -> Result<(), ApiError> {
        let (gateway, shown) = found.ok_or_else(|| not_found(self.id.to_string()))?;
        self.if_match.allows(&GatewayView::new(&gateway, &shown))
    }

    async fn save(&self, (): (), tx: &mut Tx) -> Result<(), Error> {
        store::delete(tx, self.id).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl Written {
    async fn finish(self, tx: &mut Tx) -> Result<GatewayView, Error> {
        let (gateway, shown) = &self.stored;
        if let Some(Secrets { kept, sealed }) = &self.secrets {
            store::set_secrets(tx, gateway.id, kept, sealed).await?;
        }
        Ok(GatewayView::new(gateway, shown))
    }
}

/// The secrets of a configuration, sealed. One that is to be kept must be among those of `before`.
fn sealed(
    gateway: GatewayId,
    config: &Config,
    before: &[Secret],
    key: Option<&SealingKey>,
    env: &Env,
) -> Result<Secrets, ApiError> {
    let mut secrets = Secrets::default();
    for it in &config.secrets {
        let Some(text) = &it.text else {
            let found = before.iter().find(|stored| stored.place == it.place);
            if !found.is_some_and(|stored| stored.is_meant_by(it)) {
                let why = match found {
                    Some(_) => "in an array that was changed: send the secret again",
                    None => "where no secret is stored",
                };
                let rule = format!("has `{MASK}` at {}, {why}", it.place);
                return Err(ApiError::invalid("config", "no_secret", rule));
            }
            secrets.kept.insert(it.place.clone());
            continue;
        };
        let without = "secrets can't be sealed: the setting `secret_key` is not there";
        let key = key.ok_or(ApiError::Unavailable(without))?;
        secrets.sealed.push(key.seal(gateway, &it.place, text, &env.ids)?);
    }
    Ok(secrets)
}

// What is to be sealed is never written out.
impl fmt::Debug for CreateGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateGateway").field("code", &self.new.code).finish_non_exhaustive()
    }
}

impl fmt::Debug for ChangeGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeGateway").field("id", &self.id).finish_non_exhaustive()
    }
}
