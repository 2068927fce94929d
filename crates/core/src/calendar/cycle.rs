//! How often a subscription is billed.

use std::fmt;

use super::CalendarError;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cycle {
    /// A month.
    Monthly,
    /// Twelve months.
    Yearly,
}

impl Cycle {
    /// Every cycle there is.
    pub const ALL: [Self; 2] = [Self::Monthly, Self::Yearly];

    /// Reads `monthly` or `yearly`.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let named = Self::ALL.into_iter().find(|cycle| cycle.as_str() == text);
        named.ok_or(CalendarError::NotACycle)
    }

    /// Its name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// How many months one period has.
    pub const fn months(self) -> u32 {
        match self {
            Self::Monthly => 1,
            Self::Yearly => 12,
        }
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_reads_back_and_another_word_is_refused() {
        for cycle in Cycle::ALL {
            assert_eq!(Cycle::parse(cycle.as_str()), Ok(cycle));
            assert_eq!(cycle.to_string(), cycle.as_str());
        }
        for text in ["", "Monthly", "weekly"] {
            assert_eq!(Cycle::parse(text), Err(CalendarError::NotACycle), "{text}");
        }
    }
}
