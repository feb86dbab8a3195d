//! The client against servers of raw frames, and against one that lets few requests in at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, Response};

use crate::engine::LoadResult;
use crate::engine::testing::{RawServer, get, iterations, load, plan};
use crate::metrics::ErrorCategory;
use crate::plan::{HttpVersion, LoadPlan, Step, ThinkTime};

const PREFACE: usize = 24;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;

/// The server's side of a connection.
struct Frames(TcpStream);

impl Frames {
    fn over(mut stream: TcpStream) -> Option<Self> {
        stream.read_exact(&mut [0; PREFACE]).ok()?;
        let mut frames = Self(stream);
        frames.write(SETTINGS, 0, 0, &[]);
        Some(frames)
    }

    fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let [_, length @ ..] = (payload.len() as u32).to_be_bytes();
        let frame = [&length, [kind, flags].as_slice(), &stream.to_be_bytes(), payload].concat();
        // Who has gone reads no more.
        let _ = self.0.write_all(&frame);
    }

    /// The stream of the next request, which is read to its end; none when the client has gone.
    fn request(&mut self) -> Option<u32> {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).ok()?;
            let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = head;
            let length = u32::from_be_bytes([0, l0, l1, l2]);
            self.0.read_exact(&mut vec![0; length as usize]).ok()?;
            let ends = kind <= HEADERS && flags & END_STREAM != 0;
            if ends {
                return Some(u32::from_be_bytes([s0, s1, s2, s3]));
            }
        }
    }

    /// Answers with 200 and no body.
    fn answer(&mut self, stream: u32) {
        // What `:status: 200` is in the static table of RFC 7541.
        self.write(HEADERS, END_STREAM | END_HEADERS, stream, &[0x88]);
    }

    fn reset(&mut self, stream: u32, reason: u32) {
        self.write(RST_STREAM, 0, stream, &reason.to_be_bytes());
    }

    fn go_away(&mut self, last: u32, reason: u32) {
        self.write(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat());
    }
}

/// What a load of POSTs came to whose requests `serve` deals with, given connection and number on it, both from 0; false
/// ends the connection. With it, how many requests the server saw.
fn posts(count: u64, serve: impl Fn(&mut Frames, usize, usize, u32) -> bool + Send + Sync + 'static) -> (LoadResult, usize) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = seen.clone();
    let server = RawServer::start(move |stream, connection| {
        let Some(mut frames) = Frames::over(stream) else { return };
        for number in 0.. {
            let Some(stream) = frames.request() else { return };
            counted.fetch_add(1, Ordering::SeqCst);
            if !serve(&mut frames, connection, number, stream) {
                return;
            }
        }
    });
    let mut post = get("/", 0);
    post.method = Method::POST;
    let mut plan = plan(vec![Step::Request(Box::new(post))], ThinkTime::None, LoadPlan::Closed(iterations(1, count)));
    plan.http.version = HttpVersion::Http2;
    (load(plan, server.address, 1), seen.load(Ordering::SeqCst))
}

/// Requests, failures, sent, sent again.
fn counts(result: &LoadResult) -> [u64; 4] {
    let counters = &result.totals.counters;
    [result.totals.requests(), result.totals.failures(), counters.sent_load, counters.reconnects]
}

/// What a load of three POSTs came to, of which the server answers the first and then goes away.
fn gone_away(last: impl Fn(u32) -> u32 + Send + Sync + 'static, reason: u32) -> (LoadResult, usize) {
    posts(3, move |frames, connection, number, stream| {
        let goes = (connection, number) == (0, 1);
        match goes {
            true => frames.go_away(last(stream), reason),
            false => frames.answer(stream),
        }
        !goes
    })
}

#[test]
fn what_a_server_that_goes_away_has_not_begun_is_sent_again_once() {
    let (result, seen) = gone_away(|stream| stream - 2, NO_ERROR);
    assert_eq!((counts(&result), seen), ([3, 0, 3, 1], 4));
}

#[test]
fn what_a_server_that_goes_away_has_begun_is_not_sent_again() {
    for reason in [NO_ERROR, INTERNAL_ERROR] {
        let (result, seen) = gone_away(|stream| stream, reason);
        assert_eq!((counts(&result), seen), ([3, 1, 3, 0], 3), "{reason}");
        assert_eq!(result.totals.endpoints[0].errors.keys().next().unwrap().0, ErrorCategory::Reset);
    }
}

#[test]
fn a_request_that_was_refused_on_a_used_connection_is_sent_again_once() {
    let reset = |reason: u32| {
        posts(3, move |frames, connection, number, stream| {
            match (connection, number) {
                (0, 1) => frames.reset(stream, reason),
                _ => frames.answer(stream),
            }
            true
        })
    };
    let (result, seen) = reset(REFUSED_STREAM);
    assert_eq!((counts(&result), seen), ([3, 0, 3, 1], 4));
    // It was begun.
    let (result, seen) = reset(CANCEL);
    assert_eq!((counts(&result), seen), ([3, 1, 3, 0], 3));
    // Who refuses everything is not asked for ever.
    let (result, seen) = posts(2, |frames, _, _, stream| {
        frames.reset(stream, REFUSED_STREAM);
        true
    });
    assert_eq!((counts(&result), seen), ([2, 2, 2, 0], 2));
    assert_eq!(result.totals.endpoints[0].errors.keys().next().unwrap().0, ErrorCategory::Reset);
}

#[test]
fn users_of_a_shared_connection_wait_for_the_room_that_the_server_has() {
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, seen) = (at_once.clone(), most.clone());
    let server = RawServer::start(move |stream, _| {
        stream.set_nonblocking(true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            let handshake = h2::server::Builder::new().max_concurrent_streams(1).handshake::<_, bytes::Bytes>(stream);
            let Ok(mut connection) = handshake.await else { return };
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let now = now.clone();
                tokio::task::spawn_local(async move {
                    // The others have come meanwhile, if they can.
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    let _ = respond.send_response(Response::new(()), true);
                });
            }
        });
    });
    let mut plan = plan(vec![Step::Request(Box::new(get("/", 0)))], ThinkTime::None, LoadPlan::Closed(iterations(8, 80)));
    (plan.http.version, plan.http.connections) = (HttpVersion::Http2, Some(1));
    let result = load(plan, server.address, 1);
    let [requests, failures, sent, _] = counts(&result);
    assert_eq!((requests, failures, sent), (80, 0, 80), "{:?}", result.totals.endpoints[0].errors);
    assert_eq!((most.load(Ordering::SeqCst), server.connections.load(Ordering::SeqCst)), (1, 1));
}
