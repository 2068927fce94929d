//! Drawing beside the requests that only read and write: off their threads, and few at a time.

use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};

use bytes::Bytes;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{Document, draw};
use crate::http::{download::Download, problem::ApiError};

/// How many documents may wait to be drawn before callers are told to come back.
const WAITING_MAX: usize = 64;

/// The media type of what is drawn.
const PDF: &str = "application/pdf";

/// Draws documents. Half of the processors do at most, so that lists have the others.
#[derive(Debug)]
pub struct Drawings {
    places: Semaphore,
    hands: Arc<Semaphore>,
}

impl Default for Drawings {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        let hands = (processors / 2).max(1);
        Self { places: Semaphore::new(WAITING_MAX), hands: Arc::new(Semaphore::new(hands)) }
    }
}

impl Drawings {
    /// The document as a file that is called by its number.
    pub(super) async fn file(&self, document: Document) -> Result<Download, ApiError> {
        let name = format!("{}.pdf", document.number);
        let bytes = self.draw(document).await?;
        Ok(Download { kind: PDF, name, bytes })
    }

    async fn draw(&self, document: Document) -> Result<Bytes, ApiError> {
        let _place = self.places.try_acquire().map_err(|_| ApiError::Busy)?;
        let hand = Arc::clone(&self.hands).acquire_owned().await.map_err(ApiError::internal)?;
        // Who drew gives the hand back, even where nobody waits any more.
        let drawn = spawn_blocking(move || {
            let drawn = draw(&document);
            drop(hand);
            drawn
        });
        let drawn = drawn.await.map_err(ApiError::internal)?;
        Ok(drawn.map_err(ApiError::internal)?.into())
    }
}
