//! The first lines of a comment, by which it is found again and tells what it said.

use std::fmt::Write;

/// The first line of a comment, by which it is found again. Characters that could end the HTML comment, or fool a
/// search, are percent-encoded: different suites have different markers.
pub fn comment_marker(suite: &str) -> String {
    let mut name = String::with_capacity(suite.len());
    for byte in suite.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'/' => name.push(char::from(byte)),
            // Two hyphens could be part of `-->`.
            b'-' if !name.ends_with('-') => name.push('-'),
            _ => {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    format!("<!-- loadline:{name} -->")
}

const STATE: &str = "<!-- loadline-state:";

/// The second line of a comment: what it says, in one word, for whoever brings it up to date.
pub(super) fn state_line(state: &str) -> String {
    format!("{STATE}{state} -->")
}

/// The word in the second line of a comment: `passed`, `failed`, `invalid`, `interrupted` or `error`.
pub fn comment_state(comment: &str) -> Option<&str> {
    comment.lines().nth(1)?.trim_end().strip_prefix(STATE)?.strip_suffix(" -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_says_what_it_said() {
        assert_eq!(comment_state(&format!("{}\r\n{}\r\nx", comment_marker("shop"), state_line("failed"))), Some("failed"));
        assert_eq!(comment_state(&comment_marker("shop")), None);
        assert_eq!(comment_state(&format!("x\ny\n{}", state_line("failed"))), None);
    }
}
