//! Records for the tests of search: believable ones, arbitrary ones, and a source of chance.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{CHUNK, filter::Entry, seq_at};

/// A record that owns what an [`Entry`] borrows.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) seq: i64,
    pub(super) record_id: String,
    pub(super) invoice_number: String,
    pub(super) app_id: Option<String>,
    pub(super) kind: &'static str,
    pub(super) amount: i64,
    pub(super) status: u8,
    pub(super) texts: Vec<String>,
}

impl Sample {
    pub(super) fn entry(&self) -> Entry<'_> {
        Entry {
            seq: self.seq,
            record_id: &self.record_id,
            invoice_number: &self.invoice_number,
            app_id: self.app_id.as_deref(),
            kind: self.kind,
            amount: self.amount,
            status: self.status,
            texts: self.texts.iter().map(String::as_str).collect(),
        }
    }
}

/// Repeatable chance.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number below `sides`.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

/// A record id of a moment, such as the service gives out: they rise, but for some of one moment.
pub(super) fn record_id(moment: u64, dice: &mut Dice) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let time = (0..10).rev().map(|at| DIGITS[usize::try_from(moment >> (5 * at) & 31).expect("5")]);
    let time: Vec<u8> = time.collect();
    let rest = (0..16).map(|_| DIGITS[dice.roll(32)]);
    let id: Vec<u8> = b"rec_".iter().copied().chain(time).chain(rest).collect();
    String::from_utf8(id).expect("it is ASCII")
}

/// All records of a chunk, as a tenant with several apps would have them, half of them Chinese.
pub(super) fn believable(chunk: i64) -> Vec<Sample> {
    let mut dice = Dice(chunk.cast_unsigned());
    (0..CHUNK)
        .map(|position| {
            let seq = seq_at(chunk, position);
            let serial = seq.cast_unsigned();
            let (description, line) = describe(&mut dice);
            Sample {
                seq,
                record_id: record_id(1_767_225_600_000 + serial * 61_000, &mut dice),
                invoice_number: format!("INV-2026-{serial:06}"),
                app_id: (dice.roll(3) > 0).then(|| format!("app-{}", dice.roll(12))),
                kind: dice.pick(&["subscription", "subscription", "usage", "proration"]),
                amount: i64::try_from(dice.roll(90_000)).expect("small") * 100 + 50_000,
                status: u8::try_from(dice.roll(5)).expect("small"),
                texts: vec![description, line],
            }
        })
        .collect()
}

fn describe(dice: &mut Dice) -> (String, String) {
    let (month, day, units) = (dice.roll(12) + 1, dice.roll(28) + 1, dice.roll(90_000) + 100);
    if dice.roll(2) == 0 {
        let plan = dice.pick(&["Free", "Basic", "Pro", "Enterprise", "Platform"]);
        let what = dice.pick(&["API calls", "storage", "bandwidth", "e-mails", "text messages"]);
        let name = dice.pick(&["Northwind", "Contoso", "Fabrikam", "Tailspin", "Litware"]);
        (
            format!("{plan} plan for {name}, 2026-{month:02}-{day:02}, order {}", dice.roll(9_999)),
            format!("{units} {what} beyond the quota, 20% off"),
        )
    } else {
        let plan = dice.pick(&["免费版", "基础版", "专业版", "企业版", "平台版"]);
        let what = dice.pick(&["接口调用", "存储空间", "带宽", "短信", "邮件"]);
        (
            format!("{plan}订阅（2026年{month}月{day}日） 订单 {}", dice.roll(9_999)),
            format!("超出配额的{what} {units} 次"),
        )
    }
}

/// A record without its place.
#[derive(Clone, Debug)]
struct Template {
    texts: Vec<String>,
    app_id: Option<&'static str>,
    kind: &'static str,
    amount: i64,
    status: u8,
    own_number: Option<String>,
}

fn text() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        3 => "[a-zA-Z]{1,3}",
        3 => "[账单专业版订阅]{1,6}",
        1 => r#"[%_'"\\*?.-]{1,3}"#,
        1 => "[😀🎉👨]{1,2}",
        1 => "[İßΣẞǅéÉ]{1,2}",
        2 => "[0-9]{1,4}",
        1 => "[a-z]{60,90}",
    ];
    let space = select(vec![" ", "  ", "\t", "\n", "\u{a0}", "\u{3000}", "\u{2028}"]);
    vec((token, space), 0..5)
        .prop_map(|tokens| tokens.into_iter().flat_map(|(token, space)| [token, space.to_owned()]))
        .prop_map(Iterator::collect)
}

fn template() -> impl Strategy<Value = Template> {
    (
        vec(text(), 0..4),
        option::of(select(vec!["crm", "CRM", "shop", "a"])),
        select(vec!["subscription", "usage", "proration", "adjustment"]),
        prop_oneof![4 => (-200..5_000_i64).prop_map(|at| at * 100), 1 => any::<i64>()],
        0..16_u8,
        option::weighted(0.1, "[A-Zİ]{0,3}[0-9]{0,20}"),
    )
        .prop_map(|(texts, app_id, kind, amount, status, own_number)| Template {
            texts,
            app_id,
            kind,
            amount,
            status,
            own_number,
        })
}

/// A chunk of records made of a few templates, some of them frequent and some rare.
pub(super) fn corpus() -> impl Strategy<Value = Vec<Sample>> {
    (vec(template(), 1..40), any::<u64>(), 0..3_i64).prop_map(|(templates, seed, chunk)| {
        let mut dice = Dice(seed);
        let start = seed % 2_000_000;
        (0..CHUNK)
            .map(|position| {
                let within = dice.roll(templates.len()) + 1;
                let template = &templates[dice.roll(within)];
                let serial = start + position as u64;
                let number = template.own_number.as_ref();
                Sample {
                    seq: seq_at(chunk, position),
                    record_id: record_id(1_767_225_600_000 + serial / 3, &mut dice),
                    invoice_number: number
                        .map_or(format!("INV-2026-{serial:06}"), |own| format!("{own}{position}")),
                    app_id: template.app_id.map(str::to_owned),
                    kind: template.kind,
                    amount: template.amount,
                    status: template.status,
                    texts: template.texts.clone(),
                }
            })
            .collect()
    })
}
