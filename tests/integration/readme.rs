//! What README, docs, examples and CONTRIBUTING say is tried: scenarios are checked, commands parsed, links followed.
//!
//! A fenced block marked `yaml` and nothing else is a whole scenario; parts of one are marked `yaml sections` and the
//! like. Commands are the lines that begin with `loadline` (or `cargo run .. --`) in blocks marked `sh` or `console`
//! and in indented blocks, and code within the text that begins with `loadline`.

use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::Loadline;

/// A page of documentation.
struct Page {
    path: PathBuf,
    text: String,
}

/// A block of code.
struct Block {
    /// What stands behind the fence; `indented` where there is none.
    kind: String,
    line: usize,
    text: String,
}

#[test]
fn whole_scenarios_in_the_documentation_pass_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.kind == "yaml") {
            let file = folder.path().join(format!("scenario-{checked}.yml"));
            std::fs::write(&file, &block.text).unwrap();
            let output = Loadline::in_folder(folder.path()).args(["check", file.to_str().unwrap()]).run();
            assert_eq!(output.code, 0, "{}:{}: {output}", page.path.display(), block.line);
            checked += 1;
        }
    }
    assert!(checked > 0, "the documentation shows no scenario");
}

#[test]
fn commands_in_the_documentation_can_be_typed() {
    let mut parsed = 0;
    for page in pages() {
        for (line, mut words) in page.commands() {
            words.push("--help".to_owned());
            let output = Loadline::in_folder(root()).args(words.iter().map(String::as_str)).run();
            assert_eq!(output.code, 0, "{}:{line}: {words:?}: {output}", page.path.display());
            parsed += 1;
        }
    }
    assert!(parsed > 0, "the documentation shows no command");
}

#[test]
fn files_that_commands_name_exist() {
    for page in pages() {
        for (line, words) in page.commands() {
            for word in words.iter().filter(|word| word.starts_with("examples/")) {
                assert!(root().join(word).exists(), "{}:{line}: there is no {word}", page.path.display());
            }
        }
    }
}

#[test]
fn commands_in_the_text_exist() {
    let code = Regex::new(r"`loadline ([a-z]+)[^`]*`").unwrap();
    let help = Loadline::in_folder(root()).args(["--help"]).exits_with(0).stdout;
    let commands: Vec<&str> =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).map_while(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"run"), "{commands:?}");
    for page in pages() {
        for found in code.captures_iter(&page.text) {
            assert!(commands.contains(&&found[1]), "{}: {}", page.path.display(), &found[0]);
        }
    }
}

#[test]
fn links_within_the_repository_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut followed = 0;
    for page in pages() {
        for found in link.captures_iter(&page.text) {
            let (file, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            if file.contains(':') {
                continue;
            }
            let target = if file.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {}", page.path.display(), &found[0]);
            if !anchor.is_empty() {
                let anchors = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(anchors.contains(&anchor.to_owned()), "{}: {} is none of {anchors:?}", page.path.display(), &found[0]);
            }
            followed += 1;
        }
    }
    assert!(followed > 0, "the documentation has no links");
}

#[test]
fn the_two_commands_of_the_readme_come_first() {
    let readme = Page::open(root().join("README.md"));
    let first = readme.blocks().into_iter().next().unwrap();
    assert_eq!((first.kind.as_str(), first.text.as_str()), ("sh", "cargo run --release -- run --demo\ncargo test\n"));
}

impl Page {
    fn open(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, text }
    }

    /// Fenced and indented blocks. An indented block begins behind a blank line; within lists there is none.
    fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open = false;
        let mut before = "";
        for (at, line) in self.text.lines().enumerate() {
            if let Some(kind) = line.strip_prefix("```") {
                if !open {
                    blocks.push(Block { kind: kind.trim().to_owned(), line: at + 2, text: String::new() });
                }
                open = !open;
            } else if open {
                blocks.last_mut().unwrap().text.push_str(&format!("{line}\n"));
            } else if let Some(code) = line.strip_prefix("    ") {
                if before.trim().is_empty() {
                    blocks.push(Block { kind: "indented".to_owned(), line: at + 1, text: String::new() });
                }
                if let Some(block) = blocks.last_mut().filter(|block| block.kind == "indented") {
                    block.text.push_str(&format!("{code}\n"));
                }
            }
            before = line;
        }
        assert!(!open, "{}: a fence is not closed", self.path.display());
        blocks
    }

    /// The arguments of every `loadline` command, with the line it stands on.
    fn commands(&self) -> Vec<(usize, Vec<String>)> {
        let mut commands = Vec::new();
        for block in self.blocks().iter().filter(|block| ["sh", "console", "indented"].contains(&block.kind.as_str())) {
            let mut lines = block.text.lines().zip(block.line..);
            while let Some((line, number)) = lines.next() {
                let mut command = line.trim_start_matches("$ ").to_owned();
                while let Some(begin) = command.strip_suffix('\\') {
                    command = format!("{begin} {}", lines.next().map_or("", |(more, _)| more.trim_start_matches("> ")));
                }
                commands.extend(arguments(&command).map(|words| (number, words)));
            }
        }
        commands
    }
}

/// What stands behind `loadline` in a line of a shell; none if it is another command.
fn arguments(line: &str) -> Option<Vec<String>> {
    let words = words(line);
    // `NAME=value loadline ..` sets a variable for the command.
    let begin = words.iter().position(|word| !Regex::new("^[A-Z_]+=").unwrap().is_match(word))?;
    let words = &words[begin..];
    match words.first()?.as_str() {
        "loadline" => Some(words[1..].to_vec()),
        "cargo" if words.get(1)? == "run" => Some(words.iter().skip_while(|word| *word != "--").skip(1).cloned().collect()),
        _ => None,
    }
}

/// The words of the first command in a line, without quotes: as much of a shell as the documentation uses.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in line.chars() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, '|' | '&' | ';' | '>' | '<') => break,
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "a quote is not closed: {line}");
    words.extend(word);
    words
}

#[test]
fn words_are_split_as_a_shell_does() {
    let cases: [(&str, &[&str]); 4] = [
        ("loadline run -H 'a: b' --threshold \"p95 < 1s\"", &["run", "-H", "a: b", "--threshold", "p95 < 1s"]),
        ("BASE_URL=http://127.0.0.1:8000 loadline run a.yml  # why", &["run", "a.yml"]),
        ("loadline schema > schema.json", &["schema"]),
        ("cargo run --release -- run --demo && echo", &["run", "--demo"]),
    ];
    for (line, expected) in cases {
        assert_eq!(arguments(line).unwrap(), expected, "{line}");
    }
    assert_eq!(arguments("cargo test"), None);
}

/// The anchors of a page, as GitHub makes them of its headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()).collect()
}

fn pages() -> Vec<Page> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"].map(|page| root().join(page)).into();
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    paths.extend(docs.filter(|path| path.extension().is_some_and(|end| end == "md")));
    paths.into_iter().map(Page::open).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
