//! Paths into JSON.

use std::borrow::Cow;

use serde_json::Value as Json;
use serde_json_path::JsonPath as Query;

use super::json_scan;
use super::source_error::SourceError;

/// A compiled JSONPath (RFC 9535).
///
/// Chains of names and indexes (`$.items[0].id`), which is what scenarios nearly always write, are walked directly;
/// everything else is a query.
#[derive(Debug, Clone)]
pub struct JsonPath {
    source: String,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// Leads to one node at most.
    Chain(Vec<Link>),
    /// May lead to several.
    Query(Box<Query>),
}

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    Name(String),
    /// From the end where it is negative.
    Index(i64),
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found<'a> {
    /// Nothing.
    None,
    /// The node of a path that can lead to one only.
    One(Cow<'a, Json>),
    /// The nodes of a path that can lead to several; at least one.
    Many(Vec<&'a Json>),
}

impl JsonPath {
    /// Compiles `$.a.b[0]`, `$.items[*].id`, `$..price`, `$.items[?@.stock > 0]`.
    pub fn parse(source: &str) -> Result<Self, SourceError> {
        let query = Query::parse(source).map_err(|error| {
            let at = error.position().min(source.len());
            let reported =
                SourceError::new(format!("not a JSONPath: {}", error.message())).at(at, source.len().saturating_sub(at).clamp(0, 1));
            match help(source) {
                Some(help) => reported.help(help),
                None => reported,
            }
        })?;
        let form = chain(source).map_or_else(|| Form::Query(Box::new(query)), Form::Chain);
        Ok(Self { source: source.to_owned(), form })
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Looks for its node in a text, without building the rest of the document. None where that can't be done for this
    /// path; an error where the text is not JSON.
    pub(super) fn scan(&self, text: &str) -> Option<serde_json::Result<Found<'static>>> {
        let Form::Chain(links) = &self.form else { return None };
        let from_the_end = |link: &Link| matches!(link, Link::Index(..0));
        if links.is_empty() || links.iter().any(from_the_end) {
            return None;
        }
        Some(json_scan::scan(text, links).map(|node| node.map_or(Found::None, |node| Found::One(Cow::Owned(node)))))
    }

    /// Walks it.
    pub(super) fn find<'a>(&self, root: &'a Json) -> Found<'a> {
        match &self.form {
            Form::Chain(links) => {
                let node = links.iter().try_fold(root, |node, link| link.follow(node));
                node.map_or(Found::None, |node| Found::One(Cow::Borrowed(node)))
            }
            Form::Query(query) => {
                let nodes = query.query(root).all();
                if nodes.is_empty() { Found::None } else { Found::Many(nodes) }
            }
        }
    }
}

impl Link {
    fn follow<'a>(&self, node: &'a Json) -> Option<&'a Json> {
        match self {
            Self::Name(name) => node.as_object()?.get(name),
            Self::Index(index) => {
                let items = node.as_array()?;
                let at = if *index < 0 {
                    items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
                } else {
                    usize::try_from(*index).ok()?
                };
                items.get(at)
            }
        }
    }
}

/// The links of a path that is a chain of names and indexes; none where it is anything else. The path is known to be
/// well-formed.
fn chain(source: &str) -> Option<Vec<Link>> {
    let mut links = Vec::new();
    let mut rest = source.strip_prefix('$')?;
    while !rest.is_empty() {
        rest = rest.trim_start();
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[', ' ', '\t', '\r', '\n']).unwrap_or(name.len());
            if end == 0 || name.starts_with('*') {
                return None;
            }
            links.push(Link::Name(name[..end].to_owned()));
            rest = &name[end..];
            continue;
        }
        let inner = rest.strip_prefix('[')?.trim_start();
        let quote = inner.chars().next()?;
        let (link, behind) = if quote == '\'' || quote == '"' {
            let end = 1 + inner[1..].find(['\\', quote])?;
            if !inner[end..].starts_with(quote) {
                return None;
            }
            (Link::Name(inner[1..end].to_owned()), &inner[end + 1..])
        } else {
            let end = inner.find(|c: char| !(c == '-' || c.is_ascii_digit()))?;
            (Link::Index(inner[..end].parse().ok()?), &inner[end..])
        };
        rest = behind.trim_start().strip_prefix(']')?;
        links.push(link);
    }
    Some(links)
}

/// What is usually meant by a path that can't be read.
fn help(source: &str) -> Option<String> {
    if !source.starts_with('$') {
        return Some(format!("a path begins at the root: `$.{}`", source.trim_start_matches('.')));
    }
    let segment = source.split('.').skip(1).find(|segment| segment.contains('-') && !segment.contains('['))?;
    Some(format!("put a name with other than letters, digits and `_` into quotes: `['{segment}']`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn document() -> Json {
        json!({"id": 7, "a b": {"c": [10, 20, {"d": null}]}, "items": [{"p": 1}, {"p": 2}, {"q": 3}]})
    }

    #[test]
    fn paths_lead_to_a_node_several_or_none() {
        let document = document();
        let found = |path: &str| match JsonPath::parse(path).unwrap().find(&document) {
            Found::None => json!("nothing"),
            Found::One(node) => node.into_owned(),
            Found::Many(nodes) => json!({ "many": nodes }),
        };
        for (path, expected) in [
            ("$", document.clone()),
            ("$.id", json!(7)),
            ("$['a b'].c[1]", json!(20)),
            ("$[\"a b\"]['c'][-1].d", json!(null)),
            ("$ .items [ 0 ] .p", json!(1)),
            ("$.items[*].p", json!({"many": [1, 2]})),
            ("$..p", json!({"many": [1, 2]})),
            ("$.items[?@.p > 1].p", json!({"many": [2]})),
            ("$.items[0:2]", json!({"many": [{"p": 1}, {"p": 2}]})),
            ("$.nope", json!("nothing")),
            ("$.items[9]", json!("nothing")),
            ("$.items[-9]", json!("nothing")),
            ("$.id.deeper", json!("nothing")),
            ("$.items[*].nope", json!("nothing")),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
    }

    #[test]
    fn a_scan_finds_what_walking_finds() {
        let text = r#"{"a": {"b": 1}, "list": [1, {"a": [true, null]}, "x"], "a": {"b": 2, "c": "\u0041"}}"#;
        for (path, expected) in [
            ("$.a.b", Some(json!(2))),
            ("$.a['c']", Some(json!("A"))),
            ("$.a", Some(json!({"b": 2, "c": "A"}))),
            ("$.list[1].a[0]", Some(json!(true))),
            ("$.list[1].a[1]", Some(json!(null))),
            ("$.list[3]", None),
            ("$.list.a", None),
            ("$.a[0]", None),
            ("$.list[2].a", None),
        ] {
            let found = JsonPath::parse(path).unwrap().scan(text).unwrap().unwrap();
            assert_eq!(found, expected.map_or(Found::None, |node| Found::One(Cow::Owned(node))), "{path}");
        }
        let path = JsonPath::parse("$.a").unwrap();
        for wrong in ["", "{\"a\": 1", "{\"a\": 1} x", "<html>", "{\"a\": 1, \"b\": nope}"] {
            assert!(path.scan(wrong).unwrap().is_err(), "{wrong}");
        }
        for walked in ["$", "$.list[-1]", "$.list[*]"] {
            assert!(JsonPath::parse(walked).unwrap().scan(text).is_none(), "{walked}");
        }
    }

    #[test]
    fn wrong_paths_are_helped() {
        for (path, help) in [
            ("id", Some("a path begins at the root: `$.id`")),
            ("$.a-b", Some("put a name with other than letters, digits and `_` into quotes: `['a-b']`")),
            ("$.a[", None),
            ("", Some("a path begins at the root: `$.`")),
        ] {
            let error = JsonPath::parse(path).unwrap_err();
            assert_eq!(error.help.as_deref(), help, "{path}: {error}");
            assert!(error.span.is_some_and(|(at, length)| at + length <= path.len()), "{path}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn walking_a_chain_finds_what_the_query_finds(
            path in prop::collection::vec(prop_oneof!["\\.[a-d]", "\\[-?[0-3]\\]", "\\['[a-d ]{1,2}'\\]", "\\[\"[a-d]\"\\]"], 0..4),
        ) {
            let document = json!({"a": [1, {"b": [2, 3]}, {"c": {"d": 4}}], "b": {"a": {"a": 5, "b c": 6}}, "c": [[7, 8], [9]], "a b": 1});
            let source = format!("${}", path.concat());
            if let Ok(path) = JsonPath::parse(&source) {
                let nodes = Query::parse(&source).unwrap().query(&document).all();
                let expected = nodes.first().map_or(Found::None, |node| Found::One(Cow::Borrowed(*node)));
                prop_assert_eq!(&path.find(&document), &expected);
                if let Some(scanned) = path.scan(&document.to_string()) {
                    prop_assert_eq!(scanned.unwrap(), expected);
                }
            }
        }

        #[test]
        fn a_scan_takes_for_json_what_the_parser_takes(text in "[\\[\\]{}:,\"a1. \\\\-]{0,12}") {
            let path = JsonPath::parse("$.a").unwrap();
            let parsed = serde_json::from_str::<Json>(&text);
            let scanned = path.scan(&text).unwrap();
            prop_assert_eq!(scanned.is_ok(), parsed.is_ok(), "{}", text);
            if let (Ok(scanned), Ok(parsed)) = (scanned, parsed) {
                prop_assert_eq!(scanned, path.find(&parsed));
            }
        }

        #[test]
        fn no_path_makes_it_panic(source in "[$.\\[\\]a-c'\"*?@0-9\\\\-]{0,16}") {
            let _ = JsonPath::parse(&source);
        }
    }
}
