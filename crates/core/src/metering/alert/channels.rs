//! Where people are told.

use std::fmt;

/// A way in which people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// By mail.
    Email,
    /// By text message.
    Sms,
    /// Where they work.
    InApp,
    /// By a call of a program of theirs.
    Webhook,
}

/// The ways in which people are told, in the order in which they were named: at least one, and none
/// twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels(Box<[Channel]>);

/// Why a text is no list of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotChannels {
    /// Something in it is no channel.
    #[error("expected a comma list out of `email`, `sms`, `in_app` and `webhook`")]
    Unknown,
    /// It names a channel twice.
    #[error("names a channel twice")]
    Repeated,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::InApp, Self::Webhook];

    /// Its name in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::InApp => "in_app",
            Self::Webhook => "webhook",
        }
    }

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

impl Channels {
    /// Reads a comma list. Spaces around a name don't count.
    pub fn parse(list: &str) -> Result<Self, NotChannels> {
        let mut all: Vec<Channel> = Vec::new();
        for name in list.split(',') {
            let channel = Channel::parse(name.trim_matches(' ')).ok_or(NotChannels::Unknown)?;
            if all.contains(&channel) {
                return Err(NotChannels::Repeated);
            }
            all.push(channel);
        }
        Ok(Self(all.into()))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Channel> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Channels {
    /// Writes a comma list without spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, channel) in self.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "," })?;
            f.write_str(channel.as_str())?;
        }
        Ok(())
    }
}
