//! The service under test: started, awaited, watched, stopped.

use crate::support::{Folder, eventually, lives, sent};

/// A scenario whose service is this shell command.
fn scenario(command: &str, ready: &str, load: &str) -> String {
    format!(
        "name: served\ntarget: http://127.0.0.1:${{PORT}}\nservice:\n  command: {}\n  port: auto\n  ready: {ready}\n  monitor: true\n\
         users: {{ u: {{ think_time: 20ms, tasks: [{{ get: /health }}] }} }}\nload: {load}\n",
        serde_json::to_string(command).unwrap()
    )
}

fn demo_command(more: &str) -> String {
    format!("echo $$ > pid; {more} exec {} demo --listen 127.0.0.1:$PORT", env!("CARGO_BIN_EXE_loadline"))
}

#[test]
fn a_service_that_uses_too_much_ends_the_run() {
    let folder = Folder::new();
    let text = scenario(&demo_command(""), "{ get: /health, within: 60s }", "{ users: 2, duration: 10m }");
    let thresholds = "thresholds: { service: [{ expect: memory_max < 1KB, abort: true }, { expect: cpu_max < 100000%, abort: true }] }\n";
    folder.write("loadline.yml", &format!("{text}{thresholds}"));
    let output = folder.loadline(["run"]).exits_with(1);
    let record = folder.record();
    let aborted: Vec<_> = record["thresholds"].as_array().unwrap().iter().map(|row| (&row["outcome"], &row["aborted"])).collect();
    assert_eq!(aborted, [(&"failed".into(), &true.into()), (&"passed".into(), &false.into())], "{output}");
}

#[test]
fn a_service_is_started_watched_and_stopped_with_everything_it_started() {
    let folder = Folder::new();
    let command = demo_command("echo one; echo two >&2; sleep 1000 & echo $! > child;");
    folder.write("loadline.yml", &scenario(&command, "{ get: /health, within: 60s }", "{ users: 2, duration: 2s }"));
    folder.loadline(["run"]).exits_with(0);
    let record = folder.record();
    assert_eq!(record["service"]["found_by"], "command");
    assert!(record["service"]["memory_max"].as_f64().unwrap() > 1e6, "{}", record["service"]);
    assert!(record["sent"]["ready"].as_u64().unwrap() >= 1);
    let log = folder.read("loadline-report/service.log");
    assert!(log.contains("one\n") && log.contains("two\n") && log.contains("listening on http://127.0.0.1:"), "{log}");
    for process in ["pid", "child"] {
        eventually("the service is gone", || !lives(&folder.read(process)));
    }
}

#[test]
fn a_service_can_be_awaited_by_its_log_or_its_port() {
    for ready in ["{ log: 'listening on', within: 60s }", "{ tcp: '${PORT}', within: 60s }"] {
        let folder = Folder::new();
        folder.write("loadline.yml", &scenario(&demo_command(""), ready, "{ users: 1, iterations: 3 }"));
        folder.loadline(["run"]).exits_with(0);
        assert_eq!(sent(&folder.record()), 3, "{ready}");
    }
}

#[test]
fn a_service_that_dies_before_it_is_ready_is_exit_3_with_its_last_words() {
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        &scenario("echo booting; echo no database >&2; exit 7", "{ get: /health, within: 60s }", "{ users: 1, iterations: 1 }"),
    );
    let output = folder.loadline(["run"]).exits_with(3);
    let message = "failed to start the service: `command` ended with exit status 7";
    assert!(output.verdict().starts_with(&format!("INVALID  served: {message}")), "{output}");
    for line in ["booting", "no database", "no load was sent; the whole output is in `loadline-report/service.log`"] {
        assert!(output.stdout.lines().any(|shown| shown.trim().trim_start_matches("| ") == line), "{line}: {output}");
    }
    assert_eq!(folder.record()["sent"]["load"], 0);
    assert_eq!(folder.record()["summary"]["verdict"], "invalid");
}

#[test]
fn a_service_that_is_never_ready_is_exit_3_after_its_deadline() {
    let folder = Folder::new();
    folder.write("loadline.yml", &scenario("echo $$ > pid; sleep 1000", "{ get: /health, within: 1s }", "{ users: 1, iterations: 1 }"));
    let output = folder.loadline(["run"]).exits_with(3);
    assert!(output.verdict().starts_with("INVALID  served: failed to await the service: not ready within 1s"), "{output}");
    eventually("the service is gone", || !lives(&folder.read("pid")));
}

#[test]
fn a_service_that_dies_under_load_is_invalid() {
    let command = format!("{} demo --listen 127.0.0.1:$PORT & echo $! > pid; sleep 1.5; kill $!; exit 9", env!("CARGO_BIN_EXE_loadline"));
    let search = "{ capacity: { objective: [error_rate < 1%], from: 20/s, to: 2000/s, hold: 60s } }";
    for load in ["{ users: 1, duration: 60s }", search] {
        let folder = Folder::new();
        folder.write("loadline.yml", &scenario(&command, "{ get: /health, within: 60s }", load));
        let output = folder.loadline(["run"]).exits_with(3);
        assert!(output.stdout.contains("the service ended by itself during the run (exit status 9)"), "{output}");
        let record = folder.record();
        assert!(record["run"]["duration"].as_f64().unwrap() < 30.0, "{load}");
        // No other rate was tried on what was left of it.
        let steps = record["capacity"]["steps"].as_array().map_or(1, Vec::len);
        assert_eq!(steps, 1, "{}", record["capacity"]);
    }
}

#[test]
fn a_target_of_its_own_leaves_the_service_alone() {
    let demo = crate::support::Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", &scenario("touch started; sleep 100", "{ get: /health }", "{ users: 1, iterations: 1 }"));
    folder.loadline(["run", "--target", &demo.url()]).exits_with(0);
    assert!(!folder.path("started").exists());
}

#[test]
fn a_build_that_fails_is_exit_3_with_its_output() {
    let folder = Folder::new();
    let text = scenario("touch started; sleep 100", "{ get: /health }", "{ users: 1, iterations: 1 }");
    folder.write("loadline.yml", &text.replace("  port: auto", "  port: auto\n  build: 'echo does not compile; exit 2'"));
    let output = folder.loadline(["run"]).exits_with(3);
    assert!(output.stdout.contains("`build` ended with exit status 2") && output.stdout.contains("does not compile"), "{output}");
    assert!(!folder.path("started").exists());
}
