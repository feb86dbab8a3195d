//! How encrypted connections are made.

use crate::config::reader::element;

element! {
    /// How encrypted connections are made.
    "tls", "a mapping such as `{ insecure: true }`";
    pub struct TlsConfig {
        /// Accept any certificate, also one that is expired or made by yourself.
        "insecure" insecure: bool => default "false",
    }
}
