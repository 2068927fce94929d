//! Whose books there are.

mod store;

pub(super) use self::store::{not_entered, page, plans, size};
