//! `pdf`: what drawing a document costs a processor.

use std::fs;

use countinghouse::documents::{
    Days, Document, Invoice, Kind, Line, Party, Pricing, Standing, TaxPart, Wording, draw,
};
use countinghouse_core::{
    calendar::Date,
    money::{Amount, Currency, TaxRate, UnitPrice},
};

use crate::{
    Outcome,
    bench::Bench,
    report::{Row, Unit},
    samples::Samples,
};

/// The lines of a document of one page and of many, and what drawing it should take at most, in
/// milliseconds.
const DOCUMENTS: [(&str, u8, f64); 2] = [("one page", 5, 2.0), ("200 lines", 200, 15.0)];

/// How often each is drawn in a round.
const TIMES: u32 = 50;

/// Nanoseconds in a millisecond.
const NANOS: f64 = 1_000_000.0;

pub(super) fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, lines, goal) in DOCUMENTS {
        let document = document(lines)?;
        let size = draw(&document)?.len() / 1_000;
        let mut each = Samples::default();
        for _ in 0..bench.options.rounds {
            let before = on_processor()?;
            for _ in 0..TIMES {
                draw(&document)?;
            }
            each.push((on_processor()? - before) / f64::from(TIMES) / NANOS);
        }
        let row = Row::without_engine(what, each.median(), Unit::Milliseconds);
        rows.push(row.at_most(goal).note(format!("{size} kB")));
    }
    Ok(rows)
}

/// How long this thread has been on a processor, in nanoseconds.
fn on_processor() -> Outcome<f64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(told.split_whitespace().next().ok_or("nothing is told of the thread")?.parse()?)
}

/// An invoice in English and Chinese.
fn document(lines: u8) -> Outcome<Document> {
    let (first, last) = (Date::parse("2026-01-01")?, Date::parse("2026-01-31")?);
    let rate = TaxRate::parse("0.06")?;
    let count = i64::from(lines);
    let line = |number: u8| -> Outcome<Line> {
        Ok(Line {
            description: format!("Professional plan, seat {number} / 专业版席位"),
            service: Some(Days { first, last }),
            quantity: 3,
            unit_price: UnitPrice::parse("33")?,
            rate,
            net: Amount::from_major(99),
        })
    };
    let (net, tax) = (Amount::from_major(99 * count), Amount::from_units(59_400 * count));
    let total = Amount::from_units(net.units() + tax.units());
    let invoice = Invoice {
        due_on: last,
        period: Some(Days { first, last }),
        credit_applied: Amount::ZERO,
        noted: Amount::ZERO,
        paid: Amount::ZERO,
        returned: Amount::ZERO,
        due: total,
        standing: Standing::Due,
    };
    Ok(Document {
        kind: Kind::Invoice(invoice),
        number: "INV-2026-000001".to_owned(),
        wording: Wording::Both,
        seller: Some(party("Countinghouse Ltd.", "1 Ledger Lane\nLondon")),
        buyer: party("Acme 有限公司", "1 Main Street\nShanghai"),
        issued_on: first,
        currency: Currency::CNY,
        pricing: Pricing::BeforeTax,
        lines: (1..=lines).map(line).collect::<Outcome<_>>()?,
        net,
        taxes: vec![TaxPart { rate, net, tax, reason: None }],
        total,
    })
}

fn party(name: &str, address: &str) -> Party {
    let tax_id = Some("91310000MA1FL0000X".to_owned());
    Party { name: name.to_owned(), address: Some(address.to_owned()), tax_id }
}
