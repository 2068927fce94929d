//! One posting a transaction on SQLite, through the same library as the service.

use std::time::{Duration, Instant};

use sqlx::{Executor as _, SqliteConnection};

use crate::{Outcome, database::Database, request::scatter};

/// A connection that posts to tenants `raw-…`, one after the other.
pub(crate) struct OneByOne {
    connection: SqliteConnection,
    tenants: u64,
    next: u64,
}

impl OneByOne {
    pub(crate) async fn open(database: &Database, tenants: u64) -> Outcome<Self> {
        Ok(Self { connection: database.sqlite().await?, tenants, next: 0 })
    }

    /// Postings a second, over so long.
    pub(crate) async fn rate(&mut self, time: Duration) -> Outcome<f64> {
        let (began, mut done) = (Instant::now(), 0_u32);
        while began.elapsed() < time {
            self.post().await?;
            done += 1;
        }
        Ok(f64::from(done) / began.elapsed().as_secs_f64())
    }

    async fn post(&mut self) -> Outcome {
        self.next += 1;
        let tenant = format!("raw-{}", scatter(self.next, self.tenants));
        let drawn = (scatter(self.next, u64::MAX), scatter(!self.next, u64::MAX));
        let connection = &mut self.connection;
        connection.execute("BEGIN IMMEDIATE").await?;
        let (seq, credit_seq, promo_seq, balance, promotions): (i64, i64, i64, i64, i64) =
            sqlx::query_as(
                "SELECT last_seq, credit_seq, promo_seq, credit_credit, debit_promotions
                 FROM ledger_book WHERE tenant_id = $1",
            )
            .bind(&tenant)
            .fetch_one(&mut *connection)
            .await?;
        sqlx::query(
            "INSERT INTO ledger_transfer (tenant_id, seq, cause_id, leg, kind, debit, credit,
                amount, created_at, credit_id, credit_seq, source, source_seq, balance_after,
                source_id, remark)
             VALUES ($1, $2, $3, 1, 'credit_granted', 'promotions', 'credit', 10000, 1, $4, $5,
                'promo', $6, $7, NULL, 'a benchmark')",
        )
        .bind(&tenant)
        .bind(seq + 1)
        .bind(format!("adj:{:016x}{:016x}", drawn.0, drawn.1))
        .bind(format!("ctr_{:016x}{:010x}", drawn.0, drawn.1 >> 24))
        .bind(credit_seq + 1)
        .bind(promo_seq + 1)
        .bind(balance + 10_000)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE ledger_book SET last_at = 1, last_seq = $2, credit_seq = $3, promo_seq = $4,
                credit_credit = $5, debit_promotions = $6 WHERE tenant_id = $1",
        )
        .bind(&tenant)
        .bind(seq + 1)
        .bind(credit_seq + 1)
        .bind(promo_seq + 1)
        .bind(balance + 10_000)
        .bind(promotions + 10_000)
        .execute(&mut *connection)
        .await?;
        connection.execute("COMMIT").await?;
        Ok(())
    }
}
