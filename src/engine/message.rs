//! A request as it goes over the wire.

use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;
use cookie_store::CookieStore;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderName, Method};
use url::Url;

use super::dial::{Origin, proxy_authorization};
use crate::plan::{Proxy, Target};

/// A request as it goes over the wire: the bytes of its head, and its body behind them.
///
/// It is written once, and is what is sent again where it has to be: nothing else of the request is kept.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) origin: Rc<Origin>,
    pub(super) method: Method,
    /// The head and, unless it is large, the body.
    bytes: Vec<u8>,
    /// Where path and query stand.
    path: Range<usize>,
    /// Where the cookies of the user's jar stand, or would.
    cookies: Range<usize>,
    /// The scenario sets the cookies itself.
    has_own_cookies: bool,
    closes: bool,
    /// Behind `bytes`: a large body that is shared by all requests.
    shared: Bytes,
}

/// Bodies that are shared are copied up to this size: one write costs less than two.
const COPIED: usize = 16 << 10;

/// Writes a [`Message`]: first its method and path, then headers, then its body.
#[derive(Debug)]
pub(super) struct MessageWriter {
    bytes: Vec<u8>,
    path: Range<usize>,
    has_own_cookies: bool,
    closes: bool,
}

impl MessageWriter {
    /// Begins with the method; whatever is appended to [`MessageWriter::bytes`] next is path and query. `buffer` is emptied.
    pub(super) fn new(method: &Method, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        buffer.extend_from_slice(method.as_str().as_bytes());
        buffer.push(b' ');
        let start = buffer.len();
        Self { bytes: buffer, path: start..start, has_own_cookies: false, closes: false }
    }

    /// What is written, to be appended to.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Where the path begins.
    pub(super) fn path_start(&self) -> usize {
        self.path.start
    }

    /// Ends the path. It must hold no spaces or control characters.
    pub(super) fn end_path(&mut self) {
        self.path.end = self.bytes.len();
        self.bytes.extend_from_slice(b" HTTP/1.1\r\n");
    }

    /// Appends a header whose value `write` appends. False where the value holds what can't be sent.
    pub(super) fn header<E>(&mut self, name: &HeaderName, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<bool, E> {
        self.bytes.extend_from_slice(name.as_str().as_bytes());
        self.bytes.extend_from_slice(b": ");
        let start = self.bytes.len();
        write(&mut self.bytes)?;
        let value = &self.bytes[start..];
        if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Ok(false);
        }
        if *name == CONNECTION {
            self.closes |= value.split(|byte| *byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"));
        }
        self.has_own_cookies |= *name == COOKIE;
        self.bytes.extend_from_slice(b"\r\n");
        Ok(true)
    }

    /// Appends a header that is known to be one.
    pub(super) fn known_header(&mut self, name: &HeaderName, value: &str) {
        self.bytes.extend_from_slice(name.as_str().as_bytes());
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Ends the head and appends the body. Its length is sent unless it is empty and the method needs none
    /// (RFC 9110, section 8.6).
    pub(super) fn finish(mut self, origin: Rc<Origin>, method: Method, body: &[u8], shared: Option<&Bytes>) -> Message {
        let (body, shared) = match shared {
            Some(shared) if shared.len() <= COPIED => (&shared[..], Bytes::new()),
            Some(shared) => (body, shared.clone()),
            None => (body, Bytes::new()),
        };
        let length = body.len() + shared.len();
        if length > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
            self.bytes.extend_from_slice(b"content-length: ");
            write_number(length, &mut self.bytes);
            self.bytes.extend_from_slice(b"\r\n");
        }
        let end = self.bytes.len();
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(body);
        let Self { bytes, path, has_own_cookies, closes } = self;
        Message { origin, method, bytes, path, cookies: end..end, has_own_cookies, closes, shared }
    }
}

impl Message {
    /// What is left to send when `written` bytes went out; empty when nothing is.
    pub(super) fn rest(&self, written: usize) -> &[u8] {
        match written.checked_sub(self.bytes.len()) {
            None => &self.bytes[written..],
            Some(written) => &self.shared[written..],
        }
    }

    /// Whether it asks the server to close the connection behind the answer.
    pub(super) fn closes(&self) -> bool {
        self.closes
    }

    /// The address that it asks for; none where there is no such address.
    pub(super) fn url(&self) -> Option<Url> {
        let scheme = if self.origin.tls { "https" } else { "http" };
        let path = std::str::from_utf8(&self.bytes[self.path.clone()]).ok()?;
        Url::parse(&format!("{scheme}://{}{path}", self.origin.authority)).ok()
    }

    /// Puts in what the user's jar holds for this address, in the place of what it held before.
    pub(super) fn set_cookies(&mut self, jar: &CookieStore) {
        if self.has_own_cookies {
            return;
        }
        let mut line = Vec::new();
        if let Some(url) = self.url() {
            for (name, value) in jar.get_request_values(&url) {
                line.extend_from_slice(if line.is_empty() { b"cookie: " } else { b"; " });
                line.extend_from_slice(name.as_bytes());
                line.push(b'=');
                line.extend_from_slice(value.as_bytes());
            }
        }
        if !line.is_empty() {
            line.extend_from_slice(b"\r\n");
        }
        let length = line.len();
        self.bytes.splice(self.cookies.clone(), line);
        self.cookies.end = self.cookies.start + length;
    }

    /// The request that an answer with this status and `location` asks for; none where it leads nowhere that can be
    /// followed.
    pub(super) fn redirected(&self, status: u16, location: &str) -> Option<Self> {
        let url = self.url()?.join(location).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let target = Target::parse(url.origin().ascii_serialization().as_str()).ok()?;
        let origin = Origin::of(&target);
        let becomes_get = match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        let method = if becomes_get { Method::GET } else { self.method.clone() };
        let is_elsewhere = !self.origin.is_of(&target);
        let origin = if is_elsewhere { Rc::new(origin) } else { self.origin.clone() };
        let mut writer = MessageWriter::new(&method, Vec::with_capacity(self.bytes.len() + location.len()));
        writer.bytes().extend_from_slice(url[url::Position::BeforePath..url::Position::AfterQuery].as_bytes());
        writer.end_path();
        if is_elsewhere {
            writer.known_header(&HOST, &origin.authority);
        }
        for (name, value) in self.headers() {
            let is_dropped = match name {
                // Credentials are for the host they were written for.
                HOST | AUTHORIZATION => is_elsewhere,
                COOKIE => is_elsewhere || !self.has_own_cookies,
                CONTENT_TYPE | TRANSFER_ENCODING => becomes_get,
                CONTENT_LENGTH | PROXY_AUTHORIZATION => true,
                _ => false,
            };
            if !is_dropped {
                let write = |out: &mut Vec<u8>| {
                    out.extend_from_slice(value);
                    Ok::<_, std::convert::Infallible>(())
                };
                let Ok(_) = writer.header(&name, write);
            }
        }
        let shared = Some(&self.shared).filter(|shared| !shared.is_empty() && !becomes_get);
        let body = if becomes_get { &[] } else { self.body() };
        Some(writer.finish(origin, method, body, shared))
    }

    /// Gives back the memory of its bytes.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// The headers as they were written, one after the other.
    pub(super) fn headers(&self) -> impl Iterator<Item = (HeaderName, &[u8])> {
        let head = &self.bytes[self.path.end..self.cookies.end];
        let lines = head.split(|byte| *byte == b'\n').skip(1).map(<[u8]>::trim_ascii_end);
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((HeaderName::from_bytes(&line[..colon]).ok()?, line[colon + 1..].trim_ascii_start()))
        })
    }

    /// Path and query.
    pub(super) fn path(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes[self.path.clone()])
    }

    /// The body, shared or copied.
    pub(super) fn whole_body(&self) -> Bytes {
        if self.shared.is_empty() { Bytes::copy_from_slice(self.body()) } else { self.shared.clone() }
    }

    /// Makes it one to a proxy: with the whole address in place of the path, and the credentials for the proxy.
    pub(super) fn send_through(&mut self, proxy: &Proxy) {
        let prefix = format!("http://{}", self.origin.authority);
        self.bytes.splice(self.path.start..self.path.start, prefix.bytes());
        self.path = self.path.start + prefix.len()..self.path.end + prefix.len();
        let credentials = proxy_authorization(proxy);
        let line = credentials.as_ref().map(|value| [b"proxy-authorization: ", value.as_bytes(), b"\r\n"].concat()).unwrap_or_default();
        let end = self.cookies.start + prefix.len();
        self.cookies = end + line.len()..self.cookies.end + prefix.len() + line.len();
        self.bytes.splice(end..end, line);
    }

    /// The body where it is not shared.
    fn body(&self) -> &[u8] {
        &self.bytes[self.cookies.end + 2..]
    }
}

/// Without a detour over a text of its own.
fn write_number(number: usize, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing into memory can't fail.
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(method: Method, path: &str, headers: &[(HeaderName, &str)], body: &[u8]) -> Message {
        let origin = Rc::new(Origin::of(&Target::parse("http://shop.test:8080").unwrap()));
        let mut writer = MessageWriter::new(&method, b"what was here before".to_vec());
        writer.bytes().extend_from_slice(path.as_bytes());
        writer.end_path();
        writer.known_header(&HOST, "shop.test:8080");
        for (name, value) in headers {
            let write = |out: &mut Vec<u8>| -> Result<(), ()> {
                out.extend_from_slice(value.as_bytes());
                Ok(())
            };
            assert_eq!(writer.header(name, write), Ok(true));
        }
        writer.finish(origin, method, body, None)
    }

    fn text(message: &Message) -> String {
        let mut bytes = message.rest(0).to_vec();
        bytes.extend_from_slice(message.rest(bytes.len()));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lengths_are_sent_where_they_mean_something() {
        let get = message(Method::GET, "/a?b=1", &[], b"");
        assert_eq!(text(&get), "GET /a?b=1 HTTP/1.1\r\nhost: shop.test:8080\r\n\r\n");
        assert_eq!(get.url().unwrap().as_str(), "http://shop.test:8080/a?b=1");
        let post = message(Method::POST, "/", &[], b"");
        assert_eq!(text(&post), "POST / HTTP/1.1\r\nhost: shop.test:8080\r\ncontent-length: 0\r\n\r\n");
        let put = message(Method::PUT, "/", &[(CONTENT_TYPE, "a/b")], b"12345");
        assert!(text(&put).ends_with("\r\ncontent-type: a/b\r\ncontent-length: 5\r\n\r\n12345"), "{}", text(&put));
    }

    #[test]
    fn shared_bodies_are_copied_only_while_they_are_small() {
        for (size, is_copied) in [(COPIED, true), (COPIED + 1, false)] {
            let origin = Rc::new(Origin::of(&Target::parse("shop.test").unwrap()));
            let mut writer = MessageWriter::new(&Method::POST, Vec::new());
            writer.bytes().push(b'/');
            writer.end_path();
            let body = Bytes::from(vec![b'x'; size]);
            let message = writer.finish(origin, Method::POST, &[], Some(&body));
            let length = text(&message).len();
            assert_eq!(message.rest(0).len() == length, is_copied, "{size}");
            assert!(text(&message).ends_with(&format!("content-length: {size}\r\n\r\n{}", "x".repeat(size))));
            assert_eq!(message.rest(length - 1), b"x");
            assert!(message.rest(length).is_empty());
        }
    }

    #[test]
    fn header_values_that_would_end_their_line_are_noticed() {
        for (value, expected) in [("a\tb", true), ("ä", true), ("a\r\nb: c", false), ("a\nb", false), ("\0", false), ("\x7f", false)] {
            let mut writer = MessageWriter::new(&Method::GET, Vec::new());
            let write = |out: &mut Vec<u8>| -> Result<(), ()> {
                out.extend_from_slice(value.as_bytes());
                Ok(())
            };
            assert_eq!(writer.header(&AUTHORIZATION, write), Ok(expected), "{value:?}");
        }
        assert!(message(Method::GET, "/", &[(CONNECTION, "keep-alive, Close")], b"").closes());
        assert!(!message(Method::GET, "/", &[(CONNECTION, "keep-alive")], b"").closes());
    }

    #[test]
    fn cookies_of_the_jar_are_put_in_and_replaced() {
        let mut jar = CookieStore::default();
        let mut post = message(Method::POST, "/a", &[(AUTHORIZATION, "x")], b"body");
        let url = post.url().unwrap();
        let without = text(&post);
        jar.parse("a=1", &url).unwrap();
        post.set_cookies(&jar);
        assert!(text(&post).ends_with("content-length: 4\r\ncookie: a=1\r\n\r\nbody"), "{}", text(&post));
        jar.parse("a=22", &url).unwrap();
        post.set_cookies(&jar);
        assert!(text(&post).ends_with("content-length: 4\r\ncookie: a=22\r\n\r\nbody"), "{}", text(&post));
        post.set_cookies(&CookieStore::default());
        assert_eq!(text(&post), without);
        let mut own = message(Method::GET, "/a", &[(COOKIE, "mine=1")], b"");
        let before = text(&own);
        own.set_cookies(&jar);
        assert_eq!(text(&own), before);
    }

    #[test]
    fn redirects_keep_what_is_meant_for_where_they_lead() {
        let mut jar = CookieStore::default();
        let mut post = message(Method::POST, "/a/b", &[(AUTHORIZATION, "secret"), (CONTENT_TYPE, "a/b")], b"body");
        jar.parse("session=1", &post.url().unwrap()).unwrap();
        post.set_cookies(&jar);
        let here = "host: shop.test:8080\r\nauthorization: secret\r\n";
        for (status, location, expected) in [
            (302, "c?d=1", format!("GET /a/c?d=1 HTTP/1.1\r\n{here}\r\n")),
            (303, "/", format!("GET / HTTP/1.1\r\n{here}\r\n")),
            (307, "/x", format!("POST /x HTTP/1.1\r\n{here}content-type: a/b\r\ncontent-length: 4\r\n\r\nbody")),
            (
                308,
                "http://other.test/x#part",
                "POST /x HTTP/1.1\r\nhost: other.test\r\ncontent-type: a/b\r\ncontent-length: 4\r\n\r\nbody".to_owned(),
            ),
            (301, "//other.test", "GET / HTTP/1.1\r\nhost: other.test\r\n\r\n".to_owned()),
        ] {
            let next = post.redirected(status, location).unwrap();
            assert_eq!(text(&next), expected, "{status} {location}");
        }
        let own = message(Method::HEAD, "/", &[(COOKIE, "mine=1")], b"");
        assert_eq!(text(&own.redirected(303, "/b").unwrap()), "HEAD /b HTTP/1.1\r\nhost: shop.test:8080\r\ncookie: mine=1\r\n\r\n");
        assert!(!text(&own.redirected(303, "http://other.test/").unwrap()).contains("mine"));
        for nowhere in ["ftp://other.test/", "http://", "mailto:a@b"] {
            assert!(own.redirected(302, nowhere).is_none(), "{nowhere}");
        }
    }
}
