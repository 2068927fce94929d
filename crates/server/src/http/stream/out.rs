//! Where a document writes itself: JSON by hand, without a tree or a text of its own for each value.

use std::{
    io::Write as _,
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use countinghouse_core::{
    calendar::{INSTANT_TEXT_LEN, Instant},
    money::{AMOUNT_TEXT_MAX, Amount},
};
use serde::Serialize;
use tokio::{sync::mpsc, time};

use super::{
    super::envelope::{CLOSING, OPENING},
    CHUNK, CutOff, Part,
};

/// Room beyond a chunk for the row that fills it.
const ROW: usize = 8 * 1024;

/// Collects what is written, and hands it to the reader a chunk at a time.
#[derive(Debug)]
pub struct Out {
    buffer: Vec<u8>,
    parts: mpsc::Sender<Part>,
    /// How long the reader may leave a chunk untaken.
    patience: Duration,
    /// Whether the array that is open has an element.
    follows: bool,
    rows: u64,
    /// How many rows the chunks hold that were handed over.
    handed_over: Arc<AtomicU64>,
}

impl Out {
    pub(super) fn new(
        parts: mpsc::Sender<Part>,
        patience: Duration,
        handed_over: Arc<AtomicU64>,
    ) -> Self {
        let buffer = Vec::with_capacity(CHUNK + ROW);
        Self { buffer, parts, patience, follows: false, rows: 0, handed_over }
    }

    /// Begins the envelope and, as its `data`, an object whose first member is `name`.
    pub fn open(&mut self, name: &str, value: &impl Serialize) -> Result<(), CutOff> {
        self.buffer.extend_from_slice(OPENING);
        self.raw(",\"data\":{");
        self.name(name);
        self.value(value)
    }

    /// A further member of the object.
    pub fn member(&mut self, name: &str, value: &impl Serialize) -> Result<(), CutOff> {
        self.raw(",");
        self.name(name);
        self.value(value)
    }

    /// Begins a member that is an array.
    pub fn open_array(&mut self, name: &str) {
        self.raw(",");
        self.name(name);
        self.raw("[");
        self.follows = false;
    }

    /// Comes before each element of the array.
    pub fn element(&mut self) {
        if mem::replace(&mut self.follows, true) {
            self.raw(",");
        }
        self.rows += 1;
    }

    /// Ends the array.
    pub fn close_array(&mut self) {
        self.raw("]");
    }

    /// Ends the object and the envelope. Only now is it JSON.
    pub fn close(&mut self, now: Instant) {
        self.raw("}");
        self.raw(CLOSING);
        self.instant(now);
        self.raw("}");
    }

    /// A piece of JSON as it is.
    pub fn raw(&mut self, json: &str) {
        self.buffer.extend_from_slice(json.as_bytes());
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        if needs_escapes(text) {
            // Writing to memory can't fail, and a string is always JSON.
            let _written = serde_json::to_writer(&mut self.buffer, text);
        } else {
            self.buffer.push(b'"');
            self.raw(text);
            self.buffer.push(b'"');
        }
    }

    /// An amount, as a number.
    pub fn amount(&mut self, amount: Amount) {
        self.raw(amount.write_to(&mut [0; AMOUNT_TEXT_MAX]));
    }

    /// A whole number.
    pub fn whole(&mut self, number: i64) {
        // Writing to memory can't fail.
        let _written = write!(self.buffer, "{number}");
    }

    /// An instant, as a string.
    pub fn instant(&mut self, instant: Instant) {
        self.buffer.push(b'"');
        self.raw(instant.write_to(&mut [0; INSTANT_TEXT_LEN]));
        self.buffer.push(b'"');
    }

    /// Anything.
    pub fn value(&mut self, value: &impl Serialize) -> Result<(), CutOff> {
        Ok(serde_json::to_writer(&mut self.buffer, value)?)
    }

    /// Hands over what is there if it fills a chunk. Called after every row.
    pub async fn make_room(&mut self) -> Result<(), CutOff> {
        if self.buffer.len() < CHUNK { Ok(()) } else { self.flush().await }
    }

    /// Hands over what is there.
    pub async fn flush(&mut self) -> Result<(), CutOff> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK + ROW));
        let sent = self.parts.send(Part::Chunk(Bytes::from(chunk)));
        let taken = time::timeout(self.patience, sent).await;
        taken.map_err(|_| CutOff::ReaderStuck)?.map_err(|_| CutOff::ReaderGone)?;
        self.handed_over.store(self.rows, Ordering::Relaxed);
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.text(name);
        self.raw(":");
    }
}

/// Whether JSON writes a text otherwise than between quotes. No branch depends on a letter, so many
/// are looked at at once.
fn needs_escapes(text: &str) -> bool {
    let special = |byte: u8| matches!(byte, ..b' ' | b'"' | b'\\');
    text.bytes().fold(false, |found, byte| found | special(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Out)) -> String {
        let (parts, _reader) = mpsc::channel(1);
        let mut out = Out::new(parts, Duration::ZERO, Arc::default());
        write(&mut out);
        String::from_utf8(out.buffer).expect("JSON is UTF-8")
    }

    #[test]
    fn a_document_is_an_envelope_around_its_members() {
        let now = Instant::parse("2026-04-01T00:00:00Z").expect("it is an instant");

        let text = written(|out| {
            out.open("user_id", &"usr_1").expect("it can be written");
            for (name, elements) in [("a", 0), ("b", 2)] {
                out.open_array(name);
                for element in 0..elements {
                    out.element();
                    out.whole(element);
                }
                out.close_array();
            }
            out.member("note", &"none").expect("it can be written");
            out.close(now);
        });

        assert_eq!(
            text,
            r#"{"code":0,"message":"success","data":{"user_id":"usr_1","a":[],"b":[0,1],"note":"none"},"timestamp":"2026-04-01T00:00:00Z"}"#
        );
    }

    proptest! {
        #[test]
        fn values_are_written_as_the_serialiser_writes_them(text: String, number: i64) {
            let amount = Amount::from_units(number);

            prop_assert_eq!(written(|out| out.text(&text)), serde_json::to_string(&text).unwrap());
            prop_assert_eq!(written(|out| out.whole(number)), number.to_string());
            prop_assert_eq!(written(|out| out.amount(amount)), amount.to_string());
        }
    }
}
