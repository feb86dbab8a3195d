//! Connections: what is spoken, who is trusted, which way it goes.

use rustls::pki_types::ServerName;
use serde_json::{Value as Json, json};

use super::super::{HttpPlan, HttpVersion, Identity, NoProxy, Proxy, ProxyPlan, TlsPlan, TlsVersion, certificates};
use super::compiling::Compiling;
use super::target::keep_secret;
use crate::config::yaml::Span;
use crate::config::{Spanned, Text, TlsConfig, TlsVersionConfig, VersionConfig};

/// Makes the plan of all connections.
pub(super) fn compile(compiling: &mut Compiling<'_>) -> HttpPlan {
    let sections = &compiling.scenario.sections;
    let base = HttpPlan::default();
    let http = sections.http.as_ref().map(|http| &http.value);
    compiling.above_zero("connect_timeout", sections.connect_timeout.as_ref(), "10s");
    compiling.above_zero("max_body", sections.max_body.as_ref(), "64MiB");
    HttpPlan {
        connect_timeout: sections.connect_timeout.as_ref().map_or(base.connect_timeout, |timeout| timeout.value),
        max_body: sections.max_body.as_ref().map_or(base.max_body, |most| most.value),
        version: match http.and_then(|http| http.version.as_ref()).map(|version| version.value) {
            None | Some(VersionConfig::Auto) => HttpVersion::Auto,
            Some(VersionConfig::Http1) => HttpVersion::Http1,
            Some(VersionConfig::Http2) => HttpVersion::Http2,
        },
        keep_alive: http.and_then(|http| http.keep_alive.as_ref()).is_none_or(|keep| keep.value),
        connections: http.and_then(|http| u32::try_from(http.connections.as_ref()?.0).ok()),
        proxies: proxies(compiling, http.and_then(|http| http.proxy.as_ref())),
        tls: sections.tls.as_ref().map_or(base.tls, |tls| encryption(compiling, &tls.value)),
    }
}

/// For the digest: what makes other load of the same requests. Nothing where nothing is said, so that scenarios that were
/// measured before there was a choice stay comparable.
pub(super) fn describe(http: &HttpPlan) -> Option<Json> {
    let base = HttpPlan::default();
    let differs = http.version != base.version || http.keep_alive != base.keep_alive || http.connections.is_some();
    let version = match http.version {
        HttpVersion::Auto => "auto",
        HttpVersion::Http1 => "1.1",
        HttpVersion::Http2 => "2",
    };
    differs.then(|| json!({ "version": version, "keep_alive": http.keep_alive, "connections": http.connections }))
}

/// The proxies that the scenario names, or else the environment.
fn proxies(compiling: &mut Compiling<'_>, written: Option<&Spanned<Text>>) -> ProxyPlan {
    let help = "write an address such as `http://proxy.example.com:3128`, or `none`";
    if let Some(written) = written {
        let text = written.trim();
        if text == "none" {
            return ProxyPlan::default();
        }
        let proxy =
            proxy(compiling, text).map_err(|error| compiling.error(written.span, format!("this proxy can't be used: {error}"), help)).ok();
        return ProxyPlan { http: proxy.clone(), https: proxy, exceptions: NoProxy::default(), is_written: true };
    }
    let process = &compiling.scenario.variables.process;
    // A web server passes the request header `Proxy` to its programs as HTTP_PROXY: anybody could set it there.
    let is_cgi = process.get("REQUEST_METHOD").is_some();
    let mut named = |names: &[&str]| -> Option<Proxy> {
        let (name, text) = names.iter().find_map(|name| Some((*name, process.get(name)?.trim()))).filter(|(_, text)| !text.is_empty())?;
        match proxy(compiling, text) {
            Ok(proxy) => Some(proxy),
            Err(error) => {
                let help = format!(
                    "set `{name}` to an address such as `http://proxy.example.com:3128`, unset it, or write `http: {{ proxy: none }}`"
                );
                compiling.error(Span::OUTSIDE, format!("the proxy of the environment (`{name}`) can't be used: {error}"), help);
                None
            }
        }
    };
    let http = named(if is_cgi { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] });
    let https = named(&["https_proxy", "HTTPS_PROXY"]);
    let exceptions = ["no_proxy", "NO_PROXY"].iter().find_map(|name| process.get(name)).map(NoProxy::parse).unwrap_or_default();
    ProxyPlan { http, https, exceptions, is_written: false }
}

/// Reads the address of a proxy; what it says of a user is a secret.
fn proxy(compiling: &mut Compiling<'_>, text: &str) -> Result<Proxy, super::super::ProxyError> {
    let proxy = Proxy::parse(text)?;
    keep_secret(compiling, text, proxy.address.userinfo.clone());
    Ok(proxy)
}

fn encryption(compiling: &mut Compiling<'_>, tls: &TlsConfig) -> TlsPlan {
    let base = TlsPlan::default();
    let version = |version: &Option<Spanned<TlsVersionConfig>>| {
        version.as_ref().map(|version| match version.value {
            TlsVersionConfig::V1_2 => TlsVersion::V1_2,
            TlsVersionConfig::V1_3 => TlsVersion::V1_3,
        })
    };
    let (min_version, max_version) =
        (version(&tls.min_version).unwrap_or(base.min_version), version(&tls.max_version).unwrap_or(base.max_version));
    if let (Some(least), true) = (&tls.min_version, min_version > max_version) {
        compiling.error(least.span, "`min_version` is above `max_version`", "leave one of them out");
    }
    let server_name = tls.server_name.as_ref().and_then(|name| {
        let parsed = ServerName::try_from(name.as_str().to_owned());
        parsed
            .map_err(|_| compiling.error(name.span, format!("`{}` is no name for a certificate", name.as_str()), "write a host name"))
            .ok()
    });
    TlsPlan {
        verify: !tls.insecure.as_ref().is_some_and(|insecure| insecure.value),
        ca: tls.ca.as_ref().and_then(|path| pem(compiling, path)).map(|(_, certificates)| certificates).unwrap_or_default(),
        identity: identity(compiling, tls),
        server_name,
        min_version,
        max_version,
    }
}

/// The certificate and key to show to the server; a file may hold both.
fn identity(compiling: &mut Compiling<'_>, tls: &TlsConfig) -> Option<Identity> {
    let (cert, key) = match (&tls.cert, &tls.key) {
        (Some(cert), key) => (cert, key.as_ref()),
        (None, Some(key)) => {
            compiling.error(key.span, "a key without its certificate proves nothing", "add `cert`, the file of the certificate");
            return None;
        }
        (None, None) => return None,
    };
    let (cert_pem, chain) = pem(compiling, cert)?;
    let (place, key_pem) = match key {
        Some(key) => (key, read(compiling, key)?),
        None => (cert, cert_pem),
    };
    Identity::new(chain, &key_pem)
        .map_err(|error| {
            let help = "`cert` and `key` are PEM files: the certificate with its chain, and its private key without a password";
            compiling.error(place.span, format!("the key in `{}` can't be used: {error}", place.as_str()), help);
        })
        .ok()
}

type Pem = (Vec<u8>, Vec<rustls::pki_types::CertificateDer<'static>>);

fn pem(compiling: &mut Compiling<'_>, path: &Spanned<Text>) -> Option<Pem> {
    let content = read(compiling, path)?;
    match certificates(&content) {
        Ok(certificates) => Some((content, certificates)),
        Err(error) => {
            let help = "a PEM file has lines of `-----BEGIN CERTIFICATE-----`";
            compiling.error(path.span, format!("`{}` can't be used: {error}", path.as_str()), help);
            None
        }
    }
}

fn read(compiling: &mut Compiling<'_>, path: &Spanned<Text>) -> Option<Vec<u8>> {
    match std::fs::read(compiling.scenario.folder.join(path.as_str())) {
        Ok(content) => Some(content),
        Err(error) => {
            let message = format!("failed to read the file `{}`: {error}", path.as_str());
            compiling.error(path.span, message, "paths are relative to the scenario file");
            None
        }
    }
}
