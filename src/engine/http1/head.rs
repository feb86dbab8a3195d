//! The head of an answer: its status, how its body ends, whether the connection goes on.

use std::mem::MaybeUninit;

use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use httparse::{Header, ParserConfig, Response, Status};

use crate::engine::failure::Failure;
use crate::engine::reply::Wanted;
use crate::metrics::ErrorCategory;

/// What the codec itself needs to know of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) framing: Framing,
    /// Whether the server leaves the connection open behind this answer.
    pub(super) keeps_alive: bool,
}

/// How the end of a body is found (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There are this many bytes; none at all for HEAD, 1xx, 204 and 304.
    Length(u64),
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

/// How many headers an answer usually has at most: room for them is on the stack.
const FEW_HEADERS: usize = 64;
/// How many it may have.
pub(super) const MOST_HEADERS: usize = 1024;

/// A failure of what came, which is not HTTP.
pub(super) fn protocol(message: &str) -> Failure {
    Failure::new(ErrorCategory::Protocol, format!("the answer is not HTTP: {message}"))
}

/// Reads a head and puts the wanted headers into `headers`. Gives its length, or nothing while a part of it is missing.
pub(super) fn parse(bytes: &[u8], wanted: &Wanted, headers: &mut HeaderMap) -> Result<Option<(usize, Head)>, Failure> {
    let mut few = [const { MaybeUninit::uninit() }; FEW_HEADERS];
    match parse_into(bytes, wanted, headers, &mut few) {
        Err(Unread::TooManyHeaders) => {
            let mut many = vec![MaybeUninit::uninit(); MOST_HEADERS];
            parse_into(bytes, wanted, headers, &mut many)
        }
        result => result,
    }
    .map_err(|unread| match unread {
        Unread::TooManyHeaders => protocol(&format!("it has more than {MOST_HEADERS} headers")),
        Unread::Wrong(failure) => failure,
    })
}

enum Unread {
    TooManyHeaders,
    Wrong(Failure),
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self::Wrong(failure)
    }
}

fn parse_into<'b>(
    bytes: &'b [u8],
    wanted: &Wanted,
    headers: &mut HeaderMap,
    room: &mut [MaybeUninit<Header<'b>>],
) -> Result<Option<(usize, Head)>, Unread> {
    let mut response = Response::new(&mut []);
    let length = match ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, room) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Unread::TooManyHeaders),
        Err(error) => return Err(protocol(&error.to_string()).into()),
    };
    let (Some(status), Some(version)) = (response.code, response.version) else { return Ok(None) };
    if status < 100 {
        return Err(protocol("invalid response status").into());
    }
    let mut found = Found::default();
    for header in response.headers.iter() {
        let keep = match found.look(header) {
            Interest::Cookie => wanted.cookies,
            Interest::Location => wanted.redirects && (300..400).contains(&status),
            Interest::Encoding => wanted.encoding,
            Interest::None => false,
        };
        if keep || wanted.headers {
            let wrong = || protocol(&format!("the header `{}` can't be read", header.name));
            let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| wrong())?;
            headers.append(name, HeaderValue::from_bytes(header.value).map_err(|_| wrong())?);
        }
    }
    let framing = found.framing(status, version, wanted)?;
    // Two lengths that may contradict each other: what follows can't be trusted to be an answer of ours.
    let is_clear = !(found.transfer_encoding && found.length.is_some());
    let keeps_alive = is_clear && framing != Framing::UntilClose && status != 101 && found.keeps_alive(version);
    Ok(Some((length, Head { status, framing, keeps_alive })))
}

/// What is decided by headers.
#[derive(Debug, Default)]
struct Found {
    /// Or what is wrong with it, which matters only where it decides.
    length: Option<Result<u64, &'static str>>,
    transfer_encoding: bool,
    /// Whether the last transfer coding is `chunked`.
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

/// Who else looks at a header.
enum Interest {
    None,
    Cookie,
    Location,
    Encoding,
}

impl Found {
    fn look(&mut self, header: &Header<'_>) -> Interest {
        let is = |name: HeaderName| header.name.eq_ignore_ascii_case(name.as_str());
        // Most headers are none of these; their length says so.
        match header.name.len() {
            8 if is(LOCATION) => return Interest::Location,
            10 if is(SET_COOKIE) => return Interest::Cookie,
            10 if is(CONNECTION) => {
                for token in tokens(header.value) {
                    self.close |= token.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if is(CONTENT_LENGTH) => {
                for token in tokens(header.value) {
                    let length = digits(token).ok_or("its content-length is not a number");
                    self.length = Some(match self.length {
                        Some(Ok(before)) if length.is_ok_and(|length| length != before) => Err("it has two lengths"),
                        Some(Err(wrong)) => Err(wrong),
                        _ => length,
                    });
                }
            }
            16 if is(CONTENT_ENCODING) => return Interest::Encoding,
            17 if is(TRANSFER_ENCODING) => {
                self.transfer_encoding = true;
                self.chunked = tokens(header.value).last().is_some_and(|last| last.eq_ignore_ascii_case(b"chunked"));
            }
            _ => {}
        }
        Interest::None
    }

    fn framing(&self, status: u16, version: u8, wanted: &Wanted) -> Result<Framing, Failure> {
        Ok(match () {
            () if wanted.is_head || status < 200 || status == 204 || status == 304 => Framing::Length(0),
            () if self.transfer_encoding && version == 0 => return Err(protocol("HTTP/1.0 has no transfer-encoding")),
            () if self.chunked => Framing::Chunked,
            () if self.transfer_encoding => Framing::UntilClose,
            () => self.length.transpose().map_err(protocol)?.map_or(Framing::UntilClose, Framing::Length),
        })
    }

    /// RFC 9112, section 9.3.
    fn keeps_alive(&self, version: u8) -> bool {
        !self.close && (version == 1 || self.keep_alive)
    }
}

/// The parts of a list, without the spaces around them.
fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// A number without sign or spaces.
fn digits(token: &[u8]) -> Option<u64> {
    let is_number = !token.is_empty() && token.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(token).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, wanted: &Wanted) -> Result<(Head, HeaderMap), String> {
        let mut headers = HeaderMap::new();
        match parse(text.as_bytes(), wanted, &mut headers) {
            Ok(Some((length, head))) => {
                assert_eq!(length, text.len());
                Ok((head, headers))
            }
            Ok(None) => Err("incomplete".to_owned()),
            Err(failure) => {
                assert_eq!(failure.category, ErrorCategory::Protocol);
                Err(failure.message.replace("the answer is not HTTP: ", ""))
            }
        }
    }

    fn framing(fields: &str) -> Result<(Framing, bool), String> {
        read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"), &Wanted::default()).map(|(head, _)| (head.framing, head.keeps_alive))
    }

    #[test]
    fn lengths_are_those_of_rfc_9112() {
        assert_eq!(framing("content-length: 5\r\n"), Ok((Framing::Length(5), true)));
        assert_eq!(framing("Content-Length: 5, 5\r\ncontent-length: 05\r\n"), Ok((Framing::Length(5), true)));
        assert_eq!(framing("Transfer-Encoding: gzip, Chunked\r\n"), Ok((Framing::Chunked, true)));
        assert_eq!(framing("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n"), Ok((Framing::Chunked, true)));
        assert_eq!(framing("transfer-encoding: chunked, gzip\r\n"), Ok((Framing::UntilClose, false)));
        assert_eq!(framing(""), Ok((Framing::UntilClose, false)));
        // The chunks count, and nothing that comes behind them.
        assert_eq!(framing("content-length: 5\r\ntransfer-encoding: chunked\r\n"), Ok((Framing::Chunked, false)));
        for two in ["content-length: 5\r\ncontent-length: 6\r\n", "content-length: 5, 6\r\n"] {
            assert_eq!(framing(two), Err("it has two lengths".to_owned()));
        }
        assert_eq!(framing("content-length: x\r\ntransfer-encoding: chunked\r\n"), Ok((Framing::Chunked, false)));
        for wrong in ["", "+5", "-5", "5a", "5,", "0x5", "18446744073709551616"] {
            let fields = format!("content-length: {wrong}\r\n");
            assert_eq!(framing(&fields), Err("its content-length is not a number".to_owned()), "{wrong}");
        }
        let old = read("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &Wanted::default());
        assert_eq!(old.map(|(head, _)| head.framing), Err("HTTP/1.0 has no transfer-encoding".to_owned()));
    }

    #[test]
    fn answers_without_a_body_have_none_whatever_they_say() {
        let head = Wanted { is_head: true, ..Wanted::default() };
        for (status, wanted) in [(200, &head), (204, &Wanted::default()), (304, &Wanted::default()), (100, &Wanted::default())] {
            for fields in ["content-length: 5\r\n", "content-length: 5, 6\r\n", "transfer-encoding: chunked\r\n", ""] {
                let (read, _) = read(&format!("HTTP/1.1 {status} X\r\n{fields}\r\n"), wanted).unwrap();
                assert_eq!((read.status, read.framing, read.keeps_alive), (status, Framing::Length(0), true));
            }
        }
    }

    #[test]
    fn connections_go_on_where_both_versions_say_so() {
        for (version, connection, expected) in [
            ("1.1", "", true),
            ("1.1", "connection: Close\r\n", false),
            ("1.1", "connection: upgrade, close\r\n", false),
            ("1.1", "connection: keep-alive\r\nconnection: close\r\n", false),
            ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true),
        ] {
            let (head, _) = read(&format!("HTTP/{version} 200 OK\r\ncontent-length: 0\r\n{connection}\r\n"), &Wanted::default()).unwrap();
            assert_eq!(head.keeps_alive, expected, "{version} {connection}");
        }
    }

    #[test]
    fn only_headers_that_somebody_wants_are_kept() {
        let text = "HTTP/1.1 302 Found\r\nServer: x\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nlocation: /\r\ncontent-encoding: gzip\r\n\
                    content-length: 0\r\n\r\n";
        let kept = |wanted: Wanted| read(text, &wanted).unwrap().1.len();
        assert_eq!(kept(Wanted::default()), 0);
        assert_eq!(kept(Wanted { cookies: true, ..Wanted::default() }), 2);
        assert_eq!(kept(Wanted { redirects: true, ..Wanted::default() }), 1);
        assert_eq!(kept(Wanted { encoding: true, ..Wanted::default() }), 1);
        assert_eq!(kept(Wanted { headers: true, ..Wanted::default() }), 6);
    }

    #[test]
    fn what_is_no_head_is_refused_and_half_a_head_is_waited_for() {
        for (text, message) in [
            ("SSH-2.0-OpenSSH_9.2\r\n", "invalid HTTP version"),
            ("HTTP/2.0 200 OK\r\n\r\n", "invalid HTTP version"),
            ("HTTP/1.1 20x OK\r\n\r\n", "invalid response status"),
            ("HTTP/1.1 099 OK\r\n\r\n", "invalid response status"),
            ("HTTP/1.1 200 OK\r\na b: c\r\n\r\n", "invalid header name"),
            ("HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", "invalid header name"),
            ("HTTP/1.1 200 OK\r\na: b\0\r\n\r\n", "invalid header value"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", "incomplete"),
            ("", "incomplete"),
        ] {
            assert_eq!(read(text, &Wanted::default()).map(|_| ()), Err(message.to_owned()), "{text:?}");
        }
        let many = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
        let all = Wanted { headers: true, ..Wanted::default() };
        assert_eq!(read(&many(MOST_HEADERS), &all).unwrap().1.len(), MOST_HEADERS);
        assert_eq!(read(&many(MOST_HEADERS + 1), &all).map(|_| ()), Err("it has more than 1024 headers".to_owned()));
    }
}
