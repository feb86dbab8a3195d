//! The target under the name that its certificate must have.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::pki_types::ServerName;

use crate::plan::{HttpPlan, Target};

/// An address of the target with another host in it: that is the name that is asked for, and that the certificate must have.
#[derive(Debug)]
pub(super) struct Alias {
    /// The address as it is asked for.
    pub(super) url: String,
    /// What the `host` header says all the same.
    pub(super) authority: String,
    /// Where connections lead.
    host: String,
}

impl Alias {
    /// Of an address of the target, where `tls.server_name` says another name. Not behind a proxy, which would look for that
    /// name itself.
    pub(super) fn of(url: &reqwest::Url, target: &Target, http: &HttpPlan) -> Option<Self> {
        let Some(ServerName::DnsName(name)) = &http.tls.server_name else { return None };
        if !target.tls || http.proxies.between(target).is_some() {
            return None;
        }
        let mut renamed = url.clone();
        renamed.set_host(Some(name.as_ref())).ok()?;
        Some(Self { url: renamed.into(), authority: target.authority.clone(), host: target.host.clone() })
    }

    /// What finds the target, whatever name is looked for.
    pub(super) fn resolver(&self) -> Leading {
        Leading(self.host.clone())
    }
}

/// Finds one host under every name.
#[derive(Debug)]
pub(super) struct Leading(String);

impl Resolve for Leading {
    fn resolve(&self, _name: Name) -> Resolving {
        let host = self.0.clone();
        Box::pin(async move {
            // The port is that of the address.
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
