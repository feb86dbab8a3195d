//! Keeps `docs/templates.md` true: every example in it is evaluated, everything there is is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Serde, Value};
use serde_json::Value as Json;

use super::Compiler;
use super::environment::{FILTERS, FUNCTIONS, TESTS};
use super::fake_data::METHODS;
use crate::plan::scope::{Scope, Slots};

const PAGE: &str = include_str!("../../../docs/templates.md");

/// The rows of the tables, with what the first two columns are called.
fn examples() -> Vec<(&'static str, String, String)> {
    let (mut kind, mut rows) = ("", Vec::new());
    for line in PAGE.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---")) {
        let escaped = line.replace("\\|", "\u{1}");
        let cells: Vec<String> = escaped.trim_matches('|').split('|').map(|cell| code(&cell.replace('\u{1}', "|"))).collect();
        match (cells[0].as_str(), cells[1].as_str()) {
            ("example", "gives") => kind = "gives",
            ("example", "error") => kind = "error",
            ("json", "sends") => kind = "sends",
            (example, result) => rows.push((kind, example.to_owned(), result.to_owned())),
        }
    }
    rows
}

/// The text of a cell without the marks of code.
fn code(cell: &str) -> String {
    let cell = cell.trim();
    let inner = cell.strip_prefix("`` ").and_then(|cell| cell.strip_suffix(" ``"));
    inner.unwrap_or_else(|| cell.trim_matches('`')).to_owned()
}

fn render(kind: &str, example: &str) -> String {
    let block = PAGE.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let variables: BTreeMap<String, Json> = serde_json::from_str(block).unwrap();
    let mut slots = Slots::default();
    let ids: Vec<_> = variables.keys().map(|name| slots.intern(name)).collect();
    slots.intern("nobody");
    let slots = Arc::new(slots);
    let scope = Scope::new(Arc::clone(&slots), 1, 0);
    ids.into_iter().zip(variables.values()).for_each(|(id, value)| scope.set(id, Value::from(Serde(value))));
    let compiler = Compiler::new(slots, BTreeMap::from([("KEY".to_owned(), "s3cret".to_owned())]));
    let mut out = Vec::new();
    let rendered = match kind {
        "sends" => {
            let document: Json = serde_json::from_str(example).unwrap();
            compiler.json(&document).unwrap().render_into(&scope, &mut out)
        }
        _ => compiler.text(example).unwrap_or_else(|error| panic!("{example}: {error}")).render_into(&scope, &mut out),
    };
    match (kind, rendered) {
        ("error", Err(error)) => error.to_string(),
        ("error", Ok(())) => "no error".to_owned(),
        (_, rendered) => rendered.map(|()| String::from_utf8(out).unwrap()).unwrap_or_else(|error| format!("error: {error}")),
    }
}

#[test]
fn every_example_gives_what_the_page_says() {
    let examples = examples();
    assert!(examples.len() > 60, "the tables were not found");
    let wrong: Vec<_> = examples
        .iter()
        .map(|(kind, example, result)| (example, result, render(kind, example)))
        .filter(|(_, result, rendered)| *result != rendered)
        .map(|(example, result, rendered)| format!("{example}\n  page: {result}\n  now:  {rendered}"))
        .collect();
    assert!(wrong.is_empty(), "docs/templates.md is out of date:\n{}", wrong.join("\n"));
}

#[test]
fn everything_there_is_is_on_the_page() {
    let words: Vec<&str> = PAGE.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let named = FUNCTIONS.iter().chain(&FILTERS).chain(&TESTS);
    assert_eq!(named.filter(|name| !words.contains(name)).collect::<Vec<_>>(), Vec::<&&str>::new());
    let missing: Vec<_> = METHODS.iter().filter(|method| !PAGE.contains(&format!("fake.{method}("))).collect();
    assert_eq!(missing, Vec::<&&str>::new());
}
