//! Foreign text, bounded.

use crate::report::escape::shortened;
use crate::text::plain;

/// No name or error message in a report is longer: ten kilobytes of a path help nobody, and a stranger could write them.
const LONGEST_NAME: usize = 240;
/// No sentence is longer. Ours are not, but those of a record that came from elsewhere may be.
const LONGEST_PROSE: usize = 1_500;

/// A foreign name or message on one line, without control characters, at most 240 characters of it.
pub(crate) fn foreign(text: &str) -> String {
    bounded(text, LONGEST_NAME)
}

/// A sentence or command on one line, without control characters, at most 1,500 characters of it.
pub(crate) fn prose(text: &str) -> String {
    bounded(text, LONGEST_PROSE)
}

/// Cut before it is made plain, so that the work is bounded, and after it, because plain text may be longer.
fn bounded(text: &str, most: usize) -> String {
    shortened(&plain(&shortened(text, most)), most).into_owned()
}
