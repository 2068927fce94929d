//! The parameters of a path, percent-decoded.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use countinghouse_core::id::TenantId;

use super::{
    fields::{Broken, Fields, Read, Value},
    problem::ApiError,
    query::Parameters,
};

/// The parameter that names a tenant. Where a template shares its position with something else,
/// the first parameter is the tenant.
const TENANT: &str = "tenant_id";

/// The parameters of a path, decoded but not yet checked.
#[derive(Debug)]
pub struct Path(RawPathParams);

impl Path {
    /// One parameter of the path. What is wrong with it is a 400 that names it.
    pub fn read<R: Read>(&self, name: &'static str, reader: R) -> Result<R::Out, ApiError> {
        let text = self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        let text = text.ok_or_else(|| ApiError::internal(format!("no `{name}` in the route")))?;
        check(name, text, reader)
    }

    /// The parameters as fields, so that what is wrong with them is told with the rest.
    pub fn fields(&self) -> Fields<'_> {
        Fields::of_query(Parameters::of_path(self.0.iter()))
    }

    /// The tenant that the path names: `tenant_id`, or else the first parameter.
    pub fn tenant(&self) -> Result<TenantId, ApiError> {
        let named = self.0.iter().find(|(key, _)| *key == TENANT).or_else(|| self.0.iter().next());
        let (_, text) = named.ok_or_else(|| ApiError::internal("no tenant in the route"))?;
        check(TENANT, text, super::fields::Parsed(TenantId::parse))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        params.map(Self).map_err(|_| {
            ApiError::invalid("path", "malformed", "the path must be percent-encoded UTF-8")
        })
    }
}

fn check<R: Read>(name: &'static str, text: &str, reader: R) -> Result<R::Out, ApiError> {
    let value = reader.read(Value::Text(text.into()));
    value.map_err(|Broken { code, rule }| ApiError::invalid(name, code, rule))
}
