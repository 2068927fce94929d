//! Pages of lists, newest row first.
//!
//! A list's rows carry a dense `seq`: 1 for the oldest, the total for the newest. So a page is a
//! range of it, and no row is counted or skipped. A page counts from the newest row; a cursor names
//! the row to go on from, and is not moved by rows that arrive meanwhile.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::fields::{Broken, Fields, Read, Value, Whole};

/// Rows of a page when the request names no number.
pub const PAGE_SIZE_DEFAULT: i64 = 20;

/// The most rows of a page. More may be asked for, and so many are given.
pub const PAGE_SIZE_MAX: i64 = 100;

/// Bytes of a cursor that tell whether it belongs to the list.
const SEAL: usize = 6;

/// What list a cursor belongs to, such as `["records", tenant, app]`. One of another list is
/// refused.
pub type List<'a> = &'a [&'a str];

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    page: i64,
    size: i64,
    /// The `seq` of the newest row that is still to come.
    from: Option<i64>,
}

/// The parameters that [`Paging::read`] reads, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the query, which is read parameter by parameter")]
pub(crate) struct PageParameters {
    /// The page, from 1
    #[param(minimum = 1)]
    page: Option<i64>,
    /// Rows of a page, 1 to 100; larger is 100
    #[param(minimum = 1)]
    page_size: Option<i64>,
    /// `next_cursor` of the page before (extension)
    cursor: Option<String>,
}

/// Rows with `after < seq <= to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeqRange {
    /// The `seq` before the oldest row, at least 0.
    pub after: i64,
    /// The `seq` of the newest row; equal to `after` when there is no row.
    pub to: i64,
}

/// Where a page stands in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageInfo {
    /// The number of the page, from 1. By cursor: the page on which its first row stands.
    #[schema(example = 1)]
    pub page: i64,
    /// The most rows it could have.
    #[schema(example = 20)]
    pub page_size: i64,
    /// Rows of the whole list.
    #[schema(example = 1)]
    pub total: i64,
    /// Pages of the whole list; 0 when it is empty.
    #[schema(example = 1)]
    pub total_pages: i64,
    /// Whether older rows follow.
    #[schema(example = false)]
    pub has_next: bool,
    /// Whether newer rows stand before.
    #[schema(example = false)]
    pub has_prev: bool,
    /// Goes on after this page, whatever arrives meanwhile; null on the last one.
    #[schema(required = true, example = "0000000000000fa0a1b2c3d4e5f6")]
    pub next_cursor: Option<String>,
    /// False when `total` is only the least that there are.
    #[schema(example = true)]
    pub total_is_exact: bool,
}

impl Paging {
    /// Reads `page`, `page_size` and `cursor`. A cursor goes before a page. What is wrong is kept
    /// in the fields.
    pub fn read(fields: &mut Fields<'_>, list: List<'_>) -> Self {
        let paging = Self::read_without_cursor(fields);
        Self { from: fields.optional("cursor", Cursor(list)), ..paging }
    }

    /// Reads `page` and `page_size`.
    pub fn read_without_cursor(fields: &mut Fields<'_>) -> Self {
        let page = fields.optional("page", Whole(1..=i64::MAX)).unwrap_or(1);
        let size = fields.optional("page_size", PageSize).unwrap_or(PAGE_SIZE_DEFAULT);
        Self { page, size, from: None }
    }

    /// The number of the page, from 1.
    pub fn page(self) -> i64 {
        self.page
    }

    /// The most rows of the page, 1 to [`PAGE_SIZE_MAX`].
    pub fn size(self) -> i64 {
        self.size
    }

    /// The `seq` of the newest row that is still to come, when the request came with a cursor.
    pub fn from(self) -> Option<i64> {
        self.from
    }

    /// Rows before the page, when the request came without a cursor. Saturates.
    pub fn skipped(self) -> i64 {
        (self.page - 1).saturating_mul(self.size)
    }

    /// The rows of the page in a list of `total` dense rows.
    pub fn range(self, total: i64) -> SeqRange {
        let to = match self.from {
            Some(seq) => seq.min(total),
            None => total.saturating_sub(self.skipped()).max(0),
        };
        SeqRange { after: (to - self.size).max(0), to }
    }

    /// Describes the page of a list of `total` dense rows.
    pub fn info(self, total: i64, list: List<'_>) -> PageInfo {
        let range = self.range(total);
        let next = (range.after > 0).then_some(range.after);
        let mut info = self.info_of_found(total, true, next, list);
        if self.from.is_some() {
            info.page = (total - range.to) / self.size + 1;
            info.has_prev = range.to < total;
        }
        info
    }

    /// Describes a page of what a search found: `next` is the `seq` to go on from.
    pub fn info_of_found(
        self,
        total: i64,
        total_is_exact: bool,
        next: Option<i64>,
        list: List<'_>,
    ) -> PageInfo {
        PageInfo {
            page: self.page,
            page_size: self.size,
            total,
            total_pages: total.div_euclid(self.size) + i64::from(total % self.size != 0),
            has_next: next.is_some(),
            has_prev: self.page > 1 || self.from.is_some(),
            next_cursor: next.map(|seq| cursor(list, seq)),
            total_is_exact,
        }
    }
}

/// The text of the cursor that goes on with row `seq` of a list.
pub fn cursor(list: List<'_>, seq: i64) -> String {
    let mut bytes = [0; 8 + SEAL];
    bytes[..8].copy_from_slice(&seq.to_be_bytes());
    bytes[8..].copy_from_slice(&seal(list, seq));
    hex::encode(bytes)
}

fn seal(list: List<'_>, seq: i64) -> [u8; SEAL] {
    let mut digest = Sha256::new();
    for part in list {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.update(seq.to_be_bytes());
    let digest = digest.finalize();
    std::array::from_fn(|index| digest[index])
}

/// Reads a page size: larger ones than the largest are the largest.
struct PageSize;

impl Read for PageSize {
    type Out = i64;

    fn read(self, value: Value<'_>) -> Result<i64, Broken> {
        let text = value.text()?;
        let digits = text.trim_start_matches('0');
        if digits.len() > 18 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(PAGE_SIZE_MAX);
        }
        let size = Whole(1..=i64::MAX).read(Value::Text(text))?;
        Ok(size.min(PAGE_SIZE_MAX))
    }
}

/// Reads a cursor of one list.
struct Cursor<'a>(List<'a>);

impl Read for Cursor<'_> {
    type Out = i64;

    fn read(self, value: Value<'_>) -> Result<i64, Broken> {
        let refused = Broken::new("malformed", "must be a `next_cursor` of this list");
        let text = value.text()?;
        let mut bytes = [0; 8 + SEAL];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(|_| refused.clone())?;
        let seq = i64::from_be_bytes(std::array::from_fn(|index| bytes[index]));
        if seq < 1 || cursor(self.0, seq) != text {
            return Err(refused);
        }
        Ok(seq)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::query::Parameters, *};

    const LIST: List<'_> = &["records", "tnt_1"];

    fn read(query: &str) -> Result<Paging, Vec<&'static str>> {
        let mut fields = Fields::of_query(Parameters::parse(query).expect("it is well-formed"));
        let paging = Paging::read(&mut fields, LIST);
        let broken = fields.violations().iter().map(|violation| match &*violation.field {
            "page" => "page",
            "page_size" => "page_size",
            _ => "cursor",
        });
        let broken: Vec<_> = broken.collect();
        if broken.is_empty() { Ok(paging) } else { Err(broken) }
    }

    #[test]
    fn sizes_have_a_default_and_a_most() {
        let sizes = [
            ("", 20),
            ("page_size=", 20),
            ("page_size=1", 1),
            ("page_size=100", 100),
            ("page_size=101", 100),
            ("page_size=99999999999999999999999", 100),
        ];

        for (query, size) in sizes {
            assert_eq!(read(query).expect("it is accepted").size(), size, "{query}");
        }
    }

    #[test]
    fn what_is_no_positive_number_is_refused_and_all_of_it_at_once() {
        for bad in ["0", "-1", "one", "1.0", "1e2", "%2B1", "00000000000000000000", "0x10"] {
            let query = format!("page={bad}&page_size={bad}&cursor={bad}");
            assert_eq!(read(&query), Err(vec!["page", "page_size", "cursor"]), "{query}");
        }
        assert_eq!(read("page=9223372036854775808"), Err(vec!["page"]));
    }

    #[test]
    fn the_largest_page_is_empty_and_overflows_nothing() {
        let paging = read("page=9223372036854775807&page_size=100").expect("it is accepted");

        let info = paging.info(i64::MAX, LIST);

        assert_eq!(paging.range(i64::MAX), SeqRange { after: 0, to: 0 });
        assert_eq!((info.has_next, info.has_prev), (false, true));
        assert_eq!(info.total_pages, i64::MAX / 100 + 1);
    }

    #[test]
    fn an_empty_list_has_no_page() {
        let info = read("").expect("it is accepted").info(0, LIST);

        assert_eq!((info.total, info.total_pages), (0, 0));
        assert_eq!((info.has_next, info.has_prev, info.next_cursor), (false, false, None));
    }

    #[test]
    fn a_cursor_of_another_list_or_a_changed_one_is_refused() {
        let own = cursor(LIST, 41);
        let foreign = cursor(&["records", "tnt_2"], 41);
        let changed = own.replacen('0', "1", 1);

        assert_eq!(read(&format!("cursor={own}")).map(Paging::from), Ok(Some(41)));
        for cursor in [foreign, changed, own.to_uppercase(), own[2..].to_owned()] {
            assert_eq!(read(&format!("cursor={cursor}")), Err(vec!["cursor"]), "{cursor}");
        }
    }

    proptest! {
        #[test]
        fn pages_and_cursors_both_give_every_row_once_newest_first(
            total in 0_i64..500,
            size in 1_i64..=100,
        ) {
            let rows = |range: SeqRange| (range.after + 1..=range.to).rev();
            let mut by_page = Vec::new();
            let mut by_cursor = Vec::new();
            let mut from = None;

            for page in 1..=total / size + 2 {
                let paged = Paging { page, size, from: None };
                let walked = Paging { page: 1, size, from };
                by_page.extend(rows(paged.range(total)));
                by_cursor.extend(rows(walked.range(total)));
                prop_assert_eq!(paged.info(total, LIST).has_next, page * size < total);
                prop_assert_eq!(walked.info(total, LIST).page, page);
                let range = walked.range(total);
                if range.after == 0 {
                    break;
                }
                from = Some(range.after);
            }

            let every: Vec<_> = (1..=total).rev().collect();
            prop_assert_eq!(by_page, every.clone());
            prop_assert_eq!(by_cursor, every);
        }
    }
}
