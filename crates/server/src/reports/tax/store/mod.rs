//! Exports in the database.

pub(super) mod documents;

use countinghouse_core::{calendar::Zone, id::TaxExportId, money::Currency};

use super::export::{Export, Extent};
use crate::{
    db::{Error, Rows, Stmt, Time, Tx},
    http::{csv::Format, paging::SeqRange},
};

const EXPORT: &[&str] = &[
    "tenant_id",
    "seq",
    "period",
    "period_seq",
    "tax_report_id",
    "format",
    "timezone",
    "starts_at",
    "ends_at",
    "as_of",
    "last_record",
    "last_note",
    "last_transfer",
    "currency",
];

const SELECT: &str = "SELECT seq, period, period_seq, tax_report_id, format, timezone, starts_at,
    ends_at, as_of, last_record, last_note, last_transfer, currency FROM tax_export WHERE tenant_id = $1";

#[derive(sqlx::FromRow)]
struct ExportRow {
    seq: i64,
    period: String,
    period_seq: i64,
    tax_report_id: String,
    format: String,
    timezone: String,
    starts_at: Time,
    ends_at: Time,
    as_of: Time,
    last_record: i64,
    last_note: i64,
    last_transfer: i64,
    currency: String,
}

/// The place of a tenant's last export, or of the last of the same days; 0 if there is none.
pub(super) async fn newest(tx: &mut Tx, tenant: &str, period: Option<&str>) -> Result<i64, Error> {
    let stmt = match period {
        None => Stmt::new("SELECT COALESCE(MAX(seq), 0) FROM tax_export WHERE tenant_id = $1"),
        Some(_) => Stmt::new(
            "SELECT COALESCE(MAX(period_seq), 0) FROM tax_export
             WHERE tenant_id = $1 AND period = $2",
        ),
    };
    tx.fetch_scalar(period.into_iter().fold(stmt.bind(tenant), Stmt::bind)).await
}

/// A tenant's last export of the same days in a format.
pub(super) async fn newest_of(
    tx: &mut Tx,
    tenant: &str,
    period: &str,
    format: Format,
) -> Result<Option<Export>, Error> {
    let stmt =
        Stmt::new(SELECT).push(" AND period = $2 AND format = $3 ORDER BY period_seq DESC LIMIT 1");
    let stmt = stmt.bind(tenant).bind(period).bind(format.as_str());
    let row: Option<ExportRow> = tx.fetch_optional(stmt).await?;
    row.map(Export::try_from).transpose()
}

/// The export of that id.
pub(super) async fn find(
    tx: &mut Tx,
    tenant: &str,
    id: TaxExportId,
) -> Result<Option<Export>, Error> {
    let stmt = Stmt::new(SELECT).push(" AND tax_report_id = $2");
    let row: Option<ExportRow> = tx.fetch_optional(stmt.bind(tenant).bind(id.to_string())).await?;
    row.map(Export::try_from).transpose()
}

/// Some places of a tenant's list, or of that of the same days, newest first.
pub(super) async fn page(
    tx: &mut Tx,
    tenant: &str,
    period: Option<&str>,
    range: SeqRange,
) -> Result<Vec<Export>, Error> {
    let stmt = Stmt::new(SELECT).push(match period {
        None => " AND seq > $2 AND seq <= $3 ORDER BY seq DESC",
        Some(_) => {
            " AND period_seq > $2 AND period_seq <= $3 AND period = $4 ORDER BY period_seq DESC"
        }
    });
    let stmt = stmt.bind(tenant).bind(range.after).bind(range.to);
    let rows: Vec<ExportRow> = tx.fetch_all(period.into_iter().fold(stmt, Stmt::bind)).await?;
    rows.into_iter().map(Export::try_from).collect()
}

/// Enters an export.
pub(super) async fn insert(tx: &mut Tx, tenant: &str, it: &Export) -> Result<(), Error> {
    let mut rows = Rows::new("tax_export", EXPORT);
    rows.push(vec![
        tenant.into(),
        it.seq.into(),
        it.period.as_str().into(),
        it.period_seq.into(),
        it.id.as_str().into(),
        it.format.as_str().into(),
        it.zone.name().into(),
        it.starts_at.into(),
        it.ends_at.into(),
        it.as_of.into(),
        it.extent.record.into(),
        it.extent.note.into(),
        it.extent.transfer.into(),
        it.currency.as_str().into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

impl TryFrom<ExportRow> for Export {
    type Error = Error;

    fn try_from(row: ExportRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("tax_export", &row.tax_report_id, column);
        Ok(Self {
            seq: row.seq,
            period_seq: row.period_seq,
            format: Format::parse(&row.format).ok_or_else(|| corrupt("format"))?,
            zone: Zone::parse(&row.timezone).map_err(|_| corrupt("timezone"))?,
            starts_at: row.starts_at.instant()?,
            ends_at: row.ends_at.instant()?,
            as_of: row.as_of.instant()?,
            extent: Extent {
                record: row.last_record,
                note: row.last_note,
                transfer: row.last_transfer,
            },
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            period: row.period,
            id: row.tax_report_id,
        })
    }
}
