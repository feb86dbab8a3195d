//! How servers prove who they are, and how we do.

use std::fmt;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion};
use rustls_platform_verifier::BuilderVerifierExt;

/// What encrypted connections ask for and offer. The default trusts what the system trusts.
#[derive(Debug, Clone)]
pub struct TlsPlan {
    /// Whether certificates are verified.
    pub verify: bool,
    /// Certificates that are trusted beside those of the system.
    pub ca: Vec<CertificateDer<'static>>,
    /// What proves to the server who we are.
    pub identity: Option<Identity>,
    /// The name that is asked for and that the target's certificate must have, in place of the target's host.
    pub server_name: Option<ServerName<'static>>,
    /// The oldest version of TLS that will do.
    pub min_version: TlsVersion,
    /// The newest version of TLS that is offered.
    pub max_version: TlsVersion,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2
    V1_2,
    /// TLS 1.3
    V1_3,
}

impl Default for TlsPlan {
    fn default() -> Self {
        Self {
            verify: true,
            ca: Vec::new(),
            identity: None,
            server_name: None,
            min_version: TlsVersion::V1_2,
            max_version: TlsVersion::V1_3,
        }
    }
}

/// A client's certificate chain with its private key, which is never printed.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

/// Says why certificates or keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not a PEM file, or a broken one.
    #[error("it is no PEM file: {0}")]
    Pem(rustls::pki_types::pem::Error),
    /// Nothing of what was looked for is in it.
    #[error("it has no certificate")]
    NoCertificate,
    /// No private key is in it that could be used.
    #[error("it has no private key")]
    NoKey,
    /// A key of a kind that nobody can use, or one that belongs to another certificate.
    #[error("{0}")]
    Unusable(#[from] Error),
}

/// All certificates of a PEM file, in its order.
///
/// # Errors
/// When it isn't one, or has none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(TlsError::Pem)?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    // What can't be trusted would be noticed at the first connection otherwise.
    Ok(certificates)
}

impl Identity {
    /// A chain of certificates, the client's own first, and the private key of that one.
    ///
    /// # Errors
    /// When there is no key, or it is not the certificate's.
    pub fn new(chain: Vec<CertificateDer<'static>>, key_pem: &[u8]) -> Result<Self, TlsError> {
        let key = match PrivateKeyDer::from_pem_slice(key_pem) {
            Ok(key) => key,
            Err(rustls::pki_types::pem::Error::NoItemsFound) => return Err(TlsError::NoKey),
            Err(error) => return Err(TlsError::Pem(error)),
        };
        Ok(Self(Arc::new(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl TlsPlan {
    /// A client configuration that offers these protocols, the dearest first. Reads the system's certificates, which takes
    /// some tens of milliseconds.
    ///
    /// # Errors
    /// When there is nothing to trust: the system has no certificates and the scenario names none, or those it names are
    /// no certificates of an authority.
    pub fn client_config(&self, protocols: &[&[u8]]) -> Result<ClientConfig, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions: Vec<&'static SupportedProtocolVersion> =
            [(TlsVersion::V1_3, &rustls::version::TLS13), (TlsVersion::V1_2, &rustls::version::TLS12)]
                .into_iter()
                .filter(|(version, _)| (self.min_version..=self.max_version).contains(version))
                .map(|(_, version)| version)
                .collect();
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(&versions)?;
        let builder = match (self.verify, self.ca.is_empty()) {
            (false, _) => builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustEverybody(provider))),
            (true, true) => builder.with_platform_verifier()?,
            (true, false) => {
                let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(self.ca.iter().cloned(), provider)?;
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
        };
        let mut config = match &self.identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.0.clone()))),
            None => builder.with_no_client_auth(),
        };
        // Users are different people: each connection shakes hands in full, as theirs would.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }
}
/// For `tls: {insecure: true}`: any certificate will do, signatures are still checked.
#[derive(Debug)]
struct TrustEverybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustEverybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
