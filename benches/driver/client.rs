//! A connection that is kept open and understands just enough of HTTP/1.1.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Failure, Outcome};

/// How much is read at a time.
const READ: usize = 64 * 1024;

/// A connection to the service, with one request under way at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

/// How long a body is.
#[derive(Clone, Copy, Debug)]
enum Length {
    Known(usize),
    Chunked,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    status: u16,
    length: Length,
    /// Bytes of the head itself.
    size: usize,
}

/// Takes a chunked body apart as it arrives.
#[derive(Debug)]
enum Chunks {
    /// In the line that tells the size; so much of it is read, or nothing yet.
    Size(Option<usize>),
    /// In the extension or the end of that line.
    SizeEnd(usize),
    /// So much of the chunk is still to come.
    Data(usize),
    /// In the end of the chunk.
    DataEnd,
    /// In the last lines; the current one has so many bytes.
    Trailer(usize),
    Done,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ), body: Vec::new() })
    }

    /// Sends a request, and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        let head = self.send(request).await?;
        let Length::Known(length) = head.length else {
            let mut body = std::mem::take(&mut self.body);
            body.clear();
            self.chunks(head.size, |part| {
                body.extend_from_slice(part);
                Ok(())
            })
            .await?;
            self.body = body;
            return Ok(Answer { status: head.status, body: &self.body });
        };
        let end = head.size + length;
        while self.buffer.len() < end {
            self.fill().await?;
        }
        Ok(Answer { status: head.status, body: &self.buffer[head.size..end] })
    }

    /// Sends a request, and gives the parts of a streamed answer away as they arrive.
    pub(crate) async fn stream(
        &mut self,
        request: &[u8],
        sink: impl FnMut(&[u8]) -> Outcome,
    ) -> Outcome {
        let head = self.send(request).await?;
        if head.status != 200 {
            let seen = String::from_utf8_lossy(&self.buffer);
            return Err(format!("200 was expected: {seen}").into());
        }
        match head.length {
            Length::Chunked => self.chunks(head.size, sink).await,
            Length::Known(_) => Err("the answer is not streamed".into()),
        }
    }

    /// Sends a request, and reads the head of the answer.
    async fn send(&mut self, request: &[u8]) -> Outcome<Head> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        loop {
            let seen = self.buffer.len().saturating_sub(3);
            self.fill().await?;
            let end = self.buffer[seen..].windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let size = seen + end + 4;
                return Head::read(&self.buffer[..size]);
            }
        }
    }

    async fn fill(&mut self) -> Outcome {
        self.buffer.reserve(READ / 4);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the service closed the connection".into()),
            _ => Ok(()),
        }
    }

    /// Takes the chunks apart, beginning with what is in the buffer from `from` on.
    async fn chunks(&mut self, from: usize, mut sink: impl FnMut(&[u8]) -> Outcome) -> Outcome {
        let mut chunks = Chunks::Size(None);
        chunks.feed(&self.buffer[from..], &mut sink)?;
        while !matches!(chunks, Chunks::Done) {
            self.buffer.clear();
            self.fill().await?;
            chunks.feed(&self.buffer, &mut sink)?;
        }
        Ok(())
    }
}

impl Answer<'_> {
    /// The body as JSON, if the status is the one that is expected.
    pub(crate) fn json(&self, status: u16) -> Outcome<serde_json::Value> {
        self.expect(status)?;
        Ok(serde_json::from_slice(self.body)?)
    }

    /// That the status is the one that is expected.
    pub(crate) fn expect(&self, status: u16) -> Outcome {
        if self.status == status {
            return Ok(());
        }
        let body = String::from_utf8_lossy(self.body);
        Err(format!("{} where {status} was expected: {body}", self.status).into())
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Outcome<Self> {
        let wrong = || Failure::from("the answer is not HTTP/1.1");
        let status = bytes.get(9..12).and_then(|it| std::str::from_utf8(it).ok());
        let status = status.and_then(|it| it.parse().ok()).ok_or_else(wrong)?;
        let mut length = Length::Known(0);
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Some(value) = header(line, b"content-length:") {
                let value = std::str::from_utf8(value)?.trim().parse()?;
                length = Length::Known(value);
            } else if header(line, b"transfer-encoding:").is_some() {
                length = Length::Chunked;
            }
        }
        Ok(Self { status, length, size: bytes.len() })
    }
}

/// The value of a header line, if it is the line of that name.
fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (own, value) = line.split_at_checked(name.len())?;
    own.eq_ignore_ascii_case(name).then_some(value)
}

impl Chunks {
    fn feed(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(&[u8]) -> Outcome) -> Outcome {
        while let Some((&first, rest)) = bytes.split_first() {
            *self = match *self {
                Self::Data(left) => {
                    let (part, rest) = bytes.split_at(left.min(bytes.len()));
                    sink(part)?;
                    bytes = rest;
                    if part.len() == left { Self::DataEnd } else { Self::Data(left - part.len()) }
                }
                Self::Done => return Err("the answer goes on after its end".into()),
                _ => {
                    bytes = rest;
                    self.after(first)?
                }
            };
        }
        Ok(())
    }

    /// Where a byte between the chunks leads.
    fn after(&self, byte: u8) -> Outcome<Self> {
        let wrong = || Failure::from("the answer is not chunked as it should be");
        Ok(match *self {
            Self::Size(size) => match (char::from(byte).to_digit(16), size) {
                (Some(digit), size) => {
                    let more = size.unwrap_or(0).checked_mul(16).ok_or_else(wrong)?;
                    Self::Size(Some(more + usize::try_from(digit)?))
                }
                (None, Some(size)) => Self::SizeEnd(size),
                (None, None) => return Err(wrong()),
            },
            Self::SizeEnd(0) if byte == b'\n' => Self::Trailer(0),
            Self::SizeEnd(size) if byte == b'\n' => Self::Data(size),
            Self::SizeEnd(size) => Self::SizeEnd(size),
            Self::DataEnd if byte == b'\n' => Self::Size(None),
            Self::DataEnd => Self::DataEnd,
            Self::Trailer(0) if byte == b'\n' => Self::Done,
            Self::Trailer(_) if byte == b'\n' => Self::Trailer(0),
            Self::Trailer(0) if byte == b'\r' => Self::Trailer(0),
            Self::Trailer(size) => Self::Trailer(size + 1),
            Self::Data(_) | Self::Done => return Err(wrong()),
        })
    }
}
