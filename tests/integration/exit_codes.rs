//! What goes wrong with a target, and what the exit code says of it.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

use crate::support::{Answer, Demo, Folder, RawServer, Seen, endpoint, threshold};

/// The categories and counts of what failed at the only endpoint.
fn errors(folder: &Folder) -> Vec<(String, u64)> {
    let record = folder.record();
    let errors = endpoint(&record, "GET /")["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| (error["category"].as_str().unwrap().to_owned(), error["count"].as_u64().unwrap())).collect()
}

/// Three requests to a server that answers so; an error rate of 100 % is meant.
fn against(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static, options: &[&str]) -> (Folder, crate::support::Output) {
    let server = RawServer::start(answer);
    let folder = Folder::new();
    let run = folder.loadline(["run", &server.url(), "-n", "3", "-c", "1"]).args(options.iter().copied());
    let output = run.run();
    (folder, output)
}

#[test]
fn a_target_that_is_down_is_exit_3() {
    let folder = Folder::new();
    let output = folder.loadline(["run", "http://127.0.0.1:1/", "-n", "3"]).exits_with(3);
    assert_eq!(errors(&folder), [("connect_refused".to_owned(), 3)]);
    assert_eq!(folder.record()["sent"]["load"], 0);
    assert_eq!(folder.record()["summary"]["verdict"], "invalid");
    assert!(output.verdict().starts_with("INVALID  GET /: none of 3 requests got an answer (connect refused)"), "{output}");
}

#[test]
fn a_target_that_is_down_is_exit_3_whatever_the_thresholds_say() {
    let folder = Folder::new();
    folder.loadline(["run", "http://127.0.0.1:1/", "-n", "3", "--threshold", "error_rate <= 100%"]).exits_with(3);
}

#[test]
fn a_host_without_an_address_is_exit_3() {
    let folder = Folder::new();
    folder.loadline(["run", "http://nowhere.invalid/", "-n", "2", "-c", "1"]).exits_with(3);
    assert_eq!(errors(&folder), [("dns".to_owned(), 2)]);
}

#[test]
fn what_is_not_http_is_counted_as_that() {
    let (folder, output) = against(|_| Answer::BytesAndClose(b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()), &[]);
    assert_eq!(output.code, 3, "{output}");
    assert_eq!(errors(&folder), [("protocol".to_owned(), 3)]);
}

#[test]
fn a_server_that_speaks_no_tls_is_counted_as_that() {
    let server = RawServer::start(|_| Answer::ok("fine"));
    let folder = Folder::new();
    folder.loadline(["run", &server.url().replace("http:", "https:"), "-n", "2", "-c", "1", "--timeout", "5s"]).exits_with(3);
    assert_eq!(errors(&folder), [("tls".to_owned(), 2)]);
}

#[test]
fn a_connection_closed_in_the_middle_is_a_reset() {
    let (folder, output) = against(|_| Answer::BytesAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()), &[]);
    assert_eq!(output.code, 3, "{output}");
    assert_eq!(errors(&folder), [("reset".to_owned(), 3)]);
}

#[test]
fn a_connection_closed_without_an_answer_is_a_reset() {
    let (folder, output) = against(|_| Answer::BytesAndClose(Vec::new()), &[]);
    assert_eq!(output.code, 3, "{output}");
    assert_eq!(errors(&folder), [("reset".to_owned(), 3)]);
}

#[test]
fn an_answer_that_never_comes_is_a_timeout() {
    let never = |_: &Seen| {
        Answer::Do(Box::new(|_| {
            sleep(Duration::from_secs(5));
            Ok(())
        }))
    };
    let (folder, output) = against(never, &["--timeout", "200ms"]);
    assert_eq!(output.code, 3, "{output}");
    assert_eq!(errors(&folder), [("timeout".to_owned(), 3)]);
}

#[test]
fn a_body_without_an_end_is_survived() {
    let endless = |_: &Seen| {
        Answer::Do(Box::new(|stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            let mut chunk = b"10000\r\n".to_vec();
            chunk.extend([b'x'; 0x10000]);
            chunk.extend(b"\r\n");
            loop {
                stream.write_all(&chunk)?;
            }
        }))
    };
    let (folder, output) = against(endless, &["--timeout", "500ms"]);
    assert_eq!(output.code, 3, "{output}");
    let found = errors(&folder);
    assert!(found.iter().all(|(category, _)| category == "timeout" || category == "body"), "{found:?}");
    assert_eq!(found.iter().map(|(_, count)| count).sum::<u64>(), 3);
    let memory = folder.record()["generator"]["memory_max"].as_u64().unwrap();
    assert!(memory < 500 << 20, "the body was kept: {memory}");
}

#[test]
fn a_header_without_an_end_is_survived() {
    let endless = |_: &Seen| {
        Answer::Do(Box::new(|stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
            loop {
                stream.write_all(&[b'y'; 4096])?;
            }
        }))
    };
    let (folder, output) = against(endless, &["--timeout", "2s"]);
    assert_eq!(output.code, 3, "{output}");
    assert_eq!(errors(&folder).iter().map(|(_, count)| count).sum::<u64>(), 3);
}

#[test]
fn a_target_that_fails_now_and_then_is_measured_and_judged() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let server = RawServer::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 4 {
        3 => Answer::BytesAndClose(Vec::new()),
        2 => Answer::Whole(503, "busy".to_owned()),
        _ => Answer::ok("fine"),
    });
    let folder = Folder::new();
    let thresholds = ["--threshold", "error_rate <= 50%", "--threshold", "count(5xx) == 5", "--threshold", "count(200) >= 10"];
    // POST: an idempotent request would be sent again on a connection that was closed before the answer.
    folder.loadline(["run", &server.url(), "-n", "20", "-c", "1", "-X", "POST"]).args(thresholds).exits_with(0);
    assert_eq!(folder.record()["summary"]["failures"], 10);
}

#[test]
fn failures_without_thresholds_do_not_fail_a_run_that_has_successes() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let answer = move |_: &Seen| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Answer::ok("fine"),
        _ => Answer::Whole(500, String::new()),
    };
    let (folder, output) = against(answer, &[]);
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(errors(&folder), [("status".to_owned(), 2)]);
}

#[test]
fn a_threshold_without_samples_fails_and_says_so() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: shop\ntarget: http://127.0.0.1:1\nusers:\n  u:\n    tasks:\n      - { weight: 1000000000, get: /health }\n      - { weight: 1, get: /courses }\n\
         load: { users: 1, iterations: 3 }\nthresholds:\n  GET /courses: [p95 < 1m]\n  all: [error_rate < 1%]\n",
    );
    let output = folder.loadline(["run", "--seed", "1", "-q", "--target", &demo.url()]).exits_with(1);
    assert_eq!(threshold(&folder.record(), "p95 < 1m")["outcome"], "no_samples");
    insta::assert_snapshot!(output.everything(), @r#"
    ✗ shop: GET /courses: p95 < 1m: no samples (no request was finished)
    FAILED  shop: 1 of 2 thresholds missed (GET /courses p95 < 1m: no samples)
    "#);
}

#[test]
fn a_threshold_that_aborts_ends_the_run_early() {
    let server = RawServer::start(|_| Answer::Whole(500, "broken".to_owned()));
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: long\ntarget: http://127.0.0.1:1\nusers: { u: { think_time: 50ms, tasks: [{ get: / }] } }\nload: { users: 1, duration: 10m }\n\
         thresholds:\n  all: [{ expect: error_rate < 10%, abort: true, after: 1s, message: the service is broken }]\n",
    );
    let output = folder.loadline(["run", "--target", &server.url()]).exits_with(1);
    let record = folder.record();
    assert_eq!(threshold(&record, "error_rate < 10%")["aborted"], true);
    assert!(record["run"]["duration"].as_f64().unwrap() < 60.0, "{}", record["run"]);
    assert!(output.stdout.contains("the service is broken"), "{output}");
}

#[test]
fn a_wrong_scenario_sends_nothing() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", "target: x\nusers: { u: { tasks: [{ get: /health, chek: 1 }] } }\nload: { users: 1, iterations: 1 }\n");
    let output = folder.loadline(["run", "--target", &demo.url()]).exits_with(2);
    assert!(output.stderr.contains("unknown key `chek`") && output.stderr.contains("did you mean `check`?"), "{output}");
    assert!(output.stderr.ends_with("1 error; no load was sent\n"), "{output}");
    assert_eq!(demo.requests(), 0);
    assert!(!folder.path("loadline-report").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_said_before_the_load() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("file", "");
    for option in ["--out", "--json", "--csv"] {
        let output = folder.loadline(["run", &demo.url(), "-n", "1", option, "file/below/it"]).exits_with(2);
        assert!(output.stderr.contains("can't write to `file/below") && output.stderr.contains("no load was sent"), "{option}: {output}");
    }
    assert_eq!(demo.requests(), 0);
}

#[test]
fn a_closed_loop_without_think_time_is_never_invalid_for_its_own_haste() {
    let demo = Demo::start();
    let url = format!("{}/health", demo.url());
    Folder::new().loadline(["run", &url, "-n", "60", "-c", "20"]).env("LOADLINE_ON_SATURATION", "").exits_with(0);
}

#[test]
fn a_generator_that_stood_still_makes_an_open_load_invalid() {
    let demo = Demo::start();
    let folder = Folder::new();
    let url = format!("{}/health", demo.url());
    let stopped = |policy: &str| {
        let run = folder.loadline(["run", &url, "--rate", "50/s", "--duration", "2s"]).env("LOADLINE_ON_SATURATION", policy).start();
        let begin = demo.requests();
        crate::support::eventually("the load begins", || demo.requests() > begin + 5);
        run.signal(rustix::process::Signal::STOP);
        sleep(Duration::from_millis(600));
        run.signal(rustix::process::Signal::CONT);
        run.wait()
    };
    let output = stopped("");
    assert_eq!(output.code, 3, "{output}");
    assert!(output.verdict().starts_with("INVALID  GET /health: the machine was busy: "), "{output}");
    let words = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("`--on-saturation warn` shows the figures anyway"), "{output}");
    let output = stopped("warn");
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stdout.contains("warning: the machine was busy: "), "{output}");
}

#[test]
fn a_reader_that_leaves_does_not_change_the_verdict() {
    let demo = Demo::start();
    let folder = Folder::new();
    let url = format!("{}/nowhere", demo.url());
    let run = folder.loadline(["run", &url, "-n", "2", "-c", "1", "--threshold", "error_rate < 1%"]);
    assert_eq!(run.exit_code_unread(), 1);
    assert!(folder.path("loadline-report/record.json").exists());
}

#[test]
fn output_that_cannot_be_written_is_exit_3_and_the_report_is_there() {
    let demo = Demo::start();
    let folder = Folder::new();
    let url = format!("{}/health", demo.url());
    let output = folder.loadline(["run", &url, "-n", "2", "-c", "1"]).exits_into("/dev/full");
    assert_eq!(output.code, 3, "{output}");
    assert!(output.stderr.ends_with("error: failed to print: No space left on device (os error 28)\n"), "{output}");
    assert!(folder.path("loadline-report/report.html").exists());
}

#[test]
fn more_users_than_open_files_are_said_before_any_load() {
    let (server, folder) = (RawServer::start(|_| Answer::ok("")), Folder::new());
    let run = |options: &str| {
        let line = format!("ulimit -n 64; exec {} run {} -n 5 {options}", env!("CARGO_BIN_EXE_loadline"), server.url());
        let mut command = std::process::Command::new("sh");
        let output = command.args(["-c", &line]).current_dir(folder.path(".")).env("LOADLINE_ON_SATURATION", "").output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    let (code, said) = run("-c 100");
    assert_eq!((code, server.seen().len()), (Some(3), 0), "{said}");
    let expected = "100 users may need 100 connections, and the system allows this process 64 open files; no load was sent";
    assert!(said.contains(expected) && said.contains("lower `--users`"), "{said}");
    let (code, said) = run("-c 5");
    assert_eq!((code, server.seen().len()), (Some(0), 5), "{said}");
    // Those of an open model may come, and need not.
    let (code, said) = run("--rate 50/s --max-users 100");
    assert!(code == Some(0) && said.contains("lower `--max-users`"), "{code:?} {said}");
}
