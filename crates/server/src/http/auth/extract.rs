//! Permissions as types: a handler that takes one of these has been given it.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use countinghouse_core::id::TenantId;

use super::{
    super::{
        fields::{Fields, Parsed},
        path::Path,
        problem::ApiError,
    },
    Caller, CallerScope, Gate,
    gate::{header_agrees, tenant_header},
};

/// Said of every wrong tenant, whether there is one of that name or not.
const WRONG_TENANT: &str = "this tenant is not the caller's";

/// Anyone, with or without a token.
#[derive(Clone, Copy, Debug)]
pub struct Anyone;

/// User plane: a person of the tenant that the path names. For `super_admin` too, no other.
#[derive(Clone, Debug)]
pub struct TenantReader {
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub caller: Arc<Caller>,
}

/// User plane, where the path names no tenant: a person of the token's tenant.
#[derive(Clone, Debug)]
pub struct TokenTenant {
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub caller: Arc<Caller>,
}

/// Admin plane: an `admin` of the tenant that the path names, or a `super_admin`.
#[derive(Clone, Debug)]
pub struct TenantAdmin {
    /// The path's tenant.
    pub tenant: TenantId,
    /// The person.
    pub caller: Arc<Caller>,
}

/// Admin plane, where the path names no tenant: an `admin`, or a `super_admin`.
#[derive(Clone, Debug)]
pub struct Admin {
    /// An `admin`'s own tenant. A `super_admin`'s is that of `X-Tenant-ID`, and none means all.
    pub tenant: Option<TenantId>,
    /// The person.
    pub caller: Arc<Caller>,
}

/// Admin plane: a `super_admin`.
#[derive(Clone, Debug)]
pub struct PlatformAdmin {
    /// The person.
    pub caller: Arc<Caller>,
}

/// Internal plane: another service.
#[derive(Clone, Debug)]
pub struct InternalCaller {
    /// The tenant of `X-Tenant-ID`, if it was sent.
    pub tenant_header: Option<TenantId>,
}

impl Admin {
    /// The tenant that they act in where the request may name one, as `tenant_id`: it may not
    /// contradict the one of [`Admin::tenant`]. Without any, a `super_admin` means all. What is wrong
    /// with it is told with what else is wrong, but for who may not act there at all: 403.
    pub fn read_tenant(&self, fields: &mut Fields<'_>) -> Result<Option<TenantId>, ApiError> {
        let named = fields.optional("tenant_id", Parsed(TenantId::parse));
        match (&self.tenant, named) {
            (Some(own), Some(named)) if *own != named => {
                if !self.caller.is_super_admin() {
                    return Err(ApiError::Forbidden(WRONG_TENANT));
                }
                fields.violate("tenant_id", "differs", "differs from `X-Tenant-ID`");
                Ok(None)
            }
            (own, named) => Ok(named.or_else(|| own.clone())),
        }
    }

    /// Whether the one tenant that they act in is their own by their token, so that there is one of
    /// that name, whether it ever wrote something or not.
    pub fn is_at_home(&self) -> bool {
        self.tenant.is_some() && self.tenant == self.caller.tenant
    }

    /// The one tenant that they act in. A `super_admin` must name it by `X-Tenant-ID`: 400.
    pub fn one_tenant(&self) -> Result<&TenantId, ApiError> {
        self.tenant
            .as_ref()
            .ok_or_else(|| ApiError::invalid("X-Tenant-ID", "required", "is required"))
    }
}

impl InternalCaller {
    /// The tenant of `X-Tenant-ID`, without which the request means nothing: 400.
    pub fn tenant(&self) -> Result<&TenantId, ApiError> {
        self.tenant_header
            .as_ref()
            .ok_or_else(|| ApiError::invalid("X-Tenant-ID", "required", "is required"))
    }

    /// On whose behalf its idempotency keys are kept.
    pub fn scope(&self) -> CallerScope {
        CallerScope::Internal
    }
}

async fn person<S>(parts: &Parts, state: &S) -> Result<Arc<Caller>, ApiError>
where
    Gate: FromRef<S>,
{
    Gate::from_ref(state).person(parts).await
}

/// The token's tenant, which `X-Tenant-ID` must not contradict.
fn own_tenant(caller: &Caller, parts: &Parts) -> Result<TenantId, ApiError> {
    let tenant = caller.tenant.clone();
    let tenant = tenant.ok_or(ApiError::Forbidden("the token names no tenant"))?;
    if !header_agrees(&parts.headers, &tenant) {
        return Err(ApiError::Forbidden(WRONG_TENANT));
    }
    Ok(tenant)
}

impl<S> FromRequestParts<S> for Anyone
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Gate::from_ref(state).anyone(parts)?;
        Ok(Self)
    }
}

impl<S> FromRequestParts<S> for TenantReader
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = person(parts, state).await?;
        let named = Path::from_request_parts(parts, state).await?.tenant()?;
        let tenant = own_tenant(&caller, parts)?;
        if tenant != named {
            return Err(ApiError::Forbidden(WRONG_TENANT));
        }
        Ok(Self { tenant, caller })
    }
}

impl<S> FromRequestParts<S> for TokenTenant
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = person(parts, state).await?;
        let tenant = own_tenant(&caller, parts)?;
        Ok(Self { tenant, caller })
    }
}

impl<S> FromRequestParts<S> for TenantAdmin
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Admin { caller, .. } = admin(parts, state).await?;
        let named = Path::from_request_parts(parts, state).await?.tenant()?;
        if !caller.is_super_admin() && caller.tenant.as_ref() != Some(&named) {
            return Err(ApiError::Forbidden(WRONG_TENANT));
        }
        Ok(Self { tenant: named, caller })
    }
}

impl<S> FromRequestParts<S> for Admin
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let mut admin = admin(parts, state).await?;
        if admin.caller.is_super_admin() {
            admin.tenant = tenant_header(&parts.headers)?;
        }
        Ok(admin)
    }
}

impl<S> FromRequestParts<S> for PlatformAdmin
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = person(parts, state).await?;
        if !caller.is_super_admin() {
            return Err(ApiError::Forbidden("the role `super_admin` is needed"));
        }
        Ok(Self { caller })
    }
}

impl<S> FromRequestParts<S> for InternalCaller
where
    Gate: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Gate::from_ref(state).service(parts)?;
        Ok(Self { tenant_header: tenant_header(&parts.headers)? })
    }
}

/// An `admin` with their own tenant, or a `super_admin` with none yet.
async fn admin<S>(parts: &Parts, state: &S) -> Result<Admin, ApiError>
where
    Gate: FromRef<S>,
{
    let caller = person(parts, state).await?;
    if caller.is_super_admin() {
        return Ok(Admin { tenant: None, caller });
    }
    if !caller.is_admin() {
        return Err(ApiError::Forbidden("the role `admin` or `super_admin` is needed"));
    }
    let tenant = own_tenant(&caller, parts)?;
    Ok(Admin { tenant: Some(tenant), caller })
}
