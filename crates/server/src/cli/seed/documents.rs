//! What is sown: documents and changes of credit, one after the other, the same for the same seed.

use countinghouse_core::{
    calendar::{Cycle, Date, Instant, Period, Zone, date_of, start_of},
    id::AppId,
    invoicing::{InvoiceKind, PricedLine, RecordType},
    ledger::Source,
    money::{Amount, UnitPrice},
    subscriptions::Subscription,
};
use rand::{RngExt as _, rngs::StdRng};

use super::words::{self, Language, Resource, Words};
use crate::{cli::Failure, invoicing::Payment};

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
    random: StdRng,
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
const JITTER: u64 = 1_024;

impl Author {
    /// Begins at the start of `spread`. Prices must be ones that [`UnitPrice`] can read.
    pub(super) fn new(
        random: StdRng,
        spread: Spread,
        first_seq: u64,
        subscription: Subscription,
    ) -> Result<Self, Failure> {
        let apps = words::APPS.iter().map(|app| AppId::parse(app)).collect::<Result<_, _>>();
        let apps = apps.map_err(Failure::because("the apps"))?;
        let next_period = first_period_after(&subscription, spread.start);
        Ok(Self { random, spread, next: 0, first_seq, subscription, next_period, apps })
    }

    /// The next documents, at most `count`; none when all are written.
    pub(super) fn write(&mut self, count: u64) -> Vec<Planned> {
        let left = self.spread.count - self.next;
        (0..count.min(left)).map(|_| self.document()).collect()
    }

    fn document(&mut self) -> Planned {
        let at = self.instant();
        let credit = self.credit();
        let language =
            if self.random.random_bool(0.5) { Language::English } else { Language::Chinese };
        let (fate, method) = self.fate();
        self.next += 1;
        if let Some(period) = self.due_period(at) {
            return self.renewal(at, credit, period, language);
        }
        let app = self.app();
        let record_type = self.record_type();
        let month = month_of(at);
        let (description, lines) = match record_type {
            RecordType::Subscription => self.seats(language, month),
            RecordType::Usage => self.usage(language, month),
            RecordType::Proration => self.change_of_plan(language, month),
            RecordType::Adjustment => self.service(language),
        };
        let (kind, period) = (InvoiceKind::External, month);
        Planned { at, credit, app, kind, record_type, description, lines, period, fate, method }
    }

    /// A moment in the next of the equal parts of the time, so that they never run backwards.
    fn instant(&mut self) -> Instant {
        let Spread { start, end, count } = self.spread;
        let seconds = i128::from(start.seconds_until(end).max(0));
        let parts = i128::from(count) * i128::from(JITTER);
        let part = self.next * JITTER + self.random.random_range(0..JITTER);
        let offset = i64::try_from(seconds * i128::from(part) / parts.max(1)).unwrap_or(0);
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
        &mut self,
        at: Instant,
        credit: Option<PlannedCredit>,
        period: Period,
        language: Language,
    ) -> Planned {
        let it = &self.subscription;
        let name = plan_words(&it.plan).in_language(language);
        let description = match (language, it.cycle) {
            (Language::English, Cycle::Monthly) => format!("{name} Monthly Subscription"),
            (Language::English, Cycle::Yearly) => format!("{name} Yearly Subscription"),
            (Language::Chinese, Cycle::Monthly) => format!("{name}月度订阅"),
            (Language::Chinese, Cycle::Yearly) => format!("{name}年度订阅"),
        };
        let price = UnitPrice::from(it.amount);
        Planned {
            at,
            credit,
            app: None,
            kind: InvoiceKind::Period,
            record_type: RecordType::Subscription,
            lines: vec![line(description.clone(), "subscription", 1, price, Some(period))],
            description,
            period,
            fate: Fate::Billed(Payment::Received, UseOfCredit::First),
            method: Some("bank_transfer"),
        }
    }

    fn seats(&mut self, language: Language, month: Period) -> (String, Vec<PricedLine>) {
        let plan = self.one_of(&words::PLANS).in_language(language);
        let (seats, price) = (self.random.random_range(1..60), self.price(19, 129));
        let place = self.one_of(&words::PLACES).in_language(language);
        let team = self.one_of(&words::TEAMS).in_language(language);
        let label = month_label(month, language);
        let description = match language {
            Language::English => format!("{plan} seats, {place} {team}, {label}"),
            Language::Chinese => format!("{plan}席位 {place}{team} {label}"),
        };
        let description = self.with_reference(description, language);
        let mut lines = vec![line(description.clone(), "subscription", seats, price, Some(month))];
        if self.random.random_bool(0.3) {
            let words = match language {
                Language::English => format!("Priority support, {place}"),
                Language::Chinese => format!("{place}优先支持"),
            };
            let price = self.price(49, 299);
            lines.push(line(words, "support", 1, price, Some(month)));
        }
        (description, lines)
    }

    fn usage(&mut self, language: Language, month: Period) -> (String, Vec<PricedLine>) {
        let count = self.random.random_range(1..=3);
        let first = self.random.random_range(0..words::RESOURCES.len());
        let resources = words::RESOURCES.iter().cycle().skip(first).take(count);
        let label = month_label(month, language);
        let place = self.one_of(&words::PLACES).in_language(language);
        let name = words::RESOURCES[first].words.in_language(language);
        let description = match language {
            Language::English => format!("Usage above the plan: {name}, {place}, {label}"),
            Language::Chinese => format!("{label}超额用量 {name} {place}区域"),
        };
        let description = self.with_reference(description, language);
        let lines = resources.map(|it| self.usage_line(it, language, month)).collect();
        (description, lines)
    }

    fn usage_line(&mut self, it: &Resource, language: Language, month: Period) -> PricedLine {
        let quantity = self.random.random_range(it.usual / 4..it.usual * 3).max(1);
        let price = UnitPrice::parse(it.unit_price).unwrap_or(UnitPrice::ZERO);
        let words = match language {
            Language::English => format!("{}, {}", it.words.in_language(language), month.start()),
            Language::Chinese => it.words.in_language(language).to_owned(),
        };
        line(words, it.name, quantity, price, Some(month))
    }

    fn change_of_plan(&mut self, language: Language, month: Period) -> (String, Vec<PricedLine>) {
        let step = self.random.random_range(1..words::PLANS.len());
        let [old, new] = [step - 1, step].map(|it| words::PLANS[it].in_language(language));
        let (back, charge) = (self.random.random_range(5..90), self.random.random_range(95..900));
        let [back, charge] = [-back, charge].map(|it| UnitPrice::from(Amount::from_major(it)));
        let (description, unused, remaining) = match language {
            Language::English => (
                format!("Change of plan from {old} to {new}"),
                format!("Unused time on {old}"),
                format!("Remaining time on {new}"),
            ),
            Language::Chinese => (
                format!("套餐变更：{old} 升级至 {new}"),
                format!("{old}未使用时间抵扣"),
                format!("{new}剩余时间费用"),
            ),
        };
        let description = self.with_reference(description, language);
        let lines = vec![
            line(remaining, "subscription", 1, charge, Some(month)),
            line(unused, "subscription", 1, back, Some(month)),
        ];
        (description, lines)
    }

    fn service(&mut self, language: Language) -> (String, Vec<PricedLine>) {
        let service = self.one_of(&words::SERVICES).in_language(language);
        let place = self.one_of(&words::PLACES).in_language(language);
        let description = match language {
            Language::English => format!("{service}, {place}"),
            Language::Chinese => format!("{service} {place}"),
        };
        let description = self.with_reference(description, language);
        let (hours, price) = (self.random.random_range(1..12), self.price(80, 640));
        let lines = vec![line(service.to_owned(), "service", hours, price, None)];
        (description, lines)
    }

    /// Some documents name the customer's order, so that there are words that occur once.
    fn with_reference(&mut self, description: String, language: Language) -> String {
        if !self.random.random_bool(0.25) {
            return description;
        }
        let number = self.random.random_range(10_000..1_000_000);
        match language {
            Language::English => format!("{description} (PO-{number})"),
            Language::Chinese => format!("{description} 订单PO-{number}"),
        }
    }

    fn credit(&mut self) -> Option<PlannedCredit> {
        if !self.random.random_bool(0.12) {
            return None;
        }
        let language =
            if self.random.random_bool(0.5) { Language::English } else { Language::Chinese };
        let amount = Amount::from_major(self.random.random_range(5..200));
        let takes_back = self.random.random_bool(0.1);
        let source =
            if self.random.random_bool(0.6) { Source::Promo } else { Source::ManualAdjust };
        let remark = self.one_of(&words::GIFTS).in_language(language);
        let case = self.first_seq + self.next;
        let source_id = self.random.random_bool(0.3).then(|| format!("case-{case:07}"));
        let amount = if takes_back { amount.checked_neg().unwrap_or(amount) } else { amount };
        Some(PlannedCredit { amount, source, source_id, remark })
    }

    fn fate(&mut self) -> (Fate, Option<&'static str>) {
        let method = self.one_of(&words::METHODS);
        let credit =
            if self.random.random_bool(0.2) { UseOfCredit::First } else { UseOfCredit::Never };
        match self.random.random_range(0..1_000) {
            0..895 => (Fate::Billed(Payment::Received, credit), Some(method)),
            895..945 => (Fate::Billed(Payment::Awaited, credit), None),
            945..980 => (Fate::Billed(Payment::Failed, credit), Some(method)),
            _ => (Fate::Void, None),
        }
    }

    fn record_type(&mut self) -> RecordType {
        match self.random.random_range(0..100) {
            0..45 => RecordType::Subscription,
            45..80 => RecordType::Usage,
            80..90 => RecordType::Proration,
            _ => RecordType::Adjustment,
        }
    }

    /// Most documents are for an app, and some apps have more than others.
    fn app(&mut self) -> Option<AppId> {
        let place = self.random.random_range(0..10_usize);
        let place = if place < 6 { place } else { place - 6 };
        self.random.random_bool(0.85).then(|| self.apps[place].clone())
    }

    fn price(&mut self, least: i64, most: i64) -> UnitPrice {
        UnitPrice::from(Amount::from_major(self.random.random_range(least..=most)))
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.random.random_range(0..list.len())]
    }
}

/// The number of the subscription's first period that begins after an instant.
fn first_period_after(it: &Subscription, instant: Instant) -> u32 {
    let is_after = |n: &u32| {
        it.anchor.boundary(&it.zone, it.cycle, *n).map_or(true, |boundary| boundary > instant)
    };
    (1..=u32::MAX).find(is_after).unwrap_or(u32::MAX)
}

fn plan_words(plan: &str) -> Words {
    let place = ["basic", "pro", "enterprise", "platform"].iter().position(|name| *name == plan);
    words::PLANS[place.unwrap_or(1)]
}

fn line(
    description: String,
    resource_type: &str,
    quantity: i64,
    unit_price: UnitPrice,
    service: Option<Period>,
) -> PricedLine {
    let resource_type = resource_type.to_owned();
    PricedLine { description, resource_type, quantity, unit_price, service }
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

fn month_label(month: Period, language: Language) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let day = date_of(month.start(), &Zone::UTC);
    match language {
        Language::English => {
            format!("{} {}", NAMES[usize::from(day.month() - 1)], day.year())
        }
        Language::Chinese => format!("{}年{}月", day.year(), day.month()),
    }
}
