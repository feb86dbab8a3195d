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
    ("import", &["record", "config", "metrics", "units"]),
    ("github", &["units", "text"]),
    ("baseline", &["record", "github", "units"]),
    ("compare", &["record", "metrics", "stats", "units"]),
    ("gate", &["compare", "record", "metrics", "plan", "stats", "units"]),
    ("conduct", EVERYTHING_ABOVE),
    ("report", &["gate", "compare", "record", "metrics", "units", "text"]),
    ("live", &["engine", "metrics", "units", "text"]),
    ("publish", &["report", "github", "units"]),
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
        (23, "demo"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_reader_passes_over_files_that_only_tests_compile() {
    let source = "mod a;\n#[cfg(test)]\nmod fixture;\n#[cfg(unix)]\npub mod b;\n#[cfg(test)]\npub(crate) mod testing;\nmod c { mod d {} }";
    assert_eq!(read(source, &["report".to_owned()]).modules, ["a", "b"]);
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
    follow(&root().join("src/lib.rs"), &[], &mut arrows);
    arrows
}

/// Reads a file that is the module `path` below the crate, and the files of its modules.
fn follow(file: &Path, path: &[String], arrows: &mut BTreeSet<Arrow>) {
    let source = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let reading = read(&source, path);
    if let Some(from) = path.first() {
        let short = file.strip_prefix(root()).unwrap();
        arrows.extend(reading.arrows.into_iter().map(|(line, to)| Arrow { file: short.to_owned(), line, from: from.clone(), to }));
    }
    // The modules of `a/mod.rs` are in `a/`, and so are those of `a.rs`.
    let folder =
        if ["mod.rs", "lib.rs"].iter().any(|name| file.ends_with(name)) { file.with_file_name("") } else { file.with_extension("") };
    for name in reading.modules {
        let inner: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        let beside = folder.join(format!("{name}.rs"));
        follow(&if beside.exists() { beside } else { folder.join(name).join("mod.rs") }, &inner, arrows);
    }
}

/// What a file says.
#[derive(Debug, Default)]
struct Reading {
    /// Line and module named.
    arrows: Vec<(usize, String)>,
    /// Names of `mod name;`, without those that only tests compile.
    modules: Vec<String>,
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
                at = end_of_item(&tokens, at + 7);
                continue;
            }
            "mod" if text(at + 2) == ";" => reading.modules.push(text(at + 1).to_owned()),
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
    let (mut tokens, mut line, mut rest) = (Vec::new(), 1, source);
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let after = &rest[word..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if matches!(&rest[..word], "r" | "br") && after.trim_start_matches('#').starts_with('"') {
            let marks = after.len() - after.trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(marks));
            let begin = word + marks + 1;
            rest[begin..].find(&end).map_or(rest.len(), |at| begin + at + end.len())
        } else if matches!(&rest[..word], "" | "b") && after.starts_with('"') {
            word + quoted(after, '"')
        } else if matches!(&rest[..word], "" | "b") && after.starts_with('\'') {
            let mut inside = after[1..].chars();
            let is_char = inside.next() == Some('\\') || inside.next() == Some('\'');
            // Otherwise a lifetime, whose name doesn't matter.
            word + if is_char { quoted(after, '\'') } else { 1 }
        } else if word > 0 || first.is_whitespace() {
            word.max(first.len_utf8())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        let left_out = first.is_whitespace() || token.contains(['"', '\'']) || token.starts_with("//") || token.starts_with("/*");
        if !left_out {
            tokens.push((line, token.to_owned()));
        }
        line += token.matches('\n').count();
        rest = behind;
    }
    tokens
}

/// The length of a text that begins and ends with a mark.
fn quoted(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}
