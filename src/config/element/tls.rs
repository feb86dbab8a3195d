//! How encrypted connections are made.

use crate::config::reader::{Text, element, words};

element! {
    /// How encrypted connections are made.
    "tls", "a mapping such as `{ insecure: true }`";
    pub struct TlsConfig {
        /// A PEM file of certificates that are trusted beside those of the system.
        "ca" ca: Text => optional,
        /// A PEM file with the client's certificate and its chain, for servers that ask for one.
        "cert" cert: Text => optional,
        /// A PEM file with the private key of `cert`.
        "key" key: Text => default "in the file of `cert`",
        /// Accept any certificate, also one that is expired or made by yourself.
        "insecure" insecure: bool => default "false",
        /// The name that is asked for, and that the certificate of the target must have.
        "server_name" server_name: Text => default "the host of the target",
        /// The oldest version of TLS that will do.
        "min_version" min_version: TlsVersionConfig => default "1.2",
        /// The newest version of TLS that is offered.
        "max_version" max_version: TlsVersionConfig => default "1.3",
    }
}

words! {
    /// A version of TLS.
    pub enum TlsVersionConfig {
        /// TLS 1.2
        V1_2 = "1.2",
        /// TLS 1.3
        V1_3 = "1.3",
    }
}
