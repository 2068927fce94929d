//! Load on the service, from this process, on one thread.
//!
//! A closed loop finds the most that it serves: each connection asks again as soon as it was
//! answered. An open loop finds how long an answer takes below that: requests are due at a fixed
//! rate, and the time counts from when one was due, not from when a connection was free for it.

use std::{
    cell::Cell,
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::Semaphore;

use crate::{Outcome, client::Connection, samples::Latencies};

/// Connections of an open loop: enough that none has to wait for a free one.
const OPEN_CONNECTIONS: u32 = 64;

/// The share of the most that was measured at which latency is taken.
pub(crate) const CALM: f64 = 0.6;

/// Writes the n-th request.
type Write<'a> = dyn Fn(u64, &mut Vec<u8>) + 'a;

/// Says what is wrong with the body of an answer of the right status.
type Check<'a> = dyn Fn(&[u8]) -> Outcome + 'a;

/// What is asked for, again and again.
pub(crate) struct Asked<'a> {
    write: Box<Write<'a>>,
    /// The status of a good answer.
    status: u16,
    check: Option<Box<Check<'a>>>,
    next: Cell<u64>,
}

/// What a loop brought.
#[derive(Debug, Default)]
pub(crate) struct Run {
    answered: u32,
    /// How many were told to come back.
    pub(crate) refused: u32,
    took: Duration,
    pub(crate) latencies: Latencies,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(status: u16, write: impl Fn(u64, &mut Vec<u8>) + 'a) -> Self {
        Self { write: Box::new(write), status, check: None, next: Cell::new(0) }
    }

    /// The same, where each answer must also say the right thing. That is looked at after its time
    /// was taken.
    pub(crate) fn checked(self, check: impl Fn(&[u8]) -> Outcome + 'a) -> Self {
        Self { check: Some(Box::new(check)), ..self }
    }

    /// Sends the next request, and notes how it went; the time counts from `since`.
    async fn once(
        &self,
        connection: &mut Connection,
        request: &[u8],
        since: Instant,
        run: &mut Run,
    ) -> Outcome {
        let answer = connection.ask(request).await?;
        if answer.status == 503 {
            run.refused += 1;
            return Ok(());
        }
        let took = since.elapsed();
        answer.expect(self.status)?;
        if let Some(check) = &self.check {
            check(answer.body)?;
        }
        run.answered += 1;
        run.latencies.push(took);
        Ok(())
    }

    fn write_next(&self, request: &mut Vec<u8>) {
        let n = self.next.get();
        self.next.set(n + 1);
        request.clear();
        (self.write)(n, request);
    }
}

impl Run {
    /// Itself, if nobody was told to come back.
    pub(crate) fn whole(self) -> Outcome<Self> {
        match self.refused {
            0 => Ok(self),
            some => Err(format!("{some} were told to come back").into()),
        }
    }

    /// Good answers a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.answered) / self.took.as_secs_f64()
    }

    async fn gather(
        parts: impl IntoIterator<Item = impl Future<Output = Outcome<Self>>>,
    ) -> Outcome<Self> {
        let began = Instant::now();
        let mut parts: FuturesUnordered<_> = parts.into_iter().collect();
        let mut whole = Self::default();
        while let Some(part) = parts.next().await {
            let part = part?;
            whole.answered += part.answered;
            whole.refused += part.refused;
            whole.latencies.append(part.latencies);
        }
        whole.took = began.elapsed();
        Ok(whole)
    }
}

/// Asks on so many connections, spread over the services, for so long.
pub(crate) async fn closed(
    services: &[SocketAddr],
    connections: u32,
    time: Duration,
    asked: &Asked<'_>,
) -> Outcome<Run> {
    let until = Instant::now() + time;
    let addresses = services.iter().cycle().zip(0..connections);
    Run::gather(addresses.map(async |(address, _)| {
        let (mut run, mut request) = (Run::default(), Vec::with_capacity(1024));
        let mut connection = Connection::open(*address).await?;
        while Instant::now() < until {
            asked.write_next(&mut request);
            asked.once(&mut connection, &request, Instant::now(), &mut run).await?;
        }
        Ok(run)
    }))
    .await
}

/// Asks so many times, as fast as so many connections can.
pub(crate) async fn times(
    service: SocketAddr,
    connections: u32,
    count: u64,
    asked: &Asked<'_>,
) -> Outcome<Run> {
    let end = asked.next.get() + count;
    Run::gather((0..connections).map(async |_| {
        let (mut run, mut request) = (Run::default(), Vec::with_capacity(1024));
        let mut connection = Connection::open(service).await?;
        while asked.next.get() < end {
            asked.write_next(&mut request);
            asked.once(&mut connection, &request, Instant::now(), &mut run).await?;
        }
        Ok(run)
    }))
    .await
}

/// Asks at a fixed rate, in requests a second, for so long.
pub(crate) async fn open(
    service: SocketAddr,
    rate: f64,
    time: Duration,
    asked: &Asked<'_>,
) -> Outcome<Run> {
    open_on(service, OPEN_CONNECTIONS, rate, time, asked).await
}

/// The same on so many connections; where they are too few, requests wait for a free one.
pub(crate) async fn open_on(
    service: SocketAddr,
    connections: u32,
    rate: f64,
    time: Duration,
    asked: &Asked<'_>,
) -> Outcome<Run> {
    let gap = Duration::from_secs_f64(1.0 / rate.max(0.5));
    let count = u32::try_from(time.as_nanos() / gap.as_nanos().max(1))?.max(1);
    let due = Arc::new(Semaphore::new(0));
    let taken = Cell::new(0_u32);
    let began = Instant::now() + Duration::from_millis(20);
    let pace = pace(began, gap, (count, connections), Arc::clone(&due));
    let run = Run::gather((0..connections).map(async |_| {
        let (mut run, mut request) = (Run::default(), Vec::with_capacity(1024));
        let mut connection = Connection::open(service).await?;
        loop {
            due.acquire().await?.forget();
            let ticket = taken.replace(taken.get() + 1);
            if ticket >= count {
                return Ok(run);
            }
            asked.write_next(&mut request);
            asked.once(&mut connection, &request, began + gap * ticket, &mut run).await?;
        }
    }))
    .await;
    drop(pace.join());
    run
}

/// Lets a request go whenever one is due, and at the end everybody who waits for one. The timers of
/// the runtime are too coarse for that.
fn pace(
    began: Instant,
    gap: Duration,
    (count, waiting): (u32, u32),
    due: Arc<Semaphore>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for ticket in 0..count {
            thread::sleep((began + gap * ticket).saturating_duration_since(Instant::now()));
            due.add_permits(1);
        }
        due.add_permits(usize::try_from(waiting).unwrap_or(1));
    })
}
