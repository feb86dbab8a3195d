//! Plans by hand and servers that misbehave, for tests of the engine.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;

use super::{Control, Event, Load, LoadOptions, LoadResult, run};
use crate::plan::{
    BaselinePlan, BodyPlan, ChecksPlan, ClassPlan, ClosedLoad, Compiler, EndpointId, EndpointPlan, HttpPlan, LoadPlan, Plan, Population,
    Program, RequestPlan, Slots, Step, Target, TaskPlan, Template, ThinkTime,
};
use crate::units::{Bytes, Micros};

/// A text without variables.
pub(super) fn text(text: &str) -> Template {
    Compiler::new(Arc::new(Slots::default()), Default::default()).text(text).unwrap()
}

/// A GET that takes part in the results, as endpoint `endpoint`.
pub(super) fn get(path: &str, endpoint: u32) -> RequestPlan {
    RequestPlan {
        name: format!("GET {path}"),
        endpoint: Some(EndpointId(endpoint)),
        method: Method::GET,
        path: text(path),
        headers: Vec::new(),
        body: BodyPlan::Empty,
        checks: ChecksPlan::default(),
        captures: Vec::new(),
        timeout: Micros::from_secs(10),
        redirects: 10,
        cookies: true,
        decompress: true,
    }
}

/// A plan of one class whose only task makes these steps.
pub(super) fn plan(steps: Vec<Step>, think_time: ThinkTime, load: LoadPlan) -> Plan {
    let names = steps.iter().filter_map(|step| match step {
        Step::Request(request) => Some((request.name.clone(), request.method.to_string())),
        _ => None,
    });
    let endpoints = names.map(|(name, method)| EndpointPlan { name, method, class: 0, tags: Vec::new() }).collect();
    let barriers = steps.iter().filter(|step| matches!(step, Step::Barrier(_))).count();
    let task = TaskPlan {
        name: "task".to_owned(),
        weight: 1.0,
        vars: Vec::new(),
        feeds: Vec::new(),
        captured: Vec::new(),
        program: Program { steps },
    };
    let class = ClassPlan {
        name: "class".to_owned(),
        weight: 1.0,
        think_time,
        vars: Vec::new(),
        unique_feeds: Vec::new(),
        tasks: vec![task],
        active: true,
    };
    Plan {
        name: "test".to_owned(),
        digest: "0".repeat(64),
        profile: None,
        environment: None,
        target: String::new(),
        seed: 1,
        http: HttpPlan { connect_timeout: Micros::from_secs(5), max_body: Bytes(1 << 20), ..HttpPlan::default() },
        load,
        classes: vec![class],
        endpoints,
        checks: Vec::new(),
        barriers,
        slots: Arc::new(Slots::default()),
        feeds: Vec::new(),
        setup: Program::default(),
        verify: Program::default(),
        teardown: Program::default(),
        thresholds: Vec::new(),
        baseline: BaselinePlan::default(),
        service: None,
        paired: None,
        secrets: Vec::new(),
        names: Vec::new(),
    }
}

/// Users that make this many iterations altogether.
pub(super) fn iterations(users: u32, iterations: u64) -> ClosedLoad {
    ClosedLoad {
        population: Population::Constant { users, spawn_rate: None },
        duration: Some(Micros::from_secs(60)),
        iterations: Some(iterations),
        warmup: Micros::ZERO,
        graceful_stop: Micros::from_secs(30),
    }
}

/// Runs the load of a plan against an address.
pub(super) fn load(plan: Plan, address: SocketAddr, threads: usize) -> LoadResult {
    let load = match &plan.load {
        LoadPlan::Closed(closed) => Load::Closed(closed.clone()),
        LoadPlan::Open(open) => Load::Open(open.clone()),
        LoadPlan::Capacity(_) => panic!("a search is not a load"),
    };
    let target = Target::parse(&address.to_string()).unwrap();
    let options = LoadOptions { target, threads, globals: Vec::new(), control: Control::new() };
    run(&Arc::new(plan), &load, &options, &mut |_: Event<'_>| {}).unwrap()
}

/// A server of raw bytes: each connection is given to `serve` with its number, from 0.
pub(super) struct RawServer {
    pub(super) address: SocketAddr,
    pub(super) connections: Arc<AtomicUsize>,
}

impl RawServer {
    /// Serves until the process ends; its threads hold nothing that needs an orderly end.
    pub(super) fn start(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (connections.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (number, serve) = (count.fetch_add(1, Ordering::SeqCst), serve.clone());
                std::thread::spawn(move || serve(stream, number));
            }
        });
        Self { address, connections }
    }
}

/// Reads one request head (and no body); none when the client has gone.
pub(super) fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Answers every request on a connection with these bytes.
pub(super) fn answer_always(mut stream: TcpStream, answer: &[u8]) {
    while read_request(&mut stream).is_some() {
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// Answers one request with these bytes and closes the connection in both directions.
pub(super) fn answer_once(mut stream: TcpStream, answer: &[u8]) {
    if read_request(&mut stream).is_some() {
        let _ = stream.write_all(answer);
    }
    let _ = stream.shutdown(Shutdown::Both);
}
