//! From an address to a stream of bytes: names, connections, encryption. What is spoken over it is not known here.

mod dialer;
mod origin;
mod stream;
mod tls;

pub(super) use dialer::Dialer;
pub(super) use origin::Origin;
pub(super) use stream::Stream;
