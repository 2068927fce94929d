//! The words of documents.

use countinghouse_core::tenants::Language;

/// The language of a document's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
    /// English and Chinese, one after the other.
    Both,
}

/// What a document says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Invoice,
    CreditNote,
    BillTo,
    CreditTo,
    TaxId,
    Issued,
    DueOn,
    Period,
    Corrects,
    InvoiceIssued,
    Reason,
    Description,
    Quantity,
    UnitPrice,
    UnitPriceWithTax,
    Tax,
    Amount,
    Subtotal,
    TaxSum,
    Total,
    TotalCredited,
    CreditApplied,
    Noted,
    Paid,
    Returned,
    AmountDue,
    Lowered,
    GivenBack,
    StateDue,
    StateOverdue,
    StatePaid,
    StateRefunded,
    StateVoid,
    StateIssued,
    StateCancelled,
    NoLines,
    CreditOf,
    ReasonProration,
    ReasonCancellation,
    ReasonRollback,
}

impl Wording {
    /// The one for who speaks a language: Chinese for `zh` and its kinds, both for `mul` (several
    /// languages), else English.
    pub fn of(language: &Language) -> Self {
        let tag = language.as_str();
        let first = tag.split('-').next().unwrap_or(tag);
        match first.to_ascii_lowercase().as_str() {
            "zh" => Self::Chinese,
            "mul" => Self::Both,
            _ => Self::English,
        }
    }

    /// The tag of its language, the first one of two.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English | Self::Both => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    /// The words.
    pub(super) fn say(self, label: Label) -> String {
        let (english, chinese) = label.words();
        match self {
            Self::English => english.to_owned(),
            Self::Chinese => chinese.to_owned(),
            Self::Both => format!("{english} {chinese}"),
        }
    }
}

impl Label {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Invoice => ("Invoice", "账单"),
            Self::CreditNote => ("Credit note", "贷项通知单"),
            Self::BillTo => ("Bill to", "付款方"),
            Self::CreditTo => ("Credit to", "收款方"),
            Self::TaxId => ("Tax ID", "税号"),
            Self::Issued => ("Issued", "开具日期"),
            Self::DueOn => ("Due", "到期日"),
            Self::Period => ("Period", "账期"),
            Self::Corrects => ("Corrects invoice", "更正账单"),
            Self::InvoiceIssued => ("Invoice issued", "原账单日期"),
            Self::Reason => ("Reason", "原因"),
            Self::Description => ("Description", "项目"),
            Self::Quantity => ("Qty", "数量"),
            Self::UnitPrice => ("Unit price", "单价"),
            Self::UnitPriceWithTax => ("Unit price incl. tax", "含税单价"),
            Self::Tax => ("Tax", "税率"),
            Self::Amount => ("Amount", "金额"),
            Self::Subtotal => ("Subtotal", "小计"),
            Self::TaxSum => ("Tax", "税额"),
            Self::Total => ("Total", "合计"),
            Self::TotalCredited => ("Total credited", "贷记合计"),
            Self::CreditApplied => ("Credit applied", "余额抵扣"),
            Self::Noted => ("Credit notes", "贷项冲减"),
            Self::Paid => ("Paid", "已付"),
            Self::Returned => ("Given back", "已退还"),
            Self::AmountDue => ("Amount due", "应付金额"),
            Self::Lowered => ("Taken off the invoice", "冲减应付"),
            Self::GivenBack => ("Given back", "退还金额"),
            Self::StateDue => ("Due", "待付款"),
            Self::StateOverdue => ("Overdue", "已逾期"),
            Self::StatePaid => ("Paid", "已付款"),
            Self::StateRefunded => ("Refunded", "已退款"),
            Self::StateVoid => ("Void", "已作废"),
            Self::StateIssued => ("Issued", "已开具"),
            Self::StateCancelled => ("Cancelled", "已取消"),
            Self::CreditOf => ("Credit of invoice", "冲减账单"),
            Self::ReasonProration => ("Change of plan", "变更套餐"),
            Self::ReasonCancellation => ("End of the subscription", "终止订阅"),
            Self::ReasonRollback => ("Undone change of plan", "撤销套餐变更"),
            Self::NoLines => ("Nothing was billed.", "本期无费用。"),
        }
    }
}
