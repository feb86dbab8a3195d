//! Which variables a template can use where it stands.

use std::collections::BTreeSet;

/// The names that have a value at a place of the scenario, whatever happens before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    names: BTreeSet<String>,
    /// Names that later steps of the same program fill.
    pub(super) later: BTreeSet<String>,
    /// Where we are, for messages: `setup`, `the class `buyer``.
    pub(super) place: String,
}

impl Known {
    pub(super) fn new(place: impl Into<String>) -> Self {
        Self { place: place.into(), ..Self::default() }
    }

    pub(super) fn add(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}
