//! What is sown: documents and changes of credit, one after the other, the same for the same seed.

use countinghouse_core::{
    calendar::{Date, Instant, Period, Zone, date_of, start_of},
    dunning::Policy,
    id::AppId,
    invoicing::{InvoiceKind, PricedLine, RecordType},
    ledger::Source,
    money::Amount,
    subscriptions::Subscription,
};

use super::{
    bills::{self, Clerk},
    words::{self, Language},
};
use crate::{cli::Failure, env::Dice, invoicing::Payment};

/// A document, and the change of credit that comes before it.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// When.
    pub(super) at: Instant,
    /// The change of credit.
    pub(super) credit: Option<PlannedCredit>,
    /// The app.
    pub(super) app: Option<AppId>,
    /// Why it is billed.
    pub(super) kind: InvoiceKind,
    /// What for.
    pub(super) record_type: RecordType,
    /// What for, in words.
    pub(super) description: String,
    /// What, line by line; together above 0.
    pub(super) lines: Vec<PricedLine>,
    /// The period that it bills.
    pub(super) period: Period,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// How it is paid.
    pub(super) method: Option<&'static str>,
}

/// A change of credit.
#[derive(Clone, Debug)]
pub(super) struct PlannedCredit {
    /// Above 0 gives, below takes back.
    pub(super) amount: Amount,
    /// `promo` or `manual_adjust`.
    pub(super) source: Source,
    /// What it is about; names it once in the tenant.
    pub(super) source_id: Option<String>,
    /// Why, in words.
    pub(super) remark: &'static str,
}

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Somebody tells of its payment, or not; credit may pay for it first.
    Billed(Payment, UseOfCredit),
    /// It is withdrawn.
    Void,
}

/// Whether credit pays first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UseOfCredit {
    First,
    Never,
}

/// The time that documents are spread over, and how many they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// Not before.
    pub(super) start: Instant,
    /// Not after.
    pub(super) end: Instant,
    /// How many.
    pub(super) count: u64,
}

/// Writes the documents of one run.
#[derive(Debug)]
pub(super) struct Author {
    dice: Dice,
    spread: Spread,
    next: u64,
    /// The place of the first one in the tenant's list.
    first_seq: u64,
    subscription: Subscription,
    /// The number of the subscription's next period whose invoice is due to be written.
    next_period: u32,
    apps: Vec<AppId>,
}

/// The parts of a second in which documents are spread.
const JITTER: i64 = 1_024;

impl Author {
    /// Begins at the start of `spread`.
    pub(super) fn new(
        dice: Dice,
        spread: Spread,
        first_seq: u64,
        subscription: Subscription,
    ) -> Result<Self, Failure> {
        let apps = words::APPS.iter().map(|app| AppId::parse(app)).collect::<Result<_, _>>();
        let apps = apps.map_err(Failure::because("the apps"))?;
        let next_period = first_period_after(&subscription, spread.start);
        Ok(Self { dice, spread, next: 0, first_seq, subscription, next_period, apps })
    }

    /// The next documents, at most `count`; none when all are written.
    pub(super) fn write(&mut self, count: u64) -> Vec<Planned> {
        let left = self.spread.count - self.next;
        (0..count.min(left)).map(|_| self.document()).collect()
    }

    fn document(&mut self) -> Planned {
        let at = self.instant();
        let credit = self.credit();
        let language = if self.dice.happens(50) { Language::English } else { Language::Chinese };
        let (fate, method) = self.fate();
        self.next += 1;
        if let Some(period) = self.due_period(at) {
            return self.renewal(at, credit, period, language);
        }
        let app = self.app();
        let record_type = self.record_type();
        let period = month_of(at);
        let kind = InvoiceKind::External;
        let mut clerk = Clerk { dice: &mut self.dice, language, month: period };
        let (description, lines) = match record_type {
            RecordType::Subscription => clerk.seats(),
            RecordType::Usage => clerk.usage(),
            RecordType::Proration => clerk.change_of_plan(),
            RecordType::Adjustment => clerk.service(),
        };
        Planned { at, credit, app, kind, record_type, description, lines, period, fate, method }
    }

    /// A moment in the next of the equal parts of the time, so that they never run backwards.
    fn instant(&mut self) -> Instant {
        let Spread { start, end, count } = self.spread;
        let seconds = i128::from(start.seconds_until(end).max(0));
        let parts = i128::from(count) * i128::from(JITTER);
        let part = i128::from(self.next) * i128::from(JITTER)
            + i128::from(self.dice.between(0, JITTER - 1));
        let offset = i64::try_from(seconds * part / parts.max(1)).unwrap_or(0);
        start.plus_seconds(offset).unwrap_or(end)
    }

    /// The subscription's period that begins up to `at` and is not written yet.
    fn due_period(&mut self, at: Instant) -> Option<Period> {
        let it = &self.subscription;
        let period = it.anchor.period(&it.zone, it.cycle, self.next_period).ok()?;
        let is_due = period.start() <= at && period.start() <= it.period.start();
        self.next_period += u32::from(is_due);
        is_due.then_some(period)
    }

    fn renewal(
        &self,
        at: Instant,
        credit: Option<PlannedCredit>,
        period: Period,
        language: Language,
    ) -> Planned {
        let (description, lines) = bills::renewal(&self.subscription, period, language);
        Planned {
            at,
            credit,
            app: None,
            kind: InvoiceKind::Period,
            record_type: RecordType::Subscription,
            description,
            lines,
            period,
            fate: Fate::Billed(Payment::Received, UseOfCredit::First),
            method: Some("bank_transfer"),
        }
    }

    fn credit(&mut self) -> Option<PlannedCredit> {
        if !self.dice.happens(12) {
            return None;
        }
        let language = if self.dice.happens(50) { Language::English } else { Language::Chinese };
        let amount = Amount::from_major(self.dice.between(5, 199));
        let takes_back = self.dice.happens(10);
        let source = if self.dice.happens(60) { Source::Promo } else { Source::ManualAdjust };
        let remark = self.dice.one_of(&words::GIFTS).in_language(language);
        let case = self.first_seq + self.next;
        let source_id = self.dice.happens(30).then(|| format!("case-{case:07}"));
        let amount = if takes_back { amount.checked_neg().unwrap_or(amount) } else { amount };
        Some(PlannedCredit { amount, source, source_id, remark })
    }

    fn fate(&mut self) -> (Fate, Option<&'static str>) {
        let method = self.dice.one_of(&words::METHODS);
        let credit = if self.dice.happens(20) { UseOfCredit::First } else { UseOfCredit::Never };
        match self.dice.between(0, 999) {
            0..895 => (Fate::Billed(Payment::Received, credit), Some(method)),
            895..945 => (Fate::Billed(Payment::Awaited, credit), None),
            945..980 => (Fate::Billed(Payment::Failed(Policy::DEFAULT), credit), Some(method)),
            _ => (Fate::Void, None),
        }
    }

    fn record_type(&mut self) -> RecordType {
        match self.dice.between(0, 99) {
            0..45 => RecordType::Subscription,
            45..80 => RecordType::Usage,
            80..90 => RecordType::Proration,
            _ => RecordType::Adjustment,
        }
    }

    /// Most documents are for an app, and some apps have more than others.
    fn app(&mut self) -> Option<AppId> {
        let app = if self.dice.happens(40) { &self.apps[..4] } else { &self.apps[..] };
        let app = &app[self.dice.place(app.len())];
        self.dice.happens(85).then(|| app.clone())
    }
}

/// The number of the subscription's first period that begins after an instant.
fn first_period_after(it: &Subscription, instant: Instant) -> u32 {
    let is_after = |n: &u32| {
        it.anchor.boundary(&it.zone, it.cycle, *n).map_or(true, |boundary| boundary > instant)
    };
    (1..=u32::MAX).find(is_after).unwrap_or(u32::MAX)
}

/// The month of UTC that an instant is in.
fn month_of(at: Instant) -> Period {
    let day = date_of(at, &Zone::UTC);
    let (next_year, next_month) =
        if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
    let first = |year, month| Date::new(year, month, 1).map(|day| start_of(day, &Zone::UTC));
    let month = first(day.year(), day.month())
        .and_then(|start| Period::new(start, first(next_year, next_month)?));
    month.expect("the clock is before the last month of the calendar")
}
