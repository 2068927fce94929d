//! Writing and reading the parts of an index: numbers of seven bits a byte, and lengths.

use super::Damaged;

/// The first byte of what this version writes.
const VERSION: u8 = 1;

/// An index to be filled.
pub(super) fn begin() -> Vec<u8> {
    vec![VERSION]
}

/// Appends a number, seven bits a byte, the least first; the last byte has no top bit.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Appends a length or count.
pub(super) fn put_len(out: &mut Vec<u8>, len: usize) {
    put(out, len as u64);
}

/// What is still to be read.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads an index that starts with the version.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Damaged> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(Self(rest)),
            Some(_) => Err(Damaged("it has an unknown version")),
            None => Err(Damaged("it is empty")),
        }
    }

    /// Reads bytes that start with no version.
    pub(super) fn bare(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether everything is read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Damaged("it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Damaged("it is cut off"))?;
        self.0 = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Result<u8, Damaged> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// What [`put`] wrote.
    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if part << shift >> shift != part {
                break;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged("a number is too large"))
    }

    /// What [`put_len`] wrote.
    pub(super) fn len(&mut self) -> Result<usize, Damaged> {
        usize::try_from(self.number()?).map_err(|_| Damaged("a length is too large"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_read_back(numbers: Vec<u64>, shift in 0..64u32) {
            let numbers: Vec<u64> = numbers.iter().map(|number| number >> shift).collect();

            let mut out = begin();
            for number in &numbers {
                put(&mut out, *number);
            }
            let mut reader = Reader::open(&out).expect("it was just written");

            for number in numbers {
                prop_assert_eq!(reader.number(), Ok(number));
            }
            prop_assert!(reader.is_empty());
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        let mut bytes = vec![0xff; 9];
        bytes.push(0x02);

        assert!(Reader::bare(&bytes).number().is_err());
        assert!(Reader::bare(&[0x80; 11]).number().is_err());
    }

    #[test]
    fn another_version_is_refused() {
        assert!(Reader::open(&[]).is_err());
        assert!(Reader::open(&[VERSION + 1, 0]).is_err());
    }
}
