//! The invoice numbers of a sealed chunk, as runs.
//!
//! Numbers are given out one after the other, so a chunk is usually one run: `INV-2026-`, the
//! first serial, and how many follow. Which of them begin or end with a word is then arithmetic.
//! A number that fits no run is a run of its own, and one that ends in no digit is kept as it is.

use super::{
    CHUNK, Damaged,
    bits::Bits,
    bytes::{Reader, begin, put, put_len},
    fold::{Word, fold},
};

/// The most digits of a serial. Digits before them belong to the prefix.
const SERIAL_DIGITS: usize = 18;

/// Consecutive numbers: a prefix, and a rising serial of at least `pad` digits. Without digits
/// (`pad` 0) the prefix is the whole number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    start: usize,
    count: usize,
    prefix: Vec<u8>,
    serial: u64,
    pad: usize,
}

/// Adds the records whose invoice number begins with the word or, if the word is digits, ends
/// with it, given the `numbers` of a sealed chunk.
pub fn or_fitting(numbers: &[u8], word: &Word, bits: &mut Bits) -> Result<(), Damaged> {
    let mut reader = Reader::open(numbers)?;
    let mut run = Run { start: 0, count: 0, prefix: Vec::new(), serial: 0, pad: 0 };
    while run.start + run.count < CHUNK {
        run.read_next(&mut reader)?;
        run.or_beginning(word.text().as_bytes(), bits);
        if word.is_digits() {
            run.or_ending(word.text(), bits);
        }
    }
    Ok(())
}

/// Writes the invoice numbers of a chunk, oldest first.
pub(super) fn write<'a>(numbers: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut out = begin();
    let mut written: Vec<u8> = Vec::new();
    let mut run: Option<Run> = None;
    for (start, number) in numbers.enumerate() {
        let next = Run::of_one(start, &fold(number));
        match &mut run {
            Some(run) if run.goes_on_with(&next) => run.count += 1,
            _ => {
                if let Some(ended) = run.replace(next) {
                    ended.write(&mut written, &mut out);
                }
            }
        }
    }
    if let Some(last) = run {
        last.write(&mut written, &mut out);
    }
    out
}

impl Run {
    fn of_one(start: usize, number: &str) -> Self {
        let bytes = number.as_bytes().iter().rev();
        let pad = bytes.take(SERIAL_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
        let (prefix, digits) = number.split_at(number.len() - pad);
        Self { start, count: 1, prefix: prefix.into(), serial: value(digits), pad }
    }

    fn goes_on_with(&self, next: &Self) -> bool {
        let serial = self.serial + self.count as u64;
        self.pad > 0
            && self.prefix == next.prefix
            && next.serial == serial
            && next.pad == self.pad.max(digits(serial))
    }

    /// Writes the run; of the prefix, what differs from the one that was written before.
    fn write(&self, written: &mut Vec<u8>, out: &mut Vec<u8>) {
        let shared = written.iter().zip(&self.prefix).take_while(|(a, b)| a == b).count();
        put_len(out, self.count);
        put_len(out, shared);
        put_len(out, self.prefix.len() - shared);
        out.extend_from_slice(&self.prefix[shared..]);
        put_len(out, self.pad);
        if self.pad > 0 {
            put(out, self.serial);
        }
        written.clone_from(&self.prefix);
    }

    fn read_next(&mut self, reader: &mut Reader<'_>) -> Result<(), Damaged> {
        self.start += self.count;
        self.count = reader.len()?;
        let shared = reader.len()?;
        let rest = reader.len()?;
        self.prefix.truncate(shared);
        self.prefix.extend_from_slice(reader.take(rest)?);
        self.pad = reader.len()?;
        self.serial = if self.pad > 0 { reader.number()? } else { 0 };

        let is_sound = (1..=CHUNK - self.start).contains(&self.count)
            && self.pad <= SERIAL_DIGITS
            && self.serial < scale(SERIAL_DIGITS) - self.count as u64;
        if is_sound { Ok(()) } else { Err(Damaged("a run of numbers is out of bounds")) }
    }

    fn or_beginning(&self, word: &[u8], bits: &mut Bits) {
        if self.prefix.starts_with(word) {
            return bits.insert_range(self.start..self.start + self.count);
        }
        let Some(rest) = word.strip_prefix(self.prefix.as_slice()) else { return };
        let Ok(rest) = str::from_utf8(rest) else { return };
        if self.pad == 0 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        for (width, low, high) in self.widths().filter(|(width, ..)| rest.len() <= *width) {
            let scale = scale(width - rest.len());
            let from = (value(rest) * scale).max(low);
            let to = (value(rest) * scale + (scale - 1)).min(high);
            if from <= to {
                bits.insert_range(self.position(from)..self.position(to) + 1);
            }
        }
    }

    fn or_ending(&self, word: &str, bits: &mut Bits) {
        if self.pad == 0 {
            if self.prefix.ends_with(word.as_bytes()) {
                bits.insert_range(self.start..self.start + self.count);
            }
            return;
        }
        for (width, low, high) in self.widths() {
            let (head, tail) = word.split_at(word.len().saturating_sub(width));
            if !self.prefix.ends_with(head.as_bytes()) {
                continue;
            }
            // Serials that end with the tail lie `step` apart.
            let step = scale(tail.len());
            let first = low - low % step + value(tail);
            let first = if first < low { first + step } else { first };
            let mut serial = first;
            while serial <= high {
                bits.insert(self.position(serial));
                serial += step;
            }
        }
    }

    /// The run cut into parts of equally many digits: how many, the first and the last serial.
    fn widths(&self) -> impl Iterator<Item = (usize, u64, u64)> {
        let last = self.serial + (self.count as u64 - 1);
        let mut next = self.serial;
        std::iter::from_fn(move || {
            let low = next;
            let width = self.pad.max(digits(low));
            let high = last.min(scale(width) - 1);
            next = high + 1;
            (low <= last).then_some((width, low, high))
        })
    }

    fn position(&self, serial: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "a run is no longer than a chunk")]
        let within = (serial - self.serial) as usize;
        self.start + within
    }
}

/// The value of at most 18 digits, 0 for none.
fn value(digits: &str) -> u64 {
    digits.bytes().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

/// How many digits a value has.
fn digits(value: u64) -> usize {
    value.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// 10 to the power of `digits`, which are at most 18.
fn scale(digits: usize) -> u64 {
    (0..digits).fold(1, |scale, _| scale * 10)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::search::fold::Words;

    /// A chunk of numbers: the given ones, and then ones that no word of the tests fits.
    fn chunk(numbers: &[String]) -> Vec<u8> {
        let filler = (numbers.len()..CHUNK).map(|_| "~");
        write(numbers.iter().map(String::as_str).chain(filler))
    }

    fn fitting(numbers: &[u8], word: &str) -> Vec<usize> {
        let words = Words::parse(word).expect("one word");
        let mut bits = Bits::none();
        or_fitting(numbers, words.iter().next().expect("one word"), &mut bits).expect("written");
        let mut positions: Vec<usize> = bits.newest_first().collect();
        positions.reverse();
        positions
    }

    /// A series of numbers from a start, and numbers of their own.
    fn series() -> impl Strategy<Value = Vec<String>> {
        let prefix = "(INV-2026-|İ|9|)";
        let run = (prefix, 0..4_usize, any::<u64>(), 0..64_u32, 1..30_u64).prop_map(
            |(prefix, pad, start, shift, count)| {
                let start = start >> shift;
                let serials = start..start.saturating_add(count);
                serials.map(|serial| format!("{prefix}{serial:0pad$}")).collect()
            },
        );
        let near = (1..6_u32, 1..30_u64).prop_map(|(digits, count)| {
            let end = 10_u64.pow(digits);
            (end.saturating_sub(8)..end + count).map(|at| format!("N{at:03}")).collect()
        });
        prop_oneof![run, near, vec("[a0-9]{0,22}", 1..4)]
    }

    proptest! {
        #[test]
        fn numbers_fit_as_their_text_does(
            parts in vec(series(), 1..4).prop_map(|parts| parts.concat()),
            pick: prop::sample::Index,
            cut in 1..24_usize,
            at_end: bool,
        ) {
            let numbers = &parts[..parts.len().min(CHUNK)];
            let chars: Vec<char> = numbers[pick.index(numbers.len())].chars().collect();
            let cut = cut.min(chars.len());
            let part = if at_end { &chars[chars.len() - cut..] } else { &chars[..cut] };
            let query: String = part.iter().collect();
            let words = Words::parse(&query).expect("a short word");
            prop_assume!(!words.is_empty());
            let word = words.iter().next().expect("one word");

            let plain: Vec<usize> = (0..numbers.len())
                .filter(|at| word.fits_number(&fold(&numbers[*at])))
                .collect();

            prop_assert_eq!(fitting(&chunk(numbers), &query), plain);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, word in "[0-9]{1,20}") {
            let mut bytes = bytes;
            bytes.insert(0, 1);
            let words = Words::parse(&word).expect("one word");
            let mut bits = Bits::none();

            let read = or_fitting(&bytes, words.iter().next().expect("one word"), &mut bits);

            prop_assert!(read.is_err() || bytes.len() > 4);
        }
    }

    #[test]
    fn a_gapless_series_is_one_run() {
        let numbers: Vec<String> =
            (0..CHUNK).map(|at| format!("INV-2026-{:06}", 999_000 + at)).collect();

        let written = chunk(&numbers);

        assert!(written.len() < 24, "{} bytes", written.len());
        assert_eq!(fitting(&written, "inv-2026-999001"), [1]);
        assert_eq!(fitting(&written, "inv-2026-99900").len(), 10);
        assert_eq!(fitting(&written, "inv").len(), CHUNK);
        assert_eq!(fitting(&written, "9063"), [63]);
        assert_eq!(fitting(&written, "2026"), numbers_ending(&numbers, "2026"));
    }

    fn numbers_ending(numbers: &[String], end: &str) -> Vec<usize> {
        (0..numbers.len()).filter(|at| numbers[*at].ends_with(end)).collect()
    }

    #[test]
    fn digits_may_reach_into_the_prefix() {
        let numbers = ["A20267".to_owned(), "A20268".to_owned(), "7".repeat(25)];

        let written = chunk(&numbers);

        assert_eq!(fitting(&written, "20267"), [0]);
        assert_eq!(fitting(&written, "7"), [0, 2]);
        assert_eq!(fitting(&written, &"7".repeat(20)), [2]);
        assert_eq!(fitting(&written, &"7".repeat(26)), []);
    }
}
