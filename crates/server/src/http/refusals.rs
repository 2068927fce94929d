//! The refusals that operations share, as the OpenAPI document lists them.

use utoipa::IntoResponses;

use super::render::Problem;

/// What any operation may answer instead of what was asked for.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it documents answers, which `ApiError` makes")]
pub(crate) enum Refusals {
    /// Something in the path, query, headers or body breaks a rule; `errors` has a row for each.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem<'static>),
    /// No, an expired or a bad token or API key.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem<'static>),
    /// The caller is of another tenant, or lacks the role.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem<'static>),
    /// There is no such thing in this tenant.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem<'static>),
    /// The path does not take this method.
    #[response(status = 405, content_type = "application/problem+json")]
    MethodNotAllowed(Problem<'static>),
    /// The request took too long.
    #[response(status = 408, content_type = "application/problem+json")]
    RequestTimeout(Problem<'static>),
    /// Too many requests; wait `retry_after` seconds.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(Problem<'static>),
    /// A fault of this service.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(Problem<'static>),
    /// Too much is waiting, or the database is away; wait `retry_after` seconds.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem<'static>),
}

/// What an operation with a body may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it documents answers, which `ApiError` makes")]
pub(crate) enum BodyRefusals {
    /// The state of things forbids it, or it already exists.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem<'static>),
    /// The body is larger than the limit.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem<'static>),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem<'static>),
    /// The `Idempotency-Key` was used for another request.
    #[response(status = 422, content_type = "application/problem+json")]
    KeyReused(Problem<'static>),
}

/// What an operation without a body may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it documents answers, which `ApiError` makes")]
pub(crate) enum Conflicts {
    /// The state of things forbids it.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem<'static>),
}

/// What an operation that takes `If-Match` may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it documents answers, which `ApiError` makes")]
pub(crate) enum MatchRefusals {
    /// What is stored is no longer the version that `If-Match` names.
    #[response(status = 412, content_type = "application/problem+json")]
    PreconditionFailed(Problem<'static>),
}
