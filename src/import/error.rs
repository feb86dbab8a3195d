//! Why a file is no result that can be read.

use std::path::PathBuf;

/// Says why a file is no result that can be read: what was recognised, and what is missing.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ImportError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub(super) problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("larger than {0} MiB, which no summary is")]
    TooLarge(u64),
    /// Nothing that is known; `seen` says what it looks like.
    #[error(
        "{seen}, and none that is known\n  loadline reads its own records, k6 (--summary-export, handleSummary, --out json), Locust (_stats.csv, --json), vegeta (report -type=json) and oha (--output-format json)"
    )]
    Unknown { seen: String },
    /// Another file of a known tool.
    #[error("{found}: not what can be compared\n  {instead}")]
    WrongFile { found: &'static str, instead: &'static str },
    /// A known kind of file that isn't whole or right.
    #[error("looks like {kind}, and is damaged: {source}")]
    Json { kind: &'static str, source: serde_json::Error },
    #[error("looks like {kind}, and is damaged: {source}")]
    Csv { kind: &'static str, source: csv::Error },
    #[error("looks like {kind}, and line {line} is damaged: {source}")]
    Line { kind: &'static str, line: u64, source: serde_json::Error },
    #[error("looks like {kind}, and line {line} is longer than {most} bytes")]
    LongLine { kind: &'static str, line: u64, most: u64 },
    #[error("looks like {kind}, and has no {what}")]
    Missing { kind: &'static str, what: String },
    #[error("looks like {kind}, and {what} is {value}: it must be a number that is finite and not negative")]
    Number { kind: &'static str, what: String, value: String },
}
