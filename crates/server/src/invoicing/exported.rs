//! All of a tenant's records, newest first, written while they are read.
//!
//! A million records are a few million rows, so what a row costs is what an export costs. Hence the
//! database puts many rows into one text ([`Columns`]), which is written as JSON by hand.

use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    money::{Amount, TaxRate, UnitPrice},
};

use crate::{
    db::{Columns, Error, Stmt, Tx},
    http::stream::{CutOff, Out},
};

/// How many records are in one text. Larger texts cost memory: whoever hands them over has to grow
/// its buffers for them.
const PART: i64 = 128;

/// How many texts are read by one statement: as many as [`RECORDS`] names.
const PARTS: i64 = 8;

/// The records before `$2` and their lines: a row has one text of each, the newest first. They are
/// read backwards along both keys, so that no engine has to sort.
const RECORDS: &str = "WITH part (n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7))
    SELECT (SELECT string_agg(t, ' ') FROM (
        SELECT concat_ws(' ', seq, amount, record_id, invoice_number, COALESCE(app_id, ''), type,
            status, currency, OCTET_LENGTH(description), description, ";
const LINES: &str = ") AS t
        FROM billing_record
        WHERE tenant_id = $1 AND seq >= $2 - (n + 1) * $3 AND seq < $2 - n * $3
        ORDER BY seq DESC
    ) AS r) AS records, (SELECT string_agg(t, ' ') FROM (
        SELECT concat_ws(' ', record_seq, quantity, unit_price, amount, tax_rate, tax_amount,
            OCTET_LENGTH(resource_type), resource_type, OCTET_LENGTH(description), description) AS t
        FROM invoice_line
        WHERE tenant_id = $1 AND record_seq >= $2 - (n + 1) * $3 AND record_seq < $2 - n * $3
        ORDER BY record_seq DESC, line DESC
    ) AS l) AS lines
    FROM part ORDER BY n";

/// Records and their lines, as they were read.
#[derive(Debug, sqlx::FromRow)]
struct Part {
    records: Option<String>,
    lines: Option<String>,
}

#[derive(Debug)]
struct Record<'a> {
    seq: i64,
    amount: Amount,
    id: &'a str,
    number: &'a str,
    app: &'a str,
    kind: &'a str,
    status: &'a str,
    currency: &'a str,
    description: &'a str,
    created_at: Instant,
}

#[derive(Debug)]
struct Line<'a> {
    record: i64,
    quantity: i64,
    unit_price: &'a str,
    amount: Amount,
    tax_rate: &'a str,
    tax_amount: Amount,
    resource_type: &'a str,
    description: &'a str,
}

/// Writes every record of a tenant with its lines, as elements of an array. While some are written,
/// the next ones are read.
pub async fn export(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    let mut below = newest(tx, tenant).await? + 1;
    let mut parts = Vec::new();
    while below > 1 || !parts.is_empty() {
        let next = async { Ok(read(tx, tenant, below).await?) };
        (parts, ()) = futures_util::try_join!(next, write(&parts, tenant, out))?;
        below -= PART * PARTS;
    }
    Ok(())
}

/// The `seq` of a tenant's newest record; 0 if it has none.
pub async fn newest(tx: &mut Tx, tenant: &TenantId) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COALESCE(MAX(seq), 0) FROM billing_record WHERE tenant_id = $1");
    tx.fetch_scalar(stmt.bind(tenant.as_str())).await
}

/// The records before `below`; nothing before the oldest.
async fn read(tx: &mut Tx, tenant: &TenantId, below: i64) -> Result<Vec<Part>, Error> {
    if below <= 1 {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(RECORDS).push_seconds("created_at").push(LINES);
    tx.fetch_all(stmt.bind(tenant.as_str()).bind(below).bind(PART)).await
}

async fn write(parts: &[Part], tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    for part in parts {
        write_part(part, tenant, out).await?;
    }
    Ok(())
}

async fn write_part(part: &Part, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    let mut records = Columns::new(part.records.as_deref().unwrap_or_default());
    let mut lines = Columns::new(part.lines.as_deref().unwrap_or_default());
    let mut next = Line::next(&mut lines)?;
    let mut own = Vec::new();
    while let Some(record) = Record::next(&mut records)? {
        record.open(tenant, out);
        while let Some(line) = next.take_if(|line| line.record == record.seq) {
            own.push(line);
            next = Line::next(&mut lines)?;
        }
        // They were read backwards.
        for (place, line) in own.drain(..).rev().enumerate() {
            out.raw(if place == 0 { "{" } else { ",{" });
            line.write(out)?;
        }
        out.raw("]}");
        out.make_room().await?;
    }
    match next {
        None => Ok(()),
        Some(line) => Err(Error::corrupt("invoice_line", &line.record.to_string(), "record_seq"))?,
    }
}

impl<'a> Record<'a> {
    /// The next one; none after the last.
    fn next(columns: &mut Columns<'a>) -> Result<Option<Self>, Error> {
        if columns.is_empty() {
            return Ok(None);
        }
        let seq = columns.start();
        let record = Self::of(columns);
        record.map(Some).ok_or_else(|| Error::corrupt("billing_record", seq, "text"))
    }

    fn of(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            seq: columns.whole()?,
            amount: Amount::from_units(columns.whole()?),
            id: columns.word()?,
            number: columns.word()?,
            app: columns.word()?,
            kind: columns.word()?,
            status: columns.word()?,
            currency: columns.word()?,
            description: columns.text()?,
            created_at: Instant::from_second(columns.whole()?).ok()?,
        })
    }
}

impl<'a> Line<'a> {
    /// The next one; none after the last.
    fn next(columns: &mut Columns<'a>) -> Result<Option<Self>, Error> {
        if columns.is_empty() {
            return Ok(None);
        }
        let seq = columns.start();
        let line = Self::of(columns);
        line.map(Some).ok_or_else(|| Error::corrupt("invoice_line", seq, "text"))
    }

    fn of(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            record: columns.whole()?,
            quantity: columns.whole()?,
            unit_price: columns.word()?,
            amount: Amount::from_units(columns.whole()?),
            tax_rate: columns.word()?,
            tax_amount: Amount::from_units(columns.whole()?),
            resource_type: columns.text()?,
            description: columns.text()?,
        })
    }
}

impl Record<'_> {
    /// Writes it up to its first line, as [`RecordView`](super::RecordView) shows it.
    fn open(&self, tenant: &TenantId, out: &mut Out) {
        out.element();
        out.raw("{\"record_id\":");
        out.text(self.id);
        out.raw(",\"tenant_id\":");
        out.text(tenant.as_str());
        if !self.app.is_empty() {
            out.raw(",\"app_id\":");
            out.text(self.app);
        }
        out.raw(",\"type\":");
        out.text(self.kind);
        out.raw(",\"status\":");
        out.text(self.status);
        out.raw(",\"amount\":");
        out.amount(self.amount);
        out.raw(",\"currency\":");
        out.text(self.currency);
        out.raw(",\"invoice_number\":");
        out.text(self.number);
        out.raw(",\"description\":");
        out.text(self.description);
        out.raw(",\"created_at\":");
        out.instant(self.created_at);
        out.raw(",\"line_items\":[");
    }
}

impl Line<'_> {
    /// Writes it without its opening brace.
    fn write(&self, out: &mut Out) -> Result<(), Error> {
        let corrupt = |column| Error::corrupt("invoice_line", &self.record.to_string(), column);
        out.raw("\"description\":");
        out.text(self.description);
        out.raw(",\"resource_type\":");
        out.text(self.resource_type);
        out.raw(",\"quantity\":");
        out.whole(self.quantity);
        out.raw(",\"unit_price\":");
        if is_shortest(self.unit_price) {
            out.raw(self.unit_price);
        } else {
            let price = UnitPrice::parse(self.unit_price).map_err(|_| corrupt("unit_price"))?;
            out.raw(&price.to_string());
        }
        out.raw(",\"amount\":");
        out.amount(self.amount);
        out.raw(",\"tax_rate\":");
        if is_shortest(self.tax_rate) {
            out.raw(self.tax_rate);
        } else {
            let rate = TaxRate::parse(self.tax_rate).map_err(|_| corrupt("tax_rate"))?;
            out.raw(&rate.to_string());
        }
        out.raw(",\"tax_amount\":");
        out.amount(self.tax_amount);
        out.raw("}");
        Ok(())
    }
}

/// Whether a text is a decimal as this service writes it, so that it need not be read and written
/// again. It may say no to one that is.
fn is_shortest(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "1"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    text.len() <= 12
        && are_digits(whole)
        && are_digits(fraction)
        && !fraction.ends_with('0')
        && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_taken_apart_whatever_its_letters() {
        let text = "8 3 0.5 15000 0.06 900 3 API 13 调用 超额 7 1 1 1 0 0 4  1 2 0 ";
        let mut columns = Columns::new(text);

        let first = Line::next(&mut columns).expect("it is whole").expect("it is there");
        let second = Line::next(&mut columns).expect("it is whole").expect("it is there");

        assert_eq!((first.record, first.quantity, first.unit_price), (8, 3, "0.5"));
        assert_eq!((first.resource_type, first.description), ("API", "调用 超额"));
        assert_eq!((second.resource_type, second.description), (" 1 2", ""));
        assert!(Line::next(&mut columns).expect("nothing is left").is_none());
    }

    #[test]
    fn what_is_cut_short_or_miscounted_is_corrupt() {
        let whole = "7 3 0.5 15000 0.06 900 3 API 4 used";

        for text in [&whole[..whole.len() - 1], "7", "7 3 0.5 15000 0.06 900 1 调 0 ", " ", "7 x"]
        {
            assert!(Line::next(&mut Columns::new(text)).is_err(), "{text}");
            assert!(Record::next(&mut Columns::new(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_shortest_decimal_is_left_as_it_is() {
        for text in ["0", "7", "0.06", "99.5", "1234567.0001"] {
            assert!(is_shortest(text), "{text}");
        }
        for text in ["", "-0", "00", "07", "1.", ".5", "1.50", "1e3", "+1", "١", "1.5.1", " 1"] {
            assert!(!is_shortest(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_left_as_it_is_reads_back_as_itself(text in "[0-9]{0,9}(\\.[0-9]{0,9})?") {
            prop_assume!(is_shortest(&text));

            prop_assert_eq!(UnitPrice::parse(&text).map(|it| it.to_string()), Ok(text));
        }
    }
}
