//! An open connection, whatever is spoken over it.

use std::cell::RefCell;

use super::dial::{Dialer, Stream};
use super::failure::Failure;
use super::message::Message;
use super::reply::{Reply, Wanted};
use super::{http1, http2};

pub(super) use super::http1::{SendFailure, Traffic};

/// An open connection.
#[derive(Debug)]
pub(super) enum Connection {
    Http1(http1::Connection),
    Http2(http2::Connection),
}

impl Connection {
    /// Begins to speak over a stream what both sides agreed to.
    pub(super) async fn over(stream: Stream, dialer: &Dialer) -> Result<Self, Failure> {
        Ok(match dialer.is_http2(&stream)? {
            false => Self::Http1(http1::Connection::over(stream)),
            true => Self::Http2(http2::Connection::over(stream).await?),
        })
    }

    pub(super) fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// Whether an answer came on it: then the server may have closed it for good reasons.
    pub(super) fn is_used(&self) -> bool {
        match self {
            Self::Http1(connection) => connection.used,
            Self::Http2(connection) => connection.used,
        }
    }

    /// Whether it is worth keeping: not when an answer was its last.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Http1(connection) => connection.open,
            Self::Http2(connection) => connection.is_usable(),
        }
    }

    /// Whether the next request can be sent on it: not when the server has closed it.
    pub(super) async fn is_usable(&mut self, scratch: &RefCell<Box<[u8]>>) -> bool {
        match self {
            Self::Http1(connection) => connection.is_usable(scratch).await,
            Self::Http2(connection) => connection.is_usable(),
        }
    }

    /// Sends a request and waits for the end of the answer.
    pub(super) async fn send(
        &mut self,
        message: &Message,
        wanted: &Wanted,
        scratch: &RefCell<Box<[u8]>>,
        traffic: &mut Traffic,
        reply: &mut Reply,
    ) -> Result<(), SendFailure> {
        match self {
            Self::Http1(connection) => connection.send(message, wanted, scratch, traffic, reply).await,
            // Large beside the other: kept out of the memory that every user takes.
            Self::Http2(connection) => Box::pin(connection.send(message, wanted, traffic, reply)).await,
        }
    }
}
