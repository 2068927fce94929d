//! Sealing and changes, beside searches.

use std::sync::atomic::{AtomicBool, Ordering};

use countinghouse_core::{invoicing::RecordStatus, search::CHUNK};

use super::{
    super::{Searches, seal_full_chunks, status_changed},
    ask,
    corpus::{self, Corpus, TENANT},
    storage::storages,
};
use crate::{db::Error, invoicing::open::set_record_status};

#[tokio::test(flavor = "multi_thread")]
async fn a_search_beside_writes_sees_one_moment() {
    for storage in storages().await {
        let corpus = Corpus::alike(CHUNK - 45);
        corpus.fill(&storage, 1).await;
        let searches = Searches::default();
        let is_done = AtomicBool::new(false);

        let write = async {
            for part in 0..30 {
                let mut tx = storage.db.begin().await.unwrap();
                corpus.append_alike(&mut tx, 10).await;
                // Two records change places, so as many as before are pending.
                let (gone, new) = (100 + part, 900 + part);
                for (seq, status) in [(gone, RecordStatus::Paid), (new, RecordStatus::Pending)] {
                    set_record_status(&mut tx, TENANT, seq, status).await.unwrap();
                    status_changed(&mut tx, TENANT, seq, status).await.unwrap();
                }
                tx.commit().await.unwrap();
                tokio::task::yield_now().await;
            }
            is_done.store(true, Ordering::Relaxed);
        };
        let search = async {
            let mut seen = 0;
            while !is_done.load(Ordering::Relaxed) {
                let all = ask(&storage, &searches, "search=plan&page_size=100").await.unwrap();
                let total = all.found.total;
                assert!(total >= seen && all.seqs() == newest(total, 100), "{total} after {seen}");
                let pending = ask(&storage, &searches, "status=pending").await.unwrap();
                assert_eq!(pending.found.total, corpus::PENDING_ALIKE);
                assert!(pending.found.records.iter().all(|record| record.status == "pending"));
                seen = total;
            }
            seen
        };
        let ((), _) = tokio::join!(write, search);

        let last = ask(&storage, &searches, "search=plan").await.unwrap().found.total;
        assert_eq!(usize::try_from(last).unwrap(), CHUNK - 45 + 300);
        let pending = ask(&storage, &searches, "status=pending").await.unwrap();
        assert_eq!(pending.seqs(), (910..930).rev().collect::<Vec<_>>());
        storage.close().await;
    }
}

fn newest(total: i64, size: i64) -> Vec<i64> {
    ((total - size + 1)..=total).rev().collect()
}

#[tokio::test]
async fn a_chunk_is_sealed_by_the_transaction_that_fills_it_and_by_no_other() {
    for storage in storages().await {
        let corpus = Corpus::alike(CHUNK - 2);
        corpus.fill(&storage, 1).await;

        let mut sealed = Vec::new();
        for added in [1, 1, 1, CHUNK, 2 * CHUNK - 2, 1] {
            let mut tx = storage.db.begin().await.unwrap();
            corpus.append_alike(&mut tx, added).await;
            tx.commit().await.unwrap();
            sealed.push(storage.count("SELECT COUNT(*) FROM record_chunk").await);
        }

        assert_eq!(sealed, [0, 1, 1, 2, 3, 4]);
        let blocks = storage.count("SELECT COUNT(*) FROM record_status_block").await;
        assert_eq!(blocks, 4 * i64::try_from(CHUNK / 1024).unwrap());
        storage.close().await;
    }
}

#[tokio::test]
async fn a_transaction_that_is_undone_leaves_nothing_sealed() {
    for storage in storages().await {
        let corpus = Corpus::alike(CHUNK - 1);
        corpus.fill(&storage, 1).await;
        let searches = Searches::default();

        let mut tx = storage.db.begin().await.unwrap();
        corpus.append_alike(&mut tx, 1).await;
        tx.rollback().await.unwrap();

        let found = ask(&storage, &searches, "search=plan").await.unwrap().found;
        assert_eq!(usize::try_from(found.total).unwrap(), CHUNK - 1);
        assert_eq!(storage.count("SELECT COUNT(*) FROM record_chunk").await, 0);
        storage.close().await;
    }
}

#[tokio::test]
async fn a_gap_in_the_records_is_not_sealed_over() {
    for storage in storages().await {
        let mut tx = storage.db.begin().await.unwrap();

        let sealed = seal_full_chunks(&mut tx, TENANT, 2 * i64::try_from(CHUNK).unwrap(), 1).await;

        assert!(matches!(sealed, Err(Error::Corrupt { column: "seq", .. })));
        tx.rollback().await.unwrap();
        storage.close().await;
    }
}
