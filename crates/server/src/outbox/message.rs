//! What others are told, and how it is written.

use std::fmt::Display;

use countinghouse_core::{
    id::{AppId, SubscriptionId, UsageAlertId},
    invoicing::InvoiceNumber,
    metering::{Channel, Channels, Resource, Threshold},
    money::{Amount, Currency},
};
use serde::{Serialize, Serializer};

use crate::http::{number::Number, text::Timestamp};

/// Something that others are told. It holds nothing personal, since it can never be erased; amounts
/// are written as the API writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Message {
    /// Whoever collects payments is asked to try. The answer comes as a payment's record.
    PaymentRequested {
        /// For which subscription, if it is for one.
        #[serde(serialize_with = "as_text_if_any", skip_serializing_if = "Option::is_none")]
        subscription_id: Option<SubscriptionId>,
        /// For which invoice.
        #[serde(serialize_with = "as_text")]
        invoice_number: InvoiceNumber,
        /// Which attempt at it this is; 0 is the first.
        attempt: u32,
        /// Why it is asked for now.
        reason: RequestReason,
        /// What is to be paid; the answer must name the same amount.
        amount_due: Number<Amount>,
        /// In which currency.
        #[serde(serialize_with = "as_text")]
        currency: Currency,
        /// When it is or was due.
        due_at: Timestamp,
    },
    /// Nothing is to be collected any more, although nothing was paid. What was requested for the
    /// invoice counts no more.
    PaymentWithdrawn {
        /// For which subscription, if it was for one.
        #[serde(serialize_with = "as_text_if_any", skip_serializing_if = "Option::is_none")]
        subscription_id: Option<SubscriptionId>,
        /// For which invoice.
        #[serde(serialize_with = "as_text")]
        invoice_number: InvoiceNumber,
        /// The last attempt at it that was requested.
        attempt: u32,
        /// Why.
        reason: WithdrawalReason,
    },
    /// A trial ends soon, and a paid period follows.
    TrialWillEnd {
        /// Of which subscription.
        #[serde(serialize_with = "as_text")]
        subscription_id: SubscriptionId,
        /// To which plan.
        plan_id: String,
        /// When it ends.
        trial_end: Timestamp,
        /// What the first paid period costs, before tax and credit.
        amount: Number<Amount>,
        /// In which currency.
        #[serde(serialize_with = "as_text")]
        currency: Currency,
    },
    /// A period is renewed soon, and invoiced.
    InvoiceUpcoming {
        /// Of which subscription.
        #[serde(serialize_with = "as_text")]
        subscription_id: SubscriptionId,
        /// To which plan.
        plan_id: String,
        /// When the next period begins.
        period_start: Timestamp,
        /// What it costs, before tax and credit.
        amount: Number<Amount>,
        /// In which currency.
        #[serde(serialize_with = "as_text")]
        currency: Currency,
    },
    /// So much of a limit is used that people are to be told. What they called the alert is not said:
    /// it is free text.
    UsageAlert {
        /// Which alert fired.
        #[serde(serialize_with = "as_text")]
        alert_id: UsageAlertId,
        /// Of what so much is used.
        #[serde(serialize_with = "as_text")]
        resource_type: Resource,
        /// By which app; by all of the tenant's together without one.
        #[serde(serialize_with = "as_text_if_any", skip_serializing_if = "Option::is_none")]
        app_id: Option<AppId>,
        /// At how many per cent of the limit it fires.
        #[serde(serialize_with = "as_percent")]
        threshold_percent: Threshold,
        /// How much is used.
        used: i64,
        /// Of how much.
        limit: i64,
        /// When the period began that the limit is for.
        period_start: Timestamp,
        /// When that ends.
        period_end: Timestamp,
        /// Where people are to be told.
        #[serde(serialize_with = "as_list")]
        channels: Channels,
    },
}

/// Why a payment is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestReason {
    /// It is to be tried, or tried again.
    Attempt,
    /// Another amount is due than was requested. It is no attempt of its own.
    AmountChanged,
}

/// Why a payment is not to be collected any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalReason {
    /// Credit notes took back all that was due.
    Credited,
    /// The invoice was voided.
    Voided,
}

/// What a message tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A payment is to be collected.
    PaymentRequested,
    /// A payment is not to be collected any more.
    PaymentWithdrawn,
    /// A trial ends soon.
    TrialWillEnd,
    /// A period is renewed soon.
    InvoiceUpcoming,
    /// So much of a limit is used that people are to be told.
    UsageAlert,
}

impl Message {
    /// What it tells of.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::PaymentRequested { .. } => MessageKind::PaymentRequested,
            Self::PaymentWithdrawn { .. } => MessageKind::PaymentWithdrawn,
            Self::TrialWillEnd { .. } => MessageKind::TrialWillEnd,
            Self::InvoiceUpcoming { .. } => MessageKind::InvoiceUpcoming,
            Self::UsageAlert { .. } => MessageKind::UsageAlert,
        }
    }
}

impl MessageKind {
    /// Its name on the wire and in the store, which never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentRequested => "payment.requested",
            Self::PaymentWithdrawn => "payment.withdrawn",
            Self::TrialWillEnd => "trial.will_end",
            Self::InvoiceUpcoming => "invoice.upcoming",
            Self::UsageAlert => "usage.alert",
        }
    }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::ref_option, reason = "the serialiser hands a reference to the member")]
fn as_text_if_any<S: Serializer>(
    value: &Option<impl Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serialiser hands a reference")]
fn as_percent<S: Serializer>(value: &Threshold, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(value.percent())
}

fn as_list<S: Serializer>(value: &Channels, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(value.iter().map(Channel::as_str))
}

#[cfg(test)]
mod tests {
    use countinghouse_core::calendar::Instant;

    use super::*;

    #[test]
    fn money_in_a_message_is_an_exact_number() {
        let message = Message::PaymentRequested {
            subscription_id: Some(SubscriptionId::from_parts(1_775_032_200_000, 42)),
            invoice_number: InvoiceNumber { year: 2026, serial: 1 },
            attempt: 2,
            reason: RequestReason::Attempt,
            amount_due: Number(Amount::from_units(4_989_900)),
            currency: Currency::CNY,
            due_at: Timestamp(Instant::parse("2026-04-15T08:30:00Z").expect("an instant")),
        };

        let written = serde_json::to_string(&message).expect("it is JSON");

        assert_eq!(message.kind().as_str(), "payment.requested");
        assert_eq!(
            written,
            r#"{"subscription_id":"sub_01KN42KTT0000000000000001A","invoice_number":"INV-2026-000001","attempt":2,"reason":"attempt","amount_due":498.99,"currency":"CNY","due_at":"2026-04-15T08:30:00Z"}"#
        );
    }

    #[test]
    fn a_withdrawal_names_the_invoice_and_why() {
        let message = Message::PaymentWithdrawn {
            subscription_id: None,
            invoice_number: InvoiceNumber { year: 2026, serial: 1 },
            attempt: 0,
            reason: WithdrawalReason::Voided,
        };

        let written = serde_json::to_string(&message).expect("it is JSON");

        assert_eq!(message.kind().as_str(), "payment.withdrawn");
        assert_eq!(
            written,
            r#"{"invoice_number":"INV-2026-000001","attempt":0,"reason":"voided"}"#
        );
    }

    #[test]
    fn an_alert_says_how_much_of_which_limit_is_used_and_where_to_tell_it() {
        let at = |text| Timestamp(Instant::parse(text).expect("an instant"));
        let message = |resource_type, app_id, used, channels| Message::UsageAlert {
            alert_id: UsageAlertId::from_parts(1_775_032_200_000, 42),
            resource_type,
            app_id,
            threshold_percent: Threshold::new(80).expect("a threshold"),
            used,
            limit: 100_000,
            period_start: at("2026-04-01T08:30:00Z"),
            period_end: at("2026-05-01T08:30:00Z"),
            channels: Channels::parse(channels).expect("channels"),
        };
        let of_app =
            message(Resource::ApiCalls, AppId::parse("app_1").ok(), 80_000, "in_app,email");
        let of_all = message(Resource::Sms, None, i64::MAX, "webhook");

        let written = [of_app.clone(), of_all].map(|it| serde_json::to_string(&it).expect("JSON"));

        assert_eq!(of_app.kind().as_str(), "usage.alert");
        assert_eq!(
            written[0],
            r#"{"alert_id":"ua_01KN42KTT0000000000000001A","resource_type":"api_calls","app_id":"app_1","threshold_percent":80,"used":80000,"limit":100000,"period_start":"2026-04-01T08:30:00Z","period_end":"2026-05-01T08:30:00Z","channels":["in_app","email"]}"#
        );
        assert_eq!(
            written[1],
            r#"{"alert_id":"ua_01KN42KTT0000000000000001A","resource_type":"sms","threshold_percent":80,"used":9223372036854775807,"limit":100000,"period_start":"2026-04-01T08:30:00Z","period_end":"2026-05-01T08:30:00Z","channels":["webhook"]}"#
        );
    }
}
