//! What every operation shares on the wire: problems, envelopes, callers, bodies, pages, limits.
//!
//! There is nothing of a capability here, no SQL, and no state of the application: what a layer or
//! an extractor needs (keys, limits, the time) it takes by `FromRef`.

pub mod auth;
pub mod bases;
pub mod body;
pub mod causes;
pub mod csv;
mod database;
pub mod download;
pub mod edge;
pub mod envelope;
pub mod etag;
pub mod fields;
pub mod idempotency;
pub mod json;
pub mod keyset;
pub mod metrics;
pub mod number;
pub mod openapi;
pub mod paging;
pub mod path;
pub mod problem;
pub mod query;
pub mod rate;
pub(crate) mod refusals;
pub mod render;
pub mod request;
pub(crate) mod shapes;
pub mod stream;
pub mod text;

#[cfg(test)]
mod testing;
