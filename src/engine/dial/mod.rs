//! From an address to a stream of bytes: names, connections, proxies, encryption. What is spoken over it is not known
//! here.

mod dialer;
mod eyeballs;
mod origin;
mod stream;
mod tunnel;

pub(super) use dialer::Dialer;
pub(super) use origin::Origin;
pub(super) use stream::Stream;
pub(super) use tunnel::proxy_authorization;
