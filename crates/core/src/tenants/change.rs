//! Changing a profile.

use super::{Email, Language, Profile};
use crate::{
    calendar::Zone,
    money::{Currency, TaxMode, TaxRate},
};

/// What is to become of a value that may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It goes away.
    Clear,
    /// It is replaced.
    Set(T),
}

/// What a tenant changes of its profile; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The legal name.
    pub legal_name: Edit<String>,
    /// The address.
    pub address: Edit<String>,
    /// The tax number.
    pub tax_id: Edit<String>,
    /// Why no tax is due.
    pub tax_exempt_reason: Edit<String>,
    /// Where mail goes.
    pub email: Edit<Email>,
    /// The rate of every line to come.
    pub tax_rate: Option<TaxRate>,
    /// Whether prices contain tax.
    pub tax_mode: Option<TaxMode>,
    /// The zone of the calendar. A subscription keeps its own until its period ends.
    pub zone: Option<Zone>,
    /// The currency.
    pub currency: Option<Currency>,
    /// The language.
    pub language: Option<Language>,
    /// How many days there are to pay.
    pub due_days: Option<u8>,
}

/// What ties a tenant to a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurrencyTie {
    /// Money was posted in it.
    Posted(Currency),
    /// Its subscription is priced in it.
    Subscribed(Currency),
}

/// A tenant can't have another currency than the one that it is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyTied {
    /// By what was posted.
    #[error("the currency stays {0}: money was posted in it")]
    Posted(Currency),
    /// By a subscription.
    #[error("the currency stays {0}: the tenant has a subscription in it")]
    Subscribed(Currency),
}

impl CurrencyTie {
    /// The currency.
    pub const fn currency(self) -> Currency {
        match self {
            Self::Posted(currency) | Self::Subscribed(currency) => currency,
        }
    }
}

impl<T> Edit<T> {
    fn apply(self, value: &mut Option<T>) {
        match self {
            Self::Keep => (),
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new),
        }
    }
}

impl Profile {
    /// The profile after a change, of a tenant that may be tied to a currency.
    pub fn changed(
        mut self,
        change: ProfileChange,
        tie: Option<CurrencyTie>,
    ) -> Result<Self, CurrencyTied> {
        if let (Some(asked), Some(tie)) = (change.currency, tie)
            && asked != tie.currency()
        {
            return Err(match tie {
                CurrencyTie::Posted(own) => CurrencyTied::Posted(own),
                CurrencyTie::Subscribed(own) => CurrencyTied::Subscribed(own),
            });
        }
        change.legal_name.apply(&mut self.buyer.legal_name);
        change.address.apply(&mut self.buyer.address);
        change.tax_id.apply(&mut self.buyer.tax_id);
        change.tax_exempt_reason.apply(&mut self.buyer.tax_exempt_reason);
        change.email.apply(&mut self.email);
        self.tax.rate = change.tax_rate.unwrap_or(self.tax.rate);
        self.tax.mode = change.tax_mode.unwrap_or(self.tax.mode);
        self.zone = change.zone.unwrap_or(self.zone);
        self.currency = change.currency.or(self.currency);
        self.language = change.language.unwrap_or(self.language);
        self.due_days = change.due_days.unwrap_or(self.due_days);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("it is a currency")
    }

    #[test]
    fn what_is_absent_stays_and_what_is_cleared_goes() {
        let first = ProfileChange {
            legal_name: Edit::Set("Acme".to_owned()),
            address: Edit::Set("1 Main Street".to_owned()),
            due_days: Some(30),
            ..ProfileChange::default()
        };
        let second = ProfileChange {
            address: Edit::Clear,
            tax_mode: Some(TaxMode::Inclusive),
            ..ProfileChange::default()
        };

        let profile = Profile::default().changed(first, None).expect("nothing ties it");
        let profile = profile.changed(second, None).expect("nothing ties it");

        assert_eq!(profile.buyer.legal_name.as_deref(), Some("Acme"));
        assert_eq!(profile.buyer.address, None);
        assert_eq!(profile.due_days, 30);
        assert_eq!(profile.tax.mode, TaxMode::Inclusive);
        assert_eq!(profile.zone, Zone::UTC);
    }

    #[test]
    fn a_tied_currency_can_be_named_but_not_changed() {
        let ask = |code| ProfileChange { currency: Some(currency(code)), ..Default::default() };
        let (cny, usd) = (currency("CNY"), currency("USD"));

        let free = Profile::default().changed(ask("USD"), None);
        let same = Profile::default().changed(ask("USD"), Some(CurrencyTie::Posted(usd)));
        let posted = Profile::default().changed(ask("USD"), Some(CurrencyTie::Posted(cny)));
        let subscribed = Profile::default().changed(ask("USD"), Some(CurrencyTie::Subscribed(cny)));

        assert_eq!(free.map(|it| it.currency), Ok(Some(usd)));
        assert_eq!(same.map(|it| it.currency), Ok(Some(usd)));
        assert_eq!(posted, Err(CurrencyTied::Posted(cny)));
        assert_eq!(subscribed, Err(CurrencyTied::Subscribed(cny)));
    }
}
