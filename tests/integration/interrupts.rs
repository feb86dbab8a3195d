//! Ctrl-C: the report of what was measured, and nothing left behind.

use rustix::process::Signal;

use crate::support::{Demo, Folder, Running, endpoint, eventually, lives, sent};

const LONG: &str = "\
name: long
target: http://127.0.0.1:1
setup: [{ get: /courses }]
teardown: [{ get: /students }]
users: { u: { think_time: 20ms, tasks: [{ get: /health }] } }
load: { users: 2, duration: 10m }
";

fn started(folder: &Folder, demo: &Demo, out: &str) -> Running {
    folder.write("loadline.yml", LONG);
    let run = folder.loadline(["run", "--target", &demo.url(), "--out", out]).start();
    eventually("the load begins", || demo.requests() > 5);
    run
}

#[test]
fn an_interrupted_run_reports_what_it_measured() {
    for (signal, out) in [(Signal::INT, "one"), (Signal::TERM, "two"), (Signal::QUIT, "three")] {
        let (demo, folder) = (Demo::start(), Folder::new());
        let run = started(&folder, &demo, out);
        run.signal(signal);
        let output = run.wait();
        assert_eq!(output.code, 130, "{output}");
        assert!(output.verdict().starts_with("INTERRUPTED  long: "), "{output}");
        let record = folder.record_in(out);
        assert_eq!(record["summary"]["verdict"], "interrupted");
        assert!(endpoint(&record, "GET /health")["requests"].as_u64().unwrap() > 0);
        assert_eq!(sent(&record), demo.requests());
        assert_eq!(record["sent"]["teardown"], 1, "teardown runs all the same");
        assert_eq!(folder.names(out), ["comment.md", "junit.xml", "record.json", "report.html", "summary.md"]);
    }
}

/// Elsewhere nobody tells which signals are ignored.
#[test]
#[cfg(target_os = "linux")]
fn a_hangup_that_is_ignored_from_the_start_ends_nothing() {
    let (demo, folder) = (Demo::start(), Folder::new());
    folder.write("loadline.yml", LONG);
    let run = folder.loadline(["run", "--target", &demo.url()]).ignoring("HUP").start();
    eventually("the load begins", || demo.requests() > 5);
    run.signal(Signal::HUP);
    let before = demo.requests();
    eventually("the load goes on", || demo.requests() > before + 50);
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
}

#[test]
fn the_service_goes_with_the_run() {
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        &format!(
            "name: long\ntarget: http://127.0.0.1:${{PORT}}\nservice:\n  command: sleep 1000 & echo $! > child; {} demo --listen 127.0.0.1:$PORT\n  port: auto\n\
             \x20 ready: {{ get: /health, within: 60s }}\nusers: {{ u: {{ think_time: 20ms, tasks: [{{ get: /health }}] }} }}\nload: {{ users: 1, duration: 10m }}\n",
            env!("CARGO_BIN_EXE_loadline")
        ),
    );
    let run = folder.loadline(["run"]).start();
    eventually("the service listens", || {
        folder.path("loadline-report/service.log").exists() && folder.read("loadline-report/service.log").contains("listening")
    });
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
    let child = folder.read("child").trim().to_owned();
    eventually("its processes are gone", || !lives(&child));
}

#[test]
fn a_second_interrupt_waits_for_nothing() {
    let server = crate::support::RawServer::start(|_| {
        crate::support::Answer::Do(Box::new(|_| {
            std::thread::sleep(std::time::Duration::from_secs(60));
            Ok(())
        }))
    });
    let folder = Folder::new();
    let run = folder.loadline(["run", &server.url(), "-n", "5", "-c", "1", "--timeout", "10m"]).start();
    eventually("a request is in flight", || !server.seen().is_empty());
    let begin = std::time::Instant::now();
    run.interrupt();
    // The first asks for a polite end, which waits for the answer; signals that come together are one.
    eventually("the first was heard", || run.has_said("waiting for what is in flight"));
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
    assert!(begin.elapsed() < std::time::Duration::from_secs(20), "it waited");
    assert!(folder.path("loadline-report/record.json").exists());
}

#[test]
fn a_search_that_is_interrupted_has_found_no_limit_of_the_service() {
    let (demo, folder) = (Demo::start(), Folder::new());
    let search = "load: { capacity: { objective: [error_rate < 1%], from: 50/s, to: 2000/s, hold: 10m } }\n";
    folder.write(
        "loadline.yml",
        &format!("name: search\ntarget: {}\nusers: {{ u: {{ tasks: [{{ get: /health }}] }} }}\n{search}", demo.url()),
    );
    let run = folder.loadline(["run"]).start();
    eventually("a rate is held", || demo.requests() > 20);
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
    let record = folder.record();
    let (capacity, sent) = (&record["capacity"], sent(&record));
    assert_eq!(
        (&capacity["rate"], &capacity["limited_by"], &capacity["steps"]),
        (&0.0.into(), &"interrupt".into(), &serde_json::json!([]))
    );
    assert!(output.stdout.contains("Capacity: none yet: the search was interrupted"), "{output}");
    assert_eq!((sent, sent), (demo.requests(), record["summary"]["requests"].as_u64().unwrap()), "what was measured is there all the same");
}

#[test]
fn the_demo_ends_in_peace() {
    assert_eq!(Demo::start().interrupted(), Some(0));
}

/// Where the system asks name servers itself, it looks for other names in a file first, and waits for who writes into it.
/// Elsewhere the name is unknown at once.
#[test]
#[cfg(target_os = "linux")]
fn a_resolver_that_does_not_answer_is_not_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = Folder::new();
    let aliases = folder.path("aliases");
    mknodat(CWD, &aliases, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let verify = "verify: [{ get: / }]\nload: { users: 1, iterations: 1 }\n";
    let paired = "paired: { budget: 2s }\nload: { users: 1, duration: 1s }\n";
    let load = "load: { users: 1, iterations: 1 }";
    let [get, tcp] = ["get: /", "tcp: nobody:80"].map(|probe| format!("service: {{ ready: {{ {probe}, within: 1s }} }}\n{load}\n"));
    let none = &[][..];
    for (rest, options) in [(verify, none), (paired, &["--base", "http://nobody-at-all"]), (&get, none), (&tcp, none)] {
        let users = "users: { u: { tasks: [{ get: / }] } }";
        folder.write("loadline.yml", &format!("target: http://nobody\nconnect_timeout: 100ms\nhttp: {{ proxy: none }}\n{users}\n{rest}"));
        let run = folder.loadline(["run"].into_iter().chain(options.iter().copied()));
        run.env("HOSTALIASES", &aliases.display().to_string()).exits_with(3);
    }
}
