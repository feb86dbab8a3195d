//! Through a proxy to somebody else.

use base64::Engine as _;
use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::origin::Origin;
use super::stream::Stream;
use crate::engine::failure::Failure;
use crate::metrics::ErrorCategory;
use crate::plan::Proxy;

/// The longest head of a proxy's answer.
const MOST_HEAD: usize = 16 << 10;
/// The most headers in it.
const MOST_HEADERS: usize = 64;

/// Asks a proxy for a connection to an origin (`CONNECT`, RFC 9110, section 9.3.6). What goes over the stream from then on
/// is between us and the origin.
///
/// # Errors
/// When the proxy refuses, or doesn't answer as one.
pub(super) async fn connect(mut stream: Stream, proxy: &Proxy, origin: &Origin) -> Result<Stream, Failure> {
    let broken = |error: std::io::Error| Failure { message: format!("the proxy {proxy}: {error}"), ..Failure::connecting(&error) };
    // The port is always said here, the brackets of an IPv6 address too.
    let host = if origin.host.contains(':') { format!("[{}]", origin.host) } else { origin.host.clone() };
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n", port = origin.port).into_bytes();
    if let Some(credentials) = proxy_authorization(proxy) {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(credentials.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut head = Vec::new();
    loop {
        if stream.read_buf(&mut head).await.map_err(broken)? == 0 {
            let message = format!("the proxy {proxy} closed the connection");
            return Err(Failure::new(ErrorCategory::ConnectRefused, message));
        }
        if let Some((status, length)) = status(&head, proxy)? {
            return match status {
                // In HTTP/2 the origin may speak first: then its first bytes can come together with the answer.
                200..=299 => Ok(stream.begun_with(head.split_off(length))),
                407 => Err(refused(proxy, "wants credentials (status 407)")),
                status => Err(refused(proxy, &format!("refused the way to {host}:{} with status {status}", origin.port))),
            };
        }
    }
}

/// The credentials for a proxy as a header, where its address has some.
pub(in crate::engine) fn proxy_authorization(proxy: &Proxy) -> Option<HeaderValue> {
    let (user, password) = proxy.address.userinfo.as_ref()?;
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {credentials}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The status of an answer, and the length of its head; none as long as that isn't complete.
fn status(head: &[u8], proxy: &Proxy) -> Result<Option<(u16, usize)>, Failure> {
    let wrong = |what: &str| Failure::new(ErrorCategory::Protocol, format!("the proxy {proxy} {what}"));
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(head) {
        Ok(httparse::Status::Complete(length)) => Ok(response.code.map(|code| (code, length))),
        Ok(httparse::Status::Partial) if head.len() > MOST_HEAD => Err(wrong("sent a head without an end")),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(error) => Err(wrong(&format!("does not answer in HTTP: {error}"))),
    }
}

fn refused(proxy: &Proxy, what: &str) -> Failure {
    Failure::new(ErrorCategory::ConnectRefused, format!("the proxy {proxy} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Target;

    /// What a tunnel comes to when the proxy answers with these bytes, and what the proxy was sent.
    async fn tunnel(answer: &'static [u8]) -> (Result<Stream, Failure>, String) {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let proxy = Proxy::parse("http://joe:pw@proxy.test:3128").unwrap();
        let origin = Origin::of(&Target::parse("https://[2001:db8::1]").unwrap());
        let serve = async {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                theirs.read_buf(&mut request).await.unwrap();
            }
            // In two parts, as it may come.
            let (first, second) = answer.split_at(answer.len() / 2);
            theirs.write_all(first).await.unwrap();
            tokio::task::yield_now().await;
            theirs.write_all(second).await.unwrap();
            theirs.shutdown().await.unwrap();
            (String::from_utf8(request).unwrap(), theirs)
        };
        let (result, (request, _theirs)) = tokio::join!(connect(Stream::Memory(ours), &proxy, &origin), serve);
        (result, request)
    }

    #[tokio::test]
    async fn a_proxy_is_asked_with_host_port_and_credentials() {
        let (result, request) = tunnel(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n").await;
        result.unwrap();
        let expected = "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nhost: [2001:db8::1]:443\r\nproxy-authorization: Basic am9lOnB3\r\n\r\n";
        assert_eq!(request, expected);
    }

    #[tokio::test]
    async fn what_comes_behind_the_answer_is_the_origins() {
        let (result, _) = tunnel(b"HTTP/1.1 200 OK\r\n\r\nits first bytes, and some more of them").await;
        let (mut stream, mut first, mut rest) = (result.unwrap(), [0; 9], String::new());
        stream.read_exact(&mut first).await.unwrap();
        stream.read_to_string(&mut rest).await.unwrap();
        assert_eq!((&first[..], rest.as_str()), (&b"its first"[..], " bytes, and some more of them"));
    }

    #[tokio::test]
    async fn refusals_say_who_refused() {
        for (answer, category, message) in [
            (&b"HTTP/1.1 407 No\r\ncontent-length: 2\r\n\r\nno"[..], ErrorCategory::ConnectRefused, "wants credentials (status 407)"),
            (b"HTTP/1.1 403 No\r\n\r\n", ErrorCategory::ConnectRefused, "refused the way to [2001:db8::1]:443 with status 403"),
            (b"SSH-2.0-x\r\n", ErrorCategory::Protocol, "does not answer in HTTP: invalid HTTP version"),
            (b"HTTP/1.1 200", ErrorCategory::ConnectRefused, "closed the connection"),
        ] {
            let failure = tunnel(answer).await.0.unwrap_err();
            assert_eq!((failure.category, failure.message), (category, format!("the proxy http://proxy.test:3128 {message}")));
        }
    }
}
