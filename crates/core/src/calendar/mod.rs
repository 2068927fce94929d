//! Time as a bill sees it: instants, dates, zones, and periods that never drift.
//!
//! An [`Instant`] is a whole second of UTC; a [`Date`] is a day in somebody's [`Zone`]. A
//! subscription's periods come from its [`Anchor`], a local date-time: the n-th boundary is always
//! computed from the anchor itself, never from the boundary before, so the 31st of January is
//! followed by the 28th of February and then by the 31st of March. All intervals are half-open.
//!
//! The rules of the zones are compiled in. Not in here: what time it is, which a caller passes.

mod anchor;
mod cycle;
mod date;
mod instant;
mod month;
mod zone;

pub use anchor::{Anchor, Period, first_period};
pub use cycle::Cycle;
pub use date::{DATE_TEXT_LEN, Date};
pub use instant::{INSTANT_TEXT_LEN, Instant};
pub use month::Month;
pub use zone::{Zone, date_of, days_between, end_of, start_of};

/// Why a text or a computation is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The text is not a date and time with an offset, as RFC 3339 writes it.
    #[error("expected a time such as 2026-04-01T08:30:00Z")]
    NotAnInstant,
    /// The text is not `YYYY-MM-DD`, or there is no such day.
    #[error("expected a date such as 2026-04-01")]
    NotADate,
    /// The text is not `YYYY-MM`, or there is no such month.
    #[error("expected a month such as 2026-04")]
    NotAMonth,
    /// The text is not a local date-time as [`Anchor`] writes it.
    #[error("expected a local time such as 2026-04-01T08:30:00")]
    NotAnAnchor,
    /// No zone of that name is in the IANA time zone database.
    #[error("expected the name of a time zone such as Asia/Shanghai")]
    UnknownZone,
    /// The text names no billing cycle.
    #[error("expected monthly or yearly")]
    NotACycle,
    /// A period would end before it starts, or at once.
    #[error("a period ends after its start")]
    EmptyPeriod,
    /// The time is outside the years 1 to 9999.
    #[error("the time is outside the years 1 to 9999")]
    OutOfRange,
}

/// Writes `value` as decimal digits that fill `place`, zeros in front.
fn write_digits(place: &mut [u8], mut value: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(value % 10).unwrap_or(0)];
        value /= 10;
    }
}

/// Whether `text` has the shape of `pattern`, in which `0` stands for any digit.
fn has_shape(text: &[u8], pattern: &[u8]) -> bool {
    let fits = |(&byte, &place): (&u8, &u8)| match place {
        b'0' => byte.is_ascii_digit(),
        _ => byte.eq_ignore_ascii_case(&place),
    };
    text.len() == pattern.len() && text.iter().zip(pattern).all(fits)
}
