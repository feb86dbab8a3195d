//! Who stands between us and the service.

use std::fmt;
use std::net::IpAddr;

use super::target::{Target, TargetError};

/// Which connections go through a proxy. The default: none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProxyPlan {
    /// For `http` addresses.
    pub http: Option<Proxy>,
    /// For `https` addresses.
    pub https: Option<Proxy>,
    /// Who is reached without one.
    pub exceptions: NoProxy,
    /// The scenario names it: it is used for this machine too, and `NO_PROXY` doesn't count.
    pub is_written: bool,
}

/// An HTTP proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is, with its user information, which is never printed.
    pub address: Target,
}

/// Who is reached without a proxy, as `NO_PROXY` says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoProxy(Vec<Exception>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    Everything,
    /// A domain with all below it, and a port where only that one is meant.
    Domain(String, Option<u16>),
    /// An address block: the first bits of an address.
    Block(IpAddr, u8, Option<u16>),
}

/// Says why a text names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It is no address.
    #[error("{0}")]
    Address(#[from] TargetError),
    /// A proxy has no path.
    #[error("a proxy has no path")]
    Path,
    /// A proxy is reached over the network.
    #[error("a proxy can't be a unix socket")]
    Socket,
}

impl Proxy {
    /// Reads an address such as `http://proxy.example.com:3128`; without a scheme `http://` is meant.
    ///
    /// # Errors
    /// When it is no address of an `http` or `https` proxy.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let address = Target::parse(text)?;
        match (&address.socket, address.base_path.is_empty()) {
            (Some(_), _) => Err(ProxyError::Socket),
            (None, false) => Err(ProxyError::Path),
            (None, true) => Ok(Self { address }),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl fmt::Display for Proxy {
    /// Its address without user information.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl ProxyPlan {
    /// The proxy on the way to an address; none where there is none, and none on the way to this machine unless the
    /// scenario itself names one.
    pub fn between(&self, target: &Target) -> Option<&Proxy> {
        self.between_host(target.tls, &target.host, target.port).filter(|_| target.socket.is_none())
    }

    /// The same for a host by its parts.
    pub fn between_host(&self, tls: bool, host: &str, port: u16) -> Option<&Proxy> {
        let proxy = if tls { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| self.is_written || !(is_loopback(host) || self.exceptions.covers(host, port)))
    }
}

impl NoProxy {
    /// Reads a list such as `localhost, .example.com, 10.0.0.0/8, host:8080`; `*` is everything. What is nothing of it names
    /// nobody, as with other tools.
    pub fn parse(text: &str) -> Self {
        Self(text.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).map(Exception::parse).collect())
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        let address = host.parse::<IpAddr>().ok();
        self.0.iter().any(|exception| match exception {
            Exception::Everything => true,
            Exception::Domain(domain, only) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let below = host.strip_suffix(domain.as_str()).is_some_and(|front| front.is_empty() || front.ends_with('.'));
                below && only.is_none_or(|only| only == port)
            }
            Exception::Block(first, bits, only) => {
                address.is_some_and(|address| shares_bits(address, *first, *bits)) && only.is_none_or(|only| only == port)
            }
        })
    }
}

impl Exception {
    fn parse(entry: &str) -> Self {
        if entry == "*" {
            return Self::Everything;
        }
        if let Ok(address) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Self::Block(address, 128, None);
        }
        if let Some((address, bits)) = entry.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse(), bits.parse())
        {
            return Self::Block(address, bits, None);
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().ok()),
            None => (entry, None),
        };
        match name.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => Self::Block(address, 128, port),
            Err(_) => Self::Domain(name.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase(), port),
        }
    }
}

/// Whether two addresses of one family begin with the same bits.
fn shares_bits(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        let rest = width.saturating_sub(u32::from(bits));
        a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
    };
    match (a.to_canonical(), b.to_canonical()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
        _ => false,
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(plan: &ProxyPlan, target: &str) -> Option<String> {
        plan.between(&Target::parse(target).unwrap()).map(ToString::to_string)
    }

    #[test]
    fn user_information_of_a_proxy_is_read_and_never_shown() {
        let proxy = Proxy::parse("http://joe:s3cret@proxy:3128").unwrap();
        assert_eq!(proxy.address.userinfo, Some(("joe".to_owned(), "s3cret".to_owned())));
        assert_eq!(proxy.to_string(), "http://proxy:3128");
        assert_eq!(format!("{proxy:?}"), "Proxy(http://proxy:3128)");
        let proxy = Proxy::parse(":s3cret@proxy:3128").unwrap();
        assert_eq!(
            (proxy.address.userinfo.clone(), proxy.to_string().as_str()),
            (Some((String::new(), "s3cret".to_owned())), "http://proxy:3128")
        );
        assert_eq!(Proxy::parse("proxy:3128").unwrap().to_string(), "http://proxy:3128");
        for (text, why) in [
            ("socks5://proxy:1080", "the scheme `socks5` is not `http` or `https`"),
            ("http://proxy/path", "a proxy has no path"),
            ("unix:/run/proxy.sock", "a proxy can't be a unix socket"),
        ] {
            assert_eq!(Proxy::parse(text).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn this_machine_is_reached_directly_unless_the_scenario_says_otherwise() {
        let proxy = Proxy::parse("proxy:3128").unwrap();
        let mut plan = ProxyPlan { http: Some(proxy), ..ProxyPlan::default() };
        for here in ["127.0.0.1:8000", "http://localhost", "[::1]:80", "http://app.localhost", "unix:/run/app.sock"] {
            assert_eq!(through(&plan, here), None, "{here}");
        }
        assert_eq!(through(&plan, "http://example.com"), Some("http://proxy:3128".to_owned()));
        assert_eq!(through(&plan, "https://example.com"), None);
        plan.is_written = true;
        assert_eq!(through(&plan, "127.0.0.1:8000"), Some("http://proxy:3128".to_owned()));
        assert_eq!(through(&plan, "unix:/run/app.sock"), None);
    }

    #[test]
    fn exceptions_are_domains_with_all_below_them_addresses_and_blocks() {
        let list = NoProxy::parse("example.com, .corp.test,10.0.0.0/8 , 192.0.2.7,fd00::/8,api.test:8443,*.wild.test,[2001:db8::1]:80");
        for (host, port) in [
            ("example.com", 80),
            ("API.Example.com", 80),
            ("corp.test", 80),
            ("a.corp.test.", 80),
            ("10.200.3.4", 80),
            ("192.0.2.7", 80),
            ("fd12::1", 443),
            ("api.test", 8443),
            ("x.wild.test", 1),
            ("2001:db8::1", 80),
        ] {
            assert!(list.covers(host, port), "{host}:{port}");
        }
        for (host, port) in
            [("notexample.com", 80), ("11.0.0.1", 80), ("192.0.2.8", 80), ("fe80::1", 80), ("api.test", 443), ("2001:db8::1", 81)]
        {
            assert!(!list.covers(host, port), "{host}:{port}");
        }
        assert!(NoProxy::parse("*").covers("anything.test", 1));
        assert!(!NoProxy::parse(" , ").covers("anything.test", 1));
        assert!(NoProxy::parse("0.0.0.0/0").covers("8.8.8.8", 1) && !NoProxy::parse("0.0.0.0/0").covers("fd00::1", 1));
    }
}
