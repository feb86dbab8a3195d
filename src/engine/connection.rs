//! One HTTP/1.1 connection, driven by the task that uses it.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::dial::Stream;
use super::failure::Failure;
use crate::metrics::ErrorCategory;

/// An open connection.
///
/// Its protocol engine is polled by the task that waits for the answer, not by a task of its own: an exchange costs no
/// hand-over between tasks. While nobody polls it, what the server does with the connection goes unnoticed until the
/// next exchange looks, before it sends.
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Option<Driver>,
    pub(super) wire: Rc<Wire>,
    /// Whether an exchange was made on it.
    pub(super) used: bool,
}

type Driver = Pin<Box<http1::Connection<TokioIo<Counted>, Full<Bytes>>>>;

/// What went over the wire.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) bytes_in: Cell<u64>,
    pub(super) bytes_out: Cell<u64>,
    /// When the first bytes came since [`Wire::expect`].
    pub(super) first_byte: Cell<Option<Instant>>,
    expecting: Cell<bool>,
}

impl Wire {
    /// From now on the next byte that comes is the first of an answer.
    pub(super) fn expect(&self) {
        self.expecting.set(true);
        self.first_byte.set(None);
    }
}

/// Why a request got no answer on a connection.
pub(super) struct SendFailure {
    pub(super) failure: Failure,
    /// The request, where the server can't have begun to answer it.
    pub(super) unsent: Option<Request<Full<Bytes>>>,
}

impl Connection {
    /// Begins to speak HTTP over a stream.
    pub(super) async fn over(stream: Stream) -> Result<Self, Failure> {
        let wire = Rc::new(Wire::default());
        let io = TokioIo::new(Counted { stream, wire: wire.clone() });
        // One buffer for head and body: a plain write of a small request costs less than a vectored one.
        let handshake = http1::Builder::new().writev(false).handshake(io);
        let (sender, driver) = handshake.await.map_err(|error| Failure::exchanging(&error))?;
        Ok(Self { sender, driver: Some(Box::pin(driver)), wire, used: false })
    }

    /// Whether the next request can be sent on it: false when the server has closed it.
    pub(super) async fn is_usable(&mut self) -> bool {
        let sender = &mut self.sender;
        drive(&mut self.driver, poll_fn(|context| sender.poll_ready(context))).await.is_ok() && self.driver.is_some()
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, SendFailure> {
        self.wire.expect();
        let answer = self.sender.try_send_request(request);
        match drive(&mut self.driver, answer).await {
            Ok(response) => Ok(response),
            Err(mut error) => {
                let untouched = self.wire.first_byte.get().is_none();
                let unsent = error.take_message();
                let failure = Failure::exchanging(error.error());
                Err(SendFailure { failure, unsent: unsent.filter(|_| untouched) })
            }
        }
    }

    /// Whether no byte of an answer came since the last request was sent.
    pub(super) fn is_silent(&self) -> bool {
        self.wire.first_byte.get().is_none()
    }

    /// Reads a body to its end: into `keep`, or nowhere. More than `limit` bytes are a failure.
    pub(super) async fn read(&mut self, mut body: Incoming, mut keep: Option<&mut Vec<u8>>, limit: u64) -> Result<(), Failure> {
        let mut length = 0;
        while !body.is_end_stream() {
            let Some(frame) = drive(&mut self.driver, body.frame()).await else { break };
            let frame = frame.map_err(|error| Failure::exchanging(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            length += data.len() as u64;
            if length > limit {
                let message = format!("the body is larger than {}", crate::units::Bytes(limit));
                return Err(Failure::new(ErrorCategory::Body, message));
            }
            if let Some(keep) = &mut keep {
                keep.extend_from_slice(data);
            }
        }
        Ok(())
    }
}

/// Waits for `future` and polls the connection meanwhile.
async fn drive<F: Future>(driver: &mut Option<Driver>, future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    poll_fn(|context| {
        if let Some(running) = driver.as_mut()
            && running.as_mut().poll(context).is_ready()
        {
            // Whoever waits for it is told when it is dropped.
            *driver = None;
        }
        future.as_mut().poll(context)
    })
    .await
}

/// Counts what goes through a stream.
struct Counted {
    stream: Stream,
    wire: Rc<Wire>,
}

impl AsyncRead for Counted {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.stream).poll_read(context, buffer);
        let read = (buffer.filled().len() - before) as u64;
        if read > 0 {
            this.wire.bytes_in.set(this.wire.bytes_in.get() + read);
            if this.wire.expecting.replace(false) {
                this.wire.first_byte.set(Some(Instant::now()));
            }
        }
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.wire.count_out(&result);
        result
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.wire.count_out(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl Wire {
    fn count_out(&self, result: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(written)) = result {
            self.bytes_out.set(self.bytes_out.get() + *written as u64);
        }
    }
}
