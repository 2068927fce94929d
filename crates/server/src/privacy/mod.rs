//! What is stored about a person, given to whoever may ask for it.
//!
//! An export is one consistent snapshot, streamed: nothing here knows how many rows there are. What
//! is *not* here: erasing a person, and who may call (the internal plane and the command line).

pub mod api;
mod document;
mod service;
mod view;

pub use self::service::{Export, export};
