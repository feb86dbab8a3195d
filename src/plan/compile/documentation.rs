//! Keeps `docs/scenario.md` true: every YAML block in it makes a plan, and fits the schema.
//!
//! The word behind `yaml` says what a block is: nothing for a whole scenario, `sections` for top-level keys, `steps` for the
//! steps of a task.

use std::path::Path;
use std::sync::Arc;

use super::{CompileOptions, from_text};
use crate::config::yaml::{Node, parse};
use crate::config::{Overrides, ProcessEnv, schema};
use crate::text::{Source, render};

const PAGE: &str = include_str!("../../../docs/scenario.md");

/// What a scenario needs besides the keys that a block shows.
const BASE: [(&str, &str); 3] = [
    ("target", "target: http://127.0.0.1:8000\n"),
    ("users", "users: { reader: { tasks: [{ get: /products/ }] } }\n"),
    ("load", "load: { users: 2, iterations: 2 }\n"),
];

/// The blocks as whole scenarios.
fn scenarios() -> Vec<String> {
    let blocks = PAGE.split("```yaml").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    blocks
        .map(|block| {
            let (kind, text) = block.split_once('\n').unwrap();
            match kind.trim() {
                "" => text.to_owned(),
                "sections" => with_base(text),
                "steps" => with_base(&format!("users:\n  user:\n    tasks:\n      - steps:\n{}", indented(text, 10))),
                other => panic!("there is no kind of block `{other}`"),
            }
        })
        .collect()
}

fn with_base(text: &str) -> String {
    let has = |key: &str| text.lines().any(|line| line.starts_with(&format!("{key}:")) || key == "load" && line.starts_with("profiles:"));
    // What an environment replaces need not stand beside it.
    let missing = BASE.iter().filter(|(key, _)| !has(key)).map(|(_, line)| *line);
    format!("{}{text}", missing.collect::<String>())
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

fn tree(text: &str) -> Node {
    parse(&Arc::new(Source::new("scenario.md", text)), &mut Vec::new()).unwrap()
}

#[test]
fn every_block_of_the_page_makes_a_plan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/docs");
    let scenarios = scenarios();
    assert!(scenarios.len() >= 10, "the blocks were not found");
    for text in scenarios {
        let options = CompileOptions { strict_env: true };
        let made = from_text("scenario.md", &text, &folder, &Overrides::default(), &ProcessEnv::default(), options);
        let notes = made.unwrap_or_else(|problems| panic!("{}\n{text}", render(&problems))).notes;
        assert_eq!(render(&notes), "", "{text}");
    }
}

#[test]
fn every_block_of_the_page_fits_the_schema() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    for text in scenarios() {
        let errors: Vec<String> = validator.iter_errors(&tree(&text).to_json()).map(|error| error.to_string()).collect();
        assert_eq!(errors, [] as [String; 0], "{text}");
    }
}
