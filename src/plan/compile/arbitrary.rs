//! Whatever a file holds, reading it ends with a plan or with problems, never with a panic.

use std::path::Path;

use proptest::prelude::*;

use super::{CompileOptions, Loaded, from_text};
use crate::config::{Overrides, ProcessEnv};
use crate::text::{Diagnostic, render};

fn make(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scenarios");
    from_text("a.yml", text, &folder, &Overrides::default(), &ProcessEnv::default(), CompileOptions::default())
}

/// A tree of keys of the language and values that may or may not fit them, as flow YAML.
fn scenario_like() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "target",
        "users",
        "load",
        "profiles",
        "profile",
        "environments",
        "environment",
        "data",
        "setup",
        "verify",
        "thresholds",
        "service",
        "tasks",
        "steps",
        "get",
        "post",
        "json",
        "form",
        "check",
        "capture",
        "status",
        "headers",
        "vars",
        "think",
        "think_time",
        "barrier",
        "repeat",
        "weight",
        "name",
        "stages",
        "duration",
        "rate",
        "capacity",
        "objective",
        "from",
        "to",
        "csv",
        "values",
        "pick",
        "expect",
        "all",
        "each",
        "auth",
        "basic",
        "bearer",
        "only",
        "ready",
        "port",
        "a",
        "<<",
        "multipart",
        "file",
        "tags",
        "exponential",
    ]);
    let leaf = prop::sample::select(vec![
        "1",
        "-1",
        "10s",
        "1s..2s",
        "true",
        "~",
        "\"\"",
        "/",
        "\"{{ a }}\"",
        "\"{{ a.b | default(1) }}\"",
        "\"{{\"",
        "\"${A:-1}\"",
        "\"${B}\"",
        "\"${\"",
        "p95 < 1s",
        "$.id",
        "http://127.0.0.1",
        "auto",
        "unique",
        "2xx",
        "{}",
        "[]",
        "\"{{ env.X }}\"",
        "\"\\u001b\"",
        "é",
        "5/s",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 64, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|pairs| format!(
                "{{ {} }}",
                pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
            )),
        ]
    })
}

proptest! {
    #[test]
    fn reading_never_panics_on_what_looks_like_a_scenario(
        parts in prop::collection::btree_map(
            prop::sample::select(vec!["target", "users", "load", "profiles", "data", "setup", "thresholds", "service", "environments", "profile", "x-a", "env_file"]),
            scenario_like(), 1..6),
    ) {
        let text: String = parts.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
        let said = make(&text);
        if let Err(problems) = said {
            prop_assert!(!render(&problems).is_empty());
        }
    }

    #[test]
    fn a_task_like_thing_never_panics(step in scenario_like()) {
        let text = format!("target: http://127.0.0.1\nusers: {{ a: {{ tasks: [{step}, {{ steps: [{step}] }}] }} }}\nload: {{ users: 1, iterations: 1 }}\nsetup: [{step}]\n");
        let _ = make(&text);
    }

    #[test]
    fn reading_never_panics_on_text(text in "(?s).{0,60}") {
        let _ = make(&text);
    }
}
