//! A certificate authority of our own.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, SupportedProtocolVersion};

/// Signs certificates that nobody trusts but who was given [`Authority::pem`].
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key, as PEM.
pub(crate) struct Signed {
    pub(crate) cert: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// For a server of this name or address, or for a client.
    pub(crate) fn sign(&self, name: &str) -> Signed {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        Signed { cert: params.signed_by(&key, &self.0).unwrap().pem(), key: key.serialize_pem() }
    }

    /// What a server needs that calls itself `name` and offers these protocols.
    pub(crate) fn server(&self, name: &str, protocols: &[&str], versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
        self.configured(&self.sign(name), protocols, versions, false)
    }

    /// The same for a server that lets only clients in whose certificate this authority signed.
    pub(crate) fn strict_server(&self, name: &str) -> ServerConfig {
        self.configured(&self.sign(name), &[], rustls::ALL_VERSIONS, true)
    }

    /// A server that shows the certificate of an authority as its own, and that certificate.
    pub(crate) fn posing_as_server(name: &str) -> (ServerConfig, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let own = Signed { cert: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() };
        (Self::new().configured(&own, &[], rustls::ALL_VERSIONS, false), own.cert)
    }

    fn configured(
        &self,
        signed: &Signed,
        protocols: &[&str],
        versions: &[&'static SupportedProtocolVersion],
        is_strict: bool,
    ) -> ServerConfig {
        use rustls::pki_types::pem::PemObject;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let cert = CertificateDer::from_pem_slice(signed.cert.as_bytes()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from_pem_slice(signed.key.as_bytes()).unwrap());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let builder = if is_strict {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).unwrap();
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(vec![cert], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        config
    }
}
