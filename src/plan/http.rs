//! How connections are made, and what is spoken over them.

use super::proxy::ProxyPlan;
use super::tls::TlsPlan;
use crate::units::{Bytes, Micros};

/// Defaults of connections and requests.
#[derive(Debug, Clone)]
pub struct HttpPlan {
    /// For name resolution, connection, proxy and handshake together.
    pub connect_timeout: Micros,
    /// An answer larger than this fails with category `body`; counted as sent on the wire.
    pub max_body: Bytes,
    /// What is spoken.
    pub version: HttpVersion,
    /// Whether a connection is used for more than one request.
    pub keep_alive: bool,
    /// How many connections all users share, in HTTP/2; none: each user has its own.
    pub connections: Option<u32>,
    /// Who stands between us and the service.
    pub proxies: ProxyPlan,
    /// How encrypted connections are made.
    pub tls: TlsPlan,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// What the server picks over TLS, of HTTP/2 and HTTP/1.1; HTTP/1.1 without TLS.
    #[default]
    Auto,
    /// HTTP/1.1
    Http1,
    /// HTTP/2, without TLS too.
    Http2,
}

impl HttpVersion {
    /// What is offered to a server over TLS.
    pub fn protocols(self) -> &'static [&'static [u8]] {
        match self {
            Self::Auto => &[b"h2", b"http/1.1"],
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
        }
    }
}

impl Default for HttpPlan {
    /// What holds where a scenario says nothing.
    fn default() -> Self {
        Self {
            connect_timeout: Micros::from_secs(10),
            max_body: Bytes(64 << 20),
            version: HttpVersion::Auto,
            keep_alive: true,
            connections: None,
            proxies: ProxyPlan::default(),
            tls: TlsPlan::default(),
        }
    }
}
