//! What is wrong within a value of the scenario.

/// Says what is wrong within a value of the scenario, and where in it; whoever knows where the value stands adds that.
///
/// `pointer` names a text inside a nested value as an RFC 6901 JSON pointer (empty: the value itself); `span` is a byte
/// offset and a length inside that text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What is wrong with it.
    pub message: String,
    /// Which text of a nested value, as a JSON pointer: `/items/0/price`.
    pub pointer: String,
    /// Byte offset in that text of what is wrong, and how many bytes it has; none where the value as a whole is meant.
    pub span: Option<(usize, usize)>,
    /// What to write instead, where it can be guessed.
    pub help: Option<String>,
}

impl SourceError {
    /// An error of the value as a whole.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), pointer: String::new(), span: None, help: None }
    }

    /// Narrows it to some bytes of the text.
    pub(crate) fn at(mut self, offset: usize, length: usize) -> Self {
        self.span = Some((offset, length));
        self
    }

    /// Says what to write instead.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Puts it below the place of an enclosing value that `pointer` names.
    pub(crate) fn within(mut self, pointer: &str) -> Self {
        self.pointer.insert_str(0, pointer);
        self
    }
}
