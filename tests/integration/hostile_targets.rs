//! What a target answers is shown, and controls nothing: no terminal, no page, no workflow, no table.

use crate::support::{Answer, Folder, RawServer};

const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}<script>alert(1)</script><img src=x onerror=alert(2)> | a | b |\n::error::owned\r\n=cmd|' /C calc'!A0 @octocat [x](http://evil.example) `code` \u{202e}";

#[test]
fn nothing_foreign_controls_any_output() {
    let server = RawServer::start(|_| Answer::ok(serde_json::json!({ "status": HOSTILE, "list": [HOSTILE, "</td></tr>"] }).to_string()));
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: hostile\ntarget: http://127.0.0.1:1\nusers:\n  u:\n    tasks:\n      - get: /\n        check: { json: { $.status: done, $.list: [] } }\n\
         load: { users: 1, iterations: 2 }\nverify:\n  - get: /verify\n    check: { json: { $.status: done } }\nthresholds: { all: [error_rate < 1%] }\n",
    );
    let outputs = ["--csv", "loadline-report/load", "--target", &server.url()];
    let output = folder.loadline(["run"]).args(outputs).exits_with(1);
    let quiet = folder.loadline(["run", "-q"]).args(outputs).exits_with(1);
    for text in [&output.stdout, &output.stderr, &quiet.stdout] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{output}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{output}");
    }
    assert!(output.stdout.contains("[2J"), "what came is told: {output}");
    let record = "loadline-report/record.json";
    for (format, starts) in [("comment", "::"), ("summary", "::"), ("terminal", "::"), ("annotations", "::error::owned")] {
        let rendered = folder.loadline(["report", record, "--format", format]).exits_with(0).stdout;
        assert!(!rendered.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{format}: {rendered}");
        assert!(!rendered.lines().any(|line| line.trim_start().starts_with(starts)), "{format}: {rendered}");
    }
    for (name, text) in folder.files("loadline-report") {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{name}");
        if name != "record.json" && !name.ends_with(".csv") {
            assert!(!text.contains("<script>alert(1)") && !text.contains("<img src=x"), "{name}: {text}");
            assert!(!text.contains("</td></tr>\"]"), "{name}");
        }
        if name.ends_with(".md") {
            assert!(!text.contains("](http://evil"), "{name}: {text}");
            let outside: String = text.split('`').step_by(2).collect();
            assert!(!outside.contains("@octocat"), "{name}: {text}");
        }
    }
    // Every row of every table has the cells that its head has.
    let failures = folder.read("loadline-report/load_failures.csv");
    let mut reader = csv::ReaderBuilder::new().from_reader(failures.as_bytes());
    for row in reader.records() {
        let row = row.expect("six cells");
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '@', '\t'])), "{row:?}");
    }
}

#[test]
fn names_of_a_scenario_control_nothing_either() {
    let server = RawServer::start(|_| Answer::Whole(500, String::new()));
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: \"<b>x</b> | ::error::y \\e[31m\"\ntarget: http://127.0.0.1:1\nusers:\n  u:\n    tasks:\n      - get: /\n        name: \"<script>alert(3)</script> | `z` \\e[2J\"\n\
         load: { users: 1, iterations: 1 }\nthresholds: { all: [error_rate < 1%] }\n",
    );
    let output = folder.loadline(["run", "--target", &server.url()]).exits_with(1);
    assert!(!output.everything().contains('\u{1b}'), "{output}");
    for (name, text) in folder.files("loadline-report").into_iter().filter(|(name, _)| name != "record.json") {
        assert!(!text.contains("<script>alert(3)") && !text.contains('\u{1b}'), "{name}: {text}");
    }
}
