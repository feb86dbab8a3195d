//! What is spoken, and over which connections.

use crate::config::reader::{Text, Whole, element, words};

element! {
    /// What is spoken, and over which connections.
    "http", "a mapping such as `{ version: 2 }`";
    pub struct HttpConfig {
        /// The version of HTTP. `auto` takes what the server picks over TLS, and HTTP/1.1 without TLS; `2` is HTTP/2 there too.
        "version" version: VersionConfig => default "auto",
        /// Whether a user keeps its connection for the next request.
        "keep_alive" keep_alive: bool => default "true",
        /// How many connections all users share, with `version: 2`. Generator threads share none with each other.
        "connections" connections: Whole<1, 100000> => default "one for each user",
        /// A proxy for all connections, also to this machine; `none` goes directly.
        "proxy" proxy: Text => default "what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say",
    }
}

words! {
    /// A version of HTTP.
    pub enum VersionConfig {
        /// What the server picks.
        Auto = "auto",
        /// HTTP/1.1
        Http1 = "1.1",
        /// HTTP/2
        Http2 = "2",
    }
}
