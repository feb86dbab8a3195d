//! One thing that is wrong, or worth knowing, and where.

use std::ops::Range;
use std::sync::Arc;

use super::source::{Place, Source};

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs until it is put right.
    Error,
    /// It runs, but probably not as meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// A stretch of a text, and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The text it points into.
    pub source: Arc<Source>,
    /// Bytes of that text; bounds are corrected when it is rendered.
    pub span: Range<usize>,
    /// Said under the marked stretch; may be empty.
    pub text: String,
}

/// A problem with the place it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// One line, lower case, the user's own words in backticks.
    pub message: String,
    /// What it points at; the first one is the place of the diagnostic.
    pub labels: Vec<Label>,
    /// What to do about it: an imperative without a period.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// A warning without a place yet.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// A note without a place yet.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    /// Points at a stretch of a text; the first label is the place of the diagnostic.
    #[must_use]
    pub fn label(mut self, source: &Arc<Source>, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label { source: Arc::clone(source), span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Where it stands; none for what is in no file.
    pub fn place(&self) -> Option<Place> {
        self.labels.first().map(|label| label.source.place(label.span.start))
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), labels: Vec::new(), help: None }
    }
}
