//! Who bills and who is billed, as an invoice keeps them for ever: texts of JSON.

use std::borrow::Cow;

use countinghouse_core::tenants::{Buyer, Language, Profile, Seller};
use serde::{Deserialize, Serialize};

use crate::db::Error;

type Text<'a> = Option<Cow<'a, str>>;

#[derive(Serialize, Deserialize)]
struct SellerText<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_id: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct BuyerText<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_name: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_id: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_exempt_reason: Text<'a>,
    language: Cow<'a, str>,
}

/// The text of who bills.
pub(super) fn seller(it: &Seller) -> String {
    let text = SellerText {
        name: it.name.as_deref().map(Cow::Borrowed),
        address: it.address.as_deref().map(Cow::Borrowed),
        tax_id: it.tax_id.as_deref().map(Cow::Borrowed),
    };
    serde_json::to_string(&text).unwrap_or_default()
}

/// The text of who is billed, and in which language.
pub(super) fn buyer(profile: &Profile) -> String {
    let it = &profile.buyer;
    let text = BuyerText {
        legal_name: it.legal_name.as_deref().map(Cow::Borrowed),
        address: it.address.as_deref().map(Cow::Borrowed),
        tax_id: it.tax_id.as_deref().map(Cow::Borrowed),
        tax_exempt_reason: it.tax_exempt_reason.as_deref().map(Cow::Borrowed),
        language: profile.language.as_str().into(),
    };
    serde_json::to_string(&text).unwrap_or_default()
}

/// Reads who bills, on the invoice of that number.
pub(super) fn read_seller(text: &str, number: &str) -> Result<Seller, Error> {
    let read: SellerText<'_> =
        serde_json::from_str(text).map_err(|_| Error::corrupt("invoice", number, "seller"))?;
    let owned = |text: Text<'_>| text.map(Cow::into_owned);
    Ok(Seller { name: owned(read.name), address: owned(read.address), tax_id: owned(read.tax_id) })
}

/// Reads who is billed, and in which language.
pub fn read_buyer(text: &str, number: &str) -> Result<(Buyer, Language), Error> {
    let corrupt = || Error::corrupt("invoice", number, "buyer");
    let read: BuyerText<'_> = serde_json::from_str(text).map_err(|_| corrupt())?;
    let owned = |text: Text<'_>| text.map(Cow::into_owned);
    let buyer = Buyer {
        legal_name: owned(read.legal_name),
        address: owned(read.address),
        tax_id: owned(read.tax_id),
        tax_exempt_reason: owned(read.tax_exempt_reason),
    };
    Ok((buyer, Language::parse(&read.language).map_err(|_| corrupt())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_read_back_as_they_were_and_absent_stays_absent() {
        let full = Seller {
            name: Some("A \"B\" 云".to_owned()),
            address: Some("1\n2".to_owned()),
            tax_id: None,
        };
        let mut profile = Profile::default();
        profile.buyer.tax_exempt_reason = Some("reverse charge".to_owned());
        profile.language = Language::parse("zh-Hans").expect("a tag");

        for it in [full, Seller::default()] {
            assert_eq!(read_seller(&seller(&it), "INV-1").ok(), Some(it));
        }
        let read = read_buyer(&buyer(&profile), "INV-1").ok();
        assert_eq!(read, Some((profile.buyer, profile.language)));
        assert_eq!(seller(&Seller::default()), "{}");
        assert!(read_seller("", "INV-1").is_err());
        assert!(read_buyer("{}", "INV-1").is_err());
    }
}
