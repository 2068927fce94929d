//! Sealing: the transaction that fills a chunk of records writes the index of it.

use countinghouse_core::{
    invoicing::RecordStatus,
    search::{chunk_of, seal::Sealed, seal::seal, status},
};

use super::{store, walked::Walked};
use crate::db::{Error, Tx};

/// Seals every chunk that is full now and was not before `added` records were inserted, the last of
/// them at the place `last`. The rows of one chunk at a time are read back from the transaction.
pub(in crate::invoicing) async fn seal_full_chunks(
    tx: &mut Tx,
    tenant: &str,
    last: i64,
    added: usize,
) -> Result<(), Error> {
    let added = i64::try_from(added).unwrap_or(last);
    for chunk in chunk_of(last - added + 1)..chunk_of(last + 1) {
        let walked = store::walk_chunk(tx, tenant, chunk).await?;
        let sealed = sealed(tenant, walked).await?;
        store::insert_chunk(tx, tenant, sealed).await?;
    }
    Ok(())
}

/// Notes the status that a record has now. The tenant is locked.
pub(in crate::invoicing) async fn status_changed(
    tx: &mut Tx,
    tenant: &str,
    seq: i64,
    status: RecordStatus,
) -> Result<(), Error> {
    let (block, slot) = status::place(seq);
    let Some(mut codes) = store::status_block(tx, tenant, block).await? else {
        // The record is in no full chunk.
        return Ok(());
    };
    let set = status::set(&mut codes, slot, status.code());
    set.map_err(|_| Error::corrupt("record_status_block", &format!("{tenant}/{block}"), "codes"))?;
    store::save_status_block(tx, tenant, block, codes).await
}

/// Makes the index, on a thread where that holds nobody up.
async fn sealed(tenant: &str, walked: Walked) -> Result<Sealed, Error> {
    let task = tokio::task::spawn_blocking(move || walked.entries().map(|all| seal(&all)));
    let sealed = match task.await {
        Ok(sealed) => sealed?,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    sealed.map_err(|_| Error::corrupt("billing_record", tenant, "seq"))
}
