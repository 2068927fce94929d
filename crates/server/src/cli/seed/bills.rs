//! What documents bill, in words and lines.

use countinghouse_core::{
    calendar::{Cycle, Period, Zone, date_of},
    invoicing::PricedLine,
    money::{Amount, UnitPrice},
    subscriptions::Subscription,
};

use super::words::{self, Language, Resource, Words};
use crate::env::Dice;

/// What a document is for in words, and line by line; together above 0.
type Text = (String, Vec<PricedLine>);

/// Writes one document.
pub(super) struct Clerk<'a> {
    /// What is made up.
    pub(super) dice: &'a mut Dice,
    /// In which language.
    pub(super) language: Language,
    /// The month that is billed.
    pub(super) month: Period,
}

const MONTHS: [&str; 12] = [
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

/// What a period of a subscription is billed as.
pub(super) fn renewal(it: &Subscription, period: Period, language: Language) -> Text {
    let name = plan_words(&it.plan).in_language(language);
    let description = match (language, it.cycle) {
        (Language::English, Cycle::Monthly) => format!("{name} Monthly Subscription"),
        (Language::English, Cycle::Yearly) => format!("{name} Yearly Subscription"),
        (Language::Chinese, Cycle::Monthly) => format!("{name}月度订阅"),
        (Language::Chinese, Cycle::Yearly) => format!("{name}年度订阅"),
    };
    let price = UnitPrice::from(it.amount);
    let lines = vec![line(description.clone(), "subscription", 1, price, Some(period))];
    (description, lines)
}

impl Clerk<'_> {
    pub(super) fn seats(&mut self) -> Text {
        let plan = self.dice.one_of(&words::PLANS).in_language(self.language);
        let (seats, price) = (self.dice.between(1, 59), self.price(19, 129));
        let place = self.dice.one_of(&words::PLACES).in_language(self.language);
        let team = self.dice.one_of(&words::TEAMS).in_language(self.language);
        let label = self.month_label();
        let description = match self.language {
            Language::English => format!("{plan} seats, {place} {team}, {label}"),
            Language::Chinese => format!("{plan}席位 {place}{team} {label}"),
        };
        let description = self.with_reference(description);
        let mut lines =
            vec![line(description.clone(), "subscription", seats, price, Some(self.month))];
        if self.dice.happens(30) {
            let words = match self.language {
                Language::English => format!("Priority support, {place}"),
                Language::Chinese => format!("{place}优先支持"),
            };
            let price = self.price(49, 299);
            lines.push(line(words, "support", 1, price, Some(self.month)));
        }
        (description, lines)
    }

    pub(super) fn usage(&mut self) -> Text {
        let count = 1 + self.dice.place(3);
        let first = self.dice.place(words::RESOURCES.len());
        let resources = words::RESOURCES.iter().cycle().skip(first).take(count);
        let label = self.month_label();
        let place = self.dice.one_of(&words::PLACES).in_language(self.language);
        let name = words::RESOURCES[first].words.in_language(self.language);
        let description = match self.language {
            Language::English => format!("Usage above the plan: {name}, {place}, {label}"),
            Language::Chinese => format!("{label}超额用量 {name} {place}区域"),
        };
        let description = self.with_reference(description);
        let lines = resources.map(|it| self.usage_line(it)).collect();
        (description, lines)
    }

    fn usage_line(&mut self, it: &Resource) -> PricedLine {
        let quantity = self.dice.between(it.usual / 4, it.usual * 3).max(1);
        let price = UnitPrice::parse(it.unit_price).unwrap_or(UnitPrice::ZERO);
        let words = match self.language {
            Language::English => {
                format!("{}, {}", it.words.in_language(self.language), self.month_label())
            }
            Language::Chinese => it.words.in_language(self.language).to_owned(),
        };
        line(words, it.name, quantity, price, Some(self.month))
    }

    pub(super) fn change_of_plan(&mut self) -> Text {
        let step = 1 + self.dice.place(words::PLANS.len() - 1);
        let [old, new] = [step - 1, step].map(|it| words::PLANS[it].in_language(self.language));
        let (back, charge) = (self.dice.between(5, 89), self.dice.between(95, 899));
        let [back, charge] = [-back, charge].map(|it| UnitPrice::from(Amount::from_major(it)));
        let (description, unused, remaining) = match self.language {
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
        let description = self.with_reference(description);
        let lines = vec![
            line(remaining, "subscription", 1, charge, Some(self.month)),
            line(unused, "subscription", 1, back, Some(self.month)),
        ];
        (description, lines)
    }

    pub(super) fn service(&mut self) -> Text {
        let service = self.dice.one_of(&words::SERVICES).in_language(self.language);
        let place = self.dice.one_of(&words::PLACES).in_language(self.language);
        let description = match self.language {
            Language::English => format!("{service}, {place}"),
            Language::Chinese => format!("{service} {place}"),
        };
        let description = self.with_reference(description);
        let (hours, price) = (self.dice.between(1, 11), self.price(80, 640));
        let lines = vec![line(service.to_owned(), "service", hours, price, None)];
        (description, lines)
    }

    /// Some documents name the customer's order, so that there are words that occur once.
    fn with_reference(&mut self, description: String) -> String {
        if !self.dice.happens(25) {
            return description;
        }
        let number = self.dice.between(10_000, 999_999);
        match self.language {
            Language::English => format!("{description} (PO-{number})"),
            Language::Chinese => format!("{description} 订单PO-{number}"),
        }
    }

    fn price(&mut self, least: i64, most: i64) -> UnitPrice {
        UnitPrice::from(Amount::from_major(self.dice.between(least, most)))
    }

    fn month_label(&self) -> String {
        let day = date_of(self.month.start(), &Zone::UTC);
        match self.language {
            Language::English => {
                format!("{} {}", MONTHS[usize::from(day.month() - 1)], day.year())
            }
            Language::Chinese => format!("{}年{}月", day.year(), day.month()),
        }
    }
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
    PricedLine { description, resource_type, quantity, unit_price, service, tax: None }
}
