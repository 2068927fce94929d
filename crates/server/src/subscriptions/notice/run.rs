//! A run: every notice that is due, a group at a time.

use futures_util::future::join_all;

use super::{
    super::due::{Due, List, Walk},
    notify::Notify,
};
use crate::{
    command::{Commands, Sets},
    db::{Db, Error},
    env::Env,
};

/// A run of notices. It may be left after any group.
#[derive(Debug)]
pub struct NoticeRun {
    db: Db,
    sets: Sets<Notify>,
    walk: Walk,
}

impl NoticeRun {
    /// Begins a run of what is due now to every tenant that lives by the clock of the service.
    pub async fn start(env: &Env, commands: &Commands) -> Result<Self, Error> {
        let walk = Walk::start(env, List::Notices, None).await?;
        Ok(Self { db: env.db.clone(), sets: commands.sets(), walk })
    }

    /// Tells the next tenants, and says for each whether it went well; nothing when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Vec<bool>>, Error> {
        let due = self.walk.next(&self.db).await?;
        if due.is_empty() {
            return Ok(None);
        }
        let told = join_all(due.iter().map(|it| self.tell(it))).await;
        for (due, well) in due.into_iter().zip(&told) {
            if !well {
                self.walk.pass_by(due.tenant);
            }
        }
        Ok(Some(told))
    }

    async fn tell(&self, due: &Due) -> bool {
        let Due { tenant, subscription, at } = due.clone();
        match self.sets.run(Notify { tenant, subscription, due: at }, None).await {
            Ok(_) => true,
            Err(error) => {
                let (tenant, id) = (due.tenant.as_str(), due.subscription);
                tracing::warn!(?error, tenant, subscription = %id, "a notice was not written");
                false
            }
        }
    }
}
