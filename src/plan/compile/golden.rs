//! Wrong scenarios and what is said of them: `tests/golden/scenarios`.
//!
//! `UPDATE_GOLDEN=1 cargo test golden` writes what is said now; read it before it is committed.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CompileOptions, from_text};
use crate::config::{Overrides, ProcessEnv};
use crate::text::render;
use crate::units::{Micros, Rate};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scenarios")
}

/// All wrong scenarios, in order.
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    cases.sort();
    cases
}

/// The options on a first line `# loadline run --users 5 --var A=1`.
fn overrides(text: &str) -> Overrides {
    let mut overrides = Overrides::default();
    let line = text.lines().next().unwrap_or_default();
    let Some(options) = line.strip_prefix("# loadline run ") else { return overrides };
    let mut words = options.split_whitespace();
    while let (Some(option), Some(value)) = (words.next(), words.next()) {
        let value = value.replace('_', " ");
        match option {
            "--users" => overrides.users = value.parse().ok(),
            "--spawn-rate" => overrides.spawn_rate = Rate::parse(&value).ok(),
            "--duration" => overrides.duration = Micros::parse(&value).ok(),
            "--iterations" => overrides.iterations = value.parse().ok(),
            "--rate" => overrides.rate = Rate::parse(&value).ok(),
            "--max-users" => overrides.max_users = value.parse().ok(),
            "--profile" => overrides.profile = Some(value),
            "--environment" => overrides.environment = Some(value),
            "--target" => overrides.target = Some(value),
            "--env-file" => overrides.env_file = Some(value.into()),
            "--base" => overrides.base.get_or_insert_default().url = Some(value),
            "--base-dir" => overrides.base.get_or_insert_default().folder = Some(value.into()),
            "--base-command" => overrides.base.get_or_insert_default().command = Some(value),
            "--threshold" => overrides.thresholds.push(value),
            "--regression" => overrides.regressions.push(value),
            "--var" => overrides.vars.extend(value.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))),
            other => panic!("the golden cases know no option {other}"),
        }
    }
    overrides
}

#[test]
fn golden_wrong_scenarios_are_answered_as_ever() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differing = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40, "there are only {} cases", cases.len());
    for case in cases {
        let text = fs::read_to_string(&case).unwrap();
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let options = CompileOptions { strict_env: true };
        let said = match from_text(&name, &text, &folder(), &overrides(&text), &ProcessEnv::default(), options) {
            Ok(loaded) => panic!("{name} is right: {}", render(&loaded.notes)),
            Err(problems) => render(&problems),
        };
        let expected = case.with_extension("txt");
        if update {
            fs::write(&expected, &said).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            differing.push(format!("--- {name}\n{said}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
