//! Where in the scenario something within a value stands.

use crate::config::yaml::{Kind, Node, Span};
use crate::config::{Spanned, Text};

/// A value of the scenario that was handed to a compiler, which speaks of places inside of it.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    /// A text.
    Text(&'a Spanned<Text>),
    /// Any value.
    Node(&'a Node),
}

impl Written<'_> {
    /// The place of some bytes (offset and length) of the text that a JSON pointer leads to: as exactly as is known.
    pub(super) fn place(self, pointer: &str, bytes: Option<(usize, usize)>) -> Span {
        match (self, bytes) {
            (Self::Text(text), Some((start, length))) => text.place(start, start + length),
            (Self::Text(text), None) => text.span,
            (Self::Node(node), _) => {
                let inner = find(node, pointer);
                match (&inner.kind, bytes) {
                    (Kind::Scalar(scalar), Some((start, length))) => scalar.place(inner.span, start, start + length),
                    _ => inner.span,
                }
            }
        }
    }
}

/// The node that a JSON pointer leads to; the deepest one on the way where it leads nowhere.
fn find<'n>(node: &'n Node, pointer: &str) -> &'n Node {
    let Some(rest) = pointer.strip_prefix('/') else { return node };
    let (segment, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let key = segment.replace("~1", "/").replace("~0", "~");
    let below = match &node.kind {
        Kind::Mapping(_) => node.entry(&key).map(|entry| &entry.value),
        Kind::Sequence(items) => key.parse().ok().and_then(|at: usize| items.get(at)),
        Kind::Scalar(_) => None,
    };
    below.map_or(node, |below| find(below, rest))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::text::Source;

    #[test]
    fn a_pointer_leads_to_the_bytes_it_means() {
        let text = "a:\n  - x/y: \"hello {{ name }}\"\n";
        let node = crate::config::yaml::parse(&Arc::new(Source::new("a.yml", text)), &mut Vec::new()).unwrap();
        let slice = |pointer: &str, bytes| {
            let span = Written::Node(&node).place(pointer, bytes);
            &text[span.start..span.end]
        };
        assert_eq!(slice("/a/0/x~1y", Some((9, 4))), "name");
        assert_eq!(slice("/a/0/x~1y", None), "\"hello {{ name }}\"");
        assert_eq!(slice("/a/7", None), "- x/y: \"hello {{ name }}\"");
    }
}
