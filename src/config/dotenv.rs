//! Files of `NAME=value` lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::text::{Diagnostic, Source};

/// Reads a file as `docker compose` and most tools do: `NAME=value`, `export NAME=value`, `# comments`, values in single
/// quotes as they are, in double quotes with `\n`, `\t`, `\"`, `\\` and line breaks; the last of several values of one
/// name wins. A byte order mark is no part of the first name. Lines that are none of this are reported.
pub(super) fn dotenv(source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, String> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let mut values = BTreeMap::new();
    let mut at = 0;
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
        let line = text[at..end].trim();
        if line.is_empty() || line.starts_with('#') {
            at = end + 1;
            continue;
        }
        let mut wrong = |message: &str| {
            // The line is likely to hold a secret: only its number is shown.
            let before = text[..at].matches('\n').count();
            let hidden = Arc::new(Source::new(source.name.clone(), "***\n".repeat(before + 1)));
            problems.push(Diagnostic::error(message).label(&hidden, 4 * before..4 * before + 3, "").help("write `NAME=value`"));
        };
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, _)) = assignment.split_once('=') else {
            wrong("this line gives no variable a value");
            at = end + 1;
            continue;
        };
        let name = name.trim();
        if !is_name(name) {
            wrong("this is no name of a variable");
            at = end + 1;
            continue;
        }
        let Some(equals) = text[at..end].find('=') else { break };
        let value_start = at + equals + 1;
        match value(&text[value_start..]) {
            Some((value, length)) => {
                values.insert(name.to_owned(), value);
                at = (value_start + length).max(end.min(value_start + length));
                at = text[at..].find('\n').map_or(text.len(), |line| at + line + 1);
            }
            None => {
                wrong("the quotes of this value are never closed");
                at = end + 1;
            }
        }
    }
    values
}

/// Whether a text can name a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The value at the beginning of `text`, and how many bytes it takes up.
fn value(text: &str) -> Option<(String, usize)> {
    let line_end = text.find('\n').unwrap_or(text.len());
    let blank = text[..line_end].len() - text[..line_end].trim_start().len();
    let rest = &text[blank..];
    match rest.chars().next() {
        Some('\'') => {
            let close = rest[1..].find('\'')?;
            Some((rest[1..=close].to_owned(), blank + close + 2))
        }
        Some('"') => {
            let mut value = String::new();
            let mut characters = rest[1..].char_indices();
            while let Some((at, c)) = characters.next() {
                match c {
                    '"' => return Some((value, blank + at + 2)),
                    '\\' => match characters.next()?.1 {
                        'n' => value.push('\n'),
                        't' => value.push('\t'),
                        'r' => value.push('\r'),
                        other => value.push(other),
                    },
                    c => value.push(c),
                }
            }
            None
        }
        _ => {
            let line = &text[..line_end];
            // A `#` begins a comment only behind white space: it may be part of a password.
            let comment = [" #", "\t#"].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
            Some((line[..comment].trim().to_owned(), line_end))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let mut problems = Vec::new();
        let values = dotenv(&Arc::new(Source::new(".env", text)), &mut problems);
        (values.into_iter().collect(), problems.iter().map(|p| format!("{}: {}", p.place().unwrap(), p.message)).collect())
    }

    #[test]
    fn values_are_read_as_other_tools_read_them() {
        let text = "# comment\n\nA=1\nexport B = two words # why\nC='as $it \\n is'\nD=\"a\\nb \\\"c\\\"\" # why\nE=\nF=x#y\r\nG=\"two\nlines\"\nA=again\nH=a=b\n";
        let (values, problems) = read(text);
        let expected = [
            ("A", "again"),
            ("B", "two words"),
            ("C", "as $it \\n is"),
            ("D", "a\nb \"c\""),
            ("E", ""),
            ("F", "x#y"),
            ("G", "two\nlines"),
            ("H", "a=b"),
        ];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(problems, [] as [String; 0]);
    }

    #[test]
    fn a_file_may_begin_with_a_byte_order_mark() {
        assert_eq!(read("\u{feff}A=1\n"), (vec![("A".to_owned(), "1".to_owned())], vec![]));
    }

    #[test]
    fn lines_that_are_no_assignment_are_reported() {
        let (values, problems) = read("A=1\njust words\n1X=2\nB=\"open\nC=3\n");
        assert_eq!(values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "C"]);
        assert_eq!(
            problems,
            [
                ".env:2:1: this line gives no variable a value",
                ".env:3:1: this is no name of a variable",
                ".env:4:1: the quotes of this value are never closed"
            ]
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_ends(text in "([A-C]|=|\"|'|\\\\|\n|\r\n|#| |é|export ){0,40}") {
            read(&text);
        }

        #[test]
        fn single_quoted_values_are_kept_as_they_are(value in "[^'\r]{0,20}") {
            let (values, problems) = read(&format!("NAME='{value}'\n"));
            prop_assert_eq!(values, vec![("NAME".to_owned(), value)]);
            prop_assert_eq!(problems, Vec::<String>::new());
        }
    }
}
