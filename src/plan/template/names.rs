//! Which variables a template needs.

/// One place where a template uses a variable, or a name of `env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameUse {
    /// The variable (`account`), or the name behind `env.`.
    pub name: String,
    /// Which text of a nested value, as a JSON pointer; empty for a plain text.
    pub pointer: String,
    /// Byte offset of the name in that text.
    pub offset: usize,
    /// The template also works without it: `default(..)` or `is defined` stands behind the name.
    pub optional: bool,
}
