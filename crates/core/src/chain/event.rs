//! Events, and the next one of a chain.

use std::fmt;

use super::{EventColumns, HASH_LEN, Hash, Payload};
use crate::{
    calendar::Instant,
    id::{SubscriptionId, TenantId},
};

/// What can happen to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// It began.
    SubscriptionCreated,
    /// It is unpaid; access is kept.
    SubscriptionPastDue,
    /// It is unpaid; access is not kept.
    SubscriptionSuspended,
    /// It is paid for again.
    SubscriptionRestored,
    /// Its next period began.
    SubscriptionRenewed,
    /// It ended.
    SubscriptionEnded,
    /// An invoice for it was finalized.
    InvoiceIssued,
    /// An invoice for it was withdrawn.
    InvoiceVoided,
    /// Nothing is due any more on an invoice for it.
    InvoicePaid,
    /// A payment for an invoice was tried in vain.
    PaymentFailed,
    /// Credit paid an invoice for it, or a part of one.
    CreditApplied,
    /// A credit note took back a part of an invoice for it.
    NoteIssued,
    /// A credit note was cancelled.
    NoteCancelled,
    /// A refund of an invoice for it was paid out.
    RefundPaid,
    /// Its plan or cycle was changed.
    PlanChanged,
    /// A change of its plan was undone.
    PlanRolledBack,
    /// Its trial was made longer.
    TrialExtended,
    /// Its trial was cut short, and its first paid period began.
    TrialEnded,
    /// Whether it goes on after its period was changed, or what it goes on with.
    RenewalChanged,
}

/// The last event of a subscription's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its index; 0 before the first.
    pub index: i64,
    /// Its hash; zeros before the first.
    pub hash: Hash,
}

/// What is to be appended.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    /// The next number among the tenant's events, from 1.
    pub seq: i64,
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Instant,
    /// What there is to say about it.
    pub payload: &'a Payload,
}

/// Something that happened, in its place in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    seq: i64,
    tenant: TenantId,
    subscription: String,
    index: i64,
    kind: EventKind,
    at: Instant,
    payload: String,
    prev_hash: Hash,
    hash: Hash,
}

impl Head {
    /// The head of a chain without events.
    pub const GENESIS: Self = Self { index: 0, hash: [0; HASH_LEN] };

    /// The next event of the chain.
    pub fn append(self, new: &NewEvent<'_>) -> Event {
        let mut event = Event {
            seq: new.seq,
            tenant: new.tenant.clone(),
            subscription: new.subscription.to_string(),
            index: self.index + 1,
            kind: new.kind,
            at: new.at,
            payload: new.payload.to_string(),
            prev_hash: self.hash,
            hash: [0; HASH_LEN],
        };
        event.hash = event.columns().expected_hash();
        event
    }
}

impl Event {
    /// The row that holds it.
    pub fn columns(&self) -> EventColumns<'_> {
        EventColumns {
            seq: self.seq,
            tenant: self.tenant.as_str(),
            subscription: &self.subscription,
            index: self.index,
            kind: self.kind.as_str(),
            at_micros: self.at.as_micros(),
            payload: &self.payload,
            prev_hash: &self.prev_hash,
            hash: &self.hash,
        }
    }

    /// The head of its chain, now that it is part of it.
    pub const fn head(&self) -> Head {
        Head { index: self.index, hash: self.hash }
    }

    /// When it happened.
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// What happened.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::SubscriptionCreated,
        Self::SubscriptionRenewed,
        Self::SubscriptionPastDue,
        Self::SubscriptionSuspended,
        Self::SubscriptionRestored,
        Self::SubscriptionEnded,
        Self::InvoiceIssued,
        Self::InvoiceVoided,
        Self::InvoicePaid,
        Self::PaymentFailed,
        Self::CreditApplied,
        Self::NoteIssued,
        Self::NoteCancelled,
        Self::RefundPaid,
        Self::PlanChanged,
        Self::PlanRolledBack,
        Self::TrialExtended,
        Self::TrialEnded,
        Self::RenewalChanged,
    ];

    /// Reads a name as stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Its name on the wire and in the store, which is hashed and never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubscriptionCreated => "subscription.created",
            Self::SubscriptionPastDue => "subscription.past_due",
            Self::SubscriptionSuspended => "subscription.suspended",
            Self::SubscriptionRestored => "subscription.restored",
            Self::SubscriptionRenewed => "subscription.renewed",
            Self::SubscriptionEnded => "subscription.ended",
            Self::InvoiceIssued => "invoice.issued",
            Self::InvoiceVoided => "invoice.voided",
            Self::InvoicePaid => "invoice.paid",
            Self::PaymentFailed => "payment.failed",
            Self::CreditApplied => "credit.applied",
            Self::NoteIssued => "credit_note.issued",
            Self::NoteCancelled => "credit_note.cancelled",
            Self::RefundPaid => "refund.paid",
            Self::PlanChanged => "subscription.plan_changed",
            Self::PlanRolledBack => "subscription.plan_rolled_back",
            Self::TrialExtended => "subscription.trial_extended",
            Self::TrialEnded => "subscription.trial_ended",
            Self::RenewalChanged => "subscription.renewal_changed",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(EventKind::parse("subscription.stolen"), None);
    }

    #[test]
    fn an_event_follows_the_head() {
        let tenant = TenantId::parse("acme").expect("an id");
        let new = NewEvent {
            seq: 7,
            tenant: &tenant,
            subscription: SubscriptionId::from_parts(0, 1),
            kind: EventKind::SubscriptionCreated,
            at: Instant::from_second(0).expect("in range"),
            payload: &Payload::new(),
        };

        let first = Head::GENESIS.append(&new);
        let second = first.head().append(&NewEvent { seq: 8, ..new });

        assert_eq!((first.columns().index, second.columns().index), (1, 2));
        assert_eq!(first.columns().prev_hash, [0; HASH_LEN]);
        assert_eq!(second.columns().prev_hash, first.columns().hash);
        assert_ne!(second.columns().hash, first.columns().hash);
    }
}
