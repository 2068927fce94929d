//! What is searched for.

use std::net::SocketAddr;

use super::{super::calm::Calm, vocabulary::Vocabulary};
use crate::{
    Outcome,
    client::Connection,
    database::Database,
    load::Asked,
    request::{Caller, escaped},
    samples::Samples,
};

/// To how many a total is exact.
const TOTAL_EXACT: u64 = 10_000;

/// No record has it.
const NO_WORD: &str = "zqxjkvwy";

/// The shares of the records that words are looked for in.
const SHARES: [(f64, &str); 3] =
    [(0.2, "word in 20 %"), (0.02, "word in 2 %"), (0.001, "word in 0.1 %")];

/// One search, again and again.
pub(super) struct Case {
    pub(super) what: &'static str,
    /// What is searched for, and how many records have it.
    pub(super) told: String,
    request: Vec<u8>,
    /// How many records must be found, where that was counted.
    found: Option<u64>,
    pub(super) asked: Asked<'static>,
    pub(super) most: Samples,
    pub(super) calm: Calm,
}

/// The searches that are to be fast.
pub(super) async fn cases(
    words: &Vocabulary,
    database: &Database,
    tenant: &str,
    total: u64,
) -> Outcome<Vec<Case>> {
    let mut texts: Vec<(&str, String)> = Vec::new();
    for (share, what) in SHARES {
        texts.push((what, words.word_in(share)?.to_owned()));
    }
    texts.push(("word that is nowhere", NO_WORD.to_owned()));
    if let Some(pair) = words.chinese_pair() {
        texts.push(("common pair of Chinese characters", pair));
    }
    let mut cases = Vec::new();
    for (what, text) in texts {
        let found = count(database, tenant, &text).await?;
        cases.push(Case::text(what, tenant, &text, found, total)?);
    }
    cases.push(Case::new(
        "date, amount and status",
        tenant,
        &words.filters()?,
        String::new(),
        None,
    )?);
    Ok(cases)
}

/// A pair of letters that no record has: nothing tells so but all of the index.
pub(super) async fn nowhere(
    words: &Vocabulary,
    database: &Database,
    tenant: &str,
) -> Outcome<Case> {
    for pair in words.absent_pairs() {
        if count(database, tenant, pair).await? == 0 {
            return Case::text("two letters that are nowhere", tenant, pair, 0, 1);
        }
    }
    Err("every pair of letters is somewhere".into())
}

/// How many records have a text.
async fn count(database: &Database, tenant: &str, text: &str) -> Outcome<u64> {
    let sql = format!(
        "SELECT COUNT(*) FROM billing_record AS r WHERE r.tenant_id = '{tenant}' AND (
            LOWER(r.description) LIKE '%{text}%' OR r.type LIKE '%{text}%'
            OR EXISTS (SELECT 1 FROM invoice_line AS l WHERE l.tenant_id = r.tenant_id
                AND l.record_seq = r.seq AND LOWER(l.description) LIKE '%{text}%'))"
    );
    Ok(u64::try_from(database.number(&sql).await?)?)
}

impl Case {
    fn text(what: &'static str, tenant: &str, text: &str, found: u64, total: u64) -> Outcome<Self> {
        let percent = f64::from(u32::try_from(found)?) * 100.0 / f64::from(u32::try_from(total)?);
        let told = format!("`{text}`, {found} records ({percent:.2} %)");
        Self::new(what, tenant, &format!("search={}", escaped(text)), told, Some(found))
    }

    fn new(
        what: &'static str,
        tenant: &str,
        query: &str,
        told: String,
        found: Option<u64>,
    ) -> Outcome<Self> {
        let caller = Caller::person(tenant, "member")?;
        let request = caller.get(&format!("/billing/records/{tenant}/search?{query}"));
        let told = if told.is_empty() { format!("`{query}`") } else { told };
        let again = request.clone();
        Ok(Self {
            what,
            told,
            request,
            found,
            asked: Asked::new(200, move |_, to| to.extend_from_slice(&again)),
            most: Samples::default(),
            calm: Calm::default(),
        })
    }

    /// That the service finds as many as were counted.
    pub(super) async fn check(&self, service: SocketAddr) -> Outcome {
        let mut connection = Connection::open(service).await?;
        let answer = connection.ask(&self.request).await?.json(200)?;
        let total = answer["total"].as_u64().ok_or("a search without a total")?;
        match self.found {
            Some(found) if total != found.min(TOTAL_EXACT) => {
                Err(format!("{}: {total} are found of {}", self.what, self.told).into())
            }
            _ => Ok(()),
        }
    }
}
