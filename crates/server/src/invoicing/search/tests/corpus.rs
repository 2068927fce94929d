//! Records for the tests, in memory and in a database.

use std::{collections::BTreeMap, fmt::Write as _};

use countinghouse_core::{
    calendar::Instant,
    id::{RecordId, TenantId},
    invoicing::RecordStatus,
    search::filter::Entry,
};
use rand::{Rng, RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{super::seal_full_chunks, storage::Storage};
use crate::{
    db::{Rows, Tx},
    invoicing::RecordRow,
};

/// Whose records they are.
pub(super) const TENANT: &str = "acme";

/// The tenant's zone.
pub(super) const ZONE: &str = "Asia/Shanghai";

/// How many of [`Corpus::alike`] are pending, if there are so many.
pub(super) const PENDING_ALIKE: i64 = 500;

/// All records of a tenant, oldest first.
pub(super) struct Corpus(pub(super) Vec<Sample>);

/// A record.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) seq: i64,
    pub(super) record_id: String,
    pub(super) number: String,
    pub(super) app: Option<(&'static str, i64)>,
    pub(super) kind: &'static str,
    pub(super) amount: i64,
    pub(super) status: RecordStatus,
    pub(super) description: String,
    pub(super) lines: Vec<String>,
    pub(super) at: Instant,
}

pub(super) const APPS: [&str; 4] = ["crm", "CRM", "shop", "rare"];

const RECORD: &[&str] = &[
    "tenant_id",
    "seq",
    "record_id",
    "invoice_number",
    "app_id",
    "app_seq",
    "type",
    "status",
    "amount",
    "currency",
    "description",
    "created_at",
];

const LINE: &[&str] = &[
    "tenant_id",
    "record_seq",
    "line",
    "description",
    "resource_type",
    "quantity",
    "unit_price",
    "amount",
    "tax_rate",
    "tax_amount",
];

const COUNTER: &[&str] = &["tenant_id", "app_id", "last_seq", "last_at"];

pub(super) fn tenant() -> TenantId {
    TenantId::parse(TENANT).unwrap()
}

/// The id of the n-th record, of a moment.
pub(super) fn record_id(at: Instant, n: u64) -> String {
    let millis = at.as_second().unsigned_abs() * 1_000;
    let random = u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 15;
    RecordId::from_parts(millis, random).to_string()
}

impl Corpus {
    /// Records of few words that occur often or hardly, inside others and alone.
    pub(super) fn random(seed: u64, count: usize) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut at = Instant::parse("2026-01-01T00:00:00Z").unwrap();
        let (mut apps, mut year, mut serial) = (BTreeMap::new(), 2026, 0);
        let sample = |seq| {
            // Many arrive in one second, and now and then nothing arrives for days.
            let gap = [0, 0, 1, 600, 4_000][dice.random_range(0..5)];
            at = at.plus_seconds(if dice.random_ratio(1, 500) { 400_000 } else { gap }).unwrap();
            serial = if dice.random_ratio(1, 3_000) { 1 } else { serial + 1 };
            year += i32::from(serial == 1);
            Sample {
                seq,
                record_id: record_id(at, dice.random()),
                number: format!("INV-{year}-{serial:06}"),
                app: app(&mut dice).map(|app| (app, next(&mut apps, app))),
                kind: ["subscription", "subscription", "usage", "proration"]
                    [dice.random_range(0..4)],
                amount: amount(&mut dice),
                status: *RecordStatus::ALL.choose(&mut dice).unwrap(),
                description: text(&mut dice),
                lines: (0..dice.random_range(0..4)).map(|_| text(&mut dice)).collect(),
                at,
            }
        };
        Self((1..=i64::try_from(count).unwrap()).map(sample).collect())
    }

    /// Records of the same words, [`PENDING_ALIKE`] of them pending.
    pub(super) fn alike(count: usize) -> Self {
        Self((1..=i64::try_from(count).unwrap()).map(alike).collect())
    }

    /// Enters all of them, in parts of random sizes, as the service would.
    pub(super) async fn fill(&self, storage: &Storage, seed: u64) {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut tx = storage.db.begin().await.unwrap();
        let mut tenants = Rows::new("tenant", &["tenant_id"]);
        tenants.push(vec![TENANT.into()]);
        tx.insert(tenants).await.unwrap();
        tx.insert(profile()).await.unwrap();
        let mut rest = self.0.as_slice();
        while !rest.is_empty() {
            let most = rest.len().min([1, 50, 3_000, 9_000][dice.random_range(0..4)]);
            let (part, others) = rest.split_at(dice.random_range(1..=most));
            insert(&mut tx, TENANT, part).await;
            rest = others;
        }
        tx.commit().await.unwrap();
    }

    /// Adds more of [`Corpus::alike`] to those that the database has.
    pub(super) async fn append_alike(&self, tx: &mut Tx, count: usize) {
        let last = super::super::store::count(tx, TENANT, None).await.unwrap();
        let to = last + i64::try_from(count).unwrap();
        let more: Vec<Sample> = (last + 1..=to).map(alike).collect();
        insert(tx, TENANT, &more).await;
    }

    /// Changes the status of some records, and says of which.
    pub(super) fn change_statuses(
        &mut self,
        dice: &mut StdRng,
        count: usize,
    ) -> Vec<(i64, RecordStatus)> {
        let change = |_| {
            let index = dice.random_range(0..self.0.len());
            let sample = &mut self.0[index];
            sample.status = *RecordStatus::ALL.choose(dice).unwrap();
            (sample.seq, sample.status)
        };
        (0..count).map(change).collect()
    }

    /// Whether that is the row of one of them.
    pub(super) fn is_same(&self, row: &RecordRow) -> bool {
        let sample = &self.0[usize::try_from(row.seq - 1).unwrap()];
        sample.record_id == row.record_id
            && sample.number == row.invoice_number
            && sample.amount == row.amount
            && sample.description == row.description
            && sample.app.map(|(app, _)| app) == row.app_id.as_deref()
            && sample.at == row.created_at.instant().unwrap()
    }
}

impl Sample {
    pub(super) fn entry(&self) -> Entry<'_> {
        Entry {
            seq: self.seq,
            record_id: &self.record_id,
            invoice_number: &self.number,
            app_id: self.app.map(|(app, _)| app),
            kind: self.kind,
            amount: self.amount,
            status: self.status.code(),
            texts: [&self.description].into_iter().chain(&self.lines).map(String::as_str).collect(),
        }
    }
}

/// Enters records as the service would, and seals what they fill.
pub(super) async fn insert(tx: &mut Tx, tenant: &str, samples: &[Sample]) {
    let mut records = Rows::new("billing_record", RECORD);
    let mut lines = Rows::new("invoice_line", LINE);
    let mut last = BTreeMap::new();
    for it in samples {
        records.push(vec![
            tenant.into(),
            it.seq.into(),
            it.record_id.as_str().into(),
            it.number.as_str().into(),
            it.app.map(|(app, _)| app).into(),
            it.app.map(|(_, seq)| seq).into(),
            it.kind.into(),
            it.status.as_str().into(),
            it.amount.into(),
            "CNY".into(),
            it.description.as_str().into(),
            it.at.into(),
        ]);
        for (number, line) in (1_i64..).zip(&it.lines) {
            lines.push(vec![
                tenant.into(),
                it.seq.into(),
                number.into(),
                line.as_str().into(),
                "subscription".into(),
                1_i64.into(),
                "1".into(),
                it.amount.into(),
                "0".into(),
                0_i64.into(),
            ]);
        }
        last.insert("", (it.seq, it.at));
        last.extend(it.app.map(|(app, seq)| (app, (seq, it.at))));
    }
    let mut counters = Rows::new("record_counter", COUNTER).otherwise(
        "ON CONFLICT (tenant_id, app_id) DO UPDATE SET
            last_seq = excluded.last_seq, last_at = excluded.last_at",
    );
    for (app, (seq, at)) in last {
        counters.push(vec![tenant.into(), app.into(), seq.into(), at.into()]);
    }
    tx.insert(records).await.unwrap();
    tx.insert(lines).await.unwrap();
    tx.insert(counters).await.unwrap();
    let last = samples.last().unwrap().seq;
    seal_full_chunks(tx, tenant, last, samples.len()).await.unwrap();
}

fn profile() -> Rows {
    const PROFILE: &[&str] = &[
        "tenant_id",
        "tax_rate",
        "tax_inclusive",
        "timezone",
        "currency",
        "language",
        "invoice_due_days",
    ];
    let mut rows = Rows::new("tenant_profile", PROFILE);
    rows.push(vec![
        TENANT.into(),
        "0".into(),
        false.into(),
        ZONE.into(),
        "CNY".into(),
        "en".into(),
        14_i64.into(),
    ]);
    rows
}

fn alike(seq: i64) -> Sample {
    let at = Instant::parse("2026-03-01T00:00:00Z").unwrap().plus_seconds(seq / 10).unwrap();
    let pending = seq <= PENDING_ALIKE;
    Sample {
        seq,
        record_id: record_id(at, seq.unsigned_abs()),
        number: format!("INV-2026-{seq:06}"),
        app: None,
        kind: "subscription",
        amount: 990_000,
        status: if pending { RecordStatus::Pending } else { RecordStatus::Paid },
        description: "Pro plan".to_owned(),
        lines: vec!["专业版".to_owned()],
        at,
    }
}

fn app(dice: &mut impl Rng) -> Option<&'static str> {
    match dice.random_range(0..200) {
        0 => Some(APPS[3]),
        1..30 => Some(APPS[2]),
        30..60 => Some(APPS[1]),
        60..130 => Some(APPS[0]),
        _ => None,
    }
}

fn next(apps: &mut BTreeMap<&'static str, i64>, app: &'static str) -> i64 {
    let last = apps.entry(app).or_default();
    *last += 1;
    *last
}

fn amount(dice: &mut impl Rng) -> i64 {
    match dice.random_range(0..20) {
        0 => -5_000,
        1 => dice.random_range(0..10_000_000_000_i64),
        _ => dice.random_range(0..500_i64) * 10_000,
    }
}

fn text(dice: &mut impl Rng) -> String {
    const WORDS: [&str; 16] = [
        "Pro",
        "plan",
        "PLANet",
        "专业版",
        "专业版订阅",
        "订阅",
        "20%",
        "a_b",
        "ÜBER",
        "straße",
        "2026",
        "000123",
        "x\u{3000}y",
        "İstanbul",
        "'quoted'",
        "🎉",
    ];
    let mut text = String::new();
    for _ in 0..dice.random_range(0..5) {
        match dice.random_range(0..10) {
            0 => text.push_str(&dice.random_range(0..5_000).to_string()),
            1 => write!(text, "order-{:x}", dice.random_range(0..100_000)).unwrap(),
            _ => text.push_str(WORDS[dice.random_range(0..WORDS.len())]),
        }
        text.push_str([" ", "  ", "\n", ", ", ""][dice.random_range(0..5)]);
    }
    text
}
