//! A tenant's days: each the sum of what its apps used.

use countinghouse_core::id::TenantId;
use futures_util::{StreamExt as _, stream::BoxStream};

use super::{
    store::{self, DayRow},
    view::UsageDayView,
};
use crate::db::{Error, Tx};

/// The days of a tenant, newest first, read as they are asked for.
pub struct Days<'t> {
    rows: BoxStream<'t, Result<DayRow, Error>>,
    /// The day that is being summed up.
    held: Option<UsageDayView>,
}

/// The days on which a tenant used anything, newest first.
pub fn days<'t>(tx: &'t mut Tx, tenant: &TenantId) -> Result<Days<'t>, Error> {
    Ok(Days { rows: store::days(tx, tenant)?, held: None })
}

impl Days<'_> {
    /// The next day; none after the oldest.
    pub async fn next(&mut self) -> Result<Option<UsageDayView>, Error> {
        while let Some(row) = self.rows.next().await.transpose()? {
            match &mut self.held {
                Some(day) if day.is_of(&row) => day.add(&row),
                held => {
                    if let Some(whole) = held.replace(UsageDayView::new(&row)) {
                        return Ok(Some(whole));
                    }
                }
            }
        }
        Ok(self.held.take())
    }
}
