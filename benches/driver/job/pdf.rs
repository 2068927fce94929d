//! `pdf`: what drawing a document costs a processor, and the lists that are read meanwhile.

use std::fs;

use countinghouse::documents::{
    Days, Document, Invoice, Kind, Line, Party, Pricing, Standing, TaxPart, Wording, draw,
};
use countinghouse_core::{
    calendar::Date,
    money::{Amount, Currency, TaxRate, UnitPrice},
};

use super::pages::{CONNECTIONS, any_page};
use crate::{
    Outcome,
    bench::{Bench, tenant},
    client::Connection,
    database::Engine,
    load::{self, Asked},
    report::{Row, Unit},
    request::{Caller, scatter},
    samples::Samples,
};

/// The lines of a document of one page and of many, and what drawing it should take at most, in
/// milliseconds.
const DOCUMENTS: [(&str, u8, f64); 2] = [("one page", 5, 2.0), ("200 lines", 200, 15.0)];

/// How often each is drawn in a round.
const TIMES: u32 = 50;

/// Nanoseconds in a millisecond.
const NANOS: f64 = 1_000_000.0;

/// Documents a second that are drawn beside lists, and how much longer those may take.
const BESIDE: f64 = 16.0;
const GOAL: f64 = 1.2;

/// Invoices that are drawn beside lists.
const DRAWN: u64 = 64;

/// The share of the most pages that are asked for meanwhile.
const SHARE: f64 = 0.3;

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = drawn(bench)?;
    for engine in bench.engines() {
        rows.extend(beside(bench, engine).await?);
    }
    Ok(rows)
}

/// What a document takes in this process.
fn drawn(bench: &Bench) -> Outcome<Vec<Row>> {
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

/// How long pages take alone, and while documents are drawn.
async fn beside(bench: &mut Bench, engine: Engine) -> Outcome<Vec<Row>> {
    let (records, options) = (bench.options.records, bench.options.clone());
    let seeded = bench.seed(engine, records).await?;
    let (service, total) = (seeded.server.address, seeded.total(records));
    let tenant = tenant(records);
    let pages = any_page(&tenant, total)?;
    let caller = Caller::person(&tenant, "member")?;
    let list = caller.get(&format!("/billing/records/{tenant}?page_size={DRAWN}"));
    let list = Connection::open(service).await?.ask(&list).await?.json(200)?;
    let items = list["items"].as_array().ok_or("a page has items")?;
    let numbers = items.iter().map(|it| it["invoice_number"].as_str().map(str::to_owned));
    let numbers: Vec<String> = numbers.collect::<Option<_>>().ok_or("a record has a number")?;
    let count = u64::try_from(numbers.len())?;
    let pdf = Asked::new(200, move |n, request| {
        let number = usize::try_from(scatter(n, count)).ok().and_then(|at| numbers.get(at));
        let number = number.map_or("", String::as_str);
        caller.write_get(&format!("/billing/invoice/{number}/pdf"), request);
    });
    let most = load::closed(&[service], CONNECTIONS, options.warm_up(), &pages).await?.rate();
    let rate = most * SHARE;
    let mut alone = [Samples::default(), Samples::default()];
    let mut shared = [Samples::default(), Samples::default()];
    let mut took = Samples::default();
    for _ in 0..options.rounds {
        let run = load::open(service, rate, options.turn(), &pages).await?;
        let of_pdf = load::open(service, BESIDE, options.turn(), &pdf);
        let of_pages = load::open(service, rate, options.turn(), &pages);
        let (of_pages, of_pdf) = futures_util::future::try_join(of_pages, of_pdf).await?;
        took.push(of_pdf.latencies.percentile(50));
        for (place, percent) in [50, 99].into_iter().enumerate() {
            alone[place].push(run.latencies.percentile(percent));
            shared[place].push(of_pages.latencies.percentile(percent));
        }
    }
    let rows = ["p50", "p99"].into_iter().enumerate().map(|(place, what)| {
        let what = format!("pages beside {BESIDE} documents a second, {what}");
        let row = Row::new(engine, what, shared[place].median(), Unit::Milliseconds);
        let row = row.against("alone", alone[place].median()).at_most(GOAL);
        row.note(format!("{rate:.0} pages/s; a document {:.1} ms", took.median()))
    });
    Ok(rows.collect())
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
