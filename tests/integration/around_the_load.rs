//! Setup, verify, teardown and barriers.

use crate::support::{Answer, Demo, Folder, RawServer, Seen};

const AROUND: &str = "\
name: around
target: http://127.0.0.1:1
setup: [{ get: /setup }]
users: { u: { tasks: [{ get: /load }] } }
load: { users: 1, iterations: 2 }
verify: [{ get: /verify, check: { json: { '$.left': 0 } } }]
teardown: [{ get: /teardown }]
";

/// Fails at these paths.
fn failing(paths: &'static [&'static str]) -> RawServer {
    RawServer::start(move |seen: &Seen| match paths.contains(&seen.path.as_str()) {
        true => Answer::Whole(500, r#"{"left": 7}"#.to_owned()),
        false => Answer::ok(r#"{"left": 0}"#),
    })
}

fn paths(server: &RawServer) -> Vec<String> {
    server.seen().into_iter().map(|seen| seen.path).collect()
}

#[test]
fn everything_comes_in_its_order() {
    let (server, folder) = (failing(&[]), Folder::new());
    folder.write("loadline.yml", AROUND).loadline(["run", "--target", &server.url()]).exits_with(0);
    assert_eq!(paths(&server), ["/setup", "/load", "/load", "/verify", "/teardown"]);
    let sent = &folder.record()["sent"];
    assert_eq!(sent, &serde_json::json!({ "ready": 0, "setup": 1, "warmup": 0, "load": 2, "redirects": 0, "verify": 1, "teardown": 1 }));
}

#[test]
fn a_setup_that_fails_sends_no_load_and_is_exit_3() {
    let (server, folder) = (failing(&["/setup"]), Folder::new());
    let output = folder.write("loadline.yml", AROUND).loadline(["run", "-q", "--target", &server.url()]).exits_with(3);
    assert_eq!(paths(&server), ["/setup", "/teardown"]);
    insta::assert_snapshot!(output.everything(), @"INVALID  around: setup failed at `GET /setup`: expected a status below 400, got 500; no load was sent");
    assert_eq!(folder.record()["summary"]["requests"], 0);
}

#[test]
fn a_verify_that_fails_is_exit_1_and_says_what_it_saw() {
    let (server, folder) = (RawServer::start(|_| Answer::ok(r#"{"left": 7}"#)), Folder::new());
    let output = folder.write("loadline.yml", AROUND).loadline(["run", "-q", "--target", &server.url()]).exits_with(1);
    insta::assert_snapshot!(output.everything(), @r#"
    ✗ around: verify GET /verify failed: $.left: expected 0, got 7
    FAILED  around: 1 verify step failed (GET /verify)
    "#);
    assert_eq!(paths(&server).last().unwrap(), "/teardown");
}

#[test]
fn a_teardown_that_fails_is_a_warning() {
    let (server, folder) = (failing(&["/teardown"]), Folder::new());
    let output = folder.write("loadline.yml", AROUND).loadline(["run", "--target", &server.url()]).exits_with(0);
    assert!(output.stdout.contains("warning: teardown failed at `GET /teardown`: expected a status below 400, got 500"), "{output}");
}

#[test]
fn a_barrier_that_nobody_opens_fails_by_name() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: stuck\ntarget: http://127.0.0.1:1\nusers:\n  waiter:\n    tasks:\n      - weight: 1\n        steps:\n          - barrier: { timeout: 1s }\n          - get: /health\n      \
         - { weight: 1, name: long, steps: [{ think: 20s }, { get: /courses }] }\nload: { users: 6, duration: 30s, graceful_stop: 1s }\n",
    );
    let output = folder.loadline(["run", "--seed", "3", "-q", "--target", &demo.url()]).exits_with(3);
    assert!(output.verdict().contains("barrier"), "{output}");
}
