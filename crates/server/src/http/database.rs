//! What a failure of the store is to a client.

use super::problem::ApiError;
use crate::db::Error;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::LostRace(_) | Error::Locked(_) => Self::Busy,
            Error::Away(cause @ sqlx::Error::PoolTimedOut) => {
                tracing::warn!(?cause, "no connection to the database was to be had in time");
                Self::Unavailable("no connection to the database was to be had in time")
            }
            Error::Away(cause) => {
                tracing::warn!(?cause, "the database cannot be reached");
                Self::Unavailable("the database cannot be reached")
            }
            Error::Full(cause) => {
                tracing::error!(?cause, "the database has no room left");
                Self::Unavailable("the database has no room left; nothing was done")
            }
            other => Self::internal(other),
        }
    }
}
