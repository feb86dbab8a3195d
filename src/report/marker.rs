//! The first lines of a comment, by which it is found again and tells what it said.

use std::fmt::Write;

/// The first line of a comment, by which it is found again. Characters that could end the HTML comment, or fool a
/// search, are percent-encoded: different suites have different markers.
pub fn comment_marker(suite: &str) -> String {
    format!("<!-- loadline:{} -->", encoded(suite))
}

fn encoded(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'/' => name.push(char::from(byte)),
            // Two hyphens could be part of `-->`.
            b'-' if !name.ends_with('-') => name.push('-'),
            _ => {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    name
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

/// The third line of a comment that says that nothing was measured: which attempt at which run of the workflow it is of.
pub(super) fn attempt_line(attempt: &str) -> String {
    format!("<!-- loadline-run:{} -->", encoded(attempt))
}

/// Whether a comment that says that nothing was measured is of that attempt.
pub fn is_of_attempt(comment: &str, attempt: &str) -> bool {
    comment.lines().nth(2).map(str::trim_end) == Some(attempt_line(attempt).as_str())
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

    #[test]
    fn a_comment_says_which_attempt_it_is_of() {
        let comment = format!("{}\r\n{}\r\n{}\r\nx", comment_marker("ci/perf"), state_line("error"), attempt_line("42/1"));
        assert!(is_of_attempt(&comment, "42/1"));
        assert!(!is_of_attempt(&comment, "42/2") && !is_of_attempt(&comment, "4"));
        assert!(!is_of_attempt(&comment_marker("ci/perf"), "42/1"));
    }
}
