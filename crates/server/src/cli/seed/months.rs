//! Months of what is sown: closed as of their own ends, by nobody but the sower.

use axum::http::StatusCode;
use countinghouse_core::{calendar::Instant, id::TenantId};

use super::past::Past;
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::Ground,
};

/// For how many seconds after each step the scheduler leaves the months to the sower: what it closed
/// now would be entered now, and so would all that is sown after it. A sower that stops leaves them
/// to the scheduler after that.
const LEFT_SECONDS: i64 = 10 * 60;

/// Closes what is over of a tenant's months when all is sown.
#[derive(Clone, Debug)]
pub(super) struct CloseAll {
    /// Whose.
    pub(super) tenant: TenantId,
    /// The past, which moves from one end of a month to the next.
    pub(super) past: Past,
}

/// Leaves the months on a ground to whoever sows, for a while.
pub(super) fn leave_months(ground: &mut Ground, now: Instant) {
    ground.book.put_off(now.plus_seconds(LEFT_SECONDS).unwrap_or(now));
}

/// Closes the months that are over at an instant, each as of its end.
pub(super) fn close_up_to(
    ground: &mut Ground,
    until: Instant,
    past: &Past,
    env: &Env,
) -> Result<(), ApiError> {
    while let Some(end) = ground.month_end().filter(|end| *end <= until) {
        past.move_to(end);
        ground.close_months(&past.env(env))?;
    }
    Ok(())
}

impl Command for CloseAll {
    type Facts = Ground;
    type Decision = Ground;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Ground, Error> {
        Ground::load(tx, &self.tenant, None, None).await
    }

    fn decide(&self, mut ground: Ground, env: &Env) -> Result<Ground, ApiError> {
        close_up_to(&mut ground, env.now(), &self.past, env)?;
        Ok(ground)
    }

    async fn save(&self, ground: Ground, tx: &mut Tx) -> Result<(), Error> {
        ground.save(tx).await
    }
}
