//! How connections are opened.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::origin::Origin;
use super::stream::Stream;
use super::{eyeballs, tunnel};
use crate::engine::failure::Failure;
use crate::metrics::{ErrorCategory, Phases};
use crate::plan::{HttpPlan, HttpVersion, Proxy, ProxyPlan, Target, TlsPlan};
use crate::units::Micros;

/// Opens connections for all users of a thread.
#[derive(Debug)]
pub(in crate::engine) struct Dialer {
    version: HttpVersion,
    proxies: ProxyPlan,
    plan: TlsPlan,
    home: Origin,
    /// Encryption on the way to the target, to anybody else, and to a proxy; made when first needed.
    to_target: Encryption,
    elsewhere: Encryption,
    to_proxy: Encryption,
    /// Makes streams that lead to a test, in place of connections.
    #[cfg(test)]
    pub(in crate::engine) pretend: Option<fn() -> Stream>,
}

type Encryption = OnceCell<Result<Arc<ClientConfig>, String>>;

impl Dialer {
    pub(in crate::engine) fn new(http: &HttpPlan, target: &Target) -> Self {
        Self {
            version: http.version,
            proxies: http.proxies.clone(),
            plan: http.tls.clone(),
            home: Origin::of(target),
            to_target: OnceCell::new(),
            elsewhere: OnceCell::new(),
            to_proxy: OnceCell::new(),
            #[cfg(test)]
            pretend: None,
        }
    }

    /// Opens a connection, encrypted where the origin says so, and notes how long each part of it took. The name is
    /// resolved each time. Takes as long as it takes: the caller sets the limit.
    pub(in crate::engine) async fn dial(&self, origin: &Origin, phases: &mut Phases) -> Result<Stream, Failure> {
        #[cfg(test)]
        if let Some(pretend) = self.pretend {
            return Ok(pretend());
        }
        let stream = match (&origin.socket, self.proxy(origin)) {
            (Some(socket), _) => unix(socket, phases).await?,
            (None, None) => tcp(&origin.host, origin.port, phases).await?,
            (None, Some(proxy)) => self.through(proxy, origin, phases).await?,
        };
        if !origin.tls {
            return Ok(stream);
        }
        let begin = Instant::now();
        let is_home = *origin == self.home;
        let name = match &self.plan.server_name {
            Some(name) if is_home => name.clone(),
            _ => name_of(&origin.host)?,
        };
        let stream = encrypt(stream, self.encryption(is_home)?, name).await?;
        phases.tls = Some(Micros::from(begin.elapsed()));
        Ok(stream)
    }

    /// The proxy that requests to an origin are sent to instead, with their whole address; none where they go directly or
    /// through a tunnel, of which they know nothing.
    pub(in crate::engine) fn forwarding(&self, origin: &Origin) -> Option<&Proxy> {
        self.proxy(origin).filter(|_| !origin.tls && self.version != HttpVersion::Http2)
    }

    /// Whether HTTP/2 is to be spoken over a stream to an origin.
    ///
    /// # Errors
    /// When it must be, and the server did not agree.
    pub(in crate::engine) fn is_http2(&self, stream: &Stream, origin: &Origin) -> Result<bool, Failure> {
        // What a proxy agreed to on the way says nothing of the origin.
        let agreed = origin.tls && stream.protocol() == Some(b"h2");
        match self.version {
            HttpVersion::Http1 => Ok(false),
            HttpVersion::Auto => Ok(agreed),
            HttpVersion::Http2 if agreed || !origin.tls => Ok(true),
            HttpVersion::Http2 => Err(Failure::new(ErrorCategory::Tls, "the server does not agree to HTTP/2 (ALPN)")),
        }
    }

    fn proxy(&self, origin: &Origin) -> Option<&Proxy> {
        self.proxies.between_host(origin.tls, &origin.host, origin.port).filter(|_| origin.socket.is_none())
    }

    async fn through(&self, proxy: &Proxy, origin: &Origin, phases: &mut Phases) -> Result<Stream, Failure> {
        let address = &proxy.address;
        let stream = tcp(&address.host, address.port, phases).await;
        let mut stream = stream.map_err(|failure| Failure { message: format!("the proxy {proxy}: {}", failure.message), ..failure })?;
        let begin = Instant::now();
        if address.tls {
            let plan = || TlsPlan { ca: self.plan.ca.clone(), ..TlsPlan::default() };
            let encryption = connector(&self.to_proxy, &[b"http/1.1"], plan)?;
            stream = encrypt(stream, encryption, name_of(&address.host)?).await?;
        }
        if self.forwarding(origin).is_none() {
            stream = tunnel::connect(stream, proxy, origin).await?;
        }
        phases.connect = phases.connect.map(|connect| connect + Micros::from(begin.elapsed()));
        Ok(stream)
    }

    fn encryption(&self, is_home: bool) -> Result<TlsConnector, Failure> {
        let protocols = self.version.protocols();
        match is_home {
            true => connector(&self.to_target, protocols, || self.plan.clone()),
            // Who we are is for the target alone.
            false => connector(&self.elsewhere, protocols, || TlsPlan { identity: None, ..self.plan.clone() }),
        }
    }
}

/// Connects to a host by its name or address, over whichever of its addresses answers.
async fn tcp(host: &str, port: u16, phases: &mut Phases) -> Result<Stream, Failure> {
    let begin = Instant::now();
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| Failure::new(ErrorCategory::Dns, format!("{host}: {error}")))?
        .collect();
    let resolved = Instant::now();
    let is_name = host.parse::<std::net::IpAddr>().is_err();
    phases.dns = is_name.then(|| Micros::from(resolved - begin));
    let stream = eyeballs::connect(host, addresses).await?;
    phases.connect = Some(Micros::from(resolved.elapsed()));
    Ok(Stream::Plain(stream))
}

/// After what time a unix socket with a full queue is tried again.
#[cfg(unix)]
const QUEUE_AGAIN_AFTER: std::time::Duration = std::time::Duration::from_millis(1);

#[cfg(unix)]
async fn unix(socket: &std::path::Path, phases: &mut Phases) -> Result<Stream, Failure> {
    let begin = Instant::now();
    let stream = loop {
        match tokio::net::UnixStream::connect(socket).await {
            // Its queue is full. TCP would try again by itself; here nothing tells when there is room.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => tokio::time::sleep(QUEUE_AGAIN_AFTER).await,
            Err(error) => {
                let failure = Failure::connecting(&error);
                return Err(Failure { message: format!("{}: {}", socket.display(), failure.message), ..failure });
            }
            Ok(stream) => break stream,
        }
    };
    phases.connect = Some(Micros::from(begin.elapsed()));
    Ok(Stream::Unix(stream))
}

#[cfg(not(unix))]
async fn unix(_socket: &std::path::Path, _phases: &mut Phases) -> Result<Stream, Failure> {
    Err(Failure::new(ErrorCategory::ConnectRefused, "this system has no unix sockets"))
}

async fn encrypt(stream: Stream, connector: TlsConnector, name: ServerName<'static>) -> Result<Stream, Failure> {
    let stream = connector.connect(name, stream).await;
    stream.map(|stream| Stream::Tls(Box::new(stream))).map_err(|error| Failure::new(ErrorCategory::Tls, tls_trouble(&error)))
}

/// Why there is no encryption, with what to do where that is known.
fn tls_trouble(error: &std::io::Error) -> String {
    use rustls::{CertificateError, Error};
    let error = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).ok_or(error);
    match error {
        Ok(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "the server's certificate is of an issuer that is not trusted; `tls: { ca: FILE }` trusts it".to_owned()
        }
        // A certificate that its server signed for itself as if it were an authority.
        Ok(Error::InvalidCertificate(CertificateError::Other(other))) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the server's certificate says that it is an authority; sign one for the server, or make this one with `basicConstraints=CA:FALSE`".to_owned()
        }
        Ok(error) => error.to_string(),
        Err(error) => error.to_string(),
    }
}

fn name_of(host: &str) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(host.to_owned()).map_err(|_| Failure::new(ErrorCategory::Tls, format!("`{host}` is no name for a certificate")))
}

fn connector(cell: &Encryption, protocols: &[&[u8]], plan: impl FnOnce() -> TlsPlan) -> Result<TlsConnector, Failure> {
    let made = cell.get_or_init(|| match plan().client_config(protocols) {
        Ok(config) => Ok(Arc::new(config)),
        Err(error) => Err(error.to_string()),
    });
    let made = made.clone().map_err(|error| Failure::new(ErrorCategory::Tls, error));
    made.map(TlsConnector::from)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_unix_socket_with_a_full_queue_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.sock");
        let socket = tokio::net::UnixSocket::new_stream().unwrap();
        socket.bind(&path).unwrap();
        let listener = socket.listen(1).unwrap();
        let connect = async || unix(&path, &mut Phases::default()).await;
        let all = join_all((0..20).map(|_| connect()));
        let accept = async { while listener.accept().await.is_ok() {} };
        let streams = tokio::select! {
            streams = all => streams,
            () = accept => panic!("no longer a listener"),
        };
        assert_eq!(streams.into_iter().filter_map(Result::err).map(|failure| failure.message).collect::<Vec<_>>(), [""; 0]);
        // Nobody accepts: it takes as long as whoever calls lets it.
        let all = join_all((0..20).map(|_| connect()));
        assert!(tokio::time::timeout(Duration::from_secs(1), all).await.is_err());
    }
}
