//! Search against the definition of a match, on both engines.
//!
//! `SEARCH_CASES` sets how many random searches are asked; a few hundred by default.

mod cases;
mod corpus;
mod sealing;
mod storage;

use std::time::Duration;

use axum::http::Uri;
use countinghouse_core::search::{CHUNK, filter::Filter};
use rand::{SeedableRng as _, rngs::StdRng};

use self::{
    cases::{Case, Expected},
    corpus::{Corpus, TENANT, tenant},
    storage::{Storage, storages},
};
use super::{Found, Searches, read, status_changed};
use crate::{
    db::Purpose, http::problem::ApiError, http::query::Query, invoicing::open::set_record_status,
};

/// Two full chunks and a tail, and more than the largest exact total.
const RECORDS: usize = 2 * CHUNK + 2_200;

/// How many random searches are asked, unless `SEARCH_CASES` says otherwise.
const CASES: usize = 200;

/// How many of them a corpus is asked before there is another one.
const CASES_OF_CORPUS: usize = 2_000;

/// Asks as a request with this query would.
async fn ask(storage: &Storage, searches: &Searches, query: &str) -> Result<Answer, ApiError> {
    let uri: Uri = format!("/search?{query}").parse().unwrap();
    let tenant = tenant();
    let (ask, paging) = read(&storage.db, &tenant, &Query::from(uri)).await?;
    let found = searches.find(&storage.db, &tenant, &ask, paging).await?;
    let (total, is_exact) = (found.total, found.total_is_exact);
    let info = paging.info_of_found(total, is_exact, found.next, &ask.list(&tenant));
    Ok(Answer { found, cursor: info.next_cursor })
}

/// What a search answered.
#[derive(Debug)]
struct Answer {
    found: Found,
    cursor: Option<String>,
}

impl Answer {
    fn seqs(&self) -> Vec<i64> {
        self.found.records.iter().map(|record| record.seq).collect()
    }

    fn seen(&self, corpus: &Corpus) -> Expected {
        let lines = &self.found.lines;
        let lines = lines.iter().map(|line| (line.record_seq, line.description.clone()));
        let statuses = self.found.records.iter().map(|record| record.status.clone());
        assert!(self.found.records.iter().all(|record| corpus.is_same(record)));
        Expected {
            seqs: self.seqs(),
            statuses: statuses.collect(),
            lines: lines.collect(),
            total: self.found.total,
            total_is_exact: self.found.total_is_exact,
            has_next: self.cursor.is_some(),
        }
    }
}

async fn a_corpus(seed: u64) -> (Corpus, Vec<Storage>) {
    let corpus = Corpus::random(seed, RECORDS);
    let storages = storages().await;
    for storage in &storages {
        corpus.fill(storage, seed).await;
    }
    (corpus, storages)
}

/// Asks random searches, pages of them and cursors, and compares every answer.
async fn compare(corpus: &Corpus, storages: &[Storage], dice: &mut StdRng, cases: usize) {
    let searches: Vec<Searches> = storages.iter().map(|_| Searches::default()).collect();
    for _ in 0..cases {
        let case = Case::random(corpus, dice);
        let matches = case.matches(corpus);
        let (size, page) = Case::page(matches.len(), dice);
        for (storage, searches) in storages.iter().zip(&searches) {
            let mut skipped = (page - 1) * size;
            let mut query = format!("{}&page={page}&page_size={size}", case.query);
            for _ in 0..3 {
                let answer = ask(storage, searches, &query).await.unwrap();
                let expected = Expected::page(corpus, &matches, skipped, size);
                let engine = storage.db.engine();
                assert_eq!(answer.seen(corpus), expected, "{query} on {engine}");
                let Some(cursor) = answer.cursor else { break };
                query = format!("{}&page_size={size}&cursor={cursor}", case.query);
                skipped += size;
            }
        }
    }
}

/// Compares, changes the status of some records, and compares again.
async fn compare_and_change(seed: u64, cases: usize) {
    let mut dice = StdRng::seed_from_u64(seed);
    let (mut corpus, storages) = a_corpus(seed).await;
    compare(&corpus, &storages, &mut dice, cases / 2).await;
    let changes = corpus.change_statuses(&mut dice, 600);
    for storage in &storages {
        let mut tx = storage.db.begin().await.unwrap();
        for (seq, status) in &changes {
            set_record_status(&mut tx, TENANT, *seq, *status).await.unwrap();
            status_changed(&mut tx, TENANT, *seq, *status).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    compare(&corpus, &storages, &mut dice, cases / 2).await;
    for storage in storages {
        storage.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_the_definition_of_a_match_says_page_by_page() {
    let cases = std::env::var("SEARCH_CASES").ok().and_then(|it| it.parse().ok());
    let mut left: usize = cases.unwrap_or(CASES);
    for seed in 7.. {
        let part = left.min(CASES_OF_CORPUS);
        compare_and_change(seed, part).await;
        left -= part;
        println!("{part} searches of corpus {seed} found what they should, {left} are left");
        if left == 0 {
            return;
        }
    }
}

#[tokio::test]
async fn a_tenant_without_records_finds_nothing() {
    for storage in storages().await {
        let searches = Searches::default();

        for query in ["", "search=x", "app_id=a", "date_from=2026-01-01", "status=paid&app_id=a"] {
            let found = ask(&storage, &searches, query).await.unwrap().found;
            assert_eq!((found.total, found.total_is_exact, found.next), (0, true, None), "{query}");
        }

        storage.close().await;
    }
}

#[tokio::test]
async fn every_broken_filter_is_named_at_once() {
    let storage = Storage::sqlite().await;
    let searches = Searches::default();
    let broken = async |query: &str| match ask(&storage, &searches, query).await {
        Err(ApiError::Invalid(all)) => {
            all.into_iter().map(|one| one.field.into_owned()).collect::<Vec<_>>()
        }
        other => panic!("{query}: {other:?}"),
    };

    let long = "%E8%B4%A6".repeat(201);
    let every = format!(
        "app_id=a/b&status=open&date_from=2026-02-30&date_to=now&min_amount=1e99&max_amount=0.00001\
         &search={long}&page=0&page_size=0&cursor=x"
    );
    assert_eq!(broken(&every).await.len(), 10);
    assert_eq!(broken("date_from=2026-02-02&date_to=2026-02-01").await, ["date_to"]);
    assert_eq!(broken("min_amount=1&max_amount=0.9999").await, ["max_amount"]);
    assert_eq!(broken("search=a+b+c+d+e+f+g+h+i+j+k").await, ["search"]);
    assert_eq!(broken("search=a%00b").await, ["query"]);
    assert_eq!(broken("search=a&page=501").await, ["page"]);
    assert!(ask(&storage, &searches, "search=a+b+c+d+e+f+g+h+i+j&page=500").await.is_ok());
    assert!(ask(&storage, &searches, "min_amount=-1.5&max_amount=-1.5").await.is_ok());
    storage.close().await;
}

#[tokio::test]
async fn a_cursor_serves_no_other_search() {
    let storage = Storage::sqlite().await;
    let corpus = Corpus::alike(300);
    corpus.fill(&storage, 1).await;
    let searches = Searches::default();

    let first = ask(&storage, &searches, "search=Plan+pro").await.unwrap();
    let cursor = first.cursor.unwrap();

    let same = ask(&storage, &searches, &format!("search=PRO++plan&cursor={cursor}")).await;
    assert_eq!(same.unwrap().seqs().first(), Some(&280));
    for other in ["search=plan", "search=plan+pro&status=paid", "search=plan+pro&min_amount=0", ""]
    {
        let answer = ask(&storage, &searches, &format!("{other}&cursor={cursor}")).await;
        assert!(matches!(answer, Err(ApiError::Invalid(_))), "{other}");
    }
    storage.close().await;
}

#[tokio::test]
async fn a_search_that_waits_too_long_for_a_connection_is_refused() {
    let storage = Storage::sqlite().await;
    let corpus = Corpus::alike(3);
    corpus.fill(&storage, 1).await;
    let limit = Duration::from_millis(300);
    let searches = Searches { limit, ..Searches::default() };
    let mut held = Vec::new();
    while let Ok(tx) = tokio::time::timeout(limit, storage.db.snapshot(Purpose::Search)).await {
        held.push(tx.unwrap());
    }

    let refused = ask(&storage, &searches, "search=plan").await;
    let dense = ask(&storage, &searches, "").await;

    assert!(matches!(refused, Err(ApiError::Unavailable(text)) if text.contains("5 s")));
    assert_eq!(dense.unwrap().found.total, 3);
    drop(held);
    storage.close().await;
}

#[test]
fn a_filter_of_everything_is_no_filter() {
    let filter = super::Ask::default().filter(1..=9);

    assert!(!filter.reads_words() && !filter.reads_amounts() && filter.status.is_none());
    assert_eq!(filter.seqs, 1..=9);
    assert_eq!(Filter::default().seqs, 1..=i64::MAX);
}
