//! Why requests fail.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request failed; one for each way a user would look for the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCategory {
    /// The host's name has no address.
    Dns,
    /// Nothing listens there, or the network said no.
    ConnectRefused,
    /// No connection within `connect_timeout`.
    ConnectTimeout,
    /// The TLS handshake failed.
    Tls,
    /// No complete answer within `timeout`.
    Timeout,
    /// The connection was closed or reset before the answer was complete.
    Reset,
    /// What came is not HTTP.
    Protocol,
    /// The body is too large or can't be decoded.
    Body,
    /// An answer with a status that doesn't count as success.
    Status,
    /// An answer that failed a check.
    Check,
}

impl ErrorCategory {
    /// All of them, in the order in which a request meets them.
    pub const ALL: [Self; 10] = [
        Self::Dns,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::Tls,
        Self::Timeout,
        Self::Reset,
        Self::Protocol,
        Self::Body,
        Self::Status,
        Self::Check,
    ];
}

impl fmt::Display for ErrorCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dns => "dns",
            Self::ConnectRefused => "connect refused",
            Self::ConnectTimeout => "connect timeout",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::Body => "body",
            Self::Status => "status",
            Self::Check => "check",
        })
    }
}
