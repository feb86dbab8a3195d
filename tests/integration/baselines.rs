//! Baselines: stored, listed, shown, and compared with.

use crate::support::{Demo, Folder, Output, Record};

/// Enough requests for the median to be judged.
const STUDENTS: &str = "\
name: students
target: http://127.0.0.1:1
users: { reader: { tasks: [{ get: /students }] } }
load: { users: 10, iterations: 100 }
";

/// A folder with the record of a run against a demo that is well.
fn measured() -> Folder {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", STUDENTS);
    folder.loadline(["run", "-q", "--target", &demo.url(), "--out", "base"]).exits_with(0);
    folder
}

/// And with that record stored.
fn stored() -> Folder {
    let folder = measured();
    let output = folder.loadline(["baseline", "save", "base/record.json"]).exits_with(0);
    assert!(output.stdout.starts_with("saved baselines/main/students/"), "{output}");
    folder
}

/// Runs it again against a demo with that defect.
fn again(folder: &Folder, defect: Option<&str>, args: &[&str]) -> (Output, Record) {
    let demo = defect.map_or_else(Demo::start, Demo::with_defect);
    let output = folder.loadline(["run", "-q", "--target", &demo.url()]).args(args.iter().copied()).run();
    (output, folder.record())
}

#[test]
fn a_service_that_has_become_slow_is_a_regression() {
    let folder = stored();
    let (output, record) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!(output.code, 1, "{output}");
    assert_eq!(record["comparison"]["verdict"], "regressed");
    assert!(output.stdout.lines().any(|line| line.starts_with("✗ students: ") && line.contains("p50")), "{output}");
    assert!(output.verdict().starts_with("FAILED  students: ") && output.verdict().contains("p50"), "{output}");
    let of_p50 =
        record["comparison"]["contrasts"].as_array().unwrap().iter().find(|row| row["scope"] == "all" && row["metric"] == "p50").unwrap();
    assert_eq!((&of_p50["judged"], &of_p50["verdict"]), (&true.into(), &"regressed".into()));
    assert!(of_p50["candidate"].as_f64().unwrap() > 0.3 && of_p50["base"].as_f64().unwrap() < 0.3, "{of_p50}");
}

#[test]
fn a_service_that_fails_more_is_a_regression() {
    let folder = stored();
    let (output, record) = again(&folder, Some("errors=50%"), &[]);
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stdout.contains("error rate") || output.stdout.contains("error_rate"), "{output}");
    assert_eq!(record["comparison"]["verdict"], "regressed");
}

#[test]
fn another_load_is_not_comparable_and_fails_only_where_asked() {
    let folder = stored();
    let (output, record) = again(&folder, None, &["--users", "9"]);
    assert_eq!((output.code, &record["comparison"]["verdict"]), (0, &"incomparable".into()), "{output}");
    let (output, _) = again(&folder, None, &["--users", "9", "--on-missing-baseline", "fail"]);
    assert_eq!(output.code, 1, "{output}");
}

#[test]
fn no_baseline_is_said_and_fails_only_where_asked() {
    let folder = measured();
    for (policy, code) in [("neutral", 0), ("pass", 0), ("fail", 1)] {
        let (output, record) = again(&folder, None, &["--store", "empty", "--on-missing-baseline", policy]);
        assert_eq!((output.code, &record["comparison"]["verdict"]), (code, &"no_baseline".into()), "{policy}: {output}");
        assert!(output.stdout.contains("no baseline"), "{output}");
    }
    // Without a store there is nothing to compare with, and nothing is said of it.
    let (output, record) = again(&folder, None, &[]);
    assert_eq!((output.code, &record["comparison"]), (0, &serde_json::Value::Null), "{output}");
}

#[test]
fn branches_have_baselines_of_their_own() {
    let folder = measured();
    folder.loadline(["baseline", "save", "base/record.json", "--branch", "release/1.0"]).exits_with(0);
    let (_, record) = again(&folder, None, &[]);
    assert_eq!(record["comparison"]["verdict"], "no_baseline");
    let (_, record) = again(&folder, None, &["--baseline-branch", "release/1.0"]);
    assert_eq!(record["comparison"]["records"], 1);
    assert_eq!(record["comparison"]["source"], "baselines/release/1.0/students");
}

#[test]
fn what_is_stored_is_listed_and_shown() {
    let folder = stored();
    folder.loadline(["baseline", "save", "base/record.json", "--store", "other", "--branch", "x"]).exits_with(0);
    let list = folder.loadline(["baseline", "list"]).exits_with(0).stdout;
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["branch", "scenario", "made", "commit", "run"]);
    assert_eq!((rows.len(), rows[1][0], rows[1][1], rows[1][3]), (2, "main", "students", "–"));
    let shown = folder.loadline(["baseline", "show", "students"]).exits_with(0).stdout;
    assert!(shown.contains("baselines/main/students") && shown.contains(" 100 "), "{shown}");
    let wrong = folder.loadline(["baseline", "show", "nothing"]).exits_with(2);
    assert!(wrong.stderr.contains("nothing is stored in baselines/main/nothing"), "{wrong}");
    let empty = folder.loadline(["baseline", "list", "--store", "nowhere"]).exits_with(0);
    assert!(empty.stdout.starts_with("nothing is stored in `nowhere`"), "{empty}");
}

#[test]
fn a_run_that_is_invalid_becomes_no_baseline() {
    let folder = Folder::new();
    folder.loadline(["run", "-q", "http://127.0.0.1:1/", "-n", "1"]).exits_with(3);
    let output = folder.loadline(["baseline", "save"]).exits_with(2);
    assert!(output.stderr.contains("is invalid: its figures can't be a baseline"), "{output}");
    assert!(!folder.path("baselines").exists());
}

#[test]
fn a_file_that_is_no_record_is_passed_over_and_named() {
    let folder = stored();
    let place = folder.names("baselines/main/students").remove(0);
    folder.write(&format!("baselines/main/students/{}", place.replace("2026", "2027").replace("2025", "2026")), "{}");
    let (output, record) = again(&folder, None, &[]);
    assert_eq!(record["comparison"]["records"], 1, "{output}");
    assert!(output.stderr.contains("is passed over"), "{output}");
}

#[test]
fn two_records_are_compared_without_any_load() {
    let folder = measured();
    let slow = Demo::with_defect("delay=300ms");
    folder.loadline(["run", "-q", "--target", &slow.url(), "--out", "head"]).exits_with(0);
    let output = folder.loadline(["compare", "base/record.json", "head/record.json"]).exits_with(1);
    assert!(output.verdict().starts_with("FAILED  students: ") && output.stdout.contains("Against the baseline: regressed"), "{output}");
    let output = folder.loadline(["compare", "base/record.json", "base/record.json", "-q"]).exits_with(0);
    assert!(output.verdict().starts_with("PASSED  students: "), "{output}");
    let output = folder.loadline(["compare", "base/record.json", "nowhere.json"]).exits_with(2);
    assert_eq!(output.stderr, "error: failed to read nowhere.json: No such file or directory (os error 2)\n");
}
