//! Foreign text made harmless, once for each kind of output.
//!
//! Endpoint names, error messages and most other words in a report come from a scenario or from the service under
//! load. In a report of a fork's pull request all of them are written by a stranger.

use std::borrow::Cow;
use std::fmt::Write;

use crate::text::plain;

/// Stands between characters that GitHub would make a mention, a reference or a link of. Entities aren't enough:
/// GitHub looks for mentions in the text that comes out of the Markdown.
const NOTHING: char = '\u{200b}';

/// Text for Markdown, inside of HTML tags too: shown as it is, starting nothing.
pub(crate) fn markdown(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        match c {
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => entity(&mut out, c),
            // `@name`, `a@b.c`, `#123`, `owner/repository#123`
            '@' | '#' => {
                entity(&mut out, c);
                out.push(NOTHING);
            }
            '-' if ends_with(before, "gh") => {
                out.push(NOTHING);
                out.push(c);
            }
            ':' if after.starts_with("//") => {
                out.push(c);
                out.push(NOTHING);
            }
            '.' if ends_with(before, "www") => {
                out.push(NOTHING);
                out.push(c);
            }
            // Lists and underlines of headings: `- item`, `1. item`, `====`.
            '-' | '+' | '=' if before.is_empty() && (after.is_empty() || after.starts_with([' ', c])) => entity(&mut out, c),
            '.' | ')'
                if !before.is_empty() && before.chars().all(|c| c.is_ascii_digit()) && (after.is_empty() || after.starts_with(' ')) =>
            {
                entity(&mut out, c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Text in a code span, for Markdown. Names are code: nothing in them is a mention, a link or a tag.
///
/// A span between backticks can't hold a backtick, and a `|` in it ends the cell of a table: such texts are put
/// between tags instead, character by character where need be.
pub(crate) fn markdown_code(text: &str) -> String {
    let text = plain(text);
    if text.trim().is_empty() {
        return String::new();
    }
    if text.contains(['`', '|', '\\']) { format!("<code>{}</code>", markdown(&text)) } else { format!("`{text}`") }
}

/// Text and attribute values for HTML and SVG.
pub(crate) fn html(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A field for CSV that no spreadsheet takes for a formula: one that begins like a formula gets a `'` in front.
/// Quoting is the writer's work.
pub(crate) fn csv(text: &str) -> String {
    let text = plain(text);
    if text.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.into_owned() }
}

/// Text for XML 1.0: control characters are shown, and what no XML may hold is left out.
pub(crate) fn xml(text: &str) -> String {
    plain(text).replace(['\u{fffe}', '\u{ffff}'], "")
}

/// The message of a workflow command.
pub(crate) fn workflow_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a workflow command's property (`file=...`).
pub(crate) fn workflow_property(text: &str) -> String {
    workflow_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// At most `most` characters: the middle is left out, because names that differ mostly differ at an end.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= most {
        return Cow::Borrowed(text);
    }
    let kept = most.saturating_sub(1);
    let tail = kept * 2 / 5;
    let head: String = text.chars().take(kept - tail).collect();
    let tail: String = text.chars().skip(length - tail).collect();
    Cow::Owned(format!("{head}…{tail}"))
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

fn entity(out: &mut String, c: char) {
    let _ = write!(out, "&#{};", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markdown_starts_nothing() {
        assert_eq!(markdown("GET /products"), "GET /products");
        assert_eq!(markdown("a|b"), "a&#124;b");
        assert_eq!(markdown("@octocat"), "&#64;\u{200b}octocat");
        assert_eq!(markdown("see #123"), "see &#35;\u{200b}123");
        assert_eq!(markdown("GH-12"), "GH\u{200b}-12");
        assert_eq!(markdown("https://x.y"), "https:\u{200b}//x.y");
        assert_eq!(markdown("www.x.y"), "www\u{200b}.x.y");
        assert_eq!(markdown("a\nb"), "a&#92;nb");
        assert_eq!(markdown("1. one"), "1&#46; one");
    }

    #[test]
    fn code_is_a_span_where_it_can_be() {
        assert_eq!(markdown_code("GET /a @b #1 <i>"), "`GET /a @b #1 <i>`");
        assert_eq!(markdown_code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(markdown_code("``` x"), "<code>&#96;&#96;&#96; x</code>");
        assert_eq!(markdown_code("  "), "");
    }

    #[test]
    fn fields_that_begin_like_formulas_do_not() {
        assert_eq!(csv("=cmd()"), "'=cmd()");
        assert_eq!(csv(" @SUM(1)"), "' @SUM(1)");
        assert_eq!(csv("\t=1"), "\\t=1");
        assert_eq!(csv("GET /a"), "GET /a");
    }

    #[test]
    fn workflow_commands_keep_to_their_line() {
        assert_eq!(workflow_message("100%\n::error::x"), "100%25%0A::error::x");
        assert_eq!(workflow_property("a,b:c\r"), "a%2Cb%3Ac%0D");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("GET /api/v1/customers/orders", 15), "GET /api/…rders");
        assert_eq!(shortened("short", 15), "short");
        assert_eq!(shortened("ab", 1), "…");
    }

    proptest! {
        #[test]
        fn nothing_foreign_opens_a_tag_or_ends_a_cell(text in any::<String>()) {
            for out in [markdown(&text), html(&text)] {
                prop_assert!(!out.contains(['<', '>', '\n', '\r', '\x1b']), "{out}");
            }
            prop_assert!(!markdown(&text).contains(['|', '`', '[', '\\', '*', '_']), "{text}");
            let code = markdown_code(&text);
            prop_assert!(!code.contains(['|', '\n', '\r', '\\', '\x1b']), "{code}");
            prop_assert!(code.starts_with("<code>") || code.matches('`').count() != 1 && !code.trim_matches('`').contains('`'));
        }

        #[test]
        fn shortened_is_never_longer(text in any::<String>(), most in 1usize..50) {
            prop_assert!(shortened(&text, most).chars().count() <= most.max(1));
        }

        #[test]
        fn no_field_is_a_formula(text in "[=+@\\-\t ]{0,3}.{0,10}") {
            prop_assert!(!csv(&text).starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
