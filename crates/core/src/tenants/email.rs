//! Addresses of mail.

/// The most letters of an address (RFC 5321).
const LETTERS_MAX: usize = 254;

/// An address of mail, as far as its shape can tell: something, `@`, and a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// The text is no address of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as billing@example.com, of at most 254 letters")]
pub struct NotAnEmail;

impl Email {
    /// Reads an address, which is kept as it is written.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let is_plain = |part: &str| {
            !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        let labels = domain.split('.').all(|label| !label.is_empty());
        let is_short = text.chars().count() <= LETTERS_MAX;
        if is_plain(local) && !local.contains('@') && is_plain(domain) && labels && is_short {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnEmail)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        let longest = format!("{}@example.com", "a".repeat(LETTERS_MAX - 12));

        for good in ["billing@example.com", "a+b@localhost", "财务@例子.中国", &longest] {
            assert_eq!(Email::parse(good).as_ref().map(Email::as_str), Ok(good));
        }
        let longer = format!("a{longest}");
        for bad in ["", "@", "a", "a@", "@b", "a b@c", "a@b..c", "a@.b", "a@b@c", "a\n@b", &longer]
        {
            assert_eq!(Email::parse(bad), Err(NotAnEmail), "{bad:?}");
        }
    }
}
