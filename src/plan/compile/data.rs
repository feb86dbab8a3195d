//! Data feeds, read before anything runs.

use std::sync::Arc;

use minijinja::Value;
use sha2::{Digest, Sha256};

use super::super::{Feed, FeedError, OnExhausted, Pick, rows_from_csv, rows_from_json, rows_from_list, rows_from_text};
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
    /// Where its name stands.
    pub(super) span: Span,
    /// How the next row is picked.
    pub(super) pick: Pick,
    /// SHA-256 of its content.
    pub(super) hash: String,
    /// Its rows.
    pub(super) feed: Feed,
}

impl Data {
    /// Reads the rows of all feeds.
    pub(super) fn read(compiling: &mut Compiling<'_>, seed: u64) -> Self {
        let scenario = compiling.scenario;
        let mut tables = Vec::new();
        for entry in scenario.sections.data.iter().flat_map(|data| &data.0) {
            // A name that no variable can have was reported.
            let Some(slot) = compiling.declared.slots.find(&entry.name.value) else { continue };
            let config = entry.value.as_ref();
            // A feed that can't be read keeps its place: its name is known.
            let (rows, hash) = config.and_then(|feed| rows(compiling, feed)).unwrap_or_default();
            let pick = config.and_then(|feed| feed.pick.as_ref()).map_or(Pick::Sequential, |pick| match pick.value {
                PickConfig::Sequential => Pick::Sequential,
                PickConfig::Random => Pick::Random,
                PickConfig::Shuffle => Pick::Shuffle,
                PickConfig::Unique => Pick::Unique,
            });
            let on_exhausted = match config.and_then(|feed| feed.on_exhausted.as_ref()).map(|what| what.value) {
                Some(ExhaustedConfig::Wrap) => OnExhausted::Wrap,
                Some(ExhaustedConfig::Error) => OnExhausted::Error,
                None => OnExhausted::usual(pick),
            };
            let feed = Feed::new(entry.name.value.clone(), slot, rows, pick, on_exhausted, seed);
            tables.push(Table { span: entry.name.span, pick, hash, feed });
        }
        Self { tables }
    }

    /// The index of a feed.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.feed.name == name)
    }

    /// The names of the columns of a feed; empty where its rows are values, or could not be read.
    pub(super) fn columns(&self, feed: usize) -> &[String] {
        self.tables[feed].feed.columns()
    }

    /// All feeds.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The feeds that run.
    pub(super) fn into_feeds(self) -> Vec<Feed> {
        self.tables.into_iter().map(|table| table.feed).collect()
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

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
