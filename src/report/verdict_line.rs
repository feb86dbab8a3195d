//! The verdict with its reasons in one line.

use super::view::ReportView;
use crate::record::Record;

/// `FAILED · shop: 1 of 3 thresholds missed ...`, without control characters, for where a line is all the room there is.
pub fn verdict_line(records: &[Record]) -> String {
    let verdict = ReportView::of(records).verdict;
    format!("{} · {}", verdict.word, verdict.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_verdict_comes_first() {
        let line = verdict_line(&[fixture::failed()]);
        assert!(line.starts_with("FAILED · ") && line.contains("2 of 4 thresholds missed"), "{line}");
        assert!(!line.contains(char::is_control));
    }
}
