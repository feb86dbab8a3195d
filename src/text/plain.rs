//! Foreign text made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes a text from outside safe to print on one line of a terminal: control characters (an escape sequence could
/// rewrite the screen, a line break could fake a line) and invisible direction marks are shown as `\u{1b}`, not sent.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_harmful(c) => write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("a String takes everything"),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that reorder or hide what stands around them.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_and_not_sent() {
        assert_eq!(plain("\u{1b}[2Jgone\r\n\tnext\u{9b}"), "\\u{1b}[2Jgone\\r\\n\\tnext\\u{9b}");
    }

    #[test]
    fn direction_marks_are_shown() {
        assert_eq!(plain("safe\u{202e}exe"), "safe\\u{202e}exe");
    }

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        assert!(matches!(plain("GET /größe/日本 ✓"), Cow::Borrowed(_)));
    }
}
