//! One step: the first month of a tenant is closed.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::{Instant, Zone},
    id::TenantId,
};

use crate::{
    command::SetCommand,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    ledger::{Book, NewEntry, books, save_all},
    tenants,
};

/// Closes the first month of what a tenant has deferred. It is closed once: where it is not due any
/// more, somebody did.
///
/// A set holds one such command of a tenant; a second one would be told to come back.
#[derive(Clone, Debug)]
pub struct CloseMonth {
    /// Whose.
    pub tenant: TenantId,
    /// Since when it is due. At any other instant it is done already, or not due.
    pub due: Instant,
}

/// A book, and the zone whose months count.
type Standing = (Book, Zone);

/// A book after a month was closed, and what that entered.
#[derive(Debug)]
pub struct Closed {
    tenant: String,
    book: Book,
    entries: Vec<NewEntry>,
}

impl SetCommand for CloseMonth {
    type State = BTreeMap<String, Standing>;
    type Decision = Option<Closed>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(set: &[&Self], tx: &mut Tx) -> Result<Self::State, Error> {
        let tenants: BTreeSet<&str> = set.iter().map(|it| it.tenant.as_str()).collect();
        let mut profiles = tenants::profiles(tx, &tenants).await?;
        let books = books(tx, &tenants).await?.into_iter();
        let standings = books.map(|(tenant, book)| {
            let profile = profiles.remove(&tenant).unwrap_or_default();
            (tenant, (book, profile.zone))
        });
        Ok(standings.collect())
    }

    fn decide(
        &self,
        standings: &mut Self::State,
        env: &Env,
    ) -> Result<(Self::Decision, ()), ApiError> {
        let tenant = self.tenant.to_string();
        let (mut book, zone) = standings.remove(&tenant).ok_or(ApiError::Busy)?;
        let now = env.now();
        if book.state().close_at != Some(self.due) || self.due > now {
            return Ok((None, ()));
        }
        // Where it is not over after all, the book knows better now when it is.
        let closed = book.close_month(now, &zone)?;
        let entries = closed.into_iter().flat_map(|it| it.entries);
        let entries = entries.map(|entry| NewEntry::new(entry, env)).collect();
        Ok((Some(Closed { tenant, book, entries }), ()))
    }

    async fn save(_: Self::State, closed: Vec<Self::Decision>, tx: &mut Tx) -> Result<(), Error> {
        let closed: Vec<Closed> = closed.into_iter().flatten().collect();
        if closed.is_empty() {
            return Ok(());
        }
        let (mut books, mut entries) = (Vec::new(), Vec::new());
        for it in &closed {
            books.push((it.tenant.as_str(), &it.book));
            entries.extend(it.entries.iter().map(|entry| (it.tenant.as_str(), entry)));
        }
        save_all(tx, books, entries).await
    }
}
