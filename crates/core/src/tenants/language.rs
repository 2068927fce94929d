//! Languages of people.

/// The most characters of a tag (RFC 5646 asks for room for 35).
const TAG_MAX: usize = 35;

/// The most characters of a part of a tag.
const PART_MAX: usize = 8;

/// A language, by a tag of BCP 47 such as `en` or `zh-Hans`; English for who names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(String);

/// The text has not the shape of a language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the tag of a language such as en or zh-Hans")]
pub struct NotALanguage;

impl Language {
    /// Reads a tag, which is kept as it is written.
    pub fn parse(tag: &str) -> Result<Self, NotALanguage> {
        let mut parts = tag.split('-');
        let first = parts.next().unwrap_or_default();
        let is_language =
            (2..=PART_MAX).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
        let are_parts = parts.all(|part| {
            (1..=PART_MAX).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if is_language && are_parts && tag.len() <= TAG_MAX {
            Ok(Self(tag.to_owned()))
        } else {
            Err(NotALanguage)
        }
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_letters_and_then_parts() {
        for good in ["en", "zh-Hans", "zh-Hant-HK", "de-CH-1901", "sl-rozaj-biske"] {
            assert_eq!(Language::parse(good).as_ref().map(Language::as_str), Ok(good));
        }
        let long = format!("en{}", "-abcdefgh".repeat(4));
        for bad in ["", "e", "english-", "-en", "e1", "en--US", "en_US", "en-überall", &long] {
            assert_eq!(Language::parse(bad), Err(NotALanguage), "{bad}");
        }
    }
}
