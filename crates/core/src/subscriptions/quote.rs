//! Quotes: what a change costs at an instant, to be had for a while.
//!
//! Nothing of a quote is stored. It names the subscription, its version and the instant, and carries
//! a digest of what the change came to; who comes back with it has the change worked out again at
//! that instant, and gets it if the digest is the same. The version moves with every change, so a
//! quote serves once.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use super::Subscription;
use crate::{calendar::Instant, id::SubscriptionId, invoicing::Draft, money::Amount};

/// How long a quote can be had, in seconds.
pub const QUOTE_SECONDS: i64 = 15 * 60;

/// What a quote begins with. Another shape gets another version.
const VERSION: &str = "q1";

/// Bytes of the digest that a quote keeps.
const DIGEST: usize = 16;

/// An offer of a change as it was worked out, written `q1.sub_….<version>.<second>.<digest>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    subscription: SubscriptionId,
    version: i64,
    at: Instant,
    digest: [u8; DIGEST],
}

/// What a change comes to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The subscription after it.
    pub after: &'a Subscription,
    /// Its lines with their tax.
    pub draft: &'a Draft,
    /// What of that is not given back, since it was before.
    pub withheld: Amount,
}

/// A text is no quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a quote as `calculate` gives it")]
pub struct NotAQuote;

/// Why a quote can't be had any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The subscription is another one, or was changed since.
    #[error("the quote is not of the subscription as it is now")]
    Stale,
    /// Its time is over.
    #[error("the quote was to be had until {0}")]
    Expired(Instant),
    /// It is of a time that is still to come.
    #[error("the quote is of {0}, which is still to come")]
    Ahead(Instant),
    /// The change would come to something else.
    #[error("the change would not come to what was quoted")]
    Changed,
}

impl Quote {
    /// Offers a change of `before` at `at`.
    pub fn of(before: &Subscription, at: Instant, outcome: Outcome<'_>) -> Self {
        let digest = outcome.digest();
        Self { subscription: before.id, version: before.version, at, digest }
    }

    /// The instant at which the change is worked out.
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// When it can no longer be had.
    pub fn expires_at(&self) -> Instant {
        self.at.plus_seconds(QUOTE_SECONDS).unwrap_or(self.at)
    }

    /// Whether it is of `subscription` as it is, and still to be had at `now`.
    pub fn check(&self, subscription: &Subscription, now: Instant) -> Result<(), QuoteError> {
        let is_own = (self.subscription, self.version) == (subscription.id, subscription.version);
        if !is_own || self.at < subscription.period.start() {
            return Err(QuoteError::Stale);
        }
        if self.at > now {
            return Err(QuoteError::Ahead(self.at));
        }
        if now > self.expires_at() { Err(QuoteError::Expired(self.expires_at())) } else { Ok(()) }
    }

    /// Whether a change that was worked out at its instant is the one it offers.
    pub fn holds(&self, outcome: Outcome<'_>) -> Result<(), QuoteError> {
        if outcome.digest() == self.digest { Ok(()) } else { Err(QuoteError::Changed) }
    }
}

impl Outcome<'_> {
    /// A digest of plan, cycle, period, every line with its tax, and what is withheld.
    fn digest(&self) -> [u8; DIGEST] {
        let Self { after, draft, withheld } = self;
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text);
        };
        add(&after.plan);
        add(after.cycle.as_str());
        add(&after.period.end().to_string());
        add(draft.currency.as_str());
        add(&withheld.to_string());
        for line in &draft.lines {
            add(&line.priced.description);
            for figure in [line.net.to_string(), line.rate.to_string(), line.tax.to_string()] {
                add(&figure);
            }
        }
        let digest = hasher.finalize();
        std::array::from_fn(|place| digest[place])
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subscription, version, second) =
            (self.subscription, self.version, self.at.as_second());
        write!(f, "{VERSION}.{subscription}.{version}.{second}.")?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Quote {
    type Err = NotAQuote;

    fn from_str(text: &str) -> Result<Self, NotAQuote> {
        let parts: Vec<&str> = text.split('.').collect();
        let [VERSION, subscription, version, second, digest] = parts[..] else {
            return Err(NotAQuote);
        };
        if digest.len() != 2 * DIGEST || !digest.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(NotAQuote);
        }
        let byte = |place: usize| u8::from_str_radix(&digest[2 * place..2 * place + 2], 16);
        let second: i64 = second.parse().map_err(|_| NotAQuote)?;
        Ok(Self {
            subscription: subscription.parse().map_err(|_| NotAQuote)?,
            version: version.parse().map_err(|_| NotAQuote)?,
            at: Instant::from_second(second).map_err(|_| NotAQuote)?,
            digest: std::array::from_fn(|place| byte(place).unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::samples, *};
    use crate::{
        calendar::Cycle,
        money::{Currency, TaxMode, TaxRate},
        subscriptions::period_line,
        tenants::TaxTerms,
    };

    fn offer(before: &Subscription, at: Instant, draft: &Draft) -> Quote {
        let outcome = Outcome { after: before, draft, withheld: Amount::ZERO };
        Quote::of(before, at, outcome)
    }

    fn draft(major: i64) -> Draft {
        let it = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let plan = samples::plan("pro", major, 1);
        let line = period_line(&plan, Cycle::Monthly, plan.monthly_price, it.period);
        let terms = TaxTerms { rate: TaxRate::ZERO, mode: TaxMode::Exclusive };
        Draft::new(vec![line], terms, Currency::CNY).expect("a draft")
    }

    #[test]
    fn a_quote_is_had_for_a_quarter_of_an_hour_and_only_of_what_it_was_made_of() {
        let before = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let at = samples::at("2026-04-16T09:00:00Z");
        let quote = offer(&before, at, &draft(499));
        let later = |seconds| at.plus_seconds(seconds).expect("in range");
        let moved = Subscription { version: 2, ..before.clone() };
        let other = Subscription { id: SubscriptionId::from_parts(0, 2), ..before.clone() };

        assert_eq!(quote.check(&before, at), Ok(()));
        assert_eq!(quote.check(&before, later(900)), Ok(()));
        assert_eq!(quote.check(&before, later(901)), Err(QuoteError::Expired(later(900))));
        assert_eq!(quote.check(&before, later(-1)), Err(QuoteError::Ahead(at)));
        assert_eq!(quote.check(&moved, at), Err(QuoteError::Stale));
        assert_eq!(quote.check(&other, at), Err(QuoteError::Stale));
    }

    #[test]
    fn a_quote_holds_for_the_same_lines_only() {
        let before = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let quote = offer(&before, before.period.start(), &draft(499));
        let dearer = Subscription { plan: "pro".to_owned(), ..before.clone() };

        let holds = |after, draft: &Draft, withheld| {
            quote.holds(Outcome { after, draft, withheld: Amount::from_units(withheld) })
        };
        assert_eq!(holds(&before, &draft(499), 0), Ok(()));
        assert_eq!(holds(&before, &draft(499), 1), Err(QuoteError::Changed));
        assert_eq!(holds(&before, &draft(500), 0), Err(QuoteError::Changed));
        assert_eq!(holds(&dearer, &draft(499), 0), Err(QuoteError::Changed));
    }

    proptest! {
        #[test]
        fn a_quote_reads_back(second in 0..4_000_000_000_i64, version in 1..i64::MAX) {
            let it = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
            let it = Subscription { version, ..it };
            let at = Instant::from_second(second).expect("in range");
            let quote = offer(&it, at, &draft(499));

            prop_assert_eq!(quote.to_string().parse(), Ok(quote));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(q1\\.sub_[0-9A-Z]{26}\\.)?[0-9a-z.]{0,40}") {
            if let Ok(quote) = text.parse::<Quote>() {
                prop_assert_eq!(quote.to_string().parse(), Ok(quote));
            }
        }
    }
}
