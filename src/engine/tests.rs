//! The engine against real sockets.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::testing::{RawServer, answer_always, answer_once, get, iterations, load, plan, read_request};
use super::{Control, Event, Load, LoadOptions, arrivals_due, run};
use crate::metrics::ErrorCategory;
use crate::plan::{ArrivalKind, BarrierPlan, LoadPlan, OpenLoad, RateShape, Step, Target, ThinkTime};
use crate::units::{Micros, Rate};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn request(path: &str) -> Step {
    Step::Request(Box::new(get(path, 0)))
}

fn closed(users: u32, count: u64) -> LoadPlan {
    LoadPlan::Closed(iterations(users, count))
}

/// Category and message of the failures of one request to a server, with its count.
fn failures_of(
    serve: impl Fn(std::net::TcpStream, usize) + Send + Sync + 'static,
    change: impl Fn(&mut crate::plan::RequestPlan),
) -> Vec<(ErrorCategory, String, u64)> {
    let server = RawServer::start(serve);
    let mut request = get("/", 0);
    change(&mut request);
    let result = load(plan(vec![Step::Request(Box::new(request))], ThinkTime::None, closed(1, 2)), server.address, 1);
    assert_eq!(result.totals.requests(), 2);
    assert_eq!(result.totals.counters.iterations, 2, "a failed step does not end the iteration");
    let mut failures: Vec<_> =
        result.totals.endpoints[0].errors.iter().map(|((category, message), error)| (*category, message.clone(), error.count)).collect();
    failures.sort();
    failures
}

#[test]
fn every_iteration_is_made_once_whatever_the_threads() {
    for threads in [1, 2] {
        let server = RawServer::start(|stream, _| answer_always(stream, OK));
        let result = load(plan(vec![request("/")], ThinkTime::None, closed(7, 500)), server.address, threads);
        let totals = &result.totals;
        assert_eq!((totals.requests(), totals.failures(), totals.counters.iterations, totals.counters.sent_load), (500, 0, 500, 500));
        assert_eq!(server.connections.load(Ordering::SeqCst), 7, "one connection per user");
        assert_eq!((result.users_max, totals.counters.held_back), (7, 0));
        assert_eq!(totals.endpoints[0].statuses[&200], 500);
        assert_eq!(totals.endpoints[0].ok.count(), 500);
        assert_eq!(totals.endpoints[0].bytes_in, 500 * OK.len() as u64);
        assert_eq!(totals.endpoints[0].phases.connect.count(), 7);
        assert_eq!(result.timeline.rows().iter().map(|row| row.requests).sum::<u64>(), 500);
    }
}

#[test]
fn misbehaving_servers_are_told_apart_and_survived() {
    let closed_message = "the connection was closed before the answer was complete";
    assert_eq!(failures_of(|stream, _| drop(stream), |_| {}).first().unwrap().0, ErrorCategory::Reset);
    assert_eq!(
        failures_of(|stream, _| answer_once(stream, b"HTTP/1.1 200 OK\r\ncontent-le"), |_| {}),
        [(ErrorCategory::Reset, closed_message.to_owned(), 2)]
    );
    assert_eq!(
        failures_of(|stream, _| answer_once(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"), |_| {})[0].0,
        ErrorCategory::Reset
    );
    assert_eq!(failures_of(|stream, _| answer_once(stream, b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), |_| {})[0].0, ErrorCategory::Protocol);
    assert_eq!(
        failures_of(|stream, _| answer_once(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), |_| {})[0].0,
        ErrorCategory::Protocol
    );
    let endless = |mut stream: std::net::TcpStream, _: usize| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    };
    assert_eq!(failures_of(endless, |_| {}), [(ErrorCategory::Body, "the body is larger than 1 MiB".to_owned(), 2)]);
    let silent = |mut stream: std::net::TcpStream, _: usize| while read_request(&mut stream).is_some() {};
    assert_eq!(
        failures_of(silent, |request| request.timeout = Micros::from_millis(50)),
        [(ErrorCategory::Timeout, "no complete answer within 50ms".to_owned(), 2)]
    );
    assert_eq!(
        failures_of(|stream, _| answer_always(stream, b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"), |_| {}),
        [(ErrorCategory::Status, "expected a status below 400, got 503".to_owned(), 2)]
    );
}

#[test]
fn nobody_listening_and_unknown_names_are_failures_that_nothing_was_sent_for() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let result = load(plan(vec![request("/")], ThinkTime::None, closed(2, 6)), free, 1);
    let errors = &result.totals.endpoints[0].errors;
    assert_eq!(errors[&(ErrorCategory::ConnectRefused, "connection refused".to_owned())].count, 6);
    assert_eq!((result.totals.counters.sent_load, result.totals.requests(), result.totals.endpoints[0].ok.count()), (0, 6, 0));

    let step = Step::Request(Box::new(get("http://no-such-host.invalid/", 0)));
    let result = load(plan(vec![step], ThinkTime::None, closed(1, 1)), free, 1);
    let (category, _) = result.totals.endpoints[0].errors.keys().next().unwrap();
    assert_eq!(*category, ErrorCategory::Dns);
}

#[test]
fn a_kept_connection_that_was_closed_is_opened_again_unseen() {
    // Answers twice on a connection, then closes it without a word: while idle, or as the next request comes.
    let server = RawServer::start(|mut stream, _| {
        for _ in 0..2 {
            if read_request(&mut stream).is_none() || stream.write_all(OK).is_err() {
                return;
            }
        }
        let _ = read_request(&mut stream);
    });
    let result = load(plan(vec![request("/")], ThinkTime::None, closed(1, 9)), server.address, 1);
    assert_eq!((result.totals.requests(), result.totals.failures()), (9, 0));
    assert!(result.totals.counters.reconnects >= 3, "{}", result.totals.counters.reconnects);
}

#[test]
fn a_post_on_a_closed_connection_is_never_sent_twice() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let server = RawServer::start(move |mut stream, _| {
        if read_request(&mut stream).is_some() {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(OK);
        }
        if read_request(&mut stream).is_some() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut post = get("/", 0);
    post.method = http::Method::POST;
    let result = load(plan(vec![Step::Request(Box::new(post))], ThinkTime::None, closed(1, 4)), server.address, 1);
    assert_eq!((result.totals.requests(), result.totals.failures(), result.totals.counters.sent_load), (4, 2, 4));
    assert_eq!(seen.load(Ordering::SeqCst), 4);
}

#[test]
fn redirects_are_one_request_with_the_cookies_they_set() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let log = heads.clone();
    let server = RawServer::start(move |mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            let answer: &[u8] = if head.starts_with("GET /a ") {
                b"HTTP/1.1 302 Found\r\nlocation: /b?x=1\r\nset-cookie: session=abc; Path=/\r\ncontent-length: 0\r\n\r\n"
            } else {
                OK
            };
            log.lock().unwrap().push(head);
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    });
    let result = load(plan(vec![request("/a")], ThinkTime::None, closed(1, 1)), server.address, 1);
    let totals = &result.totals;
    assert_eq!((totals.requests(), totals.counters.redirects, totals.counters.sent_load, totals.counters.sent_redirects), (1, 1, 1, 1));
    assert_eq!(totals.endpoints[0].statuses.get(&302), None);
    let heads = heads.lock().unwrap();
    assert!(heads[1].starts_with("GET /b?x=1 HTTP/1.1\r\n") && heads[1].contains("cookie: session=abc\r\n"), "{}", heads[1]);

    let mut step = get("/a", 0);
    step.redirects = 0;
    drop(heads);
    let result = load(plan(vec![Step::Request(Box::new(step))], ThinkTime::None, closed(1, 1)), server.address, 1);
    assert_eq!((result.totals.endpoints[0].statuses[&302], result.totals.counters.redirects), (1, 0));
}

#[test]
fn addresses_and_cookies_of_answers_may_be_written_in_utf_8() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let log = heads.clone();
    let server = RawServer::start(move |mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            let answer: &[u8] = match head.starts_with("GET /a ") {
                true => "HTTP/1.1 302 Found\r\nlocation: /süß\r\nset-cookie: name=Jürgen; Path=/\r\ncontent-length: 0\r\n\r\n".as_bytes(),
                false => OK,
            };
            log.lock().unwrap().push(head);
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    });
    let result = load(plan(vec![request("/a")], ThinkTime::None, closed(1, 1)), server.address, 1);
    assert_eq!((result.totals.counters.redirects, result.totals.endpoints[0].statuses.get(&302)), (1, None));
    let heads = heads.lock().unwrap();
    assert!(heads[1].starts_with("GET /s%C3%BC%C3%9F HTTP/1.1\r\n") && heads[1].contains("cookie: name=Jürgen\r\n"), "{}", heads[1]);
}

#[test]
fn the_service_took_all_the_time_of_a_redirect_and_of_a_second_try() {
    const TAKEN: Micros = Micros::from_millis(150);
    let slow = || std::thread::sleep(TAKEN.into());
    let server = RawServer::start(move |mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            let answer: &[u8] = match head.starts_with("GET /a ") {
                true => b"HTTP/1.1 302 Found\r\nlocation: /b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                false => OK,
            };
            slow();
            if stream.write_all(answer).is_err() || head.starts_with("GET /a ") {
                return;
            }
        }
    });
    let result = load(plan(vec![request("/a")], ThinkTime::None, closed(1, 1)), server.address, 1);
    let redirected = &result.totals.endpoints[0];
    assert!(redirected.service.max() >= Some(TAKEN + TAKEN), "{:?}", redirected.service.max());
    assert!(redirected.phases.wait.max() >= Some(TAKEN + TAKEN), "{:?}", redirected.phases.wait.max());
    assert_eq!((redirected.phases.connect.count(), redirected.phases.receive.count()), (1, 1));

    // Takes the second request of its first connection, and breaks off.
    let server = RawServer::start(move |mut stream, number| {
        let mut taken = 0;
        while read_request(&mut stream).is_some() {
            taken += 1;
            if number == 0 && taken == 2 {
                return slow();
            }
            if stream.write_all(OK).is_err() {
                return;
            }
        }
    });
    let result = load(plan(vec![request("/")], ThinkTime::None, closed(1, 2)), server.address, 1);
    assert_eq!((result.totals.failures(), result.totals.counters.reconnects), (0, 1));
    assert!(result.totals.endpoints[0].service.max() >= Some(TAKEN), "{:?}", result.totals.endpoints[0].service.max());
}

#[test]
fn warm_up_is_sent_and_counted_nowhere_else() {
    let server = RawServer::start(|stream, _| answer_always(stream, OK));
    let mut population = iterations(2, 50);
    population.warmup = Micros::from_millis(200);
    let result =
        load(plan(vec![request("/")], ThinkTime::Constant(Micros::from_millis(2)), LoadPlan::Closed(population)), server.address, 1);
    let totals = &result.totals;
    assert_eq!((totals.requests(), totals.counters.iterations, totals.counters.sent_load), (50, 50, 50));
    assert!(totals.counters.sent_warmup > 0);
    assert!(totals.duration < Micros::from_secs(55), "{}", totals.duration);
}

#[test]
fn arrivals_come_at_their_rate_and_drops_are_counted() {
    let server = RawServer::start(|mut stream, _| {
        while read_request(&mut stream).is_some() {
            std::thread::sleep(std::time::Duration::from_millis(400));
            if stream.write_all(OK).is_err() {
                return;
            }
        }
    });
    let mut open = OpenLoad {
        rate: RateShape::Constant(Rate(50.0)),
        arrivals: ArrivalKind::Constant,
        duration: Some(Micros::from_secs(1)),
        iterations: None,
        max_users: 100,
        max_wait: Micros::from_secs(30),
        warmup: Micros::ZERO,
        graceful_stop: Micros::from_secs(30),
    };
    for threads in [1, 2] {
        let result = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open.clone())), server.address, threads);
        assert_eq!((result.totals.requests(), result.totals.counters.dropped), (50, 0));
        assert!(result.totals.lag.count() >= 50);
    }
    // One user serves at most two and a half arrivals a second; the others wait a tenth of a second and go.
    (open.max_users, open.max_wait) = (1, Micros::from_millis(100));
    let result = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open.clone())), server.address, 1);
    assert_eq!(result.totals.requests() + result.totals.counters.dropped, 50);
    assert!(result.totals.counters.dropped > 30, "{}", result.totals.counters.dropped);
    assert_eq!(result.users_max, 1);
    // Who waits is measured from when it should have started.
    (open.max_wait, open.iterations) = (Micros::from_secs(30), Some(3));
    let result = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open)), server.address, 1);
    assert_eq!((result.totals.requests(), result.totals.counters.dropped), (3, 0));
    let endpoint = &result.totals.endpoints[0];
    assert!(endpoint.ok.max().unwrap() >= Micros::from_millis(1150), "{}", endpoint.ok.max().unwrap());
    assert!(endpoint.service.max().unwrap() < endpoint.ok.max().unwrap());
}

#[test]
fn a_barrier_lets_all_go_at_once_also_with_few_iterations() {
    for (users, count) in [(20, 20), (20, 10)] {
        let waiting = Arc::new(AtomicUsize::new(0));
        let arrived = waiting.clone();
        let server = RawServer::start(move |mut stream, _| {
            while let Some(head) = read_request(&mut stream) {
                if head.starts_with("GET /before") {
                    arrived.fetch_add(1, Ordering::SeqCst);
                } else {
                    assert_eq!(arrived.load(Ordering::SeqCst) as u64, count);
                }
                if stream.write_all(OK).is_err() {
                    return;
                }
            }
        });
        let barrier = BarrierPlan { id: 0, name: "class".to_owned(), timeout: Micros::from_secs(30) };
        let steps = vec![request("/before"), Step::Barrier(barrier), request("/after")];
        let result = load(plan(steps, ThinkTime::None, closed(users, count)), server.address, 2);
        assert_eq!((result.totals.requests(), result.totals.failures(), result.failure), (2 * count, 0, None));
    }
}

#[test]
fn a_barrier_that_never_opens_fails_the_run_by_name() {
    let server = RawServer::start(|mut stream, number| {
        // The second user gets no answer.
        while read_request(&mut stream).is_some() {
            if number == 1 || stream.write_all(OK).is_err() {
                continue;
            }
        }
    });
    let barrier = BarrierPlan { id: 0, name: "class: step 2".to_owned(), timeout: Micros::from_millis(300) };
    let result = load(plan(vec![request("/"), Step::Barrier(barrier)], ThinkTime::None, closed(2, 2)), server.address, 1);
    assert_eq!(result.failure.as_deref(), Some("the barrier `class: step 2` did not open within 300ms: not every user of its class came"));
}

#[test]
fn repeats_run_as_often_as_they_say_also_nested_and_never() {
    let server = RawServer::start(|stream, _| answer_always(stream, OK));
    let repeat = |count, length| Step::Repeat { count, length, concurrency: 1 };
    let steps = vec![repeat(3, 4), request("/"), repeat(2, 1), request("/"), request("/"), repeat(0, 1), request("/"), request("/")];
    let result = load(plan(steps, ThinkTime::None, closed(1, 2)), server.address, 1);
    assert_eq!(result.totals.requests(), 2 * (3 * (1 + 2 + 1) + 1));
}

#[test]
fn users_who_can_do_nothing_leave_the_thread_to_the_others() {
    let server = RawServer::start(|stream, _| answer_always(stream, OK));
    let mut population = iterations(2, u64::MAX);
    (population.iterations, population.duration) = (None, Some(Micros::from_millis(600)));
    let mut broken = get("/", 0);
    // A line end can't be in a header, so this request is never sent.
    broken.headers = vec![(http::header::ACCEPT, super::testing::text("a\r\nb"))];
    let result = load(plan(vec![Step::Request(Box::new(broken))], ThinkTime::None, LoadPlan::Closed(population)), server.address, 1);
    let counters = &result.totals.counters;
    assert_eq!((counters.sent_load, counters.iterations), (0, 0));
    assert!((2..=200).contains(&counters.iterations_cut), "{}", counters.iterations_cut);
    assert_eq!(result.remarks, ["iterations of `task` were cut: the header `accept` holds characters that can't be sent"]);
}

#[test]
fn a_load_is_as_long_as_it_was() {
    let server = RawServer::start(|stream, _| answer_always(stream, OK));
    let open = OpenLoad {
        rate: RateShape::Constant(Rate(100.0)),
        arrivals: ArrivalKind::Constant,
        duration: Some(Micros::from_secs(30)),
        iterations: Some(20),
        max_users: 10,
        max_wait: Micros::from_secs(30),
        warmup: Micros::ZERO,
        graceful_stop: Micros::from_secs(30),
    };
    // It ends with its iterations, long before its time.
    let result = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open)), server.address, 1);
    assert_eq!((result.totals.requests(), result.stopped_early), (20, false));
    assert!(result.totals.duration < Micros::from_secs(20), "{}", result.totals.duration);
    // Stopped while its users think, it has lasted until then.
    let mut thinking = iterations(3, 1000);
    thinking.iterations = None;
    let plan = Arc::new(plan(vec![request("/")], ThinkTime::Constant(Micros::from_secs(50)), LoadPlan::Closed(thinking.clone())));
    let control = Control::new();
    let target = Target::parse(&server.address.to_string()).unwrap();
    let options = LoadOptions { target, threads: 1, globals: Vec::new(), control: control.clone() };
    let result = run(&plan, &Load::Closed(thinking), &options, &mut |event| {
        if matches!(&event, Event::Tick { snapshot, .. } if snapshot.elapsed >= Micros::from_secs(1)) {
            control.stop();
        }
    });
    let result = result.unwrap();
    assert_eq!((result.totals.requests(), result.stopped_early), (3, true));
    assert!(result.totals.duration >= Micros::from_secs(1), "{}", result.totals.duration);
}

#[test]
fn what_is_stopped_when_it_has_ended_was_not_stopped() {
    let server = RawServer::start(|stream, _| answer_always(stream, OK));
    let twenty = iterations(1, 20);
    let plan = Arc::new(plan(vec![request("/")], ThinkTime::None, LoadPlan::Closed(twenty.clone())));
    let control = Control::new();
    let options = LoadOptions {
        target: Target::parse(&server.address.to_string()).unwrap(),
        threads: 1,
        globals: Vec::new(),
        control: control.clone(),
    };
    let mut ended = Micros::ZERO;
    let result = run(&plan, &Load::Closed(twenty), &options, &mut |event| {
        // A threshold that is missed in the end, say.
        if let Event::Tick { snapshot, .. } = event
            && snapshot.iterations == 20
        {
            ended = snapshot.elapsed;
            control.stop();
        }
    });
    let result = result.unwrap();
    assert!(result.totals.duration <= ended && ended > Micros::ZERO, "{} of {ended}", result.totals.duration);
    assert_eq!((result.totals.in_time(), result.stopped_early), (20, false));
}

#[test]
fn an_answer_that_hangs_makes_the_load_no_longer() {
    let server = RawServer::start(|stream, number| {
        if number == 0 {
            std::thread::sleep(std::time::Duration::from_millis(1200));
        }
        answer_always(stream, OK);
    });
    let open = OpenLoad {
        rate: RateShape::Constant(Rate(40.0)),
        arrivals: ArrivalKind::Constant,
        duration: Some(Micros::from_millis(500)),
        iterations: None,
        max_users: 20,
        max_wait: Micros::from_secs(30),
        warmup: Micros::ZERO,
        graceful_stop: Micros::from_secs(30),
    };
    let totals = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open.clone())), server.address, 1).totals;
    assert_eq!((totals.requests(), totals.failures(), totals.duration), (20, 0, Micros::from_millis(500)));
    assert_eq!(arrivals_due(&open, totals.duration), 20.0, "all came that were asked for");
    assert!(totals.in_time() < 20, "{}", totals.in_time());
}

#[test]
fn what_is_in_flight_at_the_end_has_its_grace_and_no_more() {
    let of = |answers: bool, grace: Micros| {
        let server = RawServer::start(move |mut stream, _| {
            while read_request(&mut stream).is_some() {
                std::thread::sleep(std::time::Duration::from_millis(600));
                if answers && stream.write_all(OK).is_err() {
                    return;
                }
            }
        });
        let mut population = iterations(2, 1);
        (population.iterations, population.duration, population.graceful_stop) = (None, Some(Micros::from_millis(200)), grace);
        let totals = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Closed(population)), server.address, 1).totals;
        (totals.requests(), totals.failures(), totals.counters.iterations, totals.counters.iterations_cut)
    };
    assert_eq!(of(true, Micros::from_secs(30)), (2, 0, 2, 0));
    // No failures of the service: nobody waited for these answers to the end.
    assert_eq!(of(false, Micros::from_millis(100)), (0, 0, 0, 2));
}

#[test]
fn every_arrival_is_counted_also_when_it_waits_at_the_end() {
    let arrivals = |grace: Micros, abort: bool| {
        let server = RawServer::start(|mut stream, _| while read_request(&mut stream).is_some() {});
        let open = OpenLoad {
            rate: RateShape::Constant(Rate(50.0)),
            arrivals: ArrivalKind::Constant,
            duration: Some(Micros::from_secs(if abort { 30 } else { 1 })),
            iterations: Some(20),
            max_users: 2,
            max_wait: Micros::from_secs(30),
            warmup: Micros::ZERO,
            graceful_stop: grace,
        };
        let plan = Arc::new(plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open.clone())));
        let control = Control::new();
        let target = Target::parse(&server.address.to_string()).unwrap();
        let options = LoadOptions { target, threads: 1, globals: Vec::new(), control: control.clone() };
        let result = run(&plan, &Load::Open(open), &options, &mut |event| {
            if abort && matches!(&event, Event::Tick { snapshot, .. } if snapshot.elapsed >= Micros::from_secs(1)) {
                control.abort();
            }
        });
        let counters = result.unwrap().totals.counters;
        (counters.iterations, counters.iterations_cut, counters.dropped)
    };
    // Nobody was free for them, though they had not waited for as long as they may.
    assert_eq!(arrivals(Micros::ZERO, false), (0, 2, 18));
    assert_eq!(arrivals(Micros::from_millis(200), false), (0, 2, 18));
    // Who ended the load kept them from waiting on.
    assert_eq!(arrivals(Micros::from_secs(30), true), (0, 20, 0));
}

#[test]
fn a_barrier_waits_for_nobody_who_has_passed_for_good() {
    let server = RawServer::start(|stream, _| answer_always(stream, OK));
    let barrier = BarrierPlan { id: 0, name: "class".to_owned(), timeout: Micros::from_secs(30) };
    let think = Step::Think(ThinkTime::Uniform(Micros::from_millis(1), Micros::from_millis(300)));
    let steps = vec![Step::Barrier(barrier), request("/"), think];
    // The fifth iteration has nobody to wait for but users that think, and have no iteration left.
    let result = load(plan(steps, ThinkTime::None, closed(4, 5)), server.address, 2);
    assert_eq!((result.totals.counters.iterations, result.failure), (5, None));
    assert!(result.totals.duration < Micros::from_secs(20), "{}", result.totals.duration);
}

#[test]
fn users_of_two_classes_share_the_places_of_an_open_load() {
    let server = RawServer::start(|mut stream, _| {
        while read_request(&mut stream).is_some() {
            std::thread::sleep(std::time::Duration::from_millis(20));
            if stream.write_all(OK).is_err() {
                return;
            }
        }
    });
    let open = OpenLoad {
        rate: RateShape::Constant(Rate(100.0)),
        arrivals: ArrivalKind::Poisson,
        duration: Some(Micros::from_secs(1)),
        iterations: None,
        max_users: 1,
        max_wait: Micros::from_secs(30),
        warmup: Micros::ZERO,
        graceful_stop: Micros::from_secs(30),
    };
    let mut two = plan(vec![request("/")], ThinkTime::None, LoadPlan::Open(open.clone()));
    two.endpoints.push(two.endpoints[0].clone());
    let mut second = plan(vec![Step::Request(Box::new(get("/", 1)))], ThinkTime::None, LoadPlan::Open(open)).classes;
    two.classes.append(&mut second);
    let result = load(two, server.address, 1);
    let requests: Vec<u64> = result.totals.endpoints.iter().map(|endpoint| endpoint.requests).collect();
    assert!(requests.iter().all(|&requests| requests > 20), "{requests:?}");
    assert_eq!((result.totals.failures(), result.totals.counters.dropped, result.users_max), (0, 0, 1));
    // Who waited for the only user was not late through our fault: each start is told once.
    assert_eq!(result.totals.lag.count(), result.totals.requests());
}

#[test]
fn a_class_whose_arrivals_always_wait_does_not_keep_all_users() {
    let server = RawServer::start(|mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            if head.starts_with("GET /slow ") {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            if stream.write_all(OK).is_err() {
                return;
            }
        }
    });
    let open = OpenLoad {
        rate: RateShape::Constant(Rate(100.0)),
        arrivals: ArrivalKind::Poisson,
        duration: Some(Micros::from_secs(2)),
        iterations: None,
        max_users: 1,
        max_wait: Micros::from_millis(400),
        warmup: Micros::ZERO,
        graceful_stop: Micros::ZERO,
    };
    let mut two = plan(vec![request("/slow")], ThinkTime::None, LoadPlan::Open(open.clone()));
    two.endpoints.push(two.endpoints[0].clone());
    let mut quick = plan(vec![Step::Request(Box::new(get("/quick", 1)))], ThinkTime::None, LoadPlan::Open(open)).classes;
    two.classes.append(&mut quick);
    let result = load(two, server.address, 1);
    let [slow, quick] = [0, 1].map(|endpoint| result.totals.endpoints[endpoint].requests);
    // Ten slow ones a second keep the only user busy; without a turn for them, quick ones would come through before the first slow one.
    assert!(slow >= 5 && quick >= 5, "{slow} and {quick}, {} dropped", result.totals.counters.dropped);
}

#[test]
fn a_user_without_a_connection_leaves_the_thread_to_the_others() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut population = iterations(2, 1);
    (population.iterations, population.duration) = (None, Some(Micros::from_millis(500)));
    let result = load(plan(vec![request("/")], ThinkTime::None, LoadPlan::Closed(population)), nobody, 1);
    assert!((2..=120).contains(&result.totals.requests()), "{}", result.totals.requests());
}

#[test]
fn nothing_is_captured_of_an_answer_with_the_wrong_status() {
    let server = RawServer::start(|stream, _| answer_always(stream, b"HTTP/1.1 404 Gone\r\ncontent-length: 8\r\n\r\n{\"id\":1}"));
    let text = "name: t\ntarget: http://127.0.0.1:1\nusers: { u: { tasks: [ { steps: [ { get: /a, capture: { id: $.id } }, { get: \"/b/{{ id }}\" } ] } ] } }\n\
                load: { users: 1, iterations: 3 }\n";
    let (overrides, process) = (crate::config::Overrides::default(), crate::config::ProcessEnv::default());
    let options = crate::plan::CompileOptions { strict_env: true };
    let loaded = crate::plan::from_text("t.yml", text, std::path::Path::new("."), &overrides, &process, options);
    let result = load(loaded.unwrap_or_else(|problems| panic!("{problems:?}")).plan, server.address, 1);
    let counters = &result.totals.counters;
    // The error's number is not used for the next request, and neither is an empty text.
    assert_eq!((result.totals.requests(), counters.iterations, counters.iterations_cut), (3, 0, 3));
    assert_eq!(result.totals.failures(), 3);
}
