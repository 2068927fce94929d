//! The wallet service, over HTTP.

use std::time::Duration;

use countinghouse_core::{
    id::{TenantId, UserId},
    money::{Amount, Currency},
    refunds,
};
use futures_util::future::{BoxFuture, FutureExt as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::RequestBuilder;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Held, Payout, Wallet, WalletError};
use crate::{
    config::WalletSettings,
    http::number::{AmountNumber, Number},
};

/// How long an answer may take, its body too.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// The longest name of a payment, in letters.
const TRANSACTION_MAX: usize = 200;

pub(super) struct Service<'a> {
    pub(super) settings: &'a WalletSettings,
    pub(super) client: Option<&'a reqwest::Client>,
}

#[derive(Serialize)]
struct Ask<'a> {
    user_id: &'a str,
    amount: AmountNumber,
    currency: &'a str,
    reference: &'a str,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

/// What it says of a payment. Only its name has to be there, but what is there must be right.
#[derive(Deserialize)]
struct PaidAnswer {
    transaction_id: String,
    user_id: Option<String>,
    amount: Option<Box<RawValue>>,
    currency: Option<String>,
    reference: Option<String>,
}

#[derive(Deserialize)]
struct BalanceAnswer {
    user_id: Option<String>,
    balance: Box<RawValue>,
    frozen_amount: Option<Box<RawValue>>,
    currency: String,
}

impl Wallet for Service<'_> {
    fn refund<'a>(&'a self, payout: &'a Payout) -> BoxFuture<'a, Result<String, WalletError>> {
        let paid = async move {
            let client = self.client.ok_or(WalletError::Unreachable)?;
            let url = format!("{}/internal/wallet/refund", self.settings.url);
            let ask = Ask {
                user_id: payout.user.as_str(),
                amount: Number(payout.amount),
                currency: payout.currency.as_str(),
                reference: &payout.reference,
            };
            let request = client.post(url).header("idempotency-key", &payout.key).json(&ask);
            let body = self.answer(request).await?;
            read_paid(&body, payout).map_err(nonsense)
        };
        paid.boxed()
    }

    fn balance<'a>(
        &'a self,
        _tenant: &'a TenantId,
        user: &'a UserId,
    ) -> BoxFuture<'a, Result<Held, WalletError>> {
        let held = async move {
            let client = self.client.ok_or(WalletError::Unreachable)?;
            let user_id = utf8_percent_encode(user.as_str(), NON_ALPHANUMERIC);
            let url = format!("{}/internal/wallet/balance?user_id={user_id}", self.settings.url);
            let body = self.answer(client.get(url)).await?;
            read_balance(&body, user).map_err(nonsense)
        };
        held.boxed()
    }

    fn identity(&self) -> refunds::Wallet {
        refunds::Wallet::Service(self.settings.name.clone())
    }
}

impl Service<'_> {
    /// The body of an answer that is a success, and not too long.
    async fn answer(&self, request: RequestBuilder) -> Result<Vec<u8>, WalletError> {
        let request = match &self.settings.api_key {
            Some(key) => request.header("x-api-key", key.expose_secret()),
            None => request,
        };
        let mut answer = request.timeout(TIMEOUT).send().await?;
        if !answer.status().is_success() {
            return Err(WalletError::Nonsense(answer.status().to_string()));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_MAX {
                return Err(nonsense("too much"));
            }
        }
        Ok(body)
    }
}

fn nonsense(what: &'static str) -> WalletError {
    WalletError::Nonsense(what.to_owned())
}

/// What a payment is called, if the answer is about it.
fn read_paid(body: &[u8], payout: &Payout) -> Result<String, &'static str> {
    let Answer { data }: Answer<PaidAnswer> =
        serde_json::from_slice(body).map_err(|_| "something that is no payment")?;
    let length = data.transaction_id.chars().count();
    if !(1..=TRANSACTION_MAX).contains(&length) || data.transaction_id.contains('\0') {
        return Err("a payment without a name");
    }
    let says = |said: Option<&str>, asked: &str| said.is_none_or(|said| said == asked);
    let amount = data.amount.as_deref().map(|said| amount(said, payout.currency));
    if amount.is_some_and(|said| said != Some(payout.amount)) {
        return Err("another amount");
    }
    if !says(data.currency.as_deref(), payout.currency.as_str())
        || !says(data.user_id.as_deref(), payout.user.as_str())
        || !says(data.reference.as_deref(), &payout.reference)
    {
        return Err("of another payment");
    }
    Ok(data.transaction_id)
}

fn read_balance(body: &[u8], user: &UserId) -> Result<Held, &'static str> {
    const NONE: &str = "something that is no balance";
    let Answer { data }: Answer<BalanceAnswer> = serde_json::from_slice(body).map_err(|_| NONE)?;
    if data.user_id.is_some_and(|said| said != user.as_str()) {
        return Err("of another user");
    }
    let currency = Currency::parse(&data.currency).map_err(|_| NONE)?;
    let frozen = match &data.frozen_amount {
        Some(said) => amount(said, currency).ok_or(NONE)?,
        None => Amount::ZERO,
    };
    Ok(Held { balance: amount(&data.balance, currency).ok_or(NONE)?, frozen, currency })
}

/// An amount as it was written, a number or a text of one, without a binary float in between.
fn amount(said: &RawValue, currency: Currency) -> Option<Amount> {
    Amount::parse(said.get().trim_matches('"'), currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payout() -> Payout {
        Payout {
            key: "refund-1".to_owned(),
            user: UserId::parse("usr_1").expect("an id"),
            amount: Amount::from_major(99),
            currency: Currency::CNY,
            reference: "ref_1".to_owned(),
        }
    }

    #[test]
    fn only_an_answer_about_the_payment_counts() {
        for good in [
            r#"{"data": {"transaction_id": "txn_1"}}"#,
            r#"{"code": 0, "data": {"transaction_id": "txn_1", "amount": 99.00, "currency": "CNY"}}"#,
            r#"{"data": {"transaction_id": "txn_1", "amount": "99", "user_id": "usr_1", "reference": "ref_1"}}"#,
        ] {
            assert_eq!(read_paid(good.as_bytes(), &payout()), Ok("txn_1".to_owned()), "{good}");
        }
        for bad in [
            "",
            "[]",
            "<html>",
            r#"{"transaction_id": "txn_1"}"#,
            r#"{"data": {}}"#,
            r#"{"data": {"transaction_id": ""}}"#,
            r#"{"data": {"transaction_id": 7}}"#,
            r#"{"data": {"transaction_id": "txn_1", "amount": 98.99}}"#,
            r#"{"data": {"transaction_id": "txn_1", "amount": {}}}"#,
            r#"{"data": {"transaction_id": "txn_1", "currency": "USD"}}"#,
            r#"{"data": {"transaction_id": "txn_1", "user_id": "usr_2"}}"#,
            r#"{"data": {"transaction_id": "txn_1", "reference": "ref_2"}}"#,
        ] {
            assert!(read_paid(bad.as_bytes(), &payout()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_balance_is_read_to_the_cent() {
        let user = UserId::parse("usr_1").expect("an id");
        let good = br#"{"data": {"balance": 500.05, "currency": "CNY", "frozen_amount": "1"}}"#;

        let held = read_balance(good, &user).expect("it is a balance");

        assert_eq!((held.balance.units(), held.frozen), (5_000_500, Amount::from_major(1)));
        let other = br#"{"data": {"balance": 5, "currency": "CNY", "user_id": "usr_2"}}"#;
        assert!(read_balance(other, &user).is_err());
        assert!(
            read_balance(br#"{"data": {"balance": 5.001, "currency": "CNY"}}"#, &user).is_err()
        );
    }
}
