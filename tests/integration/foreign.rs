//! Results of k6, Locust, vegeta and oha, compared by what is in the files.

use crate::support::{Demo, Folder};

/// A folder with the stored results of other tools.
fn results() -> Folder {
    let folder = Folder::new();
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/import");
    for entry in std::fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        folder.write(path.file_name().unwrap().to_str().unwrap(), &std::fs::read_to_string(&path).unwrap());
    }
    folder
}

#[test]
fn two_single_runs_of_locust_are_shown_and_not_judged() {
    let folder = results();
    for (base, head) in [("locust.json", "locust-slow.json"), ("locust_stats.csv", "locust-slow_stats.csv")] {
        let output = folder.loadline(["compare", base, head]).exits_with(0);
        assert_eq!(output.verdict(), format!("INCONCLUSIVE  {head} (Locust) against {base}"), "{output}");
        assert!(output.stdout.contains("one run on each side says nothing about noise"), "{output}");
        assert!(output.stdout.contains("GET /students") && output.stdout.contains("p95"), "{output}");
        let quiet = folder.loadline(["compare", base, head, "-q"]).exits_with(0);
        assert_eq!(quiet.stdout.lines().count(), 1, "{quiet}");
    }
}

#[test]
fn every_format_is_compared_with_itself() {
    let folder = results();
    for (file, tool) in [
        ("k6-export.json", "k6"),
        ("k6-summary.json", "k6"),
        ("k6-machine.json", "k6"),
        ("k6-points.json", "k6"),
        ("locust.json", "Locust"),
        ("locust_stats.csv", "Locust"),
        ("vegeta.json", "vegeta"),
        ("oha.json", "oha"),
    ] {
        let output = folder.loadline(["compare", file, file, "--format", "json"]).exits_with(0);
        let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&json["head"]["tool"], &json["comparison"]["verdict"]), (&tool.into(), &"inconclusive".into()), "{output}");
        let deltas: Vec<f64> =
            json["comparison"]["contrasts"].as_array().unwrap().iter().map(|contrast| contrast["delta"].as_f64().unwrap()).collect();
        assert!(deltas.len() >= 3 && deltas.iter().all(|delta| *delta == 0.0), "{file}: {deltas:?}");
    }
}

#[test]
fn several_runs_of_the_base_judge_the_last_file() {
    let folder = results();
    let locust = |factor: f64| {
        let mut entries: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.path("locust.json")).unwrap()).unwrap();
        for entry in entries.as_array_mut().unwrap() {
            let times = entry["response_times"].as_object().unwrap().clone();
            let mut scaled = serde_json::Map::new();
            for (time, count) in times {
                let time = (time.parse::<f64>().unwrap() * factor).round().to_string();
                let before = scaled.get(&time).and_then(serde_json::Value::as_u64).unwrap_or(0);
                scaled.insert(time, (before + count.as_u64().unwrap()).into());
            }
            entry["response_times"] = scaled.into();
        }
        entries.to_string()
    };
    for (name, factor) in [("a.json", 1.0), ("b.json", 1.05), ("c.json", 0.97), ("same.json", 1.02), ("slow.json", 4.0)] {
        folder.write(name, &locust(factor));
    }
    let output = folder.loadline(["compare", "a.json", "b.json", "c.json", "slow.json", "-q"]).exits_with(1);
    assert!(output.stdout.contains("✗ slow.json (Locust): all p50 regressed"), "{output}");
    assert!(output.verdict().starts_with("REGRESSED  slow.json (Locust): regression: p50 of"), "{output}");
    let output = folder.loadline(["compare", "a.json", "b.json", "c.json", "same.json"]).exits_with(0);
    assert!(!output.verdict().starts_with("REGRESSED"), "{output}");
    let output = folder.loadline(["compare", "a.json", "b.json", "slow.json"]).exits_with(0);
    assert!(output.stdout.contains("2 runs of the base say too little about noise"), "{output}");
}

#[test]
fn the_options_decide_files_of_other_tools_too() {
    let folder = results();
    let two = ["compare", "locust.json", "locust-slow.json"];
    let output = folder.loadline(two).args(["--on-inconclusive", "fail"]).exits_with(1);
    assert_eq!(output.verdict(), "FAILED  locust-slow.json (Locust) against locust.json", "{output}");
    let same = ["compare", "locust.json", "locust.json", "locust.json"];
    let slow = [same.as_slice(), &["locust-slow.json", "--regression", "p90: 10%", "--format", "json"]].concat();
    let output = folder.loadline(slow).run();
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let p90 = |row: &&serde_json::Value| row["metric"] == "p90" && row["scope"] == "all";
    assert_eq!(json["comparison"]["contrasts"].as_array().unwrap().iter().filter(p90).count(), 1, "{output}");
    let untold = ["compare", "vegeta.json", "vegeta.json", "--regression", "p97: 10%"];
    let output = folder.loadline(untold).exits_with(0);
    assert!(output.stdout.contains("p97 is not compared: not all of the files tell it"), "{output}");
    let few = ["compare", "vegeta.json", "vegeta.json", "vegeta.json", "vegeta.json", "--regression", "p99: 10%"];
    let output = folder.loadline(few).run();
    let note = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(note.contains("p99 of the whole run is shown and not judged: it takes 4000 successful requests"), "{output}");
}

#[test]
fn what_means_nothing_to_files_of_other_tools_is_refused() {
    let folder = results();
    folder.write("waivers.yml", "waivers: []\n");
    for (args, said) in [
        (["--baseline-records", "3"], "`--baseline-records` means nothing here: the files that are named are the base"),
        (["--waivers", "waivers.yml"], "`--waivers` means nothing here: waivers are of a scenario, which only `--scenario` can name"),
        (["--regression", "GET /student: p95: 20%"], "did you mean `GET /students`?"),
    ] {
        let output = folder.loadline(["compare", "locust.json", "locust-slow.json"]).args(args).exits_with(2);
        assert!(output.stderr.contains(said), "{said}: {output}");
    }
}

#[test]
fn a_record_and_a_file_of_another_tool_are_shown_side_by_side() {
    let folder = results();
    let demo = Demo::start();
    folder.write("loadline.yml", "name: students\ntarget: http://127.0.0.1:1\nusers: { reader: { tasks: [{ get: /students }] } }\nload: { users: 4, iterations: 40 }\n");
    folder.loadline(["run", "-q", "--target", &demo.url()]).exits_with(0);
    let output = folder.loadline(["compare", "locust.json", "loadline-report/record.json"]).exits_with(0);
    assert!(output.stdout.contains("Locust and loadline measure and count differently"), "{output}");
    assert!(output.stdout.contains("GET /students"), "{output}");
    let comment = folder.loadline(["compare", "locust.json", "locust-slow.json", "--format", "comment"]).exits_with(0);
    assert!(comment.stdout.starts_with("<!-- loadline:locust-slow.json"), "{comment}");
    assert!(comment.stdout.contains("<code>GET /courses?term=&#60;b&#62;&#124;x</code>"), "{comment}");
}

#[test]
fn files_that_cannot_be_compared_are_named_with_what_can() {
    let folder = results();
    folder.write("notes.txt", "hello\n");
    folder.write("locust_stats_history.csv", "Timestamp,User Count,Type,Name\r\n");
    folder.write("cut.json", "{\"latencies\": {");
    let said = |file: &str| folder.loadline(["compare", "oha.json", file]).exits_with(2).stderr;
    assert_eq!(
        said("notes.txt"),
        "error: failed to read notes.txt: a text that is neither JSON nor a table of Locust, and none that is known\n  \
         loadline reads its own records, k6 (--summary-export, handleSummary, --out json), Locust (_stats.csv, --json), vegeta (report -type=json) and oha (--output-format json)\n"
    );
    assert_eq!(
        said("locust_stats_history.csv"),
        "error: failed to read locust_stats_history.csv: a table of Locust: not what can be compared\n  \
         name the one that ends in _stats.csv, or the output of --json\n"
    );
    assert!(said("cut.json").starts_with("error: failed to read cut.json: looks like JSON, and is damaged: EOF"), "{}", said("cut.json"));
    assert_eq!(said("nowhere.json"), "error: failed to read nowhere.json: No such file or directory (os error 2)\n");
}
