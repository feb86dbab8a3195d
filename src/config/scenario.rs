//! A scenario for one environment and profile, with all overrides in it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::element::{LoadConfig, SectionsConfig};
use super::overrides::Base;
use super::reader::{Spanned, Text};
use super::variables::Variables;
use super::yaml::Span;
use crate::text::{Diagnostic, Source};

/// What is written, resolved as far as it can be without knowing what it means.
///
/// Values that are missing because they are wrong have been reported: whoever reads this goes on without them.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file.
    pub source: Arc<Source>,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// What it is called.
    pub name: String,
    /// The selected environment, where there are any.
    pub environment: Option<String>,
    /// The selected profile, where there are any.
    pub profile: Option<String>,
    /// All sections, those of the environment over those of the file. `load` and `profiles` are in [`Scenario::load`].
    pub sections: SectionsConfig,
    /// The load that runs, overrides in it.
    pub load: Option<Spanned<LoadConfig>>,
    /// What it is compared with side by side, where that was asked for.
    pub base: Option<Base>,
    /// `--threshold`s.
    pub thresholds: Vec<String>,
    /// `--regression`s.
    pub regressions: Vec<String>,
    /// `--target` was given: the service already runs.
    pub target_given: bool,
    /// Where the port of the service is still to be put in as `${PORT}`.
    pub keeps_port: bool,
    /// The seed that was given on the command line.
    pub seed: Option<u64>,
    /// What `env.NAME` reads.
    pub variables: Variables,
    /// Values of this run that must not be shown: all of `--var` and `env_file` but numbers, limits and names, and those of
    /// the process's environment whose names say that they are secrets.
    pub secrets: BTreeSet<String>,
    /// Names of the scenario, its profile and its environment, as far as they stand in the file as they are.
    pub names: Vec<String>,
}

impl Scenario {
    /// An error at a place of the scenario.
    pub fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        labelled(Diagnostic::error(message), &self.source, span, "")
    }

    /// The same with a word on what stands there.
    pub fn error_labelled(&self, span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
        labelled(Diagnostic::error(message), &self.source, span, label)
    }

    /// A warning at a place of the scenario.
    pub fn warning(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        labelled(Diagnostic::warning(message), &self.source, span, "")
    }

    /// A text that stands in no file.
    pub fn outside(text: impl Into<String>) -> Spanned<Text> {
        Spanned { value: Text::new(text), span: Span::OUTSIDE }
    }
}

/// Adds a label, unless what is meant stands in no file.
pub(super) fn labelled(diagnostic: Diagnostic, source: &Arc<Source>, span: Span, text: &str) -> Diagnostic {
    if span == Span::OUTSIDE { diagnostic } else { diagnostic.label(source, span.range(), text) }
}
