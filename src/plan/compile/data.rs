//! Data feeds, read before anything runs.

use std::sync::Arc;

use minijinja::Value;
use sha2::{Digest, Sha256};

use super::super::{Feed, FeedError, OnExhausted, Pick, Slots, rows_from_csv, rows_from_json, rows_from_list, rows_from_text};
use super::compiling::Compiling;
use crate::config::yaml::{Node, Span};
use crate::config::{ExhaustedConfig, FeedConfig, PickConfig, ValuesConfig};
use crate::text::{Diagnostic, Source};

/// All feeds of a scenario.
#[derive(Debug, Default)]
pub(super) struct Data {
    tables: Vec<Table>,
}

/// A feed that was read.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: String,
    /// Where its name stands.
    pub(super) span: Span,
    /// How the next row is picked.
    pub(super) pick: Pick,
    /// What happens without one.
    pub(super) on_exhausted: OnExhausted,
    /// SHA-256 of its content.
    pub(super) hash: String,
    rows: Vec<Value>,
    columns: Vec<String>,
}

impl Data {
    /// Reads the rows of all feeds.
    pub(super) fn read(compiling: &mut Compiling<'_>) -> Self {
        let scenario = compiling.scenario;
        let mut tables = Vec::new();
        for entry in scenario.sections.data.iter().flat_map(|data| &data.0) {
            // A feed that can't be read keeps its place: its name is known.
            let content = entry.value.as_ref().and_then(|feed| rows(compiling, feed));
            let (rows, hash) = content.unwrap_or_default();
            let pick = entry.value.as_ref().and_then(|feed| feed.pick.as_ref()).map_or(Pick::Sequential, |pick| match pick.value {
                PickConfig::Sequential => Pick::Sequential,
                PickConfig::Random => Pick::Random,
                PickConfig::Shuffle => Pick::Shuffle,
                PickConfig::Unique => Pick::Unique,
            });
            let wrap =
                entry.value.as_ref().and_then(|feed| feed.on_exhausted.as_ref()).is_some_and(|what| what.value == ExhaustedConfig::Wrap);
            let on_exhausted = if wrap || pick != Pick::Unique { OnExhausted::Wrap } else { OnExhausted::Error };
            let columns = columns(&rows);
            tables.push(Table { name: entry.name.value.clone(), span: entry.name.span, pick, on_exhausted, hash, rows, columns });
        }
        Self { tables }
    }

    /// The index of a feed.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == name)
    }

    /// The names of the columns of a feed; empty where its rows are values, or could not be read.
    pub(super) fn columns(&self, feed: usize) -> &[String] {
        &self.tables[feed].columns
    }

    /// All feeds.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The feeds that run.
    pub(super) fn into_feeds(self, slots: &Slots, seed: u64) -> Vec<Feed> {
        let feed = |table: Table| {
            let slot = slots.find(&table.name)?;
            Some(Feed::new(table.name, slot, table.rows, table.pick, table.on_exhausted, seed))
        };
        self.tables.into_iter().filter_map(feed).collect()
    }
}

impl Table {
    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

fn rows(compiling: &mut Compiling<'_>, feed: &FeedConfig) -> Option<(Vec<Value>, String)> {
    let (read, bytes, span, file): (Result<Vec<Value>, FeedError>, Vec<u8>, Span, Option<String>) =
        if let Some(path) = feed.csv.as_ref().or(feed.json.as_ref()) {
            let bytes = match std::fs::read(compiling.scenario.folder.join(path.as_str())) {
                Ok(bytes) => bytes,
                Err(error) => {
                    let help = "paths are relative to the scenario file";
                    compiling.error(path.span, format!("failed to read the data file `{}`: {error}", path.as_str()), help);
                    return None;
                }
            };
            let read = if feed.csv.is_some() { rows_from_csv(&bytes) } else { rows_from_json(&bytes) };
            (read, bytes, path.span, Some(path.as_str().to_owned()))
        } else {
            let values = feed.values.as_ref()?;
            match &values.value {
                ValuesConfig::Text(text) => (rows_from_text(text.as_str()), text.as_bytes().to_vec(), values.span, None),
                ValuesConfig::List(items) => {
                    let items: Vec<serde_json::Value> = items.iter().map(Node::to_json).collect();
                    (rows_from_list(&items), serde_json::to_vec(&items).unwrap_or_default(), values.span, None)
                }
            }
        };
    match read {
        Ok(rows) if rows.is_empty() => {
            compiling.error(span, "the feed has no rows", "give it at least one");
            None
        }
        Ok(rows) => Some((rows, hex(&Sha256::digest(&bytes)))),
        Err(error) => {
            let problem = compiling.scenario.error(span, format!("failed to read the rows: {}", error.message));
            compiling.found.push(match file {
                Some(file) => in_file(problem, &file, &bytes, &error),
                None => problem,
            });
            None
        }
    }
}

/// Points at the line of the data file that is wrong.
fn in_file(problem: Diagnostic, file: &str, bytes: &[u8], error: &FeedError) -> Diagnostic {
    let Some(row) = error.row else { return problem };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let line = usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(1);
    let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>().min(text.len());
    let end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    problem.label(&Arc::new(Source::new(file, text)), start..end, "here")
}

fn columns(rows: &[Value]) -> Vec<String> {
    let keys = |row: &Value| -> Option<Vec<String>> {
        let keys = (row.kind() == minijinja::value::ValueKind::Map).then(|| row.try_iter().ok())??;
        Some(keys.map(|key| key.to_string()).collect())
    };
    let mut columns = Vec::new();
    for row in rows {
        for key in keys(row).unwrap_or_default() {
            if !columns.contains(&key) {
                columns.push(key);
            }
        }
    }
    columns
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
