//! From text to the tree.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::node::{Entry, Key, Kind, Node, Span};
use super::scalar::Scalar;
use crate::text::{Diagnostic, Source};

/// Deeper trees are refused: nobody writes them, and the code that walks a tree calls itself.
const DEEPEST: usize = 64;
/// Larger trees, aliases spelled out, are refused: ten lines of aliases can mean a billion nodes.
const LARGEST: usize = 200_000;

/// Reads one YAML document into a tree; none for an empty document. Anchors, aliases and merge keys (`<<`) are resolved.
///
/// A syntax error ends the reading; duplicate keys, unknown aliases and tags are reported, and reading goes on.
pub fn parse(source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut builder = Builder {
        offsets: Offsets::new(&source.text),
        source,
        problems,
        open: Vec::new(),
        anchors: HashMap::new(),
        documents: 0,
        nodes: 0,
        root: None,
    };
    let mut parser = Parser::new_from_str(&source.text);
    while let Some(next) = parser.next_event() {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let at = builder.offsets.byte(error.marker().index());
                let end = source.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
                let line = source.text[..at].rfind('\n').map_or(0, |line| line + 1);
                let help = syntax_help(error.info(), source.text[line..].lines().next().unwrap_or_default());
                builder.report(Span::new(at, end), format!("not valid YAML: {}", error.info()), "", Some(help));
                return None;
            }
        };
        let span = Span::new(builder.offsets.byte(span.start.index()), builder.offsets.byte(span.end.index()));
        builder.take(event, span)?;
    }
    builder.root
}

/// What is being built: containers that are not closed yet.
struct Builder<'a> {
    source: &'a Arc<Source>,
    offsets: Offsets,
    problems: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    documents: usize,
    nodes: usize,
    root: Option<Node>,
}

struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Node>, merges: Vec<Node> },
}

impl Builder<'_> {
    /// Takes the next event; none where it makes no sense to go on.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.report(span, "a scenario is one YAML document".to_owned(), "a second one begins here", None);
                    return None;
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(&value, style, tag.as_deref(), span);
                self.finish(node, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => self.open(span, anchor, tag.as_deref(), Content::Sequence(Vec::new()))?,
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping { entries: Vec::new(), key: None, merges: Vec::new() };
                self.open(span, anchor, tag.as_deref(), content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { start, anchor, content } = self.open.pop()?;
                let kind = match content {
                    Content::Sequence(items) => Kind::Sequence(items),
                    Content::Mapping { entries, merges, .. } => Kind::Mapping(self.merged(entries, merges)),
                };
                // A flow collection ends with its bracket, a block collection with the last thing in it.
                let bracket = self.source.text[span.start..].starts_with([']', '}']);
                let end = if bracket { span.start + 1 } else { last_byte(&kind).unwrap_or(start) };
                self.finish(Node { span: Span::new(start, end), kind }, anchor)?;
            }
            Event::Alias(anchor) => {
                let node = match self.anchors.get(&anchor) {
                    Some(node) => Node { span, kind: node.kind.clone() },
                    None => {
                        self.report(span, "an alias cannot stand inside of what it means".to_owned(), "", None);
                        return None;
                    }
                };
                self.nodes += count(&node);
                self.finish(node, 0)?;
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
        }
        Some(())
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
        let text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        self.check_tag(tag, span);
        // The span of a quoted scalar goes on over the white space behind it.
        let written = self.source.text[span.start..span.end].trim_end();
        let verbatim = match style {
            ScalarStyle::Plain if written == value => Some(span.start),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if written.get(1..written.len().saturating_sub(1)) == Some(value) => {
                Some(span.start + 1)
            }
            _ => None,
        };
        let plain = style == ScalarStyle::Plain && !text;
        let scalar = Scalar { value: value.to_owned(), plain, verbatim, pieces: Vec::new(), unresolved: false };
        let end = span.start + written.len();
        Node { span: Span::new(span.start, end), kind: Kind::Scalar(scalar) }
    }

    fn open(&mut self, span: Span, anchor: usize, tag: Option<&Tag>, content: Content) -> Option<()> {
        self.check_tag(tag, span);
        if self.open.len() >= DEEPEST {
            self.report(span, format!("nested more than {DEEPEST} deep"), "", None);
            return None;
        }
        self.open.push(Open { start: span.start, anchor, content });
        Some(())
    }

    /// Puts a complete node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Option<()> {
        self.nodes += 1;
        if self.nodes > LARGEST {
            self.report(node.span, format!("more than {LARGEST} values, aliases spelled out"), "", None);
            return None;
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = if node.is_null() { None } else { Some(node) };
            return Some(());
        };
        match &mut parent.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, key, merges } => match key.take() {
                None => *key = Some(node),
                Some(key) => {
                    let Some(scalar) = key.as_scalar() else {
                        self.report(key.span, "a key must be a text".to_owned(), "this is none", None);
                        return Some(());
                    };
                    if scalar.value == "<<" && scalar.plain {
                        merges.push(node);
                    } else if let Some(first) = entries.iter().find(|entry| entry.key.text == scalar.value) {
                        let problem = Diagnostic::error(format!("`{}` is given twice", scalar.value))
                            .label(self.source, key.span.range(), "here again")
                            .label(self.source, first.key.span.range(), "here first")
                            .help("keep one of them");
                        self.problems.push(problem);
                    } else {
                        entries.push(Entry { key: Key { text: scalar.value.clone(), span: key.span }, value: node });
                    }
                }
            },
        }
        Some(())
    }

    /// Adds what `<<` brings: written keys win over merged ones, earlier merges over later ones.
    fn merged(&mut self, mut entries: Vec<Entry>, merges: Vec<Node>) -> Vec<Entry> {
        for merge in merges {
            let sources = match merge.kind {
                Kind::Sequence(items) => items,
                _ => vec![merge],
            };
            for source in sources {
                let Kind::Mapping(more) = source.kind else {
                    let help = Some("write `<<: *name`, where `&name` stands before a mapping");
                    self.report(source.span, "`<<` merges mappings".to_owned(), "this is none", help);
                    continue;
                };
                for entry in more {
                    if !entries.iter().any(|known| known.key.text == entry.key.text) {
                        entries.push(entry);
                    }
                }
            }
        }
        entries
    }

    fn check_tag(&mut self, tag: Option<&Tag>, span: Span) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            self.report(span, format!("the tag `{tag}` means nothing here"), "", Some("leave it out"));
        }
    }

    fn report(&mut self, span: Span, message: String, label: &str, help: Option<&str>) {
        let mut problem = Diagnostic::error(message).label(self.source, span.range(), label);
        problem.help = help.map(str::to_owned);
        self.problems.push(problem);
    }
}

/// From characters, which the parser counts, to bytes.
struct Offsets(Vec<usize>);

impl Offsets {
    fn new(text: &str) -> Self {
        Self(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
    }

    fn byte(&self, character: usize) -> usize {
        self.0.get(character).or(self.0.last()).copied().unwrap_or(0)
    }
}

fn count(node: &Node) -> usize {
    match &node.kind {
        Kind::Scalar(_) => 1,
        Kind::Sequence(items) => 1 + items.iter().map(count).sum::<usize>(),
        Kind::Mapping(entries) => 1 + entries.iter().map(|entry| count(&entry.value)).sum::<usize>(),
    }
}

/// Where the last thing inside of a container ends.
fn last_byte(kind: &Kind) -> Option<usize> {
    match kind {
        Kind::Scalar(_) => None,
        Kind::Sequence(items) => items.last().map(|item| item.span.end),
        Kind::Mapping(entries) => entries.iter().map(|entry| entry.value.span.end.max(entry.key.span.end)).max(),
    }
}

fn syntax_help(info: &str, line: &str) -> &'static str {
    if line.contains("${") || line.contains("{{") {
        "put the text with `${` or `{{` in quotes: within `{ }` and `[ ]` a brace means a mapping, and so does one in front"
    } else if info.contains("anchor") {
        "an alias `*name` needs an anchor `&name` before it"
    } else if info.contains("tab") {
        "indent with spaces: YAML takes no tabs there"
    } else if info.contains("quoted") {
        "close the quotes"
    } else {
        "check the indentation, and quote texts that hold `: `, ` #`, `{` or `[`"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> (Option<Node>, Vec<String>) {
        let mut problems = Vec::new();
        let node = parse(&Arc::new(Source::new("a.yml", text)), &mut problems);
        (node, problems.iter().map(|problem| format!("{}: {}", problem.place().unwrap(), problem.message)).collect())
    }

    fn well(text: &str) -> Node {
        let (node, problems) = read(text);
        assert_eq!(problems, [] as [String; 0], "{text}");
        node.unwrap()
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let text = "grüße: \"a b\"\r\nlist:\r\n  - 12\r\n  - {x: y}  # why\r\nlast: 'it''s'\r\n";
        let root = well(text);
        let slice = |node: &Node| &text[node.span.start..node.span.end];
        let entries = root.as_mapping().unwrap();
        assert_eq!(&text[entries[0].key.span.start..entries[0].key.span.end], "grüße");
        assert_eq!(slice(&entries[0].value), "\"a b\"");
        let items = entries[1].value.as_sequence().unwrap();
        assert_eq!((slice(&items[0]), slice(&items[1])), ("12", "{x: y}"));
        assert_eq!(slice(&entries[2].value), "'it''s'");
        assert!(well("{ a: \"b\" }").as_mapping().unwrap()[0].value.as_scalar().unwrap().verbatim.is_some());
        let scalar = entries[0].value.as_scalar().unwrap();
        assert_eq!(scalar.verbatim, Some(text.find("a b").unwrap()));
        assert_eq!(entries[2].value.as_scalar().unwrap().verbatim, None);
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let root = well("a: &a {x: 1, y: 2}\nb: &b {z: 3, x: 9}\nc: {<<: *a, y: 5}\nd: {<<: [*a, *b]}\ne: *a\n");
        assert_eq!(
            root.to_json(),
            json!({"a": {"x": 1, "y": 2}, "b": {"z": 3, "x": 9}, "c": {"y": 5, "x": 1}, "d": {"x": 1, "y": 2, "z": 3}, "e": {"x": 1, "y": 2}})
        );
    }

    #[test]
    fn a_key_given_twice_is_reported_and_reading_goes_on() {
        let (node, problems) = read("a: 1\nb: 2\na: 3\nb: 4\n");
        assert_eq!(node.unwrap().to_json(), json!({"a": 1, "b": 2}));
        assert_eq!(problems, ["a.yml:3:1: `a` is given twice", "a.yml:4:1: `b` is given twice"]);
    }

    #[test]
    fn what_is_no_yaml_is_said_with_its_place() {
        for text in ["a: [1, 2\n", "a: \"open\n", "a: 1\n  b: 2\n", "a: *nowhere\n", "{", "- a\nb: 1\n", "a: @x\n"] {
            let (node, problems) = read(text);
            assert!(node.is_none() && problems.len() == 1 && problems[0].starts_with("a.yml:"), "{text:?}: {problems:?}");
        }
    }

    #[test]
    fn alias_bombs_and_deep_nesting_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb += &format!("a{level}: &a{level} [{items}]\n");
        }
        let (_, problems) = read(&bomb);
        assert!(problems.len() == 1 && problems[0].contains("values, aliases spelled out"), "{problems:?}");
        let (_, problems) = read(&("[".repeat(100) + &"]".repeat(100)));
        assert!(problems.len() == 1 && problems[0].contains("deep"), "{problems:?}");
        assert!(read("a: &a [*a]\n").0.is_none());
    }

    #[test]
    fn one_document_without_foreign_tags() {
        assert!(read("a: 1\n---\nb: 2\n").0.is_none());
        assert_eq!(read("a: !secret x\n").1, ["a.yml:1:4: the tag `!secret` means nothing here"]);
        assert_eq!(well("a: !!str 12\n").to_json(), json!({"a": "12"}));
        assert_eq!(read("# nothing\n"), (None, vec![]));
        assert_eq!(read(""), (None, vec![]));
    }

    proptest! {
        #[test]
        fn never_panics_on_text(text in "(?s).{0,80}") {
            read(&text);
        }

        #[test]
        fn never_panics_on_what_looks_like_yaml(text in "([a-c]|: |\n|  |- |\\{|\\}|\\[|\\]|&a |\\*a|<<|\"|'|\\||>|#|é|\r\n|!|,|\\?|%|---|\u{feff}){0,40}") {
            let (node, _) = read(&text);
            if let Some(node) = node {
                prop_assert!(node.span.end <= text.len());
                node.to_json();
            }
        }
    }
}
