//! One HTTP/2 connection.

use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;

use super::failure::{exchanging, is_unprocessed};
use super::wire::{Counted, Wire};
use crate::engine::dial::Stream;
use crate::engine::failure::Failure;
use crate::metrics::ErrorCategory;

/// An open connection; clones are the same one, which is closed when the last of them is dropped.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Connection {
    sender: http2::SendRequest<Full<Bytes>>,
    wire: Rc<Wire>,
    /// Whether an answer came on it: then the server may have closed it for good reasons.
    pub(in crate::engine) used: bool,
}

/// Why a request got no answer on a connection.
#[derive(Debug)]
pub(in crate::engine) struct SendFailure {
    pub(in crate::engine) failure: Failure,
    /// The server can't have acted on it.
    pub(in crate::engine) unsent: bool,
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

    /// Sends a request and waits for the head of the answer, as long as the server has no room for another request too.
    pub(in crate::engine) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, SendFailure> {
        match self.sender.try_send_request(request).await {
            Ok(response) => {
                self.used = true;
                Ok(response)
            }
            Err(mut error) => {
                let unsent = error.take_message().is_some() || is_unprocessed(error.error());
                Err(SendFailure { failure: exchanging(error.error()), unsent })
            }
        }
    }

    /// Reads a body to its end: into `keep`, or nowhere. More than `limit` bytes are a failure.
    pub(in crate::engine) async fn read(&self, mut body: Incoming, mut keep: Option<&mut Vec<u8>>, limit: u64) -> Result<(), Failure> {
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

    /// Bytes received and sent since somebody asked: heads, bodies, and what the protocol says beside them.
    pub(in crate::engine) fn traffic(&self) -> (u64, u64) {
        self.wire.take()
    }
}

/// Tasks of connections run beside the users of the thread.
#[derive(Debug, Clone, Copy)]
struct OnThisThread;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for OnThisThread {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}
