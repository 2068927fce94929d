//! Leases in the database. They are the platform's.

use countinghouse_core::calendar::Instant;

use crate::db::{Db, Error, Stmt};

/// Takes a lease that nobody holds any more, or that `holder` holds; gives its token.
pub(super) async fn take(
    db: &Db,
    (name, holder): (&str, &str),
    now: Instant,
    until: Instant,
) -> Result<Option<i64>, Error> {
    let mut tx = db.begin().await?;
    let stmt = Stmt::new(
        "INSERT INTO lease (name, holder, token, held_until) VALUES ($1, $2, 1, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1,
            held_until = excluded.held_until
         WHERE lease.held_until <= $4 OR lease.holder = excluded.holder",
    );
    let changed = tx.execute(stmt.bind(name).bind(holder).bind(until).bind(now)).await?;
    let token = if changed == 1 {
        let stmt = Stmt::new("SELECT token FROM lease WHERE name = $1");
        Some(tx.fetch_scalar(stmt.bind(name)).await?)
    } else {
        None
    };
    tx.commit().await?;
    Ok(token)
}

/// Holds a lease until another instant, and says whether it was still held.
pub(super) async fn hold(db: &Db, name: &str, token: i64, until: Instant) -> Result<bool, Error> {
    let mut tx = db.begin().await?;
    let stmt = Stmt::new("UPDATE lease SET held_until = $3 WHERE name = $1 AND token = $2");
    let held = tx.execute(stmt.bind(name).bind(token).bind(until)).await?;
    tx.commit().await?;
    Ok(held == 1)
}
