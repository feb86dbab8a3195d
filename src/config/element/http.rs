//! What is spoken, and over which connections.

use crate::config::reader::{Fields, Reader, Text, Whole, element, words};

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
        "proxy" proxy: Text => default "that of the environment",
    }
    check sharing;
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

/// Users can share connections in HTTP/2 alone, and what is shared is kept.
fn sharing(http: &HttpConfig, fields: &Fields<'_>, reader: &mut Reader) {
    let Some(connections) = fields.key("connections") else { return };
    let message = "only HTTP/2 carries the requests of several users over one connection";
    let help = "write `version: 2`, or remove `connections`: each user has a connection of its own";
    match (&http.version, fields.key("version")) {
        (None, None) => reader.report(connections, message, "", Some(help.to_owned())),
        (Some(version), Some(key)) if version.value != VersionConfig::Http2 => reader.conflict(message, connections, key, help),
        _ => {}
    }
    if let (Some(keep), Some(key)) = (&http.keep_alive, fields.key("keep_alive"))
        && !keep.value
    {
        reader.conflict("a connection that is shared is kept", connections, key, "remove `keep_alive` or `connections`");
    }
}
