//! Records that are read row by row: those of the tail, and those of a chunk to be sealed.

use countinghouse_core::{invoicing::RecordStatus, search::filter::Entry};

use crate::db::Error;

/// A record, as far as search looks at it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct WalkedRow {
    pub(super) seq: i64,
    record_id: String,
    invoice_number: String,
    app_id: Option<String>,
    #[sqlx(rename = "type")]
    kind: String,
    status: String,
    amount: i64,
    description: String,
}

/// Records, oldest first, and the descriptions of their lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Walked {
    pub(super) records: Vec<WalkedRow>,
    /// The place of the record, and the description; in the order of the records.
    pub(super) lines: Vec<(i64, String)>,
}

impl Walked {
    /// The records as search sees them, oldest first.
    pub(super) fn entries(&self) -> Result<Vec<Entry<'_>>, Error> {
        let mut lines = self.lines.iter().peekable();
        let mut entries = Vec::with_capacity(self.records.len());
        for record in &self.records {
            let mut texts = vec![record.description.as_str()];
            while let Some((_, text)) = lines.next_if(|line| line.0 == record.seq) {
                texts.push(text);
            }
            entries.push(record.entry(texts)?);
        }
        Ok(entries)
    }
}

impl WalkedRow {
    fn entry<'a>(&'a self, texts: Vec<&'a str>) -> Result<Entry<'a>, Error> {
        let status = RecordStatus::parse(&self.status);
        let corrupt = || Error::corrupt("billing_record", &self.record_id, "status");
        Ok(Entry {
            seq: self.seq,
            record_id: &self.record_id,
            invoice_number: &self.invoice_number,
            app_id: self.app_id.as_deref(),
            kind: &self.kind,
            amount: self.amount,
            status: status.ok_or_else(corrupt)?.code(),
            texts,
        })
    }
}
