//! What a workflow calls, against a stand-in for GitHub.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::github::{FakeGitHub, Fault};
use crate::support::{Demo, Folder, Loadline, Output};

pub(crate) const STUDENTS: &str = "\
name: students
target: http://127.0.0.1:1
users: { reader: { tasks: [{ get: /students }] } }
load: { users: 10, iterations: 100 }
";

/// A folder with the report of a run that passed.
pub(crate) fn measured() -> Folder {
    measured_with(STUDENTS, 0)
}

/// And of a run of another scenario, with its exit code.
fn measured_with(scenario: &str, code: i32) -> Folder {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", scenario);
    folder.loadline(["run", "-q", "--target", &demo.url()]).exits_with(code);
    folder
}

/// The event of a pull request from a repository.
pub(crate) fn pull_request(folder: &Folder, from: &str, head: &str) {
    let event = json!({
        "repository": {"default_branch": "main"},
        "pull_request": {
            "number": 7,
            "head": {"sha": head, "ref": "topic", "repo": {"full_name": from}},
            "base": {"sha": "b".repeat(40), "ref": "main", "repo": {"full_name": "octocat/demo"}},
        },
    });
    folder.write("event.json", &event.to_string());
}

pub(crate) const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A command with the variables of a workflow for an event.
pub(crate) fn in_workflow(folder: &Folder, github: &FakeGitHub, event: &str, args: &[&str]) -> Loadline {
    let mut command = folder.loadline(args.iter().copied());
    for (name, value) in github.variables() {
        command = command.env(name, &value);
    }
    command
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_EVENT_PATH", folder.path("event.json").to_str().unwrap())
        .env("GITHUB_STEP_SUMMARY", folder.path("summary").to_str().unwrap())
        .env("GITHUB_OUTPUT", folder.path("output").to_str().unwrap())
        .env("GITHUB_SERVER_URL", "https://github.com")
        .env("GITHUB_RUN_ID", "42")
        // The merge commit that GitHub makes of a pull request.
        .env("GITHUB_SHA", &"e".repeat(40))
        .env("GITHUB_WORKFLOW", "ci")
        .env("GITHUB_JOB", "perf")
        .env("GITHUB_ACTIONS", "true")
}

fn publish(folder: &Folder, github: &FakeGitHub, args: &[&str]) -> Output {
    let args: Vec<&str> = ["publish", "loadline-report"].iter().chain(args).copied().collect();
    in_workflow(folder, github, "pull_request", &args).exits_with(0)
}

pub(crate) fn bodies(github: &FakeGitHub) -> Vec<String> {
    github.state().comments.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_report_is_posted_once_and_then_brought_up_to_date() {
    let (folder, github) = (measured(), FakeGitHub::start());
    pull_request(&folder, "octocat/demo", HEAD);
    let url = "https://github.com/octocat/demo/actions/runs/42/artifacts/1";
    let first = publish(&folder, &github, &["--artifact-url", url, "--status"]);
    assert!(first.stdout.contains("comment: https://github.com/octocat/demo/pull/7#issuecomment-1000"), "{first}");
    publish(&folder, &github, &["--artifact-url", url]);
    let [body] = bodies(&github).try_into().unwrap();
    assert!(body.starts_with("<!-- loadline:students -->\n<!-- loadline-state:passed -->\n### ✅ PASSED · students: "), "{body}");
    assert!(body.contains(&format!("[The whole report]({url}) · [The run](https://github.com/octocat/demo/actions/runs/42)")), "{body}");
    assert_eq!((github.count("POST", "comments"), github.count("PATCH", "comments")), (1, 0));
    publish(&folder, &github, &["--artifact-url", "https://github.com/other"]);
    assert_eq!((github.count("POST", "comments"), github.count("PATCH", "comments")), (1, 1));

    let status = github.state().statuses[0].clone();
    assert_eq!((&status["state"], &status["context"], &status["sha"]), (&json!("success"), &json!("loadline/students"), &json!(HEAD)));
    assert!(folder.read("summary").starts_with("## ✅ PASSED · students"), "{}", folder.read("summary"));
    let outputs = folder.read("output");
    for line in ["verdict=passed", "regressions=0", "record=loadline-report/record.json", "report=loadline-report/report.html"] {
        assert!(outputs.lines().any(|found| found == line), "{line}: {outputs}");
    }
    assert!(outputs.contains("comment-url=https://github.com/octocat/demo/pull/7#issuecomment-1000\n"), "{outputs}");
}

#[test]
fn what_cannot_be_posted_is_a_warning_that_says_what_to_add() {
    let (folder, github) = (measured(), FakeGitHub::start());
    pull_request(&folder, "octocat/demo", HEAD);
    let denied = "Resource not accessible by integration";
    github.state().faults = vec![Fault::of("POST", "comments", 403, denied), Fault::of("POST", "statuses", 403, denied)];
    let output = publish(&folder, &github, &["--status"]);
    for line in ["pull-requests: write", "statuses: write"] {
        let warning = |found: &str| found.starts_with("::warning title=loadline::failed to ") && found.contains(&format!("`{line}`"));
        assert!(output.stdout.lines().any(warning), "{line}: {output}");
    }
    assert!(folder.read("output").contains("verdict=passed\n"));

    let command = || in_workflow(&folder, &github, "pull_request", &["publish"]);
    let without_token = command().env("GITHUB_TOKEN", "").exits_with(0);
    assert!(without_token.stdout.contains("::warning title=loadline::GITHUB_TOKEN is not set"), "{without_token}");
    let wrong_token = command().env("GITHUB_TOKEN", "other").exits_with(0);
    assert!(wrong_token.stdout.contains("GitHub doesn't accept the token"), "{wrong_token}");
    assert!(!wrong_token.everything().contains("other"), "{wrong_token}");
    github.state().faults = vec![Fault { headers: &[("retry-after", "4000")], ..Fault::of("GET", "comments", 429, "") }];
    let limited = command().exits_with(0);
    assert!(limited.stdout.contains("rate limit is used up for the next 4000 s"), "{limited}");
    let down = command().env("GITHUB_API_URL", "http://127.0.0.1:9").exits_with(0);
    assert!(down.stdout.contains("GitHub can't be reached") && down.stdout.contains("look at the network and at GITHUB_API_URL"), "{down}");
    github.state().faults = (0..3).map(|_| Fault::of("GET", "comments", 503, "Service Unavailable")).collect();
    let unwell = command().exits_with(0);
    assert!(unwell.stdout.contains("GitHub answered 503: Service Unavailable: run it again later"), "{unwell}");
    assert!(bodies(&github).is_empty());
}

#[test]
fn only_changes_are_told_where_that_is_asked_for_and_then_that_all_is_well_again() {
    let github = FakeGitHub::start();
    let well = measured();
    pull_request(&well, "octocat/demo", HEAD);
    publish(&well, &github, &["--comment", "changes"]);
    publish(&well, &github, &["--comment", "never"]);
    assert!(bodies(&github).is_empty());

    let missed = measured_with(&format!("{STUDENTS}thresholds: {{ all: p95 < 1us }}\n"), 1);
    pull_request(&missed, "octocat/demo", HEAD);
    let output = publish(&missed, &github, &["--comment", "changes"]);
    assert!(output.stdout.contains("::error file=loadline.yml,line=5,"), "{output}");
    assert!(bodies(&github)[0].contains("loadline-state:failed"), "{:?}", bodies(&github));
    publish(&well, &github, &["--comment", "changes"]);
    let [body] = bodies(&github).try_into().unwrap();
    assert!(body.contains("loadline-state:passed") && body.contains("All is well again"), "{body}");
}

#[test]
fn a_run_without_a_record_is_told_and_put_right_later() {
    let github = FakeGitHub::start();
    let broken = Folder::new();
    pull_request(&broken, "octocat/demo", HEAD);
    publish(&broken, &github, &["--exit-code", "2", "--status"]);
    assert!(bodies(&github)[0].contains("measured nothing (exit code 2)"), "{:?}", bodies(&github));
    assert!(broken.read("summary").contains("No load was sent."));
    assert!(broken.read("output").contains("verdict=error\n"));
    let status = |at: usize| {
        let status = github.state().statuses[at].clone();
        (status["context"].as_str().unwrap().to_owned(), status["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(status(0), ("loadline/ci/perf".to_owned(), "error".to_owned()));

    // Another leg of the same matrix says nothing of the one that failed.
    let well = measured();
    pull_request(&well, "octocat/demo", HEAD);
    publish(&well, &github, &["--status"]);
    let [notice, report] = bodies(&github).try_into().unwrap();
    assert!(notice.contains("measured nothing") && report.contains("PASSED"), "{notice}\n{report}");
    assert_eq!(status(1), ("loadline/students".to_owned(), "success".to_owned()));

    let again = in_workflow(&well, &github, "pull_request", &["publish", "--status"]);
    again.env("GITHUB_RUN_ATTEMPT", "2").exits_with(0);
    let [notice, _] = bodies(&github).try_into().unwrap();
    assert!(notice.contains("The load test runs again"), "{notice}");
    let [first, second] = [status(2), status(3)];
    assert!([&first, &second].contains(&&("loadline/ci/perf".to_owned(), "success".to_owned())), "{first:?} {second:?}");
}

#[test]
fn that_the_load_test_runs_again_is_said_where_only_changes_are_told() {
    let github = FakeGitHub::start();
    let broken = Folder::new();
    pull_request(&broken, "octocat/demo", HEAD);
    publish(&broken, &github, &["--exit-code", "2", "--comment", "changes"]);
    assert!(bodies(&github)[0].contains("measured nothing"), "{:?}", bodies(&github));
    let well = measured();
    pull_request(&well, "octocat/demo", HEAD);
    let again = in_workflow(&well, &github, "pull_request", &["publish", "--comment", "changes"]);
    again.env("GITHUB_RUN_ATTEMPT", "2").exits_with(0);
    let [notice] = bodies(&github).try_into().unwrap();
    assert!(notice.contains("The load test runs again"), "{notice}");
}

#[test]
fn what_is_only_reported_sets_no_status_that_fails() {
    let github = FakeGitHub::start();
    let missed = measured_with(&format!("{STUDENTS}thresholds: {{ all: p95 < 1us }}\n"), 1);
    pull_request(&missed, "octocat/demo", HEAD);
    publish(&missed, &github, &["--status", "--check-run", "--report-only"]);
    let status = github.state().statuses[0].clone();
    let check = github.state().checks[0].clone();
    assert_eq!((&status["state"], &check["conclusion"]), (&json!("success"), &json!("neutral")));
    for text in [&status["description"], &check["output"]["title"]] {
        assert!(text.as_str().unwrap().starts_with("reported only: FAILED · students: 1 of 1 threshold missed"), "{text}");
    }
    assert!(bodies(&github)[0].contains("### ❌ FAILED"), "{:?}", bodies(&github));
    // That nothing was measured fails the job in every mode.
    let broken = Folder::new();
    pull_request(&broken, "octocat/demo", HEAD);
    publish(&broken, &github, &["--exit-code", "2", "--status", "--report-only"]);
    assert_eq!(github.state().statuses[1]["state"], "error");
}

#[test]
fn a_dry_run_prints_and_sends_nothing() {
    let (folder, github) = (measured(), FakeGitHub::start());
    pull_request(&folder, "octocat/demo", HEAD);
    let output = publish(&folder, &github, &["--dry-run", "--status"]);
    for part in ["## ✅ PASSED", "<!-- loadline:students -->", "status: success PASSED", "verdict=passed"] {
        assert!(output.stdout.contains(part), "{part}: {output}");
    }
    assert!(github.state().requests.is_empty());
}

#[test]
fn a_check_run_is_made_on_the_head_where_it_is_asked_for() {
    let github = FakeGitHub::start();
    let missed = measured_with(&format!("{STUDENTS}thresholds: {{ all: [p95 < 1us, {{ expect: p99 < 1us, severity: warn }}] }}\n"), 1);
    pull_request(&missed, "octocat/demo", HEAD);
    let printed = publish(&missed, &github, &["--check-run", "--dry-run"]);
    assert!(printed.stdout.contains("check run: failure FAILED · students"), "{printed}");
    publish(&missed, &github, &["--check-run", "--suite", "students"]);
    let [check] = github.state().checks.clone().try_into().unwrap();
    assert_eq!((&check["head_sha"], &check["name"], &check["conclusion"]), (&json!(HEAD), &json!("loadline/students"), &json!("failure")));
    assert!(check["output"]["summary"].as_str().unwrap().contains("FAILED"), "{check:#}");
    let annotations = check["output"]["annotations"].as_array().unwrap();
    let levels: Vec<_> = annotations.iter().map(|one| (one["path"].as_str(), one["annotation_level"].as_str())).collect();
    assert_eq!(levels, [(Some("loadline.yml"), Some("failure")), (Some("loadline.yml"), Some("warning"))]);

    // The token of a fork's pull request may not: nothing is tried.
    pull_request(&missed, "stranger/demo", HEAD);
    let before = github.state().requests.len();
    let left_out = publish(&missed, &github, &["--check-run", "--status", "--comment", "never"]);
    assert!(left_out.stdout.contains("::notice title=loadline::a pull request from a fork has no right to"), "{left_out}");
    assert_eq!(github.state().requests.len(), before);
}

#[test]
fn a_run_that_was_interrupted_leaves_the_comment_as_it_is() {
    let github = FakeGitHub::start();
    let well = measured();
    pull_request(&well, "octocat/demo", HEAD);
    publish(&well, &github, &[]);
    let before = bodies(&github);
    let stopped = well.read("loadline-report/record.json").replacen("\"verdict\": \"passed\"", "\"verdict\": \"interrupted\"", 1);
    well.write("loadline-report/record.json", &stopped);
    publish(&well, &github, &["--check-run"]);
    assert_eq!(bodies(&github), before);
    assert_eq!(github.state().checks[0]["conclusion"], "cancelled");
    let nothing = Folder::new();
    pull_request(&nothing, "octocat/demo", HEAD);
    publish(&nothing, &github, &["--exit-code", "130"]);
    assert_eq!(bodies(&github), before);
    assert!(nothing.read("summary").contains("interrupted"), "{}", nothing.read("summary"));
    assert!(nothing.read("output").contains("verdict=interrupted\n"), "{}", nothing.read("output"));
}

/// Payloads as GitHub sends them, cut to what could be looked at, and some that it never sends.
#[test]
fn whatever_an_event_says_there_is_an_answer_and_no_panic() {
    let github = FakeGitHub::start();
    let (folder, [_, main, topic]) = repository();
    let repository = json!({"full_name": "octocat/demo", "default_branch": "main", "owner": {"login": "octocat"}, "private": false});
    let gone = json!({"ref": "topic", "sha": topic, "label": "unknown repository", "user": null, "repo": null});
    let base = json!({"ref": "main", "sha": main, "repo": repository});
    let run = |more: Value| {
        let mut run = json!({
            "id": 1, "event": "pull_request", "conclusion": "success", "head_branch": "topic", "head_sha": topic, "pull_requests": [],
            "head_repository": {"full_name": "stranger/demo"}, "html_url": "https://github.com/octocat/demo/actions/runs/1",
        });
        run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"action": "completed", "workflow": {"name": "perf"}, "workflow_run": run, "repository": repository})
    };
    let events = [
        ("pull_request", json!({"action": "closed", "number": 1, "pull_request": {"number": 1, "head": gone, "base": base}})),
        ("pull_request", json!({"action": "opened", "number": 1, "pull_request": null})),
        ("pull_request_target", json!({"pull_request": {"number": -1, "head": {}, "base": []}})),
        (
            "push",
            json!({"ref": "refs/tags/v1", "before": "0".repeat(40), "after": main, "created": true, "head_commit": null, "commits": []}),
        ),
        ("push", json!({"ref": "refs/heads/main", "deleted": true, "after": "0".repeat(40), "repository": {"default_branch": null}})),
        ("workflow_run", run(json!({}))),
        ("workflow_run", run(json!({"event": "push", "head_repository": null, "head_branch": null}))),
        ("workflow_run", run(json!({"head_sha": 7, "head_branch": ["x"]}))),
        (
            "workflow_dispatch",
            json!({"inputs": null, "ref": "refs/heads/main", "repository": repository, "workflow": ".github/workflows/perf.yml"}),
        ),
        ("schedule", json!({"schedule": "17 2 * * *", "repository": repository})),
        ("merge_group", json!({"action": "checks_requested", "merge_group": {"base_sha": "short", "head_sha": null}})),
        (
            "deployment_status",
            json!({"deployment_status": {"state": "success"}, "deployment": {"environment": "staging"}, "workflow_run": null}),
        ),
        ("", json!([[[["pull_request"]]], "workflow_run"])),
    ];
    for (name, payload) in events {
        folder.write("event.json", &payload.to_string());
        for args in [&["base"][..], &["publish", "none", "--dry-run"], &["publish", "none", "--dry-run", "--from-fork"]] {
            let output = in_workflow(&folder, &github, name, args).env("GITHUB_SHA", &main).run();
            assert!(matches!(output.code, 0 | 2) && !output.stderr.contains("panicked"), "{name} {args:?}: {output}");
            assert!(output.code == 0 || output.stderr.starts_with("error: "), "{name} {args:?}: {output}");
        }
    }
    assert!(bodies(&github).is_empty());
}

/// Git in a folder; nobody's settings count.
fn git(folder: &Folder, args: &[&str]) -> String {
    let settings = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").args(settings).args(args).current_dir(folder.path("")).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with two commits on `main` and one on `topic`, as pushed to `origin/main`; gives (first, main, topic).
fn repository() -> (Folder, [String; 3]) {
    let folder = Folder::new();
    let commit = |message: &str| {
        git(&folder, &["commit", "-q", "--allow-empty", "-m", message]);
        git(&folder, &["rev-parse", "HEAD"])
    };
    git(&folder, &["init", "-q", "-b", "main"]);
    let first = commit("first");
    git(&folder, &["checkout", "-q", "-b", "topic"]);
    let topic = commit("topic");
    git(&folder, &["checkout", "-q", "main"]);
    let main = commit("second");
    git(&folder, &["update-ref", "refs/remotes/origin/main", &main]);
    (folder, [first, main, topic])
}

fn base(folder: &Folder, github: &FakeGitHub, event: &str, args: &[&str]) -> Value {
    let args: Vec<&str> = ["base"].iter().chain(args).copied().collect();
    let output = in_workflow(folder, github, event, &args).env("GITHUB_SHA", &git(folder, &["rev-parse", "HEAD"])).exits_with(0);
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"))
}

#[test]
fn the_base_of_a_pull_request_goes_by_what_is_checked_out() {
    let github = FakeGitHub::start();
    let (folder, [first, main, topic]) = repository();
    pull_request(&folder, "octocat/demo", &topic);
    let event = folder.read("event.json").replace(&"b".repeat(40), &main);
    folder.write("event.json", &event);

    git(&folder, &["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
    let merge = git(&folder, &["rev-parse", "HEAD"]);
    let found = base(&folder, &github, "pull_request", &[]);
    assert_eq!((&found["mode"], &found["base_sha"]), (&json!("paired"), &json!(main)), "{found:#}");
    assert_eq!((&found["head_sha"], &found["tested_sha"]), (&json!(topic), &json!(merge)));
    assert_eq!(found["ancestors"], json!([main, first]));
    assert_eq!((&found["base_branch"], &found["pull_request"], &found["trusted"]), (&json!("main"), &json!(7), &json!(true)));
    let parted = base(&folder, &github, "pull_request", &["--base", "merge-base"]);
    assert_eq!(parted["base_sha"], json!(first));

    git(&folder, &["checkout", "-q", &topic]);
    let found = base(&folder, &github, "pull_request", &["--comparison", "history"]);
    assert_eq!((&found["mode"], &found["base_sha"], &found["tested_sha"]), (&json!("history"), &json!(first), &json!(null)), "{found:#}");
    let named = base(&folder, &github, "pull_request", &["--base", "main~1"]);
    assert_eq!(named["base_sha"], json!(git(&folder, &["rev-parse", "main~1"])));
    assert_eq!(base(&folder, &github, "pull_request", &["--base", "none"])["mode"], "none");

    git(&folder, &["checkout", "-q", &main]);
    let refused = in_workflow(&folder, &github, "pull_request", &["base"]).env("GITHUB_SHA", &main).exits_with(2);
    assert!(refused.stderr.contains("neither the head") && refused.stderr.contains("actions/checkout"), "{refused}");
    // As git sees the checkout in a job with a container.
    let foreign = in_workflow(&folder, &github, "pull_request", &["base"]).env("GITHUB_SHA", &main);
    let foreign = foreign.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").exits_with(2);
    assert!(foreign.stderr.contains("dubious ownership") && foreign.stderr.contains("safe.directory"), "{foreign}");
    let unknown = in_workflow(&folder, &github, "push", &["base", "--base", "gone"]).env("GITHUB_SHA", &main).exits_with(2);
    assert!(unknown.stderr.contains("there is no commit `gone` here"), "{unknown}");
}

#[test]
fn a_shallow_checkout_of_a_merge_knows_its_parents_and_the_rest_is_asked_of_github() {
    let github = FakeGitHub::start();
    let (origin, [_, main, topic]) = repository();
    git(&origin, &["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
    let folder = Folder::new();
    git(&folder, &["clone", "-q", "--depth=1", &format!("file://{}", origin.path("").display()), "checkout"]);
    let shallow = |args: &[&str], head: &str| {
        pull_request(&folder, "octocat/demo", head);
        let mut command = Loadline::in_folder(&folder.path("checkout")).args(args.iter().copied());
        for (name, value) in github.variables() {
            command = command.env(name, &value);
        }
        command = command.env("GITHUB_EVENT_NAME", "pull_request").env("GITHUB_SHA", HEAD);
        command.env("GITHUB_EVENT_PATH", folder.path("event.json").to_str().unwrap()).exits_with(0)
    };
    let found = shallow(&["base", "--format", "outputs"], &topic);
    assert!(found.stdout.contains(&format!("\nbase_sha={main}\n")), "{found}");

    github.state().merge_base = "c".repeat(40);
    let head = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(folder.path("checkout")).output().unwrap();
    let found = shallow(&["base", "--format", "outputs"], String::from_utf8(head.stdout).unwrap().trim());
    assert!(found.stdout.contains(&format!("\nbase_sha={}\n", "c".repeat(40))), "{found}");
}

#[test]
fn other_events_have_bases_of_their_own_or_none() {
    let github = FakeGitHub::start();
    let (folder, [first, main, topic]) = repository();
    folder.write("event.json", r#"{"repository": {"default_branch": "main"}}"#);
    let push = base(&folder, &github, "push", &[]);
    assert_eq!((&push["mode"], &push["base_sha"]), (&json!("paired"), &json!(first)), "{push:#}");
    let nightly = base(&folder, &github, "schedule", &[]);
    assert_eq!((&nightly["mode"], &nightly["base_sha"]), (&json!("history"), &json!(null)), "{nightly:#}");
    let head = format!("refs/heads/gh-readonly-queue/release/1/pr-7-{main}");
    let group = json!({"base_sha": main, "base_ref": "refs/heads/release/1", "head_ref": head, "head_sha": topic});
    folder.write("event.json", &json!({"merge_group": group, "repository": {"default_branch": "main"}}).to_string());
    github.state().labels = vec!["perf-accepted".to_owned()];
    github.state().events = vec![json!({"event": "labeled", "label": {"name": "perf-accepted"}, "actor": {"login": "maintainer"}})];
    github.state().permissions.insert("maintainer".to_owned(), "write".to_owned());
    let queued = base(&folder, &github, "merge_group", &[]);
    assert_eq!((&queued["base_sha"], &queued["base_branch"]), (&json!(main), &json!("release/1")), "{queued:#}");
    assert_eq!(queued["accepted_by"], json!("maintainer"));
    assert_eq!(github.count("GET", "issues/7/labels"), 1);

    pull_request(&folder, "stranger/demo", &topic);
    let refused = in_workflow(&folder, &github, "pull_request_target", &["base"]).exits_with(2);
    assert!(refused.stderr.contains("comes from a fork: its code is not run") && refused.stdout.is_empty(), "{refused}");
}

#[test]
fn a_label_counts_from_people_who_may_write() {
    let github = FakeGitHub::start();
    let (folder, [_, main, topic]) = repository();
    pull_request(&folder, "octocat/demo", &topic);
    git(&folder, &["checkout", "-q", &topic]);
    let labeled = |login: &str| json!({"event": "labeled", "label": {"name": "perf-accepted"}, "actor": {"login": login}});
    let accepted = || base(&folder, &github, "pull_request", &["--base", &main])["accepted_by"].clone();
    assert_eq!(accepted(), json!(null));
    github.state().labels = vec!["perf-accepted".to_owned()];
    github.state().events = vec![labeled("maintainer"), labeled("stranger")];
    github.state().permissions.insert("maintainer".to_owned(), "write".to_owned());
    assert_eq!(accepted(), json!(null));
    github.state().events.reverse();
    assert_eq!(accepted(), json!("maintainer"));
}

#[test]
fn baselines_go_to_a_branch_on_push_and_come_back_without_a_token() {
    let (folder, github) = (measured(), FakeGitHub::start());
    folder.write("event.json", r#"{"repository": {"default_branch": "main"}}"#);
    let store = ["--store", "branch:loadline-data"];
    let save = ["baseline", "save", "--branch", "main", store[0], store[1]];
    let saved = in_workflow(&folder, &github, "push", &save).exits_with(0);
    assert!(saved.stdout.starts_with("saved loadline-data:main/students/"), "{saved}");
    assert_eq!(github.state().files("loadline-data").len(), 1);
    let listed = in_workflow(&folder, &github, "push", &["baseline", "list", store[0], store[1]]).exits_with(0);
    assert!(listed.stdout.contains("students"), "{listed}");
    let fetch = ["baseline", "fetch", store[0], store[1], "--into", "stored"];
    let fetched = in_workflow(&folder, &github, "pull_request", &fetch).exits_with(0);
    assert_eq!(fetched.stdout, "copied 1 records of `main` into `stored`\n");
    github.state().faults = vec![Fault { headers: &[("retry-after", "4000")], ..Fault::of("GET", "contents", 429, "") }];
    let refused = in_workflow(&folder, &github, "pull_request", &[&fetch[..5], &["elsewhere"]].concat()).exits_with(3);
    assert!(refused.stderr.contains("failed to fetch the baselines") && refused.stderr.contains("rate limit is used up"), "{refused}");
    let demo = Demo::start();
    folder.loadline(["run", "-q", "--target", &demo.url(), "--store", "stored", "--out", "next"]).run();
    assert_eq!(folder.record_in("next")["comparison"]["records"], 1);

    for event in ["pull_request", "pull_request_target", "workflow_run"] {
        pull_request(&folder, "octocat/demo", HEAD);
        let refused = in_workflow(&folder, &github, event, &save).exits_with(2);
        assert!(refused.stderr.contains("writes no baselines: nothing was saved"), "{refused}");
    }
    assert_eq!(github.state().depth("loadline-data"), 1);
    folder.write("event.json", r#"{"repository": {"default_branch": "main"}}"#);
    let queued = in_workflow(&folder, &github, "merge_group", &save).exits_with(2);
    assert!(queued.stderr.contains("a `merge_group` event writes no baselines"), "{queued}");
    let down = in_workflow(&folder, &github, "push", &save).env("GITHUB_API_URL", "http://127.0.0.1:9").exits_with(2);
    assert!(down.stderr.contains("nothing was saved") && down.stderr.contains("can't be reached"), "{down}");
}

#[test]
fn a_change_is_compared_with_the_history_of_its_base_and_an_accepted_regression_passes() {
    let (folder, [first, _, _]) = repository();
    folder.write("loadline.yml", STUDENTS);
    let demo = Demo::start();
    folder.loadline(["run", "-q", "--target", &demo.url()]).env("GITHUB_SHA", &first).exits_with(0);
    folder.loadline(["baseline", "save", "--branch", "main"]).exits_with(0);
    let run = |args: &[&str]| {
        let demo = Demo::with_defect("delay=300ms");
        let output = folder.loadline(["run", "-q", "--target", &demo.url()]).args(args.iter().copied()).run();
        (output.code, folder.record()["comparison"].clone())
    };
    let parents = format!("{HEAD},{first}");
    let (code, comparison) = run(&["--base-sha", &parents]);
    assert_eq!((code, &comparison["verdict"]), (1, &json!("regressed")), "{comparison:#}");
    let note = comparison["note"].as_str().unwrap();
    assert!(note.contains(&format!("is of {}, one commit before", &first[..7])), "{note}");
    assert_eq!(comparison["history"].as_array().unwrap().len(), 1);

    let (code, comparison) = run(&["--base-sha", HEAD, "--accepted-by", "maintainer"]);
    assert_eq!((code, &comparison["verdict"], &comparison["advisory"]), (0, &json!("regressed"), &json!(true)), "{comparison:#}");
    let note = comparison["note"].as_str().unwrap();
    assert!(note.starts_with("accepted by maintainer; ") && note.contains("none of the 1 commits"), "{note}");
}
