//! Where a connection goes.

use crate::plan::Target;

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Origin {
    pub(in crate::engine) tls: bool,
    pub(in crate::engine) host: String,
    pub(in crate::engine) port: u16,
    /// As the `Host` header wants it.
    pub(in crate::engine) authority: String,
}

impl Origin {
    pub(in crate::engine) fn of(target: &Target) -> Self {
        Self { tls: target.tls, host: target.host.clone(), port: target.port, authority: target.authority.clone() }
    }
}
