//! The search index against the records that it was made from.

mod store;

use countinghouse_core::{
    invoicing::RecordStatus,
    search::{
        filter::Entry,
        seal::{Sealed, seal},
        status,
    },
};

use self::store::ChunkRow;
pub(super) use self::store::chunks;
use super::{
    documents::Chunk,
    report::{Findings, Rule},
};
use crate::db::{Error, Tx};

/// Compares the statuses that the index has of a full chunk with those of its records.
pub(super) async fn compare_statuses(
    tx: &mut Tx,
    tenant: &str,
    number: i64,
    chunk: &Chunk,
    found: &mut Findings,
) -> Result<(), Error> {
    let blocks = status::blocks_of(number);
    let stored = store::status_blocks(tx, tenant, blocks.start, blocks.end).await?;
    let codes: Option<Vec<u8>> = chunk.records.iter().map(|it| code(&it.status)).collect();
    let expected = codes.map(|codes| codes.chunks(status::BLOCK).map(status::build).collect());
    found.expect(expected == Some(stored), Rule::IndexStatus, tenant, || {
        format!("the statuses of chunk {number} are not those of its records")
    });
    Ok(())
}

/// Seals a full chunk again, and compares.
pub(super) async fn compare_sealed(
    tx: &mut Tx,
    tenant: &str,
    number: i64,
    chunk: &Chunk,
    found: &mut Findings,
) -> Result<(), Error> {
    let Some(row) = store::chunk(tx, tenant, number).await? else { return Ok(()) };
    let pages = store::pages(tx, tenant, number).await?;
    let sealed = seal(&entries(chunk)).ok();
    let is_same = sealed.is_some_and(|sealed| is_same(&sealed, &row, &pages));
    found.expect(is_same, Rule::Index, tenant, || {
        format!("chunk {number} is not what its records make")
    });
    Ok(())
}

fn is_same(sealed: &Sealed, row: &ChunkRow, pages: &[(i64, Vec<u8>)]) -> bool {
    sealed.words == row.words
        && sealed.numbers == row.numbers
        && sealed.amounts == row.amounts
        && sealed.min_amount == row.min_amount
        && sealed.max_amount == row.max_amount
        && sealed.min_id == row.min_id
        && sealed.max_id == row.max_id
        && sealed
            .pages
            .iter()
            .zip(0..)
            .map(|(page, number)| (number, page))
            .eq(pages.iter().map(|(number, page)| (*number, page)))
}

/// The records of a chunk as search sees them.
fn entries(chunk: &Chunk) -> Vec<Entry<'_>> {
    let mut lines = chunk.lines.iter().peekable();
    let mut entries = Vec::with_capacity(chunk.records.len());
    for record in &chunk.records {
        let mut texts = vec![record.description.as_str()];
        while let Some(line) = lines.next_if(|line| line.record_seq <= record.seq) {
            if line.record_seq == record.seq {
                texts.push(line.description.as_str());
            }
        }
        entries.push(Entry {
            seq: record.seq,
            record_id: &record.record_id,
            invoice_number: &record.invoice_number,
            app_id: record.app_id.as_deref(),
            kind: &record.kind,
            amount: record.amount,
            status: code(&record.status).unwrap_or(0),
            texts,
        });
    }
    entries
}

fn code(status: &str) -> Option<u8> {
    RecordStatus::parse(status).map(RecordStatus::code)
}
