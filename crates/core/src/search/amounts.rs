//! The amounts of a sealed chunk: the distance of each from the least, in steps that they share.
//!
//! Amounts of one tenant are alike: round in the currency's minor unit and near each other, so two
//! or three bytes a record are usual. A range is turned into steps once and compared with those,
//! and where the least and the largest amount settle it, nothing is read at all.
//!
//! Layout: version, least amount (eight bytes), step (eight bytes), bytes a record, the records.

use super::{
    CHUNK, Damaged,
    bits::Bits,
    bytes::{Reader, begin},
};

/// How many amounts of a chunk lie in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountVerdict {
    /// None of them.
    None,
    /// All of them.
    All,
    /// The amounts have to be looked at.
    Look,
}

/// Judges a range (both ends included, `None` is open) by the least and the largest amount.
pub fn verdict(
    (min, max): (Option<i64>, Option<i64>),
    (least, largest): (i64, i64),
) -> AmountVerdict {
    let (min, max) = (min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
    if largest < min || max < least {
        AmountVerdict::None
    } else if min <= least && largest <= max {
        AmountVerdict::All
    } else {
        AmountVerdict::Look
    }
}

/// The records whose amount lies in a range (both ends included, `None` is open), given the
/// `amounts` of a sealed chunk.
pub fn within(amounts: &[u8], min: Option<i64>, max: Option<i64>) -> Result<Bits, Damaged> {
    let mut reader = Reader::open(amounts)?;
    let least = i64::from_le_bytes(reader.array()?);
    let step = u64::from_le_bytes(reader.array()?);
    let width = usize::from(reader.byte()?);
    if step == 0 || width > 8 {
        return Err(Damaged("amounts have no step or too many bytes"));
    }
    let data = reader.take(width * CHUNK)?;

    let (min, max) = (min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
    if max < least || max < min {
        return Ok(Bits::none());
    }
    let low = if min <= least { 0 } else { min.abs_diff(least).div_ceil(step) };
    let high = max.abs_diff(least) / step;
    Ok(match width {
        0 if low == 0 => Bits::all(),
        0 => Bits::none(),
        1 => scan::<1>(data, low, high),
        2 => scan::<2>(data, low, high),
        3 => scan::<3>(data, low, high),
        4 => scan::<4>(data, low, high),
        5 => scan::<5>(data, low, high),
        6 => scan::<6>(data, low, high),
        7 => scan::<7>(data, low, high),
        _ => scan::<8>(data, low, high),
    })
}

fn scan<const WIDTH: usize>(data: &[u8], low: u64, high: u64) -> Bits {
    let records = data.as_chunks::<WIDTH>().0;
    Bits::of(records.iter(), |record| {
        let mut bytes = [0; 8];
        bytes[..WIDTH].copy_from_slice(record);
        (low..=high).contains(&u64::from_le_bytes(bytes))
    })
}

/// Writes the amounts of a chunk, oldest first.
pub(super) fn write(amounts: &[i64]) -> Vec<u8> {
    let least = amounts.iter().copied().min().unwrap_or(0);
    let step = amounts.iter().fold(0, |step, amount| shared_step(step, amount.abs_diff(least)));
    let step = step.max(1);
    let largest = amounts.iter().map(|amount| amount.abs_diff(least) / step).max().unwrap_or(0);
    let width = 8 - largest.leading_zeros() as usize / 8;

    let mut out = begin();
    out.extend_from_slice(&least.to_le_bytes());
    out.extend_from_slice(&step.to_le_bytes());
    out.extend_from_slice(&width.to_le_bytes()[..1]);
    for amount in amounts {
        let steps = amount.abs_diff(least) / step;
        out.extend_from_slice(&steps.to_le_bytes()[..width]);
    }
    out
}

/// The greatest common divisor; 0 takes no part.
fn shared_step(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// A chunk of amounts that repeats the given ones.
    fn chunk(amounts: &[i64]) -> Vec<i64> {
        amounts.iter().copied().cycle().take(CHUNK).collect()
    }

    fn amounts() -> impl Strategy<Value = Vec<i64>> {
        let near = (0..60_u32, 1..10_000_i64).prop_flat_map(|(bits, step)| {
            vec((0..=(1_i64 << bits)).prop_map(move |at| (at % (1 << 48)) * step), 1..30)
        });
        prop_oneof![near, vec(any::<i64>(), 1..30)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_range_holds_the_amounts_in_it(
            amounts in amounts(),
            picks: [Option<(prop::sample::Index, i8)>; 2],
        ) {
            let all = chunk(&amounts);
            let [min, max] = picks.map(|pick| {
                pick.map(|(index, by)| index.get(&amounts).saturating_add(i64::from(by)))
            });
            let is_in = |amount: &i64| {
                min.is_none_or(|min| min <= *amount) && max.is_none_or(|max| *amount <= max)
            };
            let ends = (*all.iter().min().expect("one"), *all.iter().max().expect("one"));

            let bits = within(&write(&all), min, max).expect("just written");

            prop_assert_eq!(&bits, &Bits::of(all.iter(), is_in));
            match verdict((min, max), ends) {
                AmountVerdict::None => prop_assert!(bits.is_empty()),
                AmountVerdict::All => prop_assert!(bits.is_full()),
                AmountVerdict::Look => {}
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, min: Option<i64>, max: Option<i64>) {
            let read = within(&bytes, min, max);

            prop_assert!(read.is_ok() || bytes.len() < 18 + CHUNK * 8);
        }
    }

    #[test]
    fn amounts_in_whole_cents_take_few_bytes() {
        let prices: Vec<i64> = chunk(&[990_000, 4_990_000, 59_400, 500]);

        assert_eq!(write(&prices).len(), 18 + 2 * CHUNK);
    }

    #[test]
    fn one_amount_takes_none() {
        assert_eq!(write(&chunk(&[990_000])).len(), 18);
    }
}
