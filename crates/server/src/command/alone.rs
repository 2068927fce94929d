//! A command of the set form, run alone.

use axum::http::StatusCode;

use super::{Command, SetCommand};
use crate::{
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
};

/// A set of one as a command like any other, for where it is to be a part of something else, or only
/// looked at.
#[derive(Clone, Debug)]
pub struct Alone<C>(pub C);

impl<C: SetCommand> Command for Alone<C> {
    type Facts = C::State;
    type Decision = (C::State, C::Decision, C::Data);
    type Data = C::Data;
    const STATUS: StatusCode = C::STATUS;

    fn tenant(&self) -> &str {
        self.0.tenant()
    }

    async fn load(&self, tx: &mut Tx) -> Result<C::State, Error> {
        C::load(&[&self.0], tx).await
    }

    fn decide(&self, mut state: C::State, env: &Env) -> Result<Self::Decision, ApiError> {
        let (decision, data) = self.0.decide(&mut state, env)?;
        Ok((state, decision, data))
    }

    async fn save(
        &self,
        (state, decision, data): Self::Decision,
        tx: &mut Tx,
    ) -> Result<C::Data, Error> {
        C::save(state, vec![decision], tx).await?;
        Ok(data)
    }
}
