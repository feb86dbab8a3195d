//! The reader against hyper: the same bytes in the same pieces must be the same answer.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper::rt::{Read, ReadBufCursor, Write};
use proptest::prelude::*;

use super::Reader;
use crate::engine::reply::{Reply, Wanted};

/// What bytes are read as.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Status, headers, body, whether another request can be sent on the connection.
    Whole(u16, Vec<(String, String)>, Vec<u8>, bool),
    Failed,
    /// More bytes are waited for.
    Incomplete,
}

/// A server that sends these pieces once it was sent something, and then closes the connection or falls silent.
struct Script {
    asked: bool,
    pieces: VecDeque<Vec<u8>>,
    closes: bool,
}

impl Read for Script {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if !self.asked {
            return Poll::Pending;
        }
        match self.pieces.pop_front() {
            Some(piece) => buffer.put_slice(&piece),
            None if self.closes => {}
            None => return Poll::Pending,
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Script {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// How often everything is asked whether it goes on; more than any of these answers takes.
const ROUNDS: usize = 200;

fn by_hyper(method: &str, pieces: &[Vec<u8>], closes: bool) -> Outcome {
    let context = &mut Context::from_waker(Waker::noop());
    let script = Script { asked: false, pieces: pieces.iter().cloned().collect(), closes };
    let Poll::Ready(Ok((mut sender, connection))) = pin!(http1::handshake(script)).poll(context) else { return Outcome::Failed };
    let request = Request::builder().method(method).uri("/").header("host", "x").body(Empty::<Bytes>::new()).unwrap();
    let exchange = async {
        let response = sender.send_request(request).await.ok()?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes().to_vec();
        Some((head, body))
    };
    let mut connection = Some(Box::pin(connection));
    let mut drive = |context: &mut Context<'_>| {
        if connection.as_mut().is_some_and(|connection| connection.as_mut().poll(context).is_ready()) {
            connection = None;
        }
    };
    let mut answer = None;
    {
        let mut exchange = pin!(exchange);
        for _ in 0..ROUNDS {
            drive(context);
            if let Poll::Ready(result) = exchange.as_mut().poll(context) {
                let Some(result) = result else { return Outcome::Failed };
                answer = Some(result);
                break;
            }
        }
    }
    let Some((head, body)) = answer else { return Outcome::Incomplete };
    for _ in 0..ROUNDS {
        drive(context);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    Outcome::Whole(head.status.as_u16(), headers, body, sender.is_ready())
}

fn by_us(method: &str, pieces: &[Vec<u8>], closes: bool) -> Outcome {
    let wanted = Wanted { is_head: method == "HEAD", headers: true, body: true, max_body: 1 << 20, ..Wanted::default() };
    let (mut reader, mut reply) = (Reader::default(), Reply::default());
    let mut whole = None;
    for (at, piece) in pieces.iter().enumerate() {
        match reader.feed(piece, &wanted, &mut reply) {
            Err(_) => return Outcome::Failed,
            Ok(Some(used)) => {
                // What the connection looks for before the next request: nothing more came, not even the end.
                let silent = used == piece.len() && at + 1 == pieces.len() && !closes;
                whole = Some(silent && reader.keeps_alive());
                break;
            }
            Ok(None) => {}
        }
    }
    let reusable = match whole {
        Some(reusable) => reusable,
        None if !closes => return Outcome::Incomplete,
        None if reader.end().is_err() => return Outcome::Failed,
        None => false,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = reply.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    Outcome::Whole(reply.status, headers, reply.body, reusable)
}

/// Answers that are right, wrong, or right with something behind them.
fn answer() -> impl Strategy<Value = String> {
    let interim = prop_oneof![
        6 => Just(""), 1 => Just("HTTP/1.1 100 Continue\r\n\r\n"), 1 => Just("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    ];
    let status = prop_oneof![
        6 => Just("200 OK"), 1 => Just("204 No Content"), 1 => Just("304 Not Modified"), 1 => Just("404"), 1 => Just("999 "),
        1 => Just("99 Low"), 1 => Just("2000 High"),
    ];
    let version = prop_oneof![6 => Just("HTTP/1.1"), 2 => Just("HTTP/1.0"), 1 => Just("HTTP/2.0"), 1 => Just("http/1.1")];
    let field = prop_oneof![
        2 => Just("content-length: 5"), 1 => Just("Content-Length: 0"), 1 => Just("content-length: 5, 5"), 1 => Just("content-length: 7"),
        1 => Just("content-length: x"), 3 => Just("Transfer-Encoding: chunked"), 1 => Just("transfer-encoding: gzip, Chunked"),
        1 => Just("transfer-encoding: gzip"), 1 => Just("connection: close"), 1 => Just("Connection: Keep-Alive"),
        1 => Just("x-a:  b c \t"), 1 => Just("set-cookie: a=1"), 1 => Just("set-cookie: b=\"2\""), 1 => Just("no colon"), 1 => Just("bad name: x"),
        1 => Just("x-empty:"), 1 => Just(" folded: x"),
    ];
    let body = prop_oneof![
        3 => Just("hello"), 3 => Just("5\r\nhello\r\n0\r\n\r\n"), 1 => Just("3;a=b\r\nhel\r\n2 \r\nlo\r\n0\r\nx-sum: 1\r\n\r\n"), 1 => Just(""),
        1 => Just("5\r\nhelloo\r\n0\r\n\r\n"), 1 => Just("x\r\n"), 1 => Just("ffffffffffffffffff\r\n"), 1 => Just("5\r\nhel"), 1 => Just("0\r\n\r\n"),
        1 => Just("hello, and more"), 1 => Just("5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), 1 => Just("5\nhello"),
    ];
    (interim, version, status, prop::collection::vec(field, 0..4), prop_oneof![8 => Just("\r\n"), 1 => Just("\n")], body).prop_map(
        |(interim, version, status, fields, end, body)| {
            let fields: String = fields.iter().map(|field| format!("{field}{end}")).collect();
            format!("{interim}{version} {status}{end}{fields}{end}{body}")
        },
    )
}

/// Where this reader is stricter than hyper on purpose: with a length and chunks (RFC 9112, section 6.3), the chunks count
/// and the connection ends.
fn has_length_and_chunks(answer: &str) -> bool {
    let lower = answer.to_ascii_lowercase();
    lower.contains("content-length:") && lower.contains("transfer-encoding:")
}

proptest! {
    // `PROPTEST_CASES` asks for more, not for less.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2000)))]

    #[test]
    fn the_reader_reads_what_hyper_reads(
        answer in answer(), cuts in prop::collection::vec(1usize..60, 0..8), method in prop::sample::select(vec!["GET", "HEAD"]), closes: bool,
    ) {
        let mut pieces = Vec::new();
        let mut rest = answer.as_bytes();
        for cut in cuts {
            if cut < rest.len() {
                let (piece, behind) = rest.split_at(cut);
                pieces.push(piece.to_vec());
                rest = behind;
            }
        }
        pieces.push(rest.to_vec());
        if has_length_and_chunks(&answer) {
            match (by_us(method, &pieces, closes), by_hyper(method, &pieces, closes)) {
                (Outcome::Whole(status, headers, body, false), Outcome::Whole(other, others, others_body, _)) => {
                    prop_assert_eq!((status, headers, body), (other, others, others_body));
                }
                (ours, theirs) => prop_assert_eq!(ours, theirs),
            }
        } else {
            prop_assert_eq!(by_us(method, &pieces, closes), by_hyper(method, &pieces, closes));
        }
    }
}
