//! The keys of a mapping, taken one by one.

use super::element::Element;
use super::reading::{Read, Reader};
use super::spanned::Spanned;
use crate::config::yaml::{Entry, Node, Span};
use crate::text::suggest;

/// The entries of a mapping while it is read.
pub(in crate::config) struct Fields<'n> {
    entries: &'n [Entry],
    /// Where the mapping stands: all of it, or its first line.
    pub(in crate::config) span: Span,
}

impl<'n> Fields<'n> {
    /// Opens a mapping and reports every key that is not among `keys`; keys that begin with one of `free` are let be.
    pub(in crate::config) fn open(node: &'n Node, keys: &[&str], free: Option<&str>, form: &str, reader: &mut Reader) -> Option<Self> {
        let Some(entries) = node.as_mapping() else { return reader.wrong(node, form) };
        for entry in entries {
            let key = entry.key.text.as_str();
            if keys.contains(&key) || free.is_some_and(|prefix| key.starts_with(prefix)) {
                continue;
            }
            let help = match suggest(key, keys.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => one_of(keys),
            };
            reader.report(entry.key.span, format!("unknown key `{key}`"), "", Some(help));
        }
        let span = entries.first().map_or(node.span, |first| Span::new(node.span.start, first.key.span.end));
        Some(Self { entries, span })
    }

    /// Opens the mapping of one element.
    pub(in crate::config) fn of<E: Element>(node: &'n Node, reader: &mut Reader) -> Option<Self> {
        Self::open(node, E::KEYS, None, &E::form(), reader)
    }

    /// Reads the value of a key, where it is there.
    pub(in crate::config) fn take<T: Read>(&mut self, key: &str, required: bool, reader: &mut Reader) -> Option<Spanned<T>> {
        match self.entries.iter().find(|entry| entry.key.text == key) {
            Some(entry) => reader.read(key, &entry.value),
            None => {
                if required {
                    let help = format!("add `{key}:`, {}", T::form());
                    reader.report(self.span, format!("`{key}` is missing"), "", Some(help));
                }
                None
            }
        }
    }

    /// Where a key stands, where it is there.
    pub(in crate::config) fn key(&self, key: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.key.text == key).map(|entry| entry.key.span)
    }
}

/// Says what there is to choose from.
pub(in crate::config) fn one_of<S: AsRef<str>>(words: &[S]) -> String {
    match words {
        [only] => format!("there is only `{}`", only.as_ref()),
        words => format!("there are {}", listed(words)),
    }
}

/// `a`, `b` and `c`.
pub(in crate::config) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
