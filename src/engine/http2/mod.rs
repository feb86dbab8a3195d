//! HTTP/2 as a client speaks it: hyper over a stream of bytes.
//!
//! A connection is driven by tasks of its own, as the answers of several users may come on it in any order.

mod connection;
mod failure;
mod shared;
#[cfg(test)]
mod sockets;
mod wire;

pub(super) use connection::Connection;
pub(super) use shared::SharedConnections;
