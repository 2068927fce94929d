//! Who calls, and what they may do.
//!
//! A [`Gate`] turns the headers of a request into a [`Caller`] or refuses them; the extractors put
//! the permission into a handler's signature. Not in here: which operation needs which permission.

mod caller;
mod extract;
mod gate;
mod jwks;
mod keys;
mod token;
mod verdicts;

pub use caller::{Caller, CallerScope};
pub use extract::{
    Admin, Anyone, InternalCaller, PlatformAdmin, TenantAdmin, TenantReader, TokenTenant,
};
pub use gate::{API_KEY, Gate, TENANT};
pub use jwks::NoKeys;
pub use keys::{AuthSettings, JwksSource, Keys, KeysError, REFRESH_PAUSE, ROTATION};

#[cfg(test)]
mod tests;
