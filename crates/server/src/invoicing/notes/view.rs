//! How the API shows credit notes.

use countinghouse_core::{id::TenantId, money::Amount};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::NoteRow;
use crate::{
    db::Error,
    http::{
        number::{AmountNumber, Number},
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
};

/// A credit note.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoteView {
    /// `CN-…`
    #[schema(example = "CN-2026-000001")]
    credit_note_number: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The invoice that it takes back of.
    #[schema(example = "INV-2026-000001")]
    invoice_number: String,
    /// What it takes back, tax included.
    #[schema(example = 99)]
    amount: AmountNumber,
    /// That without tax (extension).
    #[schema(example = 93.4)]
    net_amount: AmountNumber,
    /// The tax in it (extension).
    #[schema(example = 5.6)]
    tax_amount: AmountNumber,
    /// By how much it lowered what was due (extension).
    #[schema(example = 99)]
    due_lowered: AmountNumber,
    /// How much had been paid, and became credit (extension).
    #[schema(example = 0)]
    credited: AmountNumber,
    /// How much had been paid, and was paid out as a refund (extension).
    #[schema(example = 0)]
    paid_out: AmountNumber,
    /// ISO 4217 (extension).
    #[schema(example = "CNY")]
    currency: String,
    /// Why it was issued.
    #[schema(example = "Service cancellation")]
    reason: String,
    /// `applied` as soon as it is issued, `cancelled` once it is voided.
    #[schema(example = "applied")]
    status: String,
    /// When it was issued, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-04-15T10:00:00Z")]
    issued_at: Timestamp,
    /// When it lowered what was due, or became credit: at once.
    #[schema(value_type = String, example = "2026-04-15T10:00:00Z")]
    applied_at: Timestamp,
    /// When it was voided, if it was (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-04-16T10:00:00Z")]
    cancelled_at: Option<Timestamp>,
}

envelope! {
    /// A credit note in its envelope.
    NoteBody { data: NoteView }
}

envelope! {
    /// A page of credit notes.
    NoteList { items: NoteView }
}

impl TryFrom<NoteRow> for NoteView {
    type Error = Error;

    fn try_from(row: NoteRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("credit_note", &row.number, column);
        let tenant = TenantId::parse(&row.tenant_id).map_err(|_| corrupt("tenant_id"))?;
        let reason = row.why()?;
        let amount = |units| Number(Amount::from_units(units));
        let issued_at = Timestamp(row.issued_at.instant()?);
        Ok(Self {
            tenant_id: TenantText(tenant),
            amount: amount(row.total),
            net_amount: amount(row.net),
            tax_amount: amount(row.tax),
            due_lowered: amount(row.lowered),
            credited: amount(row.returned),
            paid_out: amount(row.paid_out),
            reason: row.remark.unwrap_or_else(|| reason.words().to_owned()),
            issued_at,
            applied_at: issued_at,
            cancelled_at: row.cancelled_at.map(|at| at.instant().map(Timestamp)).transpose()?,
            credit_note_number: row.number,
            invoice_number: row.invoice_number,
            currency: row.currency,
            status: row.status,
        })
    }
}
