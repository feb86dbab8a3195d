//! A stored record rendered again, in every format.

use std::io::BufReader;

use crate::support::{Demo, Folder};

fn reported() -> Folder {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: mixed\ntarget: http://127.0.0.1:1\nusers: { u: { tasks: [{ get: /students }, { get: /nowhere }] } }\nload: { users: 1, iterations: 40 }\n\
         thresholds:\n  all: [error_rate < 1%]\n  GET /students: [error_rate < 1%]\n",
    );
    folder.loadline(["run", "-q", "--seed", "3", "--target", &demo.url(), "--csv", "load"]).exits_with(1);
    folder
}

#[test]
fn every_format_says_what_the_run_said() {
    let folder = reported();
    let record = "loadline-report/record.json";
    let render = |format: &str| folder.loadline(["report", record, "--format", format]).exits_with(0).stdout;
    assert_eq!(render("json"), folder.read(record));
    assert_eq!(render("html"), folder.read("loadline-report/report.html"));
    assert_eq!(render("comment"), folder.read("loadline-report/comment.md"));
    assert_eq!(render("summary"), folder.read("loadline-report/summary.md"));
    assert_eq!(render("junit"), folder.read("loadline-report/junit.xml"));
    assert!(render("terminal").ends_with("FAILED  mixed: 1 of 2 thresholds missed (all error_rate < 1%: 52.5%)\n"));
    let annotations = render("annotations");
    assert!(annotations.starts_with("::error file=loadline.yml,line=6,col="), "{annotations}");
}

/// The whole report of a run as a person sees it, with figures that change from run to run replaced.
#[test]
fn the_terminal_tells_the_whole_run() {
    let folder = reported();
    let output = folder.loadline(["report", "loadline-report/record.json"]).exits_with(0);
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[\d.]+(µs|ms|s)\b", "[time]");
    settings.add_filter(r"[\d.,]+/s", "[rate]");
    settings.add_filter(r"127\.0\.0\.1:\d+", "[address]");
    // Whether a closed loop keeps the generator busy depends on the machine.
    settings.add_filter(r"(?m)^warning: latency includes the generator.*\n(  .*\n)*\n?", "");
    settings.add_filter(r" {2,}", "  ");
    settings.add_filter(r"(?m) +$", "");
    settings.bind(|| {
        insta::assert_snapshot!(output.everything(), @r#"
    mixed  1 user, 40 iterations against http://[address]

      Endpoint  Requests  Failed  Failed %  Rate  p50  p95  p99  max
      GET /students  19  0  0%  [rate]  [time]  [time]  [time]  [time]
      GET /nowhere  21  21  100%  [rate]  –  –  –  –
      all  40  21  52.5%  [rate]  [time]  [time]  [time]  [time]

    Failures
      Count  Category  Message  Endpoint
      21  status  expected a status below 400, got 404  GET /nowhere

    Thresholds
      Scope  Threshold  Value  Outcome
      ✗  all  error_rate < 1%  52.5%  missed
      ✓  GET /students  error_rate < 1%  0%  held

    warning: only 19 successful requests: p95 and above are hardly more than the longest of them
      raise `--duration` or `--iterations` if latency matters here

    Seed: 3
    Repeat: loadline run loadline.yml --target http://[address] --on-saturation warn --seed 3
    FAILED  mixed: 1 of 2 thresholds missed (all error_rate < 1%: 52.5%)
    "#)
    });
}

#[test]
fn files_and_folders_are_written_where_they_are_asked_for() {
    let folder = reported();
    let record = "loadline-report/record.json";
    folder.loadline(["report", record, "--format", "html", "-o", "new/page.html"]).exits_with(0);
    assert_eq!(folder.read("new/page.html"), folder.read("loadline-report/report.html"));
    folder.loadline(["report", record, "--format", "csv", "-o", "new/load"]).exits_with(0);
    for part in ["stats", "stats_history", "failures", "exceptions"] {
        assert_eq!(folder.read(&format!("new/load_{part}.csv")), folder.read(&format!("load_{part}.csv")), "{part}");
    }
    folder.loadline(["report", record, "--format", "folder", "-o", "copy"]).exits_with(0);
    assert_eq!(folder.files("copy"), folder.files("loadline-report"));
    let output = folder.loadline(["report", record, "--format", "csv"]).exits_with(2);
    assert!(output.stderr.contains("say what their names begin with"), "{output}");
}

#[test]
fn the_csv_files_are_what_locust_writes() {
    let folder = reported();
    let stats = folder.read("load_stats.csv");
    let head = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,\
                Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n";
    assert!(stats.starts_with(head), "{stats}");
    let mut reader = csv::Reader::from_reader(BufReader::new(stats.as_bytes()));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let last = rows.last().unwrap();
    assert_eq!((&last[0], &last[1], &last[2]), ("", "Aggregated", "40"));
    assert!(rows.iter().any(|row| &row[1] == "/nowhere" || &row[1] == "GET /nowhere"), "{stats}");
    let failures = folder.read("load_failures.csv");
    assert!(failures.starts_with("Method,Name,Error,Occurrences,First Seen,Last Seen\r\nGET,"), "{failures}");
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = reported().read("loadline-report/report.html");
    for from_elsewhere in ["<script src", "<link", "<img src=\"http", "@import", "url(http"] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
}

#[test]
fn what_is_no_record_is_said() {
    let folder = Folder::new();
    folder.write("a.json", "{}").write("b.json", r#"{"schema_version": 99}"#);
    for (file, said) in [("a.json", "not a loadline record"), ("b.json", "use a newer loadline"), ("c.json", "No such file")] {
        let output = folder.loadline(["report", file]).exits_with(2);
        assert!(
            output.stderr.starts_with(&format!("error: failed to read the record: {file}: ")) && output.stderr.contains(said),
            "{output}"
        );
    }
}
