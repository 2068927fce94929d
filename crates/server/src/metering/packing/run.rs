//! A run: a pass for every tenant that is due for one, a step at a time.

use countinghouse_core::id::TenantId;
use futures_util::future::join_all;
use serde::Deserialize;

use super::{
    PASS_DAYS,
    step::{PackStep, Packs},
    store,
};
use crate::{command::Commands, db::Error, env::Env};

/// How many tenants are gone through at a time.
const TOGETHER: i64 = 16;

/// A run of passes. It may be left after any group: each pass knows how far it came.
#[derive(Debug)]
pub struct PackRun {
    env: Env,
    commands: Commands,
    days: i64,
    /// Those who are gone through now.
    under_way: Vec<TenantId>,
    after: String,
}

/// What the answer of a step has under `data`.
#[derive(Deserialize)]
struct Told {
    data: Packs,
}

impl PackRun {
    /// Begins a run that packs away what was reported more than `days` ago.
    pub fn start(env: &Env, commands: &Commands, days: i64) -> Self {
        let (env, commands) = (env.clone(), commands.clone());
        Self { env, commands, days, under_way: Vec::new(), after: String::new() }
    }

    /// Takes a step for the next tenants, and tells what each came to, nothing of one that failed;
    /// nothing at all when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Vec<Option<Packs>>>, Error> {
        if self.under_way.is_empty() {
            let due = store::Due::at(&self.env, self.days, PASS_DAYS);
            self.under_way = store::due(&self.env.db, &due, &self.after, TOGETHER).await?;
            let Some(last) = self.under_way.last() else { return Ok(None) };
            last.as_str().clone_into(&mut self.after);
        }
        let packed = join_all(self.under_way.iter().map(|it| self.step(it))).await;
        let mut is_left = packed.iter().map(|it| it.is_some_and(|packs| !packs.is_done));
        self.under_way.retain(|_| is_left.next().unwrap_or(false));
        Ok(Some(packed))
    }

    async fn step(&self, tenant: &TenantId) -> Option<Packs> {
        let command = PackStep { env: self.env.clone(), tenant: tenant.clone(), days: self.days };
        match self.commands.run(command, None).await {
            Ok(answer) => serde_json::from_slice::<Told>(&answer.body).ok().map(|told| told.data),
            Err(error) => {
                tracing::warn!(?error, tenant = tenant.as_str(), "events were not packed away");
                None
            }
        }
    }
}
