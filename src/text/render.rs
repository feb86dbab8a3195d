//! Diagnostics as text: message, `file:line:column`, the lines it stands on, what to do.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Label, Severity};
use super::plain::plain;
use super::source::Source;

/// Lines wider than this are cut around the marked stretch.
const WIDTH: usize = 140;

/// All diagnostics as plain text, a blank line between them, ending in a line break; empty for none.
pub fn render(diagnostics: &[Diagnostic]) -> String {
    render_with(diagnostics, &Renderer::plain())
}

/// Like [`render`], with ANSI colours.
pub fn render_styled(diagnostics: &[Diagnostic]) -> String {
    render_with(diagnostics, &Renderer::styled())
}

fn render_with(diagnostics: &[Diagnostic], renderer: &Renderer) -> String {
    let renderer = renderer.clone().term_width(WIDTH);
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        for line in renderer.render(&groups(diagnostic)).lines() {
            // What is in no file needs no margin.
            let line = line.trim_end();
            if !diagnostic.labels.is_empty() || !is_margin(line) {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

fn groups(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let group = level.primary_title(lines(&diagnostic.message)).elements(snippets(&diagnostic.labels));
    match &diagnostic.help {
        None => vec![group],
        Some(help) if diagnostic.labels.is_empty() => vec![group, Group::with_title(Level::HELP.secondary_title(lines(help)))],
        Some(help) => vec![group.element(Level::HELP.message(lines(help)))],
    }
}

/// A line that holds nothing but the bar beside snippets.
fn is_margin(line: &str) -> bool {
    anstream::adapter::strip_str(line).to_string().trim() == "|"
}

/// One snippet a source, in the order the sources are first named.
fn snippets(labels: &[Label]) -> Vec<Snippet<'_, annotate_snippets::Annotation<'_>>> {
    let mut sources: Vec<&Arc<Source>> = Vec::new();
    for label in labels {
        if !sources.contains(&&label.source) {
            sources.push(&label.source);
        }
    }
    let first = labels.first();
    sources
        .into_iter()
        .map(|source| {
            let annotations = labels.iter().filter(|label| label.source == *source).map(|label| {
                let primary = first.is_some_and(|first| std::ptr::eq(first, label));
                let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                let annotation = kind.span(corrected(label));
                if label.text.is_empty() { annotation } else { annotation.label(lines(&label.text)) }
            });
            Snippet::source(source.text.as_str()).path(plain(&source.name)).annotations(annotations)
        })
        .collect()
}

/// The span on character boundaries inside of the text, without the white space behind it.
fn corrected(label: &Label) -> std::ops::Range<usize> {
    let text = &label.source.text;
    let start = text.floor_char_boundary(label.span.start);
    let end = text.ceil_char_boundary(label.span.end.max(start)).min(text.len());
    let trimmed = start + text[start..end].trim_end().len();
    start..trimmed.max(start)
}

/// Foreign words may be in a message: only its own line breaks are kept.
fn lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Arc<Source> {
        Arc::new(Source::new("a.yml", "name: shop\nlaod:\n  users: 3\n"))
    }

    #[test]
    fn a_diagnostic_shows_its_place_its_lines_and_what_to_do() {
        let source = source();
        let diagnostic = Diagnostic::error("unknown key `laod`")
            .label(&source, 11..15, "nothing reads this")
            .label(&source, 0..4, "beside this")
            .help("did you mean `load`?");
        insta::assert_snapshot!(render(&[diagnostic]), @r"
        error: unknown key `laod`
         --> a.yml:2:1
          |
        1 | name: shop
          | ---- beside this
        2 | laod:
          | ^^^^ nothing reads this
          |
          = help: did you mean `load`?
        ");
    }

    #[test]
    fn what_is_in_no_file_has_no_snippet() {
        insta::assert_snapshot!(render(&[Diagnostic::note("all is well"), Diagnostic::warning("but").help("look\nagain")]), @r"
        note: all is well

        warning: but
        help: look
              again
        ");
    }

    #[test]
    fn foreign_words_cannot_move_the_cursor() {
        let source = Arc::new(Source::new("a\u{1b}.yml", "x: \u{1b}[2J\n"));
        let text = render(&[Diagnostic::error("bad \u{1b}[2J").label(&source, 3..7, "\u{7}")]);
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }

    #[test]
    fn colours_change_no_words() {
        let diagnostic = Diagnostic::error("unknown key `laod`").label(&source(), 11..15, "here");
        let styled = render_styled(std::slice::from_ref(&diagnostic));
        assert!(styled.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&styled).to_string(), render(&[diagnostic]));
    }

    #[test]
    fn spans_beyond_the_text_are_corrected() {
        let source = source();
        for span in [0..9999, 9999..9999, 28..28] {
            let text = render(&[Diagnostic::error("x").label(&source, span, "here")]);
            assert!(text.contains("a.yml:"), "{text}");
        }
    }
}
