//! One HTTP/2 connection.

use std::rc::Rc;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::failure::{exchanging, is_unprocessed};
use super::wire::{Counted, Wire};
use crate::engine::dial::Stream;
use crate::engine::failure::Failure;
use crate::engine::http1::{SendFailure, Traffic};
use crate::engine::message::Message;
use crate::engine::reply::{Reply, Wanted};
use crate::metrics::ErrorCategory;

/// An open connection; clones are the same one, which is closed when the last of them is dropped.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Connection {
    sender: http2::SendRequest<Full<Bytes>>,
    wire: Rc<Wire>,
    /// Whether an answer came on it: then the server may have closed it for good reasons.
    pub(in crate::engine) used: bool,
}

impl Connection {
    /// Begins to speak HTTP/2 over a stream.
    pub(in crate::engine) async fn over(stream: Stream) -> Result<Self, Failure> {
        let wire = Rc::new(Wire::default());
        let io = TokioIo::new(Counted { stream, wire: wire.clone() });
        let (sender, driver) = http2::handshake(OnThisThread, io).await.map_err(|error| exchanging(&error))?;
        tokio::task::spawn_local(async {
            // What ends a connection is told to those who wait for answers on it.
            let _ = driver.await;
        });
        Ok(Self { sender, wire, used: false })
    }

    /// Whether the next request can be sent on it: not when the server has closed it, or has said that it is going to.
    pub(in crate::engine) fn is_usable(&self) -> bool {
        !self.sender.is_closed()
    }

    /// The same connection, on which others have sent requests before.
    pub(super) fn in_use(self) -> Self {
        Self { used: true, ..self }
    }

    /// Sends a request and waits for the end of the answer, and before that for the server to have room for one more.
    pub(in crate::engine) async fn send(
        &mut self,
        message: &Message,
        wanted: &Wanted,
        traffic: &mut Traffic,
        reply: &mut Reply,
    ) -> Result<(), SendFailure> {
        let request = request(message).map_err(|failure| SendFailure { failure, unsent: true })?;
        traffic.first_byte = None;
        let tally = Tally { wire: self.wire.clone(), traffic };
        let response = self.sender.try_send_request(request).await.map_err(|mut error| {
            let unsent = error.take_message().is_some() || is_unprocessed(error.error());
            SendFailure { failure: exchanging(error.error()), unsent }
        })?;
        self.used = true;
        tally.traffic.first_byte = Some(Instant::now());
        let (head, body) = response.into_parts();
        reply.status = head.status.as_u16();
        reply.headers = head.headers;
        reply.body.clear();
        let read = read(body, wanted.body.then_some(&mut reply.body), wanted.max_body).await;
        tally.traffic.last_byte = Some(Instant::now());
        // The server has acted on it, whatever became of the rest.
        read.map_err(|failure| SendFailure { failure, unsent: false })
    }
}

/// Notes what went over the wire for a request, also when nobody waits for its answer any longer.
struct Tally<'a> {
    wire: Rc<Wire>,
    traffic: &'a mut Traffic,
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        let (bytes_in, bytes_out) = self.wire.take();
        self.traffic.bytes_in += bytes_in;
        self.traffic.bytes_out += bytes_out;
        self.traffic.held_back |= self.wire.take_held_back();
    }
}

/// A message as hyper sends it. What `host` says is the authority; headers that speak of an HTTP/1.1 connection mean nothing
/// here (RFC 9113, section 8.2.2).
fn request(message: &Message) -> Result<Request<Full<Bytes>>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::new(ErrorCategory::Protocol, format!("can't be sent: {error}"));
    let mut headers = HeaderMap::new();
    let mut authority = message.origin.authority.clone();
    for (name, value) in message.headers() {
        match name {
            HOST => authority = String::from_utf8_lossy(value).into_owned(),
            CONNECTION | TRANSFER_ENCODING | UPGRADE => {}
            _ if name == "keep-alive" || name == "proxy-connection" => {}
            _ => drop(headers.append(name, HeaderValue::from_bytes(value).map_err(|error| wrong(&error))?)),
        }
    }
    let scheme = if message.origin.tls { "https" } else { "http" };
    let address = format!("{scheme}://{authority}{}", message.path());
    let mut request = Request::new(Full::new(message.whole_body()));
    *request.method_mut() = message.method.clone();
    *request.uri_mut() = Uri::try_from(address).map_err(|error| wrong(&error))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Reads a body to its end: into `keep`, or nowhere. More than `limit` bytes are a failure.
async fn read(mut body: Incoming, mut keep: Option<&mut Vec<u8>>, limit: u64) -> Result<(), Failure> {
    let mut length = 0;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let frame = frame.map_err(|error| exchanging(&error))?;
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

/// Tasks of connections run beside the users of the thread.
#[derive(Debug, Clone, Copy)]
struct OnThisThread;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for OnThisThread {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}
