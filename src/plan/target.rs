//! The address of the system under test.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use url::Url;

/// An absolute `http` or `https` address, or that of a unix socket, with the path that requests are relative to.
///
/// `unix:/run/app.sock` speaks HTTP without encryption over the socket, to the host `localhost`; behind a second colon
/// may come a path: `unix:/run/app.sock:/api`. A socket's path is relative to the folder that loadline runs in.
///
/// User information is taken out of the address (it becomes an `authorization` header) and never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Host name or address without brackets, as it is resolved.
    pub host: String,
    /// The port, the scheme's own where none is written.
    pub port: u16,
    /// `host:port` as the `Host` header wants it: the port only where it isn't the scheme's own.
    pub authority: String,
    /// Put before each path that isn't absolute; never ends in `/`.
    pub base_path: String,
    /// `user:password` of the address, decoded.
    pub userinfo: Option<(String, String)>,
    /// The unix socket that is connected to, in place of host and port.
    pub socket: Option<PathBuf>,
}

/// Says why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It can't be read as an address.
    #[error("not an address: {0}")]
    Unreadable(String),
    /// Neither http nor https.
    #[error("the scheme `{0}` is not `http` or `https`")]
    Scheme(String),
    /// There is nothing to connect to.
    #[error("it has no host")]
    NoHost,
    /// A query or fragment, which requests couldn't be relative to.
    #[error("a target has no query or fragment: put it into the requests")]
    Query,
    /// Not `unix:/path`.
    #[error("a unix socket is written `unix:/path/of/a.sock`, and a path on it behind another colon: `unix:/a.sock:/api`")]
    Socket,
}

impl Target {
    /// Reads an address; without a scheme `http://` is meant (`127.0.0.1:8000`).
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if let Some(socket) = text.strip_prefix("unix:") {
            return Self::on_socket(socket);
        }
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&full).map_err(|error| TargetError::Unreadable(error.to_string()))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(TargetError::Scheme(other.to_owned())),
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(TargetError::Query);
        }
        let host = match url.host() {
            Some(url::Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(url::Host::Ipv4(address)) => address.to_string(),
            Some(url::Host::Ipv6(address)) => address.to_string(),
            _ => return Err(TargetError::NoHost),
        };
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        // Tokens are passwords of nobody: `http://:TOKEN@host`.
        let userinfo = (!url.username().is_empty() || url.password().is_some())
            .then(|| (decode(url.username()), decode(url.password().unwrap_or_default())));
        if userinfo.is_some() {
            url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| TargetError::NoHost)?;
        }
        let port = url.port_or_known_default().ok_or(TargetError::NoHost)?;
        let shown_host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| shown_host.to_owned(), |port| format!("{shown_host}:{port}"));
        let base_path = url.path().trim_end_matches('/').to_owned();
        Ok(Self { tls, host, port, authority, base_path, userinfo, socket: None, url })
    }

    /// Where in a text that is an address its user information is written, without the `@` behind it; whatever else the
    /// address holds, such as `${PORT}`.
    pub fn userinfo_in(text: &str) -> Option<Range<usize>> {
        if text.trim_start().starts_with("unix:") {
            return None;
        }
        let behind_scheme = text.find("://").map_or(0, |at| at + 3);
        let begin = text.len() - text[behind_scheme..].trim_start_matches(['/', '\\']).len();
        let end = text[begin..].find(['/', '\\', '?', '#']).map_or(text.len(), |at| begin + at);
        text[begin..end].rfind('@').map(|at| begin..begin + at)
    }

    /// A text that is meant as an address, with `***` in place of its user information.
    pub fn masked(text: &str) -> String {
        let mut shown = text.to_owned();
        if let Some(written) = Self::userinfo_in(text) {
            shown.replace_range(written, "***");
        }
        shown
    }

    /// The address that requests name: that of `localhost` where it is a socket.
    pub fn url(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    fn on_socket(text: &str) -> Result<Self, TargetError> {
        // As an address with an empty host: `unix:///run/app.sock`.
        let text = text.strip_prefix("//").filter(|path| path.starts_with('/')).unwrap_or(text);
        let (socket, path) = text.split_once(':').unwrap_or((text, ""));
        if socket.is_empty() || socket.ends_with('/') || !(path.is_empty() || path.starts_with('/')) {
            return Err(TargetError::Socket);
        }
        Ok(Self { socket: Some(PathBuf::from(socket)), ..Self::parse(&format!("http://localhost{path}"))? })
    }
}

impl fmt::Display for Target {
    /// The address without user information.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            None => f.write_str(self.url()),
            Some(socket) if self.base_path.is_empty() => write!(f, "unix:{}", socket.display()),
            Some(socket) => write!(f, "unix:{}:{}", socket.display(), self.base_path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let target = Target::parse("https://joe:s%40cret@api.example.com/v1/").unwrap();
        assert_eq!((target.tls, target.host.as_str(), target.port), (true, "api.example.com", 443));
        assert_eq!((target.authority.as_str(), target.base_path.as_str()), ("api.example.com", "/v1"));
        assert_eq!(target.userinfo, Some(("joe".to_owned(), "s@cret".to_owned())));
        assert_eq!(target.to_string(), "https://api.example.com/v1");
        let target = Target::parse("[::1]:8080").unwrap();
        assert_eq!((target.host.as_str(), target.authority.as_str(), target.port), ("::1", "[::1]:8080", 8080));
    }

    #[test]
    fn a_token_is_a_password_without_a_name() {
        for (text, name, password) in [
            ("https://:s3cret@api.test/v1", "", "s3cret"),
            ("https://s3cret@api.test/v1", "s3cret", ""),
            ("https://s3cret:@api.test/v1", "s3cret", ""),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.to_string().as_str(), target.url()), ("https://api.test/v1", "https://api.test/v1"), "{text}");
            assert_eq!(target.userinfo, Some((name.to_owned(), password.to_owned())), "{text}");
        }
        assert_eq!(Target::parse("https://@api.test").unwrap().to_string(), "https://api.test");
    }

    #[test]
    fn user_information_is_found_where_it_is_written() {
        for (text, expected) in [
            ("http://joe:p%40@host/a@b", Some("joe:p%40")),
            ("http://:pw@127.0.0.1:${PORT}", Some(":pw")),
            (":pw@host:80", Some(":pw")),
            ("http:////joe@host", Some("joe")),
            ("http://a@b@host?x", Some("a@b")),
            ("http://host/a@b", None),
            ("host:80?mail=a@b", None),
            ("unix:a@b.sock", None),
        ] {
            assert_eq!(Target::userinfo_in(text).map(|written| &text[written]), expected, "{text}");
        }
    }

    #[test]
    fn sockets_are_targets_too() {
        for (text, path, base, shown) in [
            ("unix:/run/app.sock", "/run/app.sock", "", "unix:/run/app.sock"),
            ("unix:///run/app.sock", "/run/app.sock", "", "unix:/run/app.sock"),
            ("unix:app.sock:/v1/", "app.sock", "/v1", "unix:app.sock:/v1"),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.socket.as_deref(), target.base_path.as_str()), (Some(std::path::Path::new(path)), base), "{text}");
            assert_eq!((target.tls, target.authority.as_str(), target.to_string().as_str()), (false, "localhost", shown));
        }
        for text in ["unix:", "unix:/run/", "unix:/a.sock:api", "unix:://x"] {
            assert_eq!(Target::parse(text), Err(TargetError::Socket), "{text}");
        }
        assert_eq!(Target::parse("unix:/a.sock:/x?y=1"), Err(TargetError::Query));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(Target::parse("ftp://x"), Err(TargetError::Scheme("ftp".to_owned())));
        assert_eq!(Target::parse("http://x/?a=1"), Err(TargetError::Query));
        assert!(Target::parse("http://").is_err());
        assert!(Target::parse("http://[::1").is_err());
    }
}
