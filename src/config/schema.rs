//! The JSON Schema of a scenario file, for editors.

use super::element::DocumentConfig;
use super::reader::{Read, Schema};

/// The schema of the language, from the declarations that the reader itself uses. What a schema can't say, such as
/// which keys exclude each other, is left to `loadline check`.
pub fn schema() -> serde_json::Value {
    let mut schema = Schema::default();
    let root = DocumentConfig::schema(&mut schema);
    schema.finish(&root, "loadline scenario")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use super::super::reader::{Described, Presence};
    use super::super::yaml;
    use super::*;
    use crate::text::Source;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// Compares with a committed file, or writes it: `UPDATE_GOLDEN=1 cargo test`.
    fn same_as_committed(path: &str, made: &str) {
        let path = root().join(path);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, made).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "{} is not up to date: run `UPDATE_GOLDEN=1 cargo test`", path.display());
    }

    fn json_of(path: &Path) -> Option<serde_json::Value> {
        let source = Arc::new(Source::new("a.yml", std::fs::read_to_string(path).unwrap()));
        let mut problems = Vec::new();
        let node = yaml::parse(&source, &mut problems)?;
        problems.is_empty().then(|| node.to_json())
    }

    fn files(folder: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
        files.sort();
        files
    }

    #[test]
    fn the_committed_schema_is_that_of_the_reader() {
        same_as_committed("docs/scenario.schema.json", &format!("{:#}\n", schema()));
    }

    #[test]
    fn the_schema_accepts_the_examples() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        for file in files("examples/scenarios") {
            let errors: Vec<String> = validator.iter_errors(&json_of(&file).unwrap()).map(|error| error.to_string()).collect();
            assert_eq!(errors, [] as [String; 0], "{}", file.display());
        }
    }

    #[test]
    fn the_schema_refuses_what_a_schema_can_see_to_be_wrong() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let seen: Vec<String> = files("tests/golden/scenarios")
            .into_iter()
            .filter(|file| json_of(file).is_some_and(|json| !validator.is_valid(&json)))
            .map(|file| file.file_name().unwrap().to_string_lossy()[..3].to_owned())
            .collect();
        // Unknown keys, wrong types, missing keys, numbers out of range; not what depends on other keys, on files, on the
        // environment, or on the inside of texts.
        insta::assert_snapshot!(seen.join(" "), @"002 010 011 012 013 014 017 018 019 026 027 028 031 032 034 045 056 057 058 066 081 088 090 091 094 103 105");
    }

    /// The tables of `docs/scenario.md`, from the same declarations.
    #[test]
    fn the_tables_of_the_docs_are_those_of_the_reader() {
        let mut described = Schema::default();
        DocumentConfig::schema(&mut described);
        let docs = std::fs::read_to_string(root().join("docs/scenario.md")).unwrap();
        let mut made = String::new();
        let mut named = Vec::new();
        let mut rest = docs.as_str();
        while let Some(begin) = rest.find("<!-- keys: ") {
            let (before, marker) = rest.split_at(begin);
            let line = marker.lines().next().unwrap();
            let name = line.trim_start_matches("<!-- keys: ").trim_end_matches(" -->");
            let end = marker.find("<!-- /keys -->").expect("every table has an end");
            let element = described.elements.iter().find(|element| element.name == name).unwrap_or_else(|| panic!("no element `{name}`"));
            write!(made, "{before}{line}\n| key | takes | default | |\n|---|---|---|---|\n").unwrap();
            for key in &element.keys {
                // A task of one request has the keys of a step, which has a table of its own.
                let of_step = |other: &Described| {
                    other.name == "step" && other.keys.iter().any(|same| same.key == key.key && same.about == key.about)
                };
                if name == "task" && described.elements.iter().any(of_step) {
                    continue;
                }
                let default = match key.presence {
                    Presence::Required => "**required**".to_owned(),
                    Presence::Optional => String::new(),
                    Presence::Default(default) if default.contains(' ') => default.to_owned(),
                    Presence::Default(default) => format!("`{default}`"),
                };
                writeln!(made, "| `{}` | {} | {default} | {} |", key.key, key.form, key.about.trim()).unwrap();
            }
            made.push_str("<!-- /keys -->");
            named.push(name.to_owned());
            rest = &marker[end + "<!-- /keys -->".len()..];
        }
        made.push_str(rest);
        same_as_committed("docs/scenario.md", &made);
        let missing: Vec<&str> =
            described.elements.iter().map(|element| element.name.as_str()).filter(|name| !named.contains(&(*name).to_owned())).collect();
        assert_eq!(missing, [] as [&str; 0], "elements without a table");
    }
}
