//! How connections are opened.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::origin::Origin;
use super::stream::Stream;
use super::tls;
use crate::engine::failure::Failure;
use crate::metrics::{ErrorCategory, Phases};
use crate::plan::HttpPlan;
use crate::units::Micros;

/// Opens connections for all users of a thread.
#[derive(Debug)]
pub(in crate::engine) struct Dialer {
    verify_tls: bool,
    tls: OnceLock<Result<Arc<rustls::ClientConfig>, String>>,
}

impl Dialer {
    pub(in crate::engine) fn new(http: &HttpPlan) -> Self {
        Self { verify_tls: http.verify_tls, tls: OnceLock::new() }
    }

    /// Opens a connection, encrypted where the origin says so, and notes how long each part of it took. The name is
    /// resolved each time, and all its addresses are tried in turn. Takes as long as it takes: the caller sets the limit.
    pub(in crate::engine) async fn dial(&self, origin: &Origin, phases: &mut Phases) -> Result<Stream, Failure> {
        let tls = if origin.tls { Some(self.tls()?) } else { None };
        let begin = Instant::now();
        let addresses: Vec<_> = tokio::net::lookup_host((origin.host.as_str(), origin.port))
            .await
            .map_err(|error| Failure::new(ErrorCategory::Dns, format!("{}: {error}", origin.host)))?
            .collect();
        let resolved = Instant::now();
        let is_name = origin.host.parse::<std::net::IpAddr>().is_err();
        phases.dns = is_name.then(|| Micros::from(resolved - begin));
        let mut failure = Failure::new(ErrorCategory::Dns, format!("{}: no address", origin.host));
        let mut connected = None;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    connected = Some(stream);
                    break;
                }
                Err(error) => failure = Failure::connecting(&error),
            }
        }
        let Some(stream) = connected else { return Err(failure) };
        // Small requests must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let opened = Instant::now();
        phases.connect = Some(Micros::from(opened - resolved));
        let Some(tls) = tls else { return Ok(Stream::Plain(stream)) };
        let name = ServerName::try_from(origin.host.clone())
            .map_err(|_| Failure::new(ErrorCategory::Tls, format!("`{}` is no name for a certificate", origin.host)))?;
        let stream = TlsConnector::from(tls.clone())
            .connect(name, stream)
            .await
            .map_err(|error| Failure::new(ErrorCategory::Tls, error.to_string()))?;
        phases.tls = Some(Micros::from(opened.elapsed()));
        Ok(Stream::Tls(Box::new(stream)))
    }

    /// Made when first needed: reading the system's certificates takes a while.
    fn tls(&self) -> Result<&Arc<rustls::ClientConfig>, Failure> {
        let config = self.tls.get_or_init(|| tls::client_config(self.verify_tls).map_err(|error| error.to_string()));
        config.as_ref().map_err(|error| Failure::new(ErrorCategory::Tls, error.clone()))
    }
}
