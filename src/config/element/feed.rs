//! Tables of data that users read rows from.

use serde_json::json;

use crate::config::reader::{Fields, Read, Reader, Schema, Text, element, words};
use crate::config::yaml::{Kind, Node};

element! {
    /// A table of rows. `{{ name }}` is the row of the iteration: a mapping for `csv` and `json`, a value for `values`.
    "feed", "a mapping such as `{ csv: users.csv }`";
    pub struct FeedConfig {
        /// A file of comma-separated values with a header row, relative to the scenario.
        "csv" csv: Text => optional,
        /// A file with a JSON list of objects or values, relative to the scenario.
        "json" json: Text => optional,
        /// The rows themselves: a list, or a text with commas between the values.
        "values" values: ValuesConfig => optional,
        /// How the next row is picked.
        "pick" pick: PickConfig => default "sequential",
        /// What happens when a `unique` feed has fewer rows than there are users. All others start again.
        "on_exhausted" on_exhausted: ExhaustedConfig => default "error",
    }
    check rules;
}

words! {
    /// How the next row is picked.
    pub enum PickConfig {
        /// One after the other, shared by all users.
        Sequential = "sequential",
        /// Any.
        Random = "random",
        /// All of them in a random order, again and again.
        Shuffle = "shuffle",
        /// A row belongs to a user for good.
        Unique = "unique",
    }
}

words! {
    /// What happens when rows run out.
    pub enum ExhaustedConfig {
        /// Nothing runs.
        Error = "error",
        /// Rows are given out again from the first one on.
        Wrap = "wrap",
    }
}

/// Rows written in the scenario.
#[derive(Debug, Clone)]
pub enum ValuesConfig {
    /// A list.
    List(Vec<Node>),
    /// `a,b,c`
    Text(Text),
}

impl Read for ValuesConfig {
    fn form() -> String {
        "a list such as `[a, b]`, or a text such as `a,b`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Sequence(items) if items.iter().any(Node::is_unresolved) => None,
            Kind::Sequence(items) => Some(Self::List(items.clone())),
            Kind::Scalar(_) => Text::read(node, reader).map(Self::Text),
            Kind::Mapping(_) => reader.wrong(node, &Self::form()),
        }
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        json!({ "type": ["array", "string", "number", "boolean"] })
    }
}

fn rules(feed: &FeedConfig, fields: &Fields<'_>, reader: &mut Reader) {
    let sources: Vec<_> = ["csv", "json", "values"].iter().filter_map(|key| fields.key(key)).collect();
    match sources.as_slice() {
        [] => reader.report(
            fields.span,
            "the feed has no rows",
            "",
            Some("give it `csv: file.csv`, `json: file.json` or `values: [a, b]`".to_owned()),
        ),
        [_] => {}
        [first, second, ..] => {
            reader.conflict("a feed is either `csv`, `json` or `values`", *second, *first, "keep one of them, or make two feeds");
        }
    }
    let unique = feed.pick.as_ref().is_some_and(|pick| pick.value == PickConfig::Unique);
    if let Some(on_exhausted) = feed.on_exhausted.as_ref().filter(|what| what.value == ExhaustedConfig::Error && !unique) {
        reader.report(
            on_exhausted.span,
            "only a feed with `pick: unique` can run out of rows",
            "all others start again with the first row",
            Some("remove `on_exhausted`, or add `pick: unique`".to_owned()),
        );
    }
}
