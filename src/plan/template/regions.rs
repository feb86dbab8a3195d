//! Where a text has placeholders, statements and comments.

use super::tokens::{Token, Tokens};
use crate::plan::source_error::SourceError;

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that stays as it is.
    Text,
    /// `{{ }}`.
    Hole,
    /// `{% %}`.
    Statement,
    /// `{# #}`, or `{% raw %}` with all that is in it.
    Other,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region<'s> {
    pub(super) kind: Kind,
    /// What is between the marks; the text itself.
    pub(super) inner: &'s str,
    /// Byte offset of `inner` in the whole text.
    pub(super) offset: usize,
    /// `{{-` or `-}}`: whitespace beside it goes away.
    pub(super) trims: bool,
}

/// Cuts a text into its parts, exactly as minijinja would.
pub(super) fn regions(source: &str) -> Result<Vec<Region<'_>>, SourceError> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let start = next_mark(source, at);
        if start > at {
            found.push(Region { kind: Kind::Text, inner: &source[at..start], offset: at, trims: false });
        }
        if start == source.len() {
            break;
        }
        let (region, end) = marked(source, start)?;
        found.push(region);
        at = end;
    }
    Ok(found)
}

/// The offset of the next `{{`, `{%` or `{#`; the end of the text where there is none.
fn next_mark(source: &str, from: usize) -> usize {
    let bytes = source.as_bytes();
    (from..bytes.len()).find(|&at| bytes[at] == b'{' && matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#'))).unwrap_or(bytes.len())
}

/// The region whose mark is at `start`, and where it ends.
fn marked(source: &str, start: usize) -> Result<(Region<'_>, usize), SourceError> {
    let open = &source[start..start + 2];
    if open == "{#" {
        let length = source[start + 2..].find("#}").ok_or_else(|| unclosed(start, open, "#}"))?;
        let inner = &source[start + 2..start + 2 + length];
        return Ok((Region { kind: Kind::Other, inner, offset: start + 2, trims: false }, start + length + 4));
    }
    let (kind, close) = if open == "{{" { (Kind::Hole, "}}") } else { (Kind::Statement, "%}") };
    let trims_left = source[start + 2..].starts_with(['-', '+']);
    let offset = start + 2 + usize::from(trims_left);
    let mut tokens = Tokens::new(source, offset);
    let mut depth = 0usize;
    loop {
        let position = tokens.position();
        let rest = tokens.rest();
        let trims_right = rest.starts_with(['-', '+']);
        if depth == 0 && rest[usize::from(trims_right)..].starts_with(close) {
            let region = Region { kind, inner: &source[offset..position], offset, trims: trims_left || trims_right };
            let end = position + usize::from(trims_right) + 2;
            return if kind == Kind::Statement && region.inner.trim() == "raw" { raw(source, start, end) } else { Ok((region, end)) };
        }
        match tokens.next() {
            None => return Err(unclosed(start, open, close)),
            Some((at, Token::Unclosed)) => return Err(SourceError::new("a text in quotes is never closed").at(at, 1)),
            Some((_, Token::Sign("(" | "[" | "{"))) => depth += 1,
            Some((_, Token::Sign(")" | "]" | "}"))) => depth = depth.saturating_sub(1),
            Some(_) => {}
        }
    }
}

/// `{% raw %}` up to its `{% endraw %}`.
fn raw(source: &str, start: usize, mut at: usize) -> Result<(Region<'_>, usize), SourceError> {
    while let Some(found) = source[at..].find("{%") {
        let inside = at + found + 2;
        let Some(length) = source[inside..].find("%}") else { break };
        if source[inside..inside + length].trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+') == "endraw" {
            let end = inside + length + 2;
            return Ok((Region { kind: Kind::Other, inner: &source[start..end], offset: start, trims: false }, end));
        }
        at = inside;
    }
    Err(unclosed(start, "{% raw %}", "{% endraw %}"))
}

fn unclosed(start: usize, open: &str, close: &str) -> SourceError {
    SourceError::new(format!("`{open}` is never closed by `{close}`"))
        .at(start, 2)
        .help(format!("to send the characters themselves, write `{{{{ '{open}' }}}}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(source: &str) -> Vec<(Kind, &str)> {
        regions(source).unwrap().into_iter().map(|region| (region.kind, region.inner)).collect()
    }

    #[test]
    fn braces_and_quotes_inside_a_placeholder_do_not_end_it() {
        assert_eq!(kinds("a{{ {'a': {'b': '}}'}} }}b"), [(Kind::Text, "a"), (Kind::Hole, " {'a': {'b': '}}'}} "), (Kind::Text, "b")]);
        assert_eq!(kinds("{{a}}{% if b %}{# c #}"), [(Kind::Hole, "a"), (Kind::Statement, " if b "), (Kind::Other, " c ")]);
        assert_eq!(kinds("{% raw %}{{ x }}{% endraw %}!"), [(Kind::Other, "{% raw %}{{ x }}{% endraw %}"), (Kind::Text, "!")]);
        assert_eq!(kinds("single { brace } stays"), [(Kind::Text, "single { brace } stays")]);
        assert!(regions("{{- a -}}").unwrap()[0].trims);
    }

    #[test]
    fn what_is_never_closed_is_pointed_at() {
        for (source, span) in [("ab{{ x", (2, 2)), ("{% if", (0, 2)), ("é{#", (2, 2)), ("{{ 'x }}", (3, 1)), ("{% raw %}x", (0, 2))] {
            assert_eq!(regions(source).unwrap_err().span, Some(span), "{source}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_without_panic_and_without_loss(source in "[a{}%#' \\-é]{0,24}") {
            if let Ok(found) = regions(&source) {
                let texts: usize = found.iter().filter(|region| region.kind == Kind::Text).map(|region| region.inner.len()).sum();
                prop_assert!(texts <= source.len());
                for region in found {
                    prop_assert_eq!(&source[region.offset..region.offset + region.inner.len()], region.inner);
                }
            }
        }
    }
}
