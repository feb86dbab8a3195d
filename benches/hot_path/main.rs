//! What a request costs the generator, part by part: rendered, sent and read, recorded; and the schedule of the next.
//!
//!     cargo bench --bench hot_path [-- PART]
//!
//! Prints nanoseconds for each part whose name holds `PART`. `docs/performance.md` says what the parts are.

#![expect(clippy::print_stdout, reason = "a program of its own, that talks to who started it")]

mod timing;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use loadline::config::{Overrides, ProcessEnv};
use loadline::engine::inside::{Line, read_answer};
use loadline::engine::schedule::Arrivals;
use loadline::metrics::{Delta, Outcome, Phases, Recorder, Sample};
use loadline::plan::{self, ArrivalKind, CompileOptions, Plan, RateShape};
use loadline::units::{Micros, Rate};

use timing::{Cost, time};

/// An answer as small services give it.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nserver: nginx\r\ndate: Mon, 30 Nov 2026 12:00:00 GMT\r\ncontent-type: application/json\r\n\
    content-length: 50\r\nconnection: keep-alive\r\n\r\n{\"id\":7,\"token\":\"2f9c1b\",\"name\":\"lamp\",\"stock\":12}";

/// Does an operation so many times.
type Run = Box<dyn FnMut(u32)>;

/// What is measured, and what makes it ready.
type Part = (&'static str, fn() -> Run);

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // Without it this is a test run, for which it is enough that everything works.
    let is_timed = words.iter().any(|word| word == "--bench");
    words.retain(|word| !word.starts_with("--"));
    let parts = PARTS.iter().filter(|(name, _)| words.is_empty() || words.iter().any(|word| name.contains(word.as_str())));
    for (name, ready) in parts {
        let mut run = ready();
        if is_timed {
            let Cost { median, least } = time(&mut run);
            println!("{name:<52} {median:>8.0} ns   least {least:>8.0} ns");
        } else {
            run(1);
        }
    }
}

const PARTS: &[Part] = &[
    ("render a request without variables", || render("get: /items/7")),
    ("render a path with one variable", || render("get: \"/items/{{ id }}\"")),
    ("render a JSON body with functions", || render(JSON)),
    ("send and read over a pair of sockets", send),
    ("of that, the other end", other_end),
    ("read an answer in one piece", || read(ANSWER.len())),
    ("read an answer in pieces of 64 bytes", || read(64)),
    ("record a sample, all times alike", || record(|_| 120)),
    ("record a sample, times from 0.1 to 12 ms", || record(|at| 100 + at.wrapping_mul(2_654_435_761) % 12_000)),
    ("record 5,000 samples of 200 endpoints, hand them over", hand_over),
    ("schedule the next arrival at a constant rate", || schedule(ArrivalKind::Constant)),
    ("schedule the next arrival of independent visitors", || schedule(ArrivalKind::Poisson)),
];

const JSON: &str = "post: /orders, json: { id: \"{{ random_int(1, 1000) }}\", name: \"{{ choose(['lamp', 'desk']) }}\", tags: [a, b] }";

/// The plan of a scenario with this one step.
fn plan(step: &str) -> Arc<Plan> {
    let text = format!(
        "name: hot-path\ntarget: http://127.0.0.1:8000\nusers: {{ user: {{ vars: {{ id: 7 }}, tasks: [{{ steps: [{{ {step} }}] }}] }} }}\n\
         load: {{ users: 1, duration: 1s }}\n"
    );
    let (overrides, process, options) = (Overrides::default(), ProcessEnv::default(), CompileOptions::default());
    match plan::from_text("hot-path.yml", &text, Path::new("."), &overrides, &process, options) {
        Ok(loaded) => Arc::new(loaded.plan),
        Err(problems) => panic!("{}", loadline::text::render(&problems)),
    }
}

fn line(step: &str) -> Line {
    Line::open(plan(step), ANSWER).expect("the system gives sockets")
}

fn render(step: &str) -> Run {
    let mut line = line(step);
    Box::new(move |count| {
        line.render(count).expect("the request can be rendered");
    })
}

fn send() -> Run {
    let mut line = line("get: /items/7");
    Box::new(move |count| line.exchange(count).expect("the other end answers"))
}

/// What [`send`] does for the other end of its connection: a write and a read.
fn other_end() -> Run {
    let (mut ours, mut theirs) = UnixStream::pair().expect("the system gives sockets");
    let mut taken = vec![0; 64 << 10];
    Box::new(move |count| {
        for _ in 0..count {
            theirs.write_all(ANSWER).expect("there is room");
            let _ = ours.read(&mut taken).expect("it was written");
        }
    })
}

fn read(piece: usize) -> Run {
    Box::new(move |count| {
        for _ in 0..count {
            let reading = read_answer(ANSWER.chunks(piece), false, 1 << 20);
            assert_eq!(reading.answer.map(|answer| answer.status), Ok(200));
        }
    })
}

fn record(micros: fn(u64) -> u64) -> Run {
    let mut recorder = Recorder::new(1, 0, Micros::ZERO);
    Box::new(move |count| {
        for at in 0..count {
            recorder.record(&sample(0, micros(at.into())), String::new);
            recorder.record_lag(Micros(40));
        }
    })
}

fn sample(endpoint: u32, micros: u64) -> Sample {
    let time = Micros(micros);
    let phases = Phases { wait: Some(Micros(micros - micros / 20)), receive: Some(Micros(micros / 20)), ..Phases::default() };
    let (intended, outcome) = (Micros(1_000_000), Outcome::Ok);
    Sample { endpoint, intended, response_time: time, service_time: time, phases, outcome, status: 200, bytes_in: 200, bytes_out: 90 }
}

/// Once a second and thread: what was gathered is taken, and what was taken before is emptied.
fn hand_over() -> Run {
    const ENDPOINTS: u32 = 200;
    let mut recorder = Recorder::new(ENDPOINTS as usize, 0, Micros::ZERO);
    let mut spare = Delta::default();
    Box::new(move |count| {
        for _ in 0..count {
            for at in 0..5_000 {
                recorder.record(&sample(at % ENDPOINTS, 100 + u64::from(at)), String::new);
            }
            spare = recorder.swap(std::mem::take(&mut spare));
        }
        assert_eq!(spare.requests(), 5_000);
    })
}

fn schedule(kind: ArrivalKind) -> Run {
    let mut arrivals = Arrivals::new(&RateShape::Constant(Rate(5_000.0)), kind, Micros::ZERO, None, 7);
    Box::new(move |count| assert_eq!(arrivals.by_ref().take(count as usize).count(), count as usize))
}
