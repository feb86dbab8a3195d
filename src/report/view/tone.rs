//! Good or bad.

use serde::Serialize;

/// What a row says at a glance; surfaces choose colour and symbol by it, never by it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// It fails the run.
    Bad,
    /// Somebody should look.
    Warn,
    /// It holds, or became better.
    Good,
    /// It says nothing about the verdict.
    Neutral,
}

impl Tone {
    /// One character for terminals and tables.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Bad => "✗",
            Self::Warn => "!",
            Self::Good => "✓",
            Self::Neutral => "·",
        }
    }
}
