//! The collecting reader.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::schema::Schema;
use super::spanned::Spanned;
use crate::config::yaml::{Kind, Node, Span};
use crate::text::{Diagnostic, Source};

/// What can be read from the tree.
pub(in crate::config) trait Read: Sized {
    /// Whether a value that is written as nothing (`key:`) can be read.
    const TAKES_NOTHING: bool = false;

    /// What is expected, with an example; reads well after "must be".
    fn form() -> String;

    /// Reads the value; none when it is not what is expected, which has been reported then.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// The JSON Schema of what is accepted.
    fn schema(schema: &mut Schema) -> serde_json::Value;
}

/// Collects what is wrong while a tree is read.
pub(in crate::config) struct Reader {
    source: Arc<Source>,
    /// What is wrong so far.
    pub(in crate::config) problems: Vec<Diagnostic>,
    /// Where variables were put in that cannot be secrets: numbers, limits, names.
    pub(in crate::config) public: BTreeSet<usize>,
    path: Vec<String>,
}

impl Reader {
    pub(in crate::config) fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), problems: Vec::new(), public: BTreeSet::new(), path: Vec::new() }
    }

    /// Reads a value that belongs to a key, or is the item of a list.
    pub(in crate::config) fn read<T: Read>(&mut self, key: &str, node: &Node) -> Option<Spanned<T>> {
        // A variable that isn't set was reported where it was substituted.
        if node.is_unresolved() {
            return None;
        }
        self.path.push(key.to_owned());
        let value = if node.is_null() && !T::TAKES_NOTHING {
            self.report(node.span, format!("`{}` has no value", self.name()), "", Some(format!("it must be {}", T::form())));
            None
        } else {
            T::read(node, self)
        };
        self.path.pop();
        value.map(|value| Spanned { value, span: node.span })
    }

    /// Reports that a value is not what it must be; none, so that it can be returned.
    pub(in crate::config) fn wrong<T>(&mut self, node: &Node, form: &str) -> Option<T> {
        let message = if self.path.is_empty() { format!("the file must be {form}") } else { format!("`{}` must be {form}", self.name()) };
        self.report(head(node, &self.source.text), message, &format!("this is {}", node.description()), None);
        None
    }

    /// Reports a problem.
    pub(in crate::config) fn report(&mut self, span: Span, message: impl Into<String>, label: &str, help: Option<String>) {
        let mut problem = Diagnostic::error(message).label(&self.source, span.range(), label);
        problem.help = help;
        self.problems.push(problem);
    }

    /// Reports that two things exclude each other.
    pub(in crate::config) fn conflict(&mut self, message: impl Into<String>, later: Span, earlier: Span, help: impl Into<String>) {
        let (first, second) = if later.start >= earlier.start { (later, earlier) } else { (earlier, later) };
        let problem =
            Diagnostic::error(message).label(&self.source, first.range(), "").label(&self.source, second.range(), "beside this").help(help);
        self.problems.push(problem);
    }

    /// Remembers that the variables in a value are not secret: it is a number, a limit, a name that reports show.
    pub(in crate::config) fn is_public(&mut self, node: &Node) {
        if node.as_scalar().is_some_and(|scalar| scalar.variables().next().is_some()) {
            self.public.insert(node.span.start);
        }
    }

    /// The key being read, as messages name it: `tasks[1]`, `timeout`.
    pub(in crate::config) fn name(&self) -> String {
        let from = self.path.iter().rposition(|part| !part.starts_with('[')).unwrap_or(0);
        self.path[from..].concat()
    }
}

/// The part of a node to point at: all of it on one line, else its first line.
pub(in crate::config) fn head(node: &Node, text: &str) -> Span {
    let end = match &node.kind {
        Kind::Scalar(_) => node.span.end,
        _ => text[node.span.range()].find('\n').map_or(node.span.end, |line| node.span.start + line),
    };
    Span::new(node.span.start, end)
}
