//! The files of a report folder.

use super::{CommentOptions, html, job_summary, junit, markdown_comment};
use crate::record::Record;

/// The files of a report folder as name and content: `record.json` (of several scenarios `record-<scenario>.json`
/// each), `report.html`, `comment.md`, `summary.md` and `junit.xml`.
pub fn folder(records: &[Record], comment: &CommentOptions) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for record in records {
        let stem = if records.len() == 1 { "record".to_owned() } else { format!("record-{}", file_name(&record.scenario.name)) };
        let taken = |name: &str| files.iter().any(|(file, _)| file.eq_ignore_ascii_case(name));
        let name = (1..)
            .map(|at| if at == 1 { format!("{stem}.json") } else { format!("{stem}-{at}.json") })
            .find(|name| !taken(name))
            .unwrap_or_default();
        files.push((name, record.to_json().into_bytes()));
    }
    for (name, content) in [
        ("report.html", html(records)),
        ("comment.md", markdown_comment(records, comment)),
        ("summary.md", job_summary(records)),
        ("junit.xml", junit(records)),
    ] {
        files.push((name.to_owned(), content.into_bytes()));
    }
    files
}

/// Whether a report folder calls the file of this record so.
pub fn is_record_file(name: &str, record: &Record) -> bool {
    let of_several = || name.strip_prefix(&format!("record-{}", file_name(&record.scenario.name)))?.strip_suffix(".json");
    let is_number = |text: &str| text.is_empty() || text.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok());
    name == "record.json" || of_several().is_some_and(is_number)
}

/// A scenario's name as part of a file name, on any system: letters, digits, `.`, `_` and `-`, at most 60 of them.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = name.chars().take(60).map(safe).collect();
    if name.is_empty() { "scenario".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn names(records: &[Record]) -> Vec<String> {
        folder(records, &CommentOptions::default()).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn one_scenario_has_one_record() {
        assert_eq!(names(&[fixture::passed()]), ["record.json", "report.html", "comment.md", "summary.md", "junit.xml"]);
    }

    #[test]
    fn several_scenarios_have_a_record_each_and_no_name_leaves_the_folder() {
        let mut odd = fixture::empty();
        odd.scenario.name = "../../etc/passwd".to_owned();
        let names = names(&[fixture::passed(), fixture::empty(), odd]);
        assert_eq!(names[..3], ["record-shop.json", "record-shop-2.json", "record-..-..-etc-passwd.json"]);
    }

    #[test]
    fn a_record_is_known_by_the_name_of_its_file() {
        let record = fixture::passed();
        for (name, expected) in [
            ("record.json", true),
            ("record-shop.json", true),
            ("record-shop-2.json", true),
            ("record-base.json", false),
            ("record-shop-old.json", false),
            ("records.json", false),
        ] {
            assert_eq!(is_record_file(name, &record), expected, "{name}");
        }
    }

    #[test]
    fn a_stored_record_gives_the_same_report_again() {
        let record = fixture::failed();
        let again = Record::from_json(&record.to_json(), std::path::Path::new("record.json")).unwrap();
        assert_eq!(folder(&[record], &CommentOptions::default()), folder(&[again], &CommentOptions::default()));
    }
}
