//! The codec against servers of raw bytes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use http::Method;

use crate::engine::LoadResult;
use crate::engine::testing::{RawServer, answer_always, get, iterations, load, plan, read_request};
use crate::plan::{BodyPlan, FilePart, LoadPlan, RequestPlan, Step, ThinkTime};

/// One user makes this request `count` times.
fn times(count: u64, request: RequestPlan, server: &RawServer) -> LoadResult {
    let load_plan = LoadPlan::Closed(iterations(1, count));
    load(plan(vec![Step::Request(Box::new(request))], ThinkTime::None, load_plan), server.address, 1)
}

/// Requests, failures, connections it took, and how often one had to be opened again.
fn outcome(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> (u64, u64, usize, u64) {
    let server = RawServer::start(serve);
    let result = times(3, get("/", 0), &server);
    let connections = server.connections.load(Ordering::SeqCst);
    (result.totals.requests(), result.totals.failures(), connections, result.totals.counters.reconnects)
}

#[test]
fn connections_go_on_where_the_answer_lets_them() {
    let always = |answer: &'static str| outcome(move |stream, _| answer_always(stream, answer.as_bytes()));
    assert_eq!(always("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), (3, 0, 1, 0));
    assert_eq!(always("HTTP/1.1 204 None\r\n\r\n"), (3, 0, 1, 0));
    assert_eq!(always("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok"), (3, 0, 1, 0));
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: a\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nx: y\r\n\r\n";
    let both: &'static str = format!("{interim}{chunked}").leak();
    assert_eq!(always(both), (3, 0, 1, 0));
    assert_eq!(always("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"), (3, 0, 3, 0));
    assert_eq!(always("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok"), (3, 0, 3, 0));
}

#[test]
fn what_nobody_asked_for_is_no_answer_to_the_next_request() {
    let smuggled = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(outcome(|stream, _| answer_always(stream, smuggled)), (3, 0, 3, 0));
}

#[test]
fn a_body_that_ends_with_its_connection_is_read_to_its_end() {
    let until_close = |mut stream: TcpStream, _: usize| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nuntil the end");
    };
    assert_eq!(outcome(until_close), (3, 0, 3, 0));
}

#[test]
fn bytes_that_trickle_in_are_an_answer_too() {
    let trickle = |mut stream: TcpStream, _: usize| {
        let _ = stream.set_nodelay(true);
        while read_request(&mut stream).is_some() {
            for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok" {
                if stream.write_all(&[*byte]).is_err() {
                    return;
                }
                std::thread::yield_now();
            }
        }
    };
    assert_eq!(outcome(trickle), (3, 0, 1, 0));
}

#[test]
fn large_bodies_are_sent_and_read_in_full() {
    const SIZE: usize = 900_000;
    let server = RawServer::start(|mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            assert!(head.contains(&format!("content-length: {SIZE}\r\n")), "{head}");
            let mut body = vec![0; SIZE];
            if stream.read_exact(&mut body).is_err() || !body.iter().all(|byte| *byte == b'x') {
                return;
            }
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n");
            if stream.write_all(head.as_bytes()).is_err() || stream.write_all(&body).is_err() {
                return;
            }
        }
    });
    let mut post = get("/", 0);
    post.method = Method::POST;
    let file = FilePart { file_name: "x".to_owned(), content_type: "a/b".to_owned(), content: vec![b'x'; SIZE].into() };
    post.body = BodyPlan::File(file);
    let result = times(3, post, &server);
    let endpoint = &result.totals.endpoints[0];
    assert_eq!((result.totals.requests(), result.totals.failures(), server.connections.load(Ordering::SeqCst)), (3, 0, 1));
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n".len();
    assert_eq!(endpoint.bytes_in, 3 * (head + SIZE) as u64);
    assert!(endpoint.bytes_out > 3 * SIZE as u64 && endpoint.bytes_out < 3 * (SIZE + 300) as u64, "{}", endpoint.bytes_out);
}

#[test]
fn an_answer_to_half_a_request_is_taken_and_the_connection_given_up() {
    let server = RawServer::start(|mut stream, _| {
        if read_request(&mut stream).is_some() {
            let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
            // Never reads the body, and never closes the connection.
            std::mem::forget(stream);
        }
    });
    let mut post = get("/", 0);
    post.method = Method::POST;
    let file = FilePart { file_name: "x".to_owned(), content_type: "a/b".to_owned(), content: vec![b'x'; 64 << 20].into() };
    post.body = BodyPlan::File(file);
    let result = times(2, post, &server);
    let endpoint = &result.totals.endpoints[0];
    assert_eq!(endpoint.statuses.get(&413), Some(&2), "{:?}", endpoint.errors);
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
    assert!(endpoint.bytes_out < 2 * (64 << 20), "{}", endpoint.bytes_out);
    assert_eq!(result.totals.counters.held_back, 2, "the system had no room for all of it");
}
