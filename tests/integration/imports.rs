//! The house: which module may use which.
//!
//! Read from the sources: every `crate::..`, and every `super::..` and `self::..` that leaves its module, in `use` lines,
//! grouped or not, and in paths. Not read: comments, texts, and what is compiled for tests alone (`#[cfg(test)]`, also
//! files behind a `#[cfg(test)] mod name;`), because a test may look wherever it must. A module may name itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module and the modules it may use. Each stands below everything it uses: data flows one way.
const TABLE: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("text", &[]),
    ("stats", &["units"]),
    ("config", &["units", "text"]),
    ("plan", &["config", "units", "text"]),
    ("metrics", &["units", "stats"]),
    ("engine", &["plan", "metrics", "units"]),
    ("service", &["plan", "metrics", "units"]),
    ("record", &["metrics", "units"]),
    ("baseline", &["record", "units"]),
    ("compare", &["record", "metrics", "stats", "units"]),
    ("gate", &["compare", "record", "metrics", "plan", "stats", "units"]),
    ("conduct", EVERYTHING_ABOVE),
    ("report", &["gate", "compare", "record", "metrics", "units", "text"]),
    ("live", &["engine", "metrics", "units", "text"]),
    ("demo", &["units"]),
    ("cli", EVERYTHING_ABOVE),
];

/// Every module that stands above it in the table.
const EVERYTHING_ABOVE: &[&str] = &["*"];

/// One module uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    file: PathBuf,
    line: usize,
    from: String,
    to: String,
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let arrows = arrows_of_the_library();
    // A reader that finds nothing would allow everything.
    for (from, to) in [("plan", "config"), ("engine", "plan"), ("report", "record"), ("cli", "conduct")] {
        assert!(arrows.iter().any(|arrow| arrow.from == from && arrow.to == to), "the reader doesn't see that {from} uses {to}");
    }
    let wrong: Vec<String> = arrows
        .iter()
        .filter(|arrow| !allowed(&arrow.from, &arrow.to))
        .map(|arrow| format!("{}:{}: `{}` may not use `{}`", arrow.file.display(), arrow.line, arrow.from, arrow.to))
        .collect();
    assert!(wrong.is_empty(), "against the table in tests/integration/imports.rs:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_a_row_for_every_module_and_no_other() {
    let rows: BTreeSet<String> = TABLE.iter().map(|(module, _)| (*module).to_owned()).collect();
    let folders = std::fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.file_type().unwrap().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(rows, folders.collect());
}

#[test]
fn the_table_itself_points_one_way() {
    for (at, (module, uses)) in TABLE.iter().enumerate() {
        for used in uses.iter().filter(|used| **used != "*") {
            assert!(TABLE[..at].iter().any(|(above, _)| above == used), "`{used}` must stand above `{module}`");
        }
    }
}

#[test]
fn the_reader_sees_every_way_to_name_a_module() {
    let source = r#"
        //! Speaks of [`crate::report`].
        use crate::units::Micros;
        use crate::{gate, plan::{self, Plan}, text::plain as tidy};
        use super::super::metrics::Sample;
        use super::neighbour;
        pub(crate) mod inner {
            use super::super::super::service;
            use super::super::neighbour;
        }
        pub(in crate::engine) fn wide<'a>(of: &'a crate::record::Record) -> char {
            let text = "crate::compare::x"; /* crate::compare */
            let raw = r"crate::compare::x";
            if of.is('"') { $crate::stats::median(&[]) } else { '{' }
        }
        #[cfg(test)]
        use crate::live;
        #[cfg(test)]
        mod tests {
            use crate::cli::{self, other};
            fn braces() { "}"; }
        }
        use crate::demo::*;
    "#;
    let found = read(source, &["engine".to_owned(), "clock".to_owned()]).arrows;
    let found: Vec<(usize, &str)> = found.iter().map(|(line, to)| (*line, to.as_str())).collect();
    let expected = [
        (3, "units"),
        (4, "gate"),
        (4, "plan"),
        (4, "text"),
        (5, "metrics"),
        (8, "service"),
        (11, "engine"),
        (11, "record"),
        (14, "stats"),
        (22, "demo"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn files_that_only_tests_compile_are_known() {
    let source = "mod a;\n#[cfg(test)]\nmod fixture;\n#[cfg(unix)]\nmod c;\n#[cfg(test)]\npub(crate) mod testing;";
    assert_eq!(read(source, &["report".to_owned()]).test_files, ["fixture", "testing"]);
}

fn allowed(from: &str, to: &str) -> bool {
    let Some(at) = TABLE.iter().position(|(module, _)| *module == from) else { return false };
    let above = || TABLE[..at].iter().any(|(module, _)| *module == to);
    from == to || TABLE[at].1.iter().any(|used| *used == to || (*used == "*" && above()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn arrows_of_the_library() -> BTreeSet<Arrow> {
    let mut arrows = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("src")).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            let module = entry.file_name().into_string().unwrap();
            read_folder(&entry.path(), &[module], &mut arrows);
        }
    }
    arrows
}

/// Reads the files of a folder whose `mod.rs` is the module `path`.
fn read_folder(folder: &Path, path: &[String], arrows: &mut BTreeSet<Arrow>) {
    let known = take_file(&folder.join("mod.rs"), path, arrows);
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "mod" || known.contains(&name) {
            continue;
        }
        let inner: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        if entry.is_dir() {
            // `check.rs` and `check/` beside it, where the folder has no `mod.rs`.
            if entry.join("mod.rs").exists() {
                read_folder(&entry, &inner, arrows);
            } else {
                let of_tests = take_file(&entry.with_extension("rs"), &inner, arrows);
                for file in rust_files(&entry) {
                    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
                    if !of_tests.contains(&name) {
                        take_file(&file, &inner.iter().cloned().chain([name]).collect::<Vec<_>>(), arrows);
                    }
                }
            }
        } else if entry.extension().is_some_and(|end| end == "rs") && !entry.with_extension("").is_dir() {
            take_file(&entry, &inner, arrows);
        }
    }
}

fn rust_files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "rs"))
}

/// Adds the arrows of one file; returns which of its modules only tests compile.
fn take_file(file: &Path, path: &[String], arrows: &mut BTreeSet<Arrow>) -> Vec<String> {
    let source = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let reading = read(&source, path);
    let short = file.strip_prefix(root()).unwrap();
    arrows.extend(reading.arrows.into_iter().map(|(line, to)| Arrow { file: short.to_owned(), line, from: path[0].clone(), to }));
    reading.test_files
}

/// What a file says.
#[derive(Debug, Default)]
struct Reading {
    /// Line and module named.
    arrows: Vec<(usize, String)>,
    /// Names of `#[cfg(test)] mod name;`.
    test_files: Vec<String>,
}

/// Reads a file that is the module `path` below the crate.
fn read(source: &str, path: &[String]) -> Reading {
    let tokens = tokens(source);
    let text = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let mut reading = Reading::default();
    // One entry for each open brace: the name of the module it opens, if it does.
    let mut braces: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match text(at) {
            "#" if (1..=6).map(|next| text(at + next)).collect::<Vec<_>>() == ["[", "cfg", "(", "test", ")", "]"] => {
                let end = end_of_item(&tokens, at + 7);
                if let Some(name) = (at + 7..end).find(|&place| text(place) == "mod").filter(|&place| text(place + 2) == ";") {
                    reading.test_files.push(text(name + 1).to_owned());
                }
                at = end;
                continue;
            }
            "{" => braces.push((at >= 2 && text(at - 2) == "mod").then(|| text(at - 1).to_owned())),
            "}" => drop(braces.pop()),
            "crate" | "super" | "self" if text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") => {
                let mut place: Vec<String> = match text(at) {
                    "crate" => Vec::new(),
                    _ => path.iter().cloned().chain(braces.iter().flatten().cloned()).collect(),
                };
                let mut next = at;
                loop {
                    match text(next) {
                        "super" => drop(place.pop()),
                        "crate" | "self" => {}
                        _ => break,
                    }
                    if text(next + 1) != "::" {
                        break;
                    }
                    next += 2;
                }
                if place.is_empty() {
                    reading.arrows.extend(first_names(&tokens, next));
                }
            }
            _ => {}
        }
        at += 1;
    }
    reading
}

/// The first name of a path that begins at `at`, or of each path of a group.
fn first_names(tokens: &[(usize, String)], at: usize) -> Vec<(usize, String)> {
    let Some((line, first)) = tokens.get(at) else { return Vec::new() };
    if first != "{" {
        return vec![(*line, first.clone())];
    }
    let (mut names, mut depth, mut begins) = (Vec::new(), 0, true);
    for (line, token) in &tokens[at..] {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 => begins = true,
            name if depth == 1 && begins => {
                names.push((*line, name.to_owned()));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// Behind the item that begins at `at`: its `;`, or the brace that ends it.
fn end_of_item(tokens: &[(usize, String)], at: usize) -> usize {
    let mut depth = 0;
    for (place, (_, token)) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        // `use a::{b, c};` ends behind its brace, and a stray `;` harms nobody.
        if depth == 0 && matches!(token.as_str(), ";" | "}") {
            return place + 1;
        }
    }
    tokens.len()
}

/// Names, `::` and single signs with the lines they stand on; comments and texts are left out.
fn tokens(source: &str) -> Vec<(usize, String)> {
    let left_out = [
        r"//[^\n]*",
        r"/\*.*?\*/",
        r#"b?r"[^"]*"|b?r\#".*?"\#|b?r\#\#".*?"\#\#"#,
        r#"b?"(?:\\.|[^"\\])*""#,
        r"b?'(?:\\u\{[^}]*\}|\\x[0-9a-fA-F]{2}|\\.|[^'\\])'",
        r"'\w+",
        r"\s+",
    ];
    let grammar = regex::Regex::new(&format!(r"(?s){}|(?P<token>\w+|::|.)", left_out.join("|"))).unwrap();
    let mut line = 1;
    let mut tokens = Vec::new();
    for found in grammar.captures_iter(source) {
        if let Some(token) = found.name("token") {
            tokens.push((line, token.as_str().to_owned()));
        }
        line += found[0].matches('\n').count();
    }
    tokens
}
