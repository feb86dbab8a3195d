//! One HTTP/1.1 connection, driven by the task that uses it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Reader;
use crate::engine::dial::Stream;
use crate::engine::failure::Failure;
use crate::engine::message::Message;
use crate::engine::reply::{Reply, Wanted};

/// An open connection.
///
/// It is polled by the task that waits for the answer, not by a task of its own: an exchange costs no hand-over between
/// tasks. What the server does with an idle connection is looked at before the next request is sent.
#[derive(Debug)]
pub(in crate::engine) struct Connection {
    stream: Stream,
    /// Whether an answer came on it: then the server may have closed it for good reasons.
    pub(in crate::engine) used: bool,
    /// Whether another request may be sent on it, by all that was said on it.
    pub(in crate::engine) open: bool,
}

/// What went over the wire for one request, over all connections that it took.
#[derive(Debug, Default)]
pub(in crate::engine) struct Traffic {
    /// Head and body as they came.
    pub(in crate::engine) bytes_in: u64,
    /// Head and body as they were handed to the system.
    pub(in crate::engine) bytes_out: u64,
    /// When the first bytes came since the last request was sent.
    pub(in crate::engine) first_byte: Option<Instant>,
    /// When the last bytes came.
    pub(in crate::engine) last_byte: Option<Instant>,
    /// The system didn't take all of it at once: a part of it had to wait here.
    pub(in crate::engine) held_back: bool,
}

/// Why a request got no answer on a connection.
#[derive(Debug)]
pub(in crate::engine) struct SendFailure {
    pub(in crate::engine) failure: Failure,
    /// No byte of it went out, so that the server can't have acted on it.
    pub(in crate::engine) unsent: bool,
}

/// An exchange under way.
struct Sending<'a> {
    message: &'a Message,
    /// Bytes of the message that went out.
    written: usize,
    /// Whether they are through the encryption as well.
    flushed: bool,
    /// Why no more of it can go out. An answer may have come all the same.
    broken: Option<io::Error>,
    reader: Reader,
}

impl Connection {
    /// Begins to speak HTTP over a stream.
    pub(in crate::engine) fn over(stream: Stream) -> Self {
        Self { stream, used: false, open: true }
    }

    /// Whether the next request can be sent on it: not when the server has closed it, and not when it has sent
    /// something that nobody asked for.
    pub(in crate::engine) async fn is_usable(&mut self, scratch: &RefCell<Box<[u8]>>) -> bool {
        let silent = poll_fn(|context| {
            let mut scratch = scratch.borrow_mut();
            Poll::Ready(Pin::new(&mut self.stream).poll_read(context, &mut ReadBuf::new(&mut scratch)).is_pending())
        });
        silent.await && self.open
    }

    /// Sends a request and waits for the end of the answer. Bytes are read into `scratch`, which is nobody's between polls.
    pub(in crate::engine) async fn send(
        &mut self,
        message: &Message,
        wanted: &Wanted,
        scratch: &RefCell<Box<[u8]>>,
        traffic: &mut Traffic,
        reply: &mut Reply,
    ) -> Result<(), SendFailure> {
        // Whatever breaks it off from here on, an answer may come that nobody waits for.
        self.open = false;
        traffic.first_byte = None;
        let mut sending = Sending { message, written: 0, flushed: false, broken: None, reader: Reader::default() };
        let result = poll_fn(|context| {
            self.poll_write(context, &mut sending, traffic);
            self.poll_answer(context, &mut sending, wanted, &mut scratch.borrow_mut(), traffic, reply)
        })
        .await;
        self.used = true;
        result.map_err(|failure| SendFailure { failure, unsent: sending.written == 0 })
    }

    fn poll_write(&mut self, context: &mut Context<'_>, sending: &mut Sending<'_>, traffic: &mut Traffic) {
        while !sending.flushed && sending.broken.is_none() {
            let rest = sending.message.rest(sending.written);
            let result = if rest.is_empty() {
                Pin::new(&mut self.stream).poll_flush(context).map_ok(|()| sending.flushed = true)
            } else {
                Pin::new(&mut self.stream).poll_write(context, rest).map_ok(|written| {
                    sending.written += written;
                    traffic.bytes_out += written as u64;
                })
            };
            match result {
                Poll::Pending => {
                    traffic.held_back = true;
                    return;
                }
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => sending.broken = Some(error),
            }
        }
    }

    fn poll_answer(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
        wanted: &Wanted,
        scratch: &mut [u8],
        traffic: &mut Traffic,
        reply: &mut Reply,
    ) -> Poll<Result<(), Failure>> {
        loop {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Failure::exchanging(sending.broken.as_ref().unwrap_or(&error)))),
            }
            let bytes = buffer.filled();
            if bytes.is_empty() {
                return Poll::Ready(sending.reader.end());
            }
            traffic.bytes_in += bytes.len() as u64;
            let now = Instant::now();
            traffic.first_byte.get_or_insert(now);
            traffic.last_byte = Some(now);
            let Some(used) = sending.reader.feed(bytes, wanted, reply)? else { continue };
            // An answer to half a request is one, but what the server takes the other half for is open.
            self.open = used == bytes.len() && sending.flushed && sending.reader.keeps_alive() && !sending.message.closes();
            return Poll::Ready(Ok(()));
        }
    }
}
