//! JSON bodies that are written while they are sent, so that none ever sits in memory whole.
//!
//! A [`Document`] writes itself in a task of its own, hands over a chunk at a time, and waits where
//! the reader is slow. When the reader goes away, the service stops or time is up, the task ends and
//! with it whatever it holds, such as a snapshot. A body that ends before its time is *cut off*: the
//! reader gets a broken connection and never the closing brace.

mod out;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::Body,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::Stream;
use tokio::{sync::mpsc, time};
use tracing::Instrument as _;

pub use self::out::Out;
use super::{causes::Causes, download::attachment};
use crate::db;

/// How many bytes are handed over at once; a row that is larger goes in one piece.
pub const CHUNK: usize = 64 * 1024;

/// How many chunks may wait for the reader.
const CHUNKS_AHEAD: usize = 4;

/// How long a body may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the reader may leave a chunk untaken before it counts as gone.
    patience: Duration,
    /// How long it may take in all.
    whole: Duration,
}

const LIMITS: Limits = Limits { patience: Duration::from_mins(10), whole: Duration::from_hours(1) };

/// The limits where anyone may read.
pub const PUBLIC_LIMITS: Limits = Limits { patience: Duration::from_secs(30), ..LIMITS };

/// What writes itself.
pub trait Document: Send + 'static {
    /// Writes all of it.
    fn write(self, out: &mut Out) -> impl Future<Output = Result<(), CutOff>> + Send;
}

/// Why a body ended before its time. The text is for the log: the reader's connection just breaks.
#[derive(Debug, thiserror::Error)]
pub enum CutOff {
    /// Nobody reads any more.
    #[error("the reader went away")]
    ReaderGone,
    /// The reader left a chunk untaken for too long.
    #[error("the reader took nothing for too long")]
    ReaderStuck,
    /// It took an hour.
    #[error("it took too long")]
    TooLong,
    /// The database is being closed.
    #[error("the service is stopping")]
    Stopping,
    /// The store did not give all of it.
    #[error("the store failed")]
    Store(#[from] db::Error),
    /// Something that it holds is no JSON.
    #[error("a value can't be written")]
    Unwritable(#[from] serde_json::Error),
    /// Whatever wrote it panicked.
    #[error("whatever wrote it is gone")]
    Lost,
}

/// A piece on its way to the reader. Only what ends with [`Part::End`] is whole.
#[derive(Debug)]
enum Part {
    Chunk(Bytes),
    Cut(CutOff),
    End,
}

/// The chunks of a document, as its reader takes them.
#[derive(Debug)]
pub struct Parts {
    coming: mpsc::Receiver<Part>,
    rows: Arc<AtomicU64>,
    ended: bool,
}

/// Starts to write a document. It ends early when `stopping` does.
pub fn start(
    document: impl Document,
    stopping: impl Future<Output = ()> + Send + 'static,
) -> Parts {
    start_within(LIMITS, document, stopping)
}

/// Starts to write a document within limits of its own.
pub fn start_within(
    limits: Limits,
    document: impl Document,
    stopping: impl Future<Output = ()> + Send + 'static,
) -> Parts {
    let (sender, parts) = mpsc::channel(CHUNKS_AHEAD);
    let rows = Arc::new(AtomicU64::new(0));
    let mut out = Out::new(sender.clone(), limits.patience, Arc::clone(&rows));
    let task = async move {
        let whole = async {
            document.write(&mut out).await?;
            out.flush().await
        };
        let written = tokio::select! {
            written = whole => written,
            () = sender.closed() => Err(CutOff::ReaderGone),
            () = stopping => Err(CutOff::Stopping),
            () = time::sleep(limits.whole) => Err(CutOff::TooLong),
        };
        let last = written.map_or_else(Part::cut, |()| Part::End);
        // A reader that does not take even this will find the channel closed.
        let _told = time::timeout(limits.patience, sender.send(last)).await;
    };
    tokio::spawn(task.in_current_span());
    Parts { coming: parts, rows, ended: false }
}

impl Part {
    /// Logs the cause, for the reader is not told.
    fn cut(cut: CutOff) -> Self {
        match &cut {
            CutOff::ReaderGone => tracing::debug!("{cut}"),
            CutOff::ReaderStuck | CutOff::TooLong | CutOff::Stopping => {
                tracing::warn!("a body was cut off: {cut}");
            }
            _ => tracing::error!(cause = %Causes(&cut), "a body was cut off"),
        }
        Self::Cut(cut)
    }
}

impl Parts {
    /// The same parts as a file that is kept under a name.
    pub fn into_file(self, content_type: &'static str, name: &str) -> Response {
        let mut response = self.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(CONTENT_DISPOSITION, attachment(name));
        response
    }

    /// How many rows were handed over so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

impl Stream for Parts {
    type Item = Result<Bytes, CutOff>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let part = ready!(self.coming.poll_recv(context));
        self.ended = !matches!(part, Some(Part::Chunk(_)));
        Poll::Ready(match part {
            Some(Part::Chunk(bytes)) => Some(Ok(bytes)),
            Some(Part::Cut(cut)) => Some(Err(cut)),
            Some(Part::End) => None,
            None => Some(Err(CutOff::Lost)),
        })
    }
}

impl IntoResponse for Parts {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from_stream(self));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}

#[cfg(test)]
mod tests;
