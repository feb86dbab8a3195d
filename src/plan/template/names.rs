//! Which variables a template needs.

/// One place where a template uses a variable, or a name of `env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameUse {
    /// The variable (`account`), or the name behind `env.`.
    pub name: String,
    /// The attributes behind a variable: `email` of `account.email`.
    pub attributes: Vec<String>,
    /// Which text of a nested value, as a JSON pointer; empty for a plain text.
    pub pointer: String,
    /// Byte offset of the name in that text.
    pub offset: usize,
    /// The template also works without it: `default(..)` or `is defined` stands behind the name.
    pub optional: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) names: Vec<NameUse>,
    pub(super) env: Vec<NameUse>,
}

impl Uses {
    pub(super) fn append(&mut self, other: Self) {
        self.names.extend(other.names);
        self.env.extend(other.env);
    }

    /// As seen from an enclosing value.
    pub(super) fn at(mut self, pointer: &str) -> Self {
        for name in self.names.iter_mut().chain(&mut self.env) {
            name.pointer = pointer.to_owned();
        }
        self
    }
}
