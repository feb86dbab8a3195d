//! `check` and `schema`: what can be said of a scenario without running it.

use std::path::Path;

use crate::support::Folder;

#[test]
fn the_examples_are_right_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios");
    let mut files: Vec<String> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    files.retain(|file| file.ends_with(".yml"));
    assert_eq!(files.len(), 7);
    let output = Folder::new().loadline(["check"]).args(files.iter().map(String::as_str)).exits_with(0);
    assert_eq!(output.stdout.lines().filter(|line| line.contains(".yml: ok: ")).count(), 7, "{output}");
}

#[test]
fn every_problem_of_every_file_is_said_with_its_place() {
    let folder = Folder::new();
    folder.write(
        "good.yml",
        "name: good\ntarget: http://127.0.0.1:1\nusers: { u: { tasks: [{ get: / }] } }\nload: { users: 1, iterations: 1 }\n",
    );
    folder.write(
        "bad.yml",
        "name: bad\ntarget: http://127.0.0.1:1\nusers:\n  u:\n    taks:\n      - get: /\nload: { users: ten, duration: 5s }\nthresholds:\n  all: [p95 << 3]\n",
    );
    folder.write("worse.yml", "users: [\n");
    let output = folder.loadline(["check", "bad.yml", "good.yml", "worse.yml"]).exits_with(2);
    insta::assert_snapshot!(output.to_string(), @r#"
    exit code 2
    --- stdout
    good.yml: ok: 1 user, 1 iteration; 1 user class, 1 endpoint, 0 thresholds
    --- stderr
    error: unknown key `taks`
     --> bad.yml:5:5
      |
    5 |     taks:
      |     ^^^^
      |
      = help: did you mean `tasks`?

    error: `tasks` is missing
     --> bad.yml:5:5
      |
    5 |     taks:
      |     ^^^^
      |
      = help: add `tasks:`, a list, each item a task such as `{ get: / }` or `{ steps: [{ get: / }] }`

    error: `users` must be a whole number from 1 to 1000000
     --> bad.yml:7:16
      |
    7 | load: { users: ten, duration: 5s }
      |                ^^^ this is the text `ten`

    error: `<<` is no comparison
     --> bad.yml:9:13
      |
    9 |   all: [p95 << 3]
      |             ^^
      |
      = help: use one of `<` `<=` `>` `>=` `==` `!=`

    error: not valid YAML: while parsing a node, did not find expected node content
     --> worse.yml:1:10
      |
    1 | users: [
      |         ^
      |
      = help: check the indentation, and quote texts that hold `: `, ` #`, `{` or `[`
    5 errors
    ---
    "#);
}

#[test]
fn quiet_says_nothing_when_all_is_well() {
    let folder = Folder::new();
    folder.write("loadline.yml", "target: http://127.0.0.1:1\nusers: { u: { tasks: [{ get: / }] } }\nload: { users: 1, iterations: 1 }\n");
    assert_eq!(folder.loadline(["check", "--quiet"]).exits_with(0).everything(), "");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = Folder::new().loadline(["check", "nowhere.yml"]).exits_with(2);
    assert!(output.stderr.contains("failed to read the scenario `nowhere.yml`"), "{output}");
}

#[test]
fn the_schema_takes_the_examples_and_refuses_what_check_refuses() {
    let output = Folder::new().loadline(["schema"]).exits_with(0);
    let schema: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let wrong = serde_json::json!({ "target": "http://127.0.0.1:1", "users": { "u": { "taks": [] } }, "load": { "users": 1 } });
    assert!(!validator.is_valid(&wrong));
    let right = serde_json::json!({
        "target": "http://127.0.0.1:1",
        "users": { "u": { "tasks": [{ "get": "/" }] } },
        "load": { "users": 1, "duration": "5s" },
    });
    assert!(validator.is_valid(&right), "{:?}", validator.iter_errors(&right).map(|error| error.to_string()).collect::<Vec<_>>());
}
