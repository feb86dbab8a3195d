//! The file as a whole.

use super::sections::SectionsConfig;
use crate::config::reader::{Element, Fields, Map, Read, Reader, Schema, Text, element};
use crate::config::yaml::Node;

element! {
    /// The head of a scenario.
    "head", "a scenario";
    pub struct HeadConfig {
        /// What the scenario is called in reports and baselines.
        "name" name: Text => default "the file's name",
        /// The environment that runs; `--environment` picks another.
        "environment" environment: Text => default "the only one",
        /// Sets of top-level keys with names; the selected one replaces those it names.
        "environments" environments: Map<SectionsConfig> => optional,
    }
}

/// A scenario file.
#[derive(Debug, Clone)]
pub struct DocumentConfig {
    /// Its name and environments.
    pub head: HeadConfig,
    /// All other keys.
    pub sections: SectionsConfig,
}

/// Keys that begin like this are the user's own: a place for anchors.
const FREE: &str = "x-";

impl Read for DocumentConfig {
    fn form() -> String {
        "a scenario: a mapping with `target`, `users` and `load`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let keys: Vec<&str> = HeadConfig::KEYS.iter().chain(SectionsConfig::KEYS).copied().collect();
        let mut fields = Fields::open(node, &keys, Some(FREE), &Self::form(), reader)?;
        Some(Self { head: HeadConfig::take(&mut fields, reader), sections: SectionsConfig::take(&mut fields, reader) })
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        schema.object(
            "scenario",
            "A load test: what is under load, what its users do, how many come, and what decides.",
            |schema| {
                let mut keys = HeadConfig::keys(schema);
                keys.extend(SectionsConfig::keys(schema));
                keys
            },
            Some("^x-"),
        )
    }
}
