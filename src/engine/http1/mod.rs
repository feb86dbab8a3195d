//! HTTP/1.1 as a client speaks it: RFC 9112 over a stream of bytes.
//!
//! Reading knows nothing of sockets: the reader is given bytes as they come and says when the answer is whole, so that it
//! can be tried with every way to cut an answer into pieces. Memory is taken only for what is kept: bytes are read into
//! one buffer per thread, and an idle connection has none.

mod chunked;
mod connection;
#[cfg(test)]
mod differential;
mod head;
mod reader;
#[cfg(test)]
mod sockets;

pub(super) use connection::{Connection, SendFailure, Traffic};
pub(super) use reader::Reader;
