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
        let symbol = match policy {
            "neutral" => "➖ PASSED",
            "pass" => "✅ PASSED",
            _ => "❌ FAILED",
        };
        assert!(folder.read("loadline-report/comment.md").contains(&format!("### {symbol} · students: ")), "{policy}");
        let note = record["comparison"]["note"].as_str().unwrap();
        assert!(note.contains("run this on `main` and keep its record with `loadline baseline save`"), "{note}");
    }
    // Without a store there is nothing to compare with, and nothing is said of it.
    let (output, record) = again(&folder, None, &[]);
    assert_eq!((output.code, &record["comparison"]), (0, &serde_json::Value::Null), "{output}");
}

#[test]
fn a_baseline_that_a_speed_up_left_behind_is_to_be_refreshed() {
    let (demo, folder) = (Demo::with_defect("delay=300ms"), Folder::new());
    folder.write("loadline.yml", STUDENTS);
    folder.loadline(["run", "-q", "--target", &demo.url(), "--out", "base"]).exits_with(0);
    folder.loadline(["baseline", "save", "base/record.json"]).exits_with(0);
    let (output, record) = again(&folder, None, &[]);
    assert_eq!((output.code, &record["comparison"]["verdict"]), (0, &"improved".into()), "{output}");
    let note = record["comparison"]["note"].as_str().unwrap();
    assert!(note.contains("the baseline is out of date where this run is better"), "{note}");
    let (_, record) = again(&folder, Some("delay=300ms"), &[]);
    assert!(!record["comparison"]["note"].to_string().contains("out of date"), "{}", record["comparison"]["note"]);
}

#[test]
fn branches_have_baselines_of_their_own() {
    let folder = measured();
    folder.loadline(["baseline", "save", "base/record.json", "--branch", ""]).exits_with(2);
    let missing = folder.loadline(["baseline", "save"]).exits_with(2);
    assert!(missing.stderr.contains("`loadline run` leaves one in its report folder"), "{missing}");
    folder.loadline(["baseline", "save", "base/record.json", "--branch", "release/1.0"]).exits_with(0);
    let (_, record) = again(&folder, None, &[]);
    assert_eq!(record["comparison"]["verdict"], "no_baseline");
    let (_, record) = again(&folder, None, &["--baseline-branch", "release/1.0"]);
    assert_eq!(record["comparison"]["records"], 1);
    assert_eq!(record["comparison"]["source"], "baselines/release/1.0/students");
}

#[test]
fn of_several_records_all_are_saved_or_none() {
    let folder = measured();
    folder.write("invalid.json", &folder.read("base/record.json").replacen("\"verdict\": \"passed\"", "\"verdict\": \"invalid\"", 1));
    let output = folder.loadline(["baseline", "save", "base/record.json", "invalid.json"]).exits_with(2);
    assert!(output.stdout.is_empty() && output.stderr.starts_with("error: nothing was saved: run `"), "{output}");
    let listed = folder.loadline(["baseline", "list"]).exits_with(0);
    assert!(listed.stdout.starts_with("nothing is stored in "), "{listed}");
}

#[test]
fn a_tag_has_no_baseline_of_its_own() {
    let folder = measured();
    let mut record: Record = serde_json::from_str(&folder.read("base/record.json")).unwrap();
    record["run"]["branch"] = serde_json::Value::Null;
    folder.write("base/record.json", &record.to_string());
    let save = || folder.loadline(["baseline", "save", "base/record.json"]).env("GITHUB_REF", "refs/tags/v1");
    assert_eq!(save().exits_with(2).stderr, "error: nothing was saved: `v1` is a tag and no branch\n  name the branch with `--branch`\n");
    save().args(["--branch", "main"]).exits_with(0);
}

#[test]
fn records_of_an_earlier_run_into_the_same_folder_are_not_taken_for_this_ones() {
    let (demo, folder) = (Demo::start(), Folder::new());
    folder.write("a.yml", &STUDENTS.replace("name: students", "name: a")).write("b.yml", &STUDENTS.replace("name: students", "name: b"));
    let records = || folder.names("loadline-report").into_iter().filter(|name| name.starts_with("record")).collect::<Vec<_>>();
    let run = |files: &[&str]| {
        folder.loadline(["run", "-q", "--target", &demo.url()]).args(files.iter().copied()).exits_with(0);
        records()
    };
    assert_eq!(run(&["a.yml", "b.yml"]), ["record-a.json", "record-b.json"]);
    std::fs::copy(folder.path("loadline-report/record-a.json"), folder.path("loadline-report/record-kept.json")).unwrap();
    assert_eq!(run(&["a.yml"]), ["record-kept.json", "record.json"], "what somebody put there stays");
    assert_eq!(run(&["b.yml", "a.yml"]), ["record-a.json", "record-b.json", "record-kept.json"]);
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
    let two = ["compare", "base/record.json", "head/record.json"];
    let advisory = "baseline: { regression: { p50: advisory, p95: advisory, throughput: advisory } }\n";
    folder.write("lenient.yml", &format!("{STUDENTS}{advisory}"));
    folder.loadline(two).args(["--scenario", "lenient.yml"]).exits_with(0);
    folder.loadline(two).args(["--scenario", "lenient.yml", "--regression", "p50: 10%"]).exits_with(1);
    folder.write("cart.yml", &STUDENTS.replace("name: students", "name: cart"));
    let output = folder.loadline(two).args(["--scenario", "cart.yml"]).exits_with(2);
    assert!(output.stderr.contains("`--scenario` is `cart`, and what is compared is of `students`"), "{output}");
    let mut invalid: Record = serde_json::from_str(&folder.read("head/record.json")).unwrap();
    invalid["warnings"] = serde_json::json!([{ "code": "x", "invalidates": true, "message": "all starts were late", "advice": null }]);
    folder.write("invalid.json", &invalid.to_string());
    let output = folder.loadline(["compare", "base/record.json", "invalid.json"]).exits_with(3);
    assert!(output.stdout.contains("Against the baseline: regressed (advisory)"), "{output}");
    // Lateness makes response times longer: what holds in spite of it holds, and what doesn't says nothing of the service.
    invalid["warnings"] = serde_json::json!([{ "code": "late_starts", "invalidates": false, "message": "late", "advice": null }]);
    folder.write("late.json", &invalid.to_string());
    let output = folder.loadline(["compare", "base/record.json", "late.json"]).exits_with(3);
    assert!(output.stdout.contains("late, so that the comparison can't be trusted"), "{output}");
    folder.loadline(["compare", "late.json", "late.json"]).exits_with(0);
    let mut stopped: Record = serde_json::from_str(&folder.read("base/record.json")).unwrap();
    stopped["summary"]["verdict"] = "interrupted".into();
    folder.write("stopped.json", &stopped.to_string());
    let output = folder.loadline(["compare", "base/record.json", "stopped.json"]).exits_with(130);
    assert!(output.verdict().starts_with("INTERRUPTED  students: "), "{output}");
    let output = folder.loadline(["compare", "base/record.json", "stopped.json", "head/record.json"]).exits_with(1);
    assert_eq!(output.stderr, "warning: stopped.json is passed over: its run is interrupted\n");
    let output = folder.loadline(["compare", "base/record.json", "nowhere.json"]).exits_with(2);
    assert_eq!(output.stderr, "error: failed to read nowhere.json: No such file or directory (os error 2)\n");
}

#[test]
fn the_scenario_says_what_counts_as_a_regression_and_an_option_wins() {
    let folder = stored();
    let advisory = "baseline: { regression: { p50: advisory, p95: advisory, throughput: advisory, error_rate: advisory } }\n";
    folder.write("loadline.yml", &format!("{STUDENTS}{advisory}"));
    let (output, record) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!(output.code, 0, "{output}");
    assert!(record["comparison"]["contrasts"].as_array().unwrap().iter().all(|row| row["judged"] == false), "{output}");
    let (output, _) = again(&folder, Some("delay=300ms"), &["--regression", "p50: 5%"]);
    assert_eq!(output.code, 1, "{output}");
    let (output, _) = again(&folder, Some("delay=300ms"), &["--regression", "p50: 5% and 10s"]);
    assert_eq!(output.code, 0, "{output}");
    let (output, _) = again(&folder, Some("delay=300ms"), &["--regression", "GET /student: p50: 5%"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("there is no endpoint `GET /student`") && output.stderr.contains("no load was sent"), "{output}");
}

#[test]
fn the_scenario_names_store_and_branch_and_whether_anything_is_compared() {
    let folder = measured();
    folder.loadline(["baseline", "save", "base/record.json", "--store", "kept", "--branch", "release"]).exits_with(0);
    folder.write("loadline.yml", &format!("{STUDENTS}baseline: {{ store: kept, branch: release }}\n"));
    let (_, record) = again(&folder, None, &[]);
    assert_eq!((&record["comparison"]["records"], &record["comparison"]["source"]), (&1.into(), &"kept/release/students".into()));
    let (_, record) = again(&folder, None, &["--baseline-branch", "main"]);
    assert_eq!(record["comparison"]["verdict"], "no_baseline");
    let (output, record) = again(&folder, None, &["--comparison", "none"]);
    assert_eq!((output.code, &record["comparison"]), (0, &serde_json::Value::Null));
    let (output, record) = again(&folder, None, &["--comparison", "paired"]);
    assert_eq!((output.code, &record["comparison"]["verdict"]), (0, &"no_baseline".into()), "{output}");
    let (output, _) = again(&folder, None, &["--comparison", "paired", "--on-missing-baseline", "fail"]);
    assert_eq!(output.code, 1, "{output}");
}

#[test]
fn a_threshold_with_a_baseline_term_waits_for_a_baseline_unless_one_is_wanted() {
    let folder = measured();
    // Two runs on a busy machine may differ by more than a regression.
    let advisory = "baseline: { regression: { p50: advisory, p95: advisory, throughput: advisory } }\n";
    folder.write("loadline.yml", &format!("{STUDENTS}{advisory}"));
    let threshold = ["--threshold", "p50 < baseline * 1000"];
    let (output, record) = again(&folder, None, &threshold);
    assert_eq!((output.code, &record["thresholds"][0]["outcome"]), (0, &"not_judged".into()), "{output}");
    let (output, record) = again(&folder, None, &[&threshold[..], &["--on-missing-baseline", "fail"]].concat());
    assert_eq!((output.code, &record["thresholds"][0]["outcome"]), (1, &"no_samples".into()), "{output}");
    folder.loadline(["baseline", "save", "base/record.json"]).exits_with(0);
    let (output, record) = again(&folder, None, &threshold);
    assert_eq!((output.code, &record["thresholds"][0]["outcome"]), (0, &"passed".into()), "{output}");
    let (output, _) = again(&folder, None, &["--threshold", "p50 < baseline * 0.001"]);
    assert_eq!(output.code, 1, "{output}");
}

#[test]
fn a_regression_is_accepted_up_to_a_ceiling_and_until_a_day() {
    let folder = stored();
    let (output, _) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!(output.code, 1, "{output}");
    let accept = ["baseline", "accept", "--until", "2999-12-31", "--reason", "a slow friend, #12", "--by", "Ada"];
    let accepted = folder.loadline(accept).exits_with(0);
    assert!(accepted.stdout.contains("accepted p50 of the whole run up to "), "{accepted}");
    assert!(accepted.stdout.ends_with("written to .loadline/waivers.yml: commit it with the change that it is for\n"), "{accepted}");
    assert!(folder.read(".loadline/waivers.yml").contains("reason: \"a slow friend, #12\"\n    by: Ada\n"));

    // The same again, with room for what two runs differ by.
    let written = folder.read(".loadline/waivers.yml");
    let all = "- { scenario: students, endpoint: all, metric: METRIC, ceiling: CEILING, until: UNTIL, reason: \"a slow friend, #12\" }";
    let waivers = |until: &str, time: &str| {
        let one = |metric: &str, ceiling: &str| all.replace("METRIC", metric).replace("CEILING", ceiling).replace("UNTIL", until);
        format!("waivers:\n{}\n{}\n{}\n", one("p50", time), one("p95", time), one("throughput", "0.001/s"))
    };
    assert!(written.contains("metric: p50"), "{written}");
    folder.write(".loadline/waivers.yml", &waivers("2999-12-31", "30s"));
    let (output, record) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!((output.code, &record["comparison"]["verdict"]), (0, &"accepted".into()), "{output}");
    assert!(output.verdict().contains("accepted"), "{output}");
    assert!(folder.read("loadline-report/comment.md").contains("a slow friend"));

    // What the base has as it is was not added; what can't be read has nothing.
    for (of_base, added) in [("p90", true), ("p50", false), ("nonsense", true)] {
        folder.write("base-waivers.yml", &waivers("2999-12-31", "30s").replace("p50", of_base));
        let (output, record) = again(&folder, Some("delay=300ms"), &["--base-waivers", "base-waivers.yml"]);
        assert_eq!(output.code, 0, "{output}");
        let rows = record["comparison"]["contrasts"].as_array().unwrap();
        let accepted = &rows.iter().find(|row| row["scope"] == "all" && row["metric"] == "p50").unwrap()["accepted"];
        assert_eq!((accepted.is_object(), accepted["is_added"] == true), (true, added), "{accepted:#}");
        assert_eq!(folder.read("loadline-report/comment.md").contains("by a waiver that this change adds"), added);
    }

    folder.write(".loadline/waivers.yml", &waivers("2999-12-31", "10ms"));
    let (output, record) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!((output.code, &record["warnings"][0]["code"]), (1, &"waiver_passed".into()), "{output}");

    folder.write(".loadline/waivers.yml", &waivers("2020-12-31", "30s"));
    let (output, record) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!((output.code, &record["warnings"][0]["code"]), (1, &"waiver_ended".into()), "{output}");

    folder.write(".loadline/waivers.yml", "waivers:\n  - { scenario: students }\n");
    let (output, _) = again(&folder, None, &[]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("`ceiling` is missing") && output.stderr.contains(".loadline/waivers.yml:2"), "{output}");
}

#[test]
fn nothing_is_accepted_for_no_reason_too_late_or_where_nothing_regressed() {
    let folder = measured();
    for (args, said) in [
        (&["--until", "2999-12-31", "--reason", " "][..], "a waiver needs a reason"),
        (&["--until", "2020-12-31", "--reason", "x"], "2020-12-31 has passed"),
        (&["--until", "2999-12-31", "--reason", "x"], "the record has no such regression"),
        (&["--until", "2999-12-31", "--reason", "x", "--endpoint", "GET /student"], "did you mean `GET /students`?"),
        (&["--until", "soon", "--reason", "x"], "invalid value 'soon'"),
    ] {
        let output = folder.loadline(["baseline", "accept", "base/record.json"]).args(args.iter().copied()).exits_with(2);
        assert!(output.stderr.contains(said), "{output}");
    }
    assert!(!folder.path(".loadline").exists());
    let named = ["--endpoint", "GET /students", "--metric", "p99", "--ceiling", "2s", "--until", "2999-12-31", "--reason", "x"];
    folder.loadline(["baseline", "accept", "base/record.json"]).args(named).exits_with(0);
    assert!(folder.read(".loadline/waivers.yml").contains("metric: p99\n    ceiling: 2s\n"));
}

#[test]
fn a_report_folder_is_promoted_and_one_that_was_tampered_with_is_not() {
    let folder = measured();
    let output = folder.loadline(["baseline", "promote", "base", "--branch", "release/2"]).exits_with(0);
    assert!(output.stdout.starts_with("saved baselines/release%2f2/students/"), "{output}");
    let record = folder.read("base/record.json");
    for (text, said) in [
        (record.replacen("\"requests\": 100,", "\"requests\": 90,", 1), "it says 90 requests, and its endpoints have 100"),
        (record.replacen("http://127.0.0.1", "http://joe:pa55@127.0.0.1", 1), "what looks like a password in an address"),
        (record.replacen("\"verdict\": \"passed\"", "\"verdict\": \"invalid\"", 1), "is invalid: its figures can't be a baseline"),
        (record.replacen("\"schema_version\": 1", "\"schema_version\": 99", 1), "use a newer loadline"),
    ] {
        assert_ne!(text, record, "{said}");
        folder.write("tampered/record.json", &text);
        let output = folder.loadline(["baseline", "promote", "tampered", "--branch", "main"]).exits_with(2);
        assert!(output.stderr.contains("nothing was promoted") && output.stderr.contains(said), "{output}");
    }
    assert!(!folder.path("baselines/main").exists());
}

#[test]
fn old_records_are_thinned_and_still_compared_with() {
    let folder = stored();
    let before = folder.files("baselines");
    let unknown = folder.loadline(["baseline", "prune", "--scenario", "studnets"]).exits_with(2);
    assert_eq!(unknown.everything(), "error: nothing is stored of the scenario `studnets`\n  did you mean `students`?\n");
    // The variable names files for other commands.
    let dry = ["baseline", "prune", "--keep", "0", "--dry-run"];
    let dry = folder.loadline(dry).env("LOADLINE_SCENARIO", "loadline.yml").exits_with(0);
    assert!(dry.stdout.starts_with("would thin baselines/main/students/") && folder.files("baselines") == before, "{dry}");
    let done = folder.loadline(["baseline", "prune", "--keep", "0"]).exits_with(0);
    assert!(done.stdout.starts_with("thinned baselines/main/students/"), "{done}");
    assert!(folder.files("baselines")[0].1.len() < before[0].1.len());
    let again_nothing = folder.loadline(["baseline", "prune", "--keep", "0"]).exits_with(0);
    assert!(again_nothing.stdout.starts_with("0 thinned, 1 stay as they are"), "{again_nothing}");
    let (output, record) = again(&folder, Some("delay=300ms"), &[]);
    assert_eq!((output.code, &record["comparison"]["records"]), (1, &1.into()), "{output}");
}

#[test]
fn many_processes_save_at_once_and_none_is_lost() {
    let folder = measured();
    let record = folder.read("base/record.json");
    let id = serde_json::from_str::<serde_json::Value>(&record).unwrap()["run"]["id"].as_str().unwrap().to_owned();
    let names: Vec<String> = (0..12).map(|at| format!("many/record-{at}.json")).collect();
    for (at, name) in names.iter().enumerate() {
        // The same second and commit: only the run tells them apart. Every third is saved twice.
        folder.write(name, &record.replace(&id, &format!("run-{}", at - at % 3 / 2)));
    }
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| folder.loadline(["baseline", "save", name]).exits_with(0));
        }
    });
    let listed = folder.loadline(["baseline", "list"]).exits_with(0);
    assert_eq!(listed.stderr, "");
    assert_eq!(listed.stdout.lines().count(), 1 + 8, "{listed}");
    assert!(folder.names("baselines/main/students").iter().all(|name| name.ends_with(".json")));
}

#[test]
fn a_change_of_level_is_shown_with_its_commit() {
    let folder = measured();
    let record: serde_json::Value = serde_json::from_str(&folder.read("base/record.json")).unwrap();
    for at in 0..12 {
        let mut record = record.clone();
        record["run"]["id"] = format!("run-{at}").into();
        record["run"]["started_at"] = format!("2026-10-{:02}T08:00:00Z", at + 1).into();
        record["run"]["sha"] = format!("{:07x}{:033}", 0xabc_0000 + at, 0).into();
        let rate = if at < 7 { 100.0 } else { 70.0 } + f64::from(at % 3);
        record["summary"]["throughput"] = rate.into();
        // Slices that tell how much the throughput varies within a run.
        let row = |second: u32| {
            let mut row = record["timeline"][0].clone();
            (row["at"], row["seconds"]) = (second.into(), 1.into());
            row
        };
        record["timeline"] = (0..6).map(row).collect();
        record["run"]["duration"] = 6.into();
        folder.write("one/record.json", &record.to_string());
        folder.loadline(["baseline", "save", "one/record.json"]).exits_with(0);
    }
    let shown = folder.loadline(["baseline", "show", "students"]).exits_with(0).stdout;
    let line = shown.lines().find(|line| line.contains("throughput")).unwrap_or_else(|| panic!("{shown}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words[0], words[1], words[3], words[4]), ("abc0007", "2026-10-08", "throughput", "all"), "{shown}");
    assert_eq!(words[words.len() - 1], "5", "{shown}");
}
