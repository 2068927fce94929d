//! What is streamed, cut off, and waited for.

use std::{future, sync::Mutex};

use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use super::*;

/// Writes chunks without end, and tells when it is dropped.
struct Endless {
    chunks: Arc<AtomicU64>,
    _dropped: oneshot::Sender<()>,
}

impl Document for Endless {
    async fn write(self, out: &mut Out) -> Result<(), CutOff> {
        loop {
            out.raw(&" ".repeat(CHUNK));
            out.make_room().await?;
            self.chunks.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Runs one step.
struct Once<F>(Mutex<F>);

impl<F: FnMut(&mut Out) -> Result<(), CutOff> + Send + 'static> Document for Once<F> {
    async fn write(self, out: &mut Out) -> Result<(), CutOff> {
        (self.0.lock().expect("nobody panicked while holding it"))(out)
    }
}

fn endless() -> (Endless, Arc<AtomicU64>, oneshot::Receiver<()>) {
    let chunks = Arc::new(AtomicU64::new(0));
    let (dropped, ended) = oneshot::channel();
    (Endless { chunks: Arc::clone(&chunks), _dropped: dropped }, chunks, ended)
}

async fn read(parts: Parts) -> (String, Option<CutOff>) {
    let mut text = Vec::new();
    let mut cut = None;
    for part in parts.collect::<Vec<_>>().await {
        match part {
            Ok(bytes) => text.extend_from_slice(&bytes),
            Err(error) => cut = Some(error),
        }
    }
    (String::from_utf8(text).expect("it is UTF-8"), cut)
}

#[tokio::test]
async fn what_is_written_arrives_whole_and_then_ends() {
    let document = Once(Mutex::new(|out: &mut Out| {
        for number in 0..50_000 {
            out.element();
            out.whole(number);
        }
        Ok(())
    }));

    let (text, cut) = read(start(document, future::pending())).await;

    let expected: Vec<String> = (0..50_000).map(|number| number.to_string()).collect();
    assert_eq!(text, expected.join(","));
    assert!(cut.is_none());
}

#[tokio::test]
async fn a_slow_reader_is_waited_for() {
    let (document, chunks, _) = endless();
    let mut parts = start(document, future::pending());

    let mut seen = Vec::new();
    for _ in 0..3 {
        // On this one thread the task runs until it has to wait.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        seen.push(chunks.load(Ordering::SeqCst));
        parts.next().await.expect("it goes on").expect("it is whole");
    }

    assert_eq!(seen, [4, 5, 6]);
}

#[tokio::test]
async fn the_task_ends_when_its_reader_goes_away() {
    let (document, _, ended) = endless();

    drop(start(document, future::pending()));

    assert!(ended.await.is_err(), "the document was dropped");
}

#[tokio::test]
async fn a_reader_that_takes_nothing_for_too_long_is_given_up() {
    let (document, chunks, ended) = endless();
    let limits = Limits { patience: Duration::ZERO, ..LIMITS };
    let parts = start_within(limits, document, future::pending());

    let dropped = ended.await;

    assert!(dropped.is_err());
    assert_eq!(chunks.load(Ordering::SeqCst), 4);
    assert!(read(parts).await.1.is_some());
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off() {
    let (document, _, ended) = endless();
    let limits = Limits { whole: Duration::ZERO, ..LIMITS };
    let parts = start_within(limits, document, future::pending());

    let dropped = ended.await;

    assert!(dropped.is_err());
    assert!(matches!(read(parts).await.1, Some(CutOff::TooLong)));
}

#[tokio::test]
async fn a_service_that_stops_cuts_off_what_is_under_way() {
    let (document, _, ended) = endless();
    let (stop, stopping) = oneshot::channel::<()>();
    let parts = start(document, async move { drop(stopping.await) });

    drop(stop);
    let dropped = ended.await;

    assert!(dropped.is_err());
    assert!(matches!(read(parts).await.1, Some(CutOff::Stopping)));
}

#[tokio::test]
async fn a_failure_or_a_panic_is_an_error_and_no_end() {
    let failing = Once(Mutex::new(|out: &mut Out| {
        out.raw("{");
        Err(CutOff::Store(db::Error::corrupt("t", "1", "c")))
    }));
    let panicking = Once(Mutex::new(|_: &mut Out| panic!("on purpose")));

    let failed = read(start(failing, future::pending())).await;
    let panicked = read(start(panicking, future::pending())).await;

    assert!(matches!(failed.1, Some(CutOff::Store(_))));
    assert!(matches!(panicked.1, Some(CutOff::Lost)));
}
