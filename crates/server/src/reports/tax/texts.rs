//! Invoices and lines in the texts that the database puts together.

use countinghouse_core::calendar::Instant;

use crate::db::{Columns, Error};

/// An invoice in a text.
#[derive(Debug)]
pub(super) struct Invoice<'a> {
    pub(super) record: i64,
    pub(super) number: &'a str,
    pub(super) net: i64,
    pub(super) tax: i64,
    pub(super) buyer: &'a str,
    pub(super) at: Instant,
}

/// A line in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) record: i64,
    pub(super) net: i64,
    pub(super) rate: &'a str,
    pub(super) tax: i64,
}

impl<'a> Invoice<'a> {
    /// The next one; none after the last.
    pub(super) fn next(columns: &mut Columns<'a>) -> Result<Option<Self>, Error> {
        if columns.is_empty() {
            return Ok(None);
        }
        let start = columns.start();
        Self::of(columns).map(Some).ok_or_else(|| Error::corrupt("invoice", start, "text"))
    }

    fn of(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            record: columns.whole()?,
            number: columns.word()?,
            net: columns.whole()?,
            tax: columns.whole()?,
            buyer: columns.text()?,
            at: Instant::from_second(columns.whole()?).ok()?,
        })
    }
}

impl<'a> Line<'a> {
    /// The next one; none after the last.
    pub(super) fn next(columns: &mut Columns<'a>) -> Result<Option<Self>, Error> {
        if columns.is_empty() {
            return Ok(None);
        }
        let start = columns.start();
        Self::of(columns).map(Some).ok_or_else(|| Error::corrupt("invoice_line", start, "text"))
    }

    fn of(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            record: columns.whole()?,
            net: columns.whole()?,
            rate: columns.word()?,
            tax: columns.whole()?,
        })
    }
}
