//! What a request asks for.

use std::{fmt::Write as _, ops::RangeInclusive};

use countinghouse_core::{
    calendar::{Date, Instant, end_of, start_of},
    id::{AppId, TenantId},
    invoicing::RecordStatus,
    money::Amount,
    search::{
        filter::Filter,
        fold::{LETTERS_MAX, TooMuch, WORDS_MAX, Word as SearchWord, Words},
        tally::TOTAL_MAX,
    },
};

use super::store;
use crate::{
    db::{Db, Error, Purpose, Tx},
    http::{
        csv::{FORMATS, Format},
        fields::{Broken, Decimal, Fields, Parsed, Read, Value, Word},
        paging::Paging,
        problem::ApiError,
        query::Query,
    },
    tenants,
};

/// The filters of a search, all of which a record must fit.
#[derive(Clone, Debug, Default)]
pub(in crate::invoicing) struct Ask {
    pub(super) app: Option<AppId>,
    pub(super) status: Option<RecordStatus>,
    /// The first instant of `date_from`.
    pub(super) from: Option<Instant>,
    /// The first instant after `date_to`.
    pub(super) before: Option<Instant>,
    min_amount: Option<Amount>,
    max_amount: Option<Amount>,
    words: Words,
    /// The form of the answer.
    pub(in crate::invoicing) format: Format,
    /// The filters in one text, the same for the same filters.
    identity: String,
}

const STATUSES: &[(&str, RecordStatus)] = &[
    ("pending", RecordStatus::Pending),
    ("paid", RecordStatus::Paid),
    ("failed", RecordStatus::Failed),
    ("refunded", RecordStatus::Refunded),
    ("void", RecordStatus::Void),
];

/// Reads a request. A search by dates looks up the tenant's zone.
pub(in crate::invoicing) async fn read(
    db: &Db,
    tenant: &TenantId,
    query: &Query,
) -> Result<(Ask, Paging), ApiError> {
    let mut fields = query.fields()?;
    let dates = (
        fields.optional("date_from", Parsed(Date::parse)),
        fields.optional("date_to", Parsed(Date::parse)),
    );
    let mut ask = Ask {
        app: fields.optional("app_id", Parsed(AppId::parse)),
        status: fields.optional("status", Word(STATUSES)),
        min_amount: fields.optional("min_amount", Decimal(Amount::parse_in_any)),
        max_amount: fields.optional("max_amount", Decimal(Amount::parse_in_any)),
        words: fields.optional("search", Search).unwrap_or_default(),
        format: fields.optional("format", FORMATS).unwrap_or_default(),
        ..Ask::default()
    };
    refuse_empty_ranges(&mut fields, dates, &ask);
    ask.identity = ask.identify(dates);
    let paging = Paging::read(&mut fields, &ask.list(tenant));
    refuse_deep_page(&mut fields, paging);
    fields.finish(())?;
    if dates != (None, None) {
        ask.set_dates(db, tenant, dates).await?;
    }
    Ok((ask, paging))
}

fn refuse_empty_ranges(fields: &mut Fields<'_>, dates: (Option<Date>, Option<Date>), ask: &Ask) {
    if matches!(dates, (Some(from), Some(to)) if from > to) {
        fields.violate("date_to", "out_of_range", "must not be before `date_from`");
    }
    if matches!((ask.min_amount, ask.max_amount), (Some(min), Some(max)) if min > max) {
        fields.violate("max_amount", "out_of_range", "must not be less than `min_amount`");
    }
}

fn refuse_deep_page(fields: &mut Fields<'_>, paging: Paging) {
    let is_deep = paging.skipped().unsigned_abs() >= TOTAL_MAX;
    if paging.from().is_none() && is_deep {
        let rule = format!("must begin within the first {TOTAL_MAX} rows; go on with `cursor`");
        fields.violate("page", "out_of_range", rule);
    }
}

impl Ask {
    /// The list that the cursors of this search belong to.
    pub(in crate::invoicing) fn list<'a>(&'a self, tenant: &'a TenantId) -> [&'a str; 3] {
        ["found records", tenant.as_str(), &self.identity]
    }

    /// Whether what is asked for is a dense list.
    pub(super) fn is_dense(&self) -> bool {
        let has_amount = self.min_amount.is_some() || self.max_amount.is_some();
        self.words.is_empty() && self.status.is_none() && !has_amount
    }

    /// The records that may match, by place: the first is excluded, the last included. The places
    /// are those of the list of `app`, or of the tenant's.
    pub(super) async fn places(
        &self,
        tx: &mut Tx,
        tenant: &str,
        app: Option<&str>,
    ) -> Result<(i64, i64), Error> {
        let count = store::count(tx, tenant, app).await?;
        self.places_of(tx, tenant, app, count).await
    }

    /// Likewise, of a list of `count` records.
    pub(super) async fn places_of(
        &self,
        tx: &mut Tx,
        tenant: &str,
        app: Option<&str>,
        count: i64,
    ) -> Result<(i64, i64), Error> {
        let (mut after, mut to) = (0, count);
        if let Some(from) = self.from {
            after = store::count_before(tx, tenant, app, count, from).await?;
        }
        if let Some(before) = self.before {
            to = store::count_before(tx, tenant, app, count, before).await?;
        }
        Ok((after, to))
    }

    /// The filter, for records at these places of the tenant's list.
    pub(super) fn filter(&self, seqs: RangeInclusive<i64>) -> Filter {
        Filter {
            words: self.words.clone(),
            app_id: self.app.as_ref().map(|app| app.as_str().to_owned()),
            status: self.status.map(RecordStatus::code),
            min_amount: self.min_amount.map(Amount::units),
            max_amount: self.max_amount.map(Amount::units),
            seqs,
        }
    }

    async fn set_dates(
        &mut self,
        db: &Db,
        tenant: &TenantId,
        (from, to): (Option<Date>, Option<Date>),
    ) -> Result<(), Error> {
        let mut tx = db.snapshot(Purpose::Page).await?;
        let zone = tenants::profile(&mut tx, tenant.as_str()).await?.zone;
        tx.rollback().await?;
        self.from = from.map(|date| start_of(date, &zone));
        self.before = to.map(|date| end_of(date, &zone));
        Ok(())
    }

    fn identify(&self, (from, to): (Option<Date>, Option<Date>)) -> String {
        let app = self.app.as_ref().map_or("", AppId::as_str);
        let status = self.status.map_or("", RecordStatus::as_str);
        let (min, max) = (self.min_amount.map(Amount::units), self.max_amount.map(Amount::units));
        let mut text = format!("{app}\n{status}\n{from:?}\n{to:?}\n{min:?}\n{max:?}");
        for word in self.words.iter().map(SearchWord::text) {
            let _always_fits = write!(text, "\n{word}");
        }
        text
    }
}

/// Reads the words to search for.
struct Search;

impl Read for Search {
    type Out = Words;

    fn read(self, value: Value<'_>) -> Result<Words, Broken> {
        Words::parse(&value.text()?).map_err(|too_much| match too_much {
            TooMuch::Letters => {
                Broken::new("too_long", format!("must have at most {LETTERS_MAX} letters"))
            }
            TooMuch::Words => {
                Broken::new("too_many", format!("must have at most {WORDS_MAX} words"))
            }
        })
    }
}
