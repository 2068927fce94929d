//! Pages of lists whose rows are in the order of a key, such as an id, and carry no dense number.
//!
//! How long such a list is has to be counted, so it is counted up to [`COUNTED_MAX`]; and a page
//! after that many rows is had only by a cursor, which names the last row before it. What is *not*
//! here: the lists of a tenant, whose pages all cost the same ([`paging`](super::paging)).

use sha2::{Digest, Sha256};

use super::{
    fields::{Broken, Fields, Read, Value},
    paging::{List, PageInfo, Paging},
};

/// How far such a list is counted, and how deep its pages go without a cursor.
pub const COUNTED_MAX: i64 = 10_000;

/// Bytes of a cursor that tell whether it belongs to the list.
const SEAL: usize = 6;

/// What is said of a cursor that belongs elsewhere.
const NO_CURSOR: &str = "must be a `next_cursor` of this list";

/// The longest key, in bytes.
const KEY_MAX: usize = 256;

/// Which page of a list is asked for.
#[derive(Clone, Debug)]
pub struct Keyset {
    paging: Paging,
    after: Option<String>,
}

impl Keyset {
    /// Reads `page`, `page_size` and `cursor`. What is wrong is kept in the fields.
    pub fn read(fields: &mut Fields<'_>, list: List<'_>) -> Self {
        let paging = Paging::read_without_cursor(fields);
        let after = fields.optional("cursor", Cursor(list));
        if after.is_none() && paging.skipped() >= COUNTED_MAX {
            let rule =
                format!("must begin within the first {COUNTED_MAX} rows; go on with `cursor`");
            fields.violate("page", "out_of_range", rule);
        }
        Self { paging, after }
    }

    /// The key of the last row before the page, when the request came with a cursor.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// How many rows come before the page, when it came without.
    fn skipped(&self) -> i64 {
        if self.after.is_some() { 0 } else { self.paging.skipped() }
    }

    /// What the last row before the page is known by, read from its key. One that can't be read is
    /// kept in the fields.
    pub fn after_read<T>(
        &self,
        fields: &mut Fields<'_>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let key = self.after()?;
        let place = read(key);
        if place.is_none() {
            fields.violate("cursor", "malformed", NO_CURSOR);
        }
        place
    }

    /// How many rows to leave out, and how many to read then: one more than the page holds, which
    /// tells whether more follow.
    pub fn rows(&self) -> (i64, i64) {
        (self.skipped(), self.size() + 1)
    }

    /// The most rows of the page.
    fn size(&self) -> i64 {
        self.paging.size()
    }

    /// Cuts rows that were read down to the page, and gives its last one if more follow.
    pub fn cut<'a, T>(&self, found: &'a mut Vec<T>) -> Option<&'a T> {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        found.last().filter(|_| more)
    }

    /// Describes the page. `counted` is how many rows there are, counted up to one more than
    /// [`COUNTED_MAX`]; `end` the key of the page's last row, if more follow.
    pub fn info(&self, counted: i64, end: Option<&str>, list: List<'_>) -> PageInfo {
        let (total, is_exact) = (counted.min(COUNTED_MAX), counted <= COUNTED_MAX);
        PageInfo {
            has_next: end.is_some(),
            has_prev: self.paging.page() > 1 || self.after.is_some(),
            next_cursor: end.map(|key| cursor(list, key)),
            ..self.paging.info_of_found(total, is_exact, None, list)
        }
    }
}

/// The text of the cursor that goes on after the row of that key.
fn cursor(list: List<'_>, key: &str) -> String {
    let mut bytes = key.as_bytes().to_vec();
    bytes.extend(seal(list, key));
    hex::encode(bytes)
}

fn seal(list: List<'_>, key: &str) -> [u8; SEAL] {
    let mut digest = Sha256::new();
    for part in list {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.update(key.as_bytes());
    let digest = digest.finalize();
    std::array::from_fn(|place| digest[place])
}

/// Reads a cursor of one list.
struct Cursor<'a>(List<'a>);

impl Read for Cursor<'_> {
    type Out = String;

    fn read(self, value: Value<'_>) -> Result<String, Broken> {
        let refused = Broken::new("malformed", NO_CURSOR);
        let text = value.text()?;
        if text.len() > 2 * (KEY_MAX + SEAL) {
            return Err(refused);
        }
        let bytes = hex::decode(text.as_bytes()).map_err(|_| refused.clone())?;
        let key = bytes.len().checked_sub(SEAL).and_then(|length| bytes.get(..length));
        let key = key.and_then(|key| std::str::from_utf8(key).ok()).ok_or(refused.clone())?;
        if cursor(self.0, key) == text { Ok(key.to_owned()) } else { Err(refused) }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::query::Parameters, *};

    const LIST: List<'_> = &["subscriptions"];

    fn read(query: &str) -> Result<Keyset, usize> {
        let mut fields = Fields::of_query(Parameters::parse(query).expect("it is well-formed"));
        let keyset = Keyset::read(&mut fields, LIST);
        match fields.violations().len() {
            0 => Ok(keyset),
            broken => Err(broken),
        }
    }

    #[test]
    fn a_cursor_goes_on_after_the_last_row_and_belongs_to_its_list() {
        let info = read("page_size=2").expect("it is accepted").info(3, Some("sub_2"), LIST);
        let next = info.next_cursor.expect("more follows");

        let page = read(&format!("page=7&page_size=2&cursor={next}")).expect("it is accepted");

        assert_eq!((page.after(), page.skipped(), page.size()), (Some("sub_2"), 0, 2));
        let foreign = cursor(&["plans"], "sub_2");
        for bad in [foreign, next.to_uppercase(), next[2..].to_owned(), "zz".to_owned()] {
            assert_eq!(read(&format!("cursor={bad}")).err(), Some(1), "{bad}");
        }
    }

    #[test]
    fn pages_go_so_deep_and_no_deeper() {
        assert_eq!(read("page=500&page_size=20").map(|it| it.skipped()).ok(), Some(9_980));
        assert_eq!(read("page=501&page_size=20").err(), Some(1));
    }

    #[test]
    fn what_was_not_counted_to_the_end_is_said_to_be_more() {
        let page = read("").expect("it is accepted");

        let (all, more) = (page.info(10_000, None, LIST), page.info(10_001, Some("a"), LIST));

        assert_eq!((all.total, all.total_is_exact, all.has_next), (10_000, true, false));
        assert_eq!((more.total, more.total_is_exact, more.has_next), (10_000, false, true));
    }
}
