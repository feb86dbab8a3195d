//! Where a connection goes.

use std::path::PathBuf;

use crate::plan::Target;

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Origin {
    pub(in crate::engine) tls: bool,
    pub(in crate::engine) host: String,
    pub(in crate::engine) port: u16,
    /// As the `Host` header wants it.
    pub(in crate::engine) authority: String,
    /// The unix socket that is connected to, in place of host and port.
    pub(in crate::engine) socket: Option<PathBuf>,
}

impl Origin {
    pub(in crate::engine) fn of(target: &Target) -> Self {
        Self {
            tls: target.tls,
            host: target.host.clone(),
            port: target.port,
            authority: target.authority.clone(),
            socket: target.socket.clone(),
        }
    }

    /// Whether an address is of this origin. A service behind a socket names itself as if it weren't.
    pub(in crate::engine) fn is_of(&self, target: &Target) -> bool {
        (self.tls, self.port, self.host.as_str()) == (target.tls, target.port, target.host.as_str())
    }
}
