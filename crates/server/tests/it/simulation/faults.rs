//! Failures that the database makes: at the n-th row that a transaction writes into a table, or at
//! its commit. The service is not asked; a trigger does it, for one tenant and until it is removed.

use countinghouse::{
    db::{Db, Stmt},
    env::Dice,
};

/// What a trigger may sit on: each written by some operation.
const PLACES: &[&str] = &[
    "INSERT ON subscription",
    "UPDATE ON subscription",
    "INSERT ON billing_record",
    "INSERT ON invoice",
    "UPDATE ON invoice",
    "INSERT ON invoice_line",
    "INSERT ON invoice_series",
    "INSERT ON record_counter",
    "INSERT ON ledger_transfer",
    "INSERT ON ledger_book",
    "INSERT ON chain_event",
    "INSERT ON chain_head",
    "INSERT ON outbox_message",
    "INSERT ON credit_note",
    "UPDATE ON credit_note",
    "INSERT ON credit_note_part",
    "INSERT ON credit_note_service",
    "INSERT ON plan_change",
    "UPDATE ON plan_change",
    "INSERT ON plan_change_line",
    "INSERT ON dunning_step",
    "INSERT ON tenant_plan",
    "INSERT ON refund_approval",
    "UPDATE ON refund_approval",
];

/// How many rows may be written before, at most.
const ROWS_MAX: i64 = 3;

/// How often it is the commit that fails, in a hundred.
const COMMITS: u8 = 20;

const POSTGRES: &[&str] = &[
    "CREATE FUNCTION sim_fail() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN
            UPDATE sim_left SET rows = rows - 1;
            IF (SELECT rows FROM sim_left) < 0 THEN RAISE EXCEPTION ''injected''; END IF;
            RETURN NEW;
        END'",
    "CREATE FUNCTION sim_doom() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN
            INSERT INTO sim_doomed (id, other) VALUES (1, 2) ON CONFLICT (id) DO NOTHING;
            RETURN NEW;
        END'",
];

/// A failure, before it is armed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// At a row after so many others.
    Row(&'static str, i64),
    /// At the commit of a transaction that writes an event.
    Commit,
}

impl Fault {
    pub(super) fn any(dice: &mut Dice) -> Self {
        if dice.happens(COMMITS) {
            return Self::Commit;
        }
        Self::Row(dice.one_of(PLACES), dice.between(0, ROWS_MAX - 1))
    }

    /// One at which every step of a tenant fails that writes into a table, however steps are gathered
    /// into transactions.
    pub(super) fn of_steps(dice: &mut Dice) -> Self {
        Self::Row(dice.one_of(PLACES), 0)
    }

    /// Makes transactions of a tenant fail from now on.
    pub(super) async fn arm(self, db: &Db, tenant: &str) {
        let is_sqlite = db.engine() == "sqlite";
        let (place, act) = match (self, is_sqlite) {
            (Self::Row(place, _), true) => (
                format!("BEFORE {place}"),
                "BEGIN
                    UPDATE sim_left SET rows = rows - 1;
                    SELECT CASE WHEN rows < 0 THEN RAISE(ABORT, 'injected') END FROM sim_left;
                END",
            ),
            (Self::Row(place, _), false) => {
                (format!("BEFORE {place} FOR EACH ROW"), "EXECUTE FUNCTION sim_fail()")
            }
            (Self::Commit, true) => (
                "AFTER INSERT ON chain_event".to_owned(),
                "BEGIN INSERT INTO sim_doomed (id, other) VALUES (1, 2) ON CONFLICT (id) DO NOTHING; END",
            ),
            (Self::Commit, false) => (
                "AFTER INSERT ON chain_event FOR EACH ROW".to_owned(),
                "EXECUTE FUNCTION sim_doom()",
            ),
        };
        let rows = if let Self::Row(_, rows) = self { rows } else { 0 };
        let trigger =
            format!("CREATE TRIGGER sim_fault {place} WHEN (NEW.tenant_id = '{tenant}') {act}");
        run(db, format!("UPDATE sim_left SET rows = {rows}")).await;
        run(db, trigger).await;
    }

    /// Lets them succeed again.
    pub(super) async fn disarm(self, db: &Db) {
        let table = match self {
            Self::Row(place, _) => place.split_once(" ON ").unwrap().1,
            Self::Commit => "chain_event",
        };
        let of = if db.engine() == "sqlite" { String::new() } else { format!(" ON {table}") };
        run(db, format!("DROP TRIGGER sim_fault{of}")).await;
    }
}

/// Makes what triggers need.
pub(super) async fn prepare(db: &Db) {
    run(db, "CREATE TABLE sim_left (rows BIGINT NOT NULL)".to_owned()).await;
    run(db, "INSERT INTO sim_left (rows) VALUES (0)".to_owned()).await;
    let doomed = "CREATE TABLE sim_doomed (id BIGINT NOT NULL PRIMARY KEY,
        other BIGINT REFERENCES sim_doomed (id) DEFERRABLE INITIALLY DEFERRED)";
    run(db, doomed.to_owned()).await;
    if db.engine() != "sqlite" {
        for function in POSTGRES {
            run(db, (*function).to_owned()).await;
        }
    }
}

async fn run(db: &Db, sql: String) {
    let mut tx = db.begin().await.unwrap();
    tx.execute(Stmt::new(sql.leak())).await.unwrap();
    tx.commit().await.unwrap();
}
