//! Which tool a file is of, by its content.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};

use super::error::{ImportError, Problem};
use super::{k6_points, k6_summary, locust_csv, locust_json, oha, vegeta};
use crate::record::RunFigures;

/// So much is looked at to recognise a file.
const HEAD: u64 = 64 << 10;
/// No file that is read whole is larger; points of k6 are read line by line and may be.
const LARGEST_MIB: u64 = 64;
/// Most names of unknown keys that a message shows.
const MOST_KEYS: usize = 6;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A record of this program, which [`Record::read`](crate::record::Record::read) reads.
    Record,
    /// Figures of another tool.
    Figures(Box<RunFigures>),
}

/// Reads the result of another tool, packed with gzip or not.
///
/// # Errors
/// [`ImportError`] says what was recognised and what is missing; of a file that nobody knows, what is read.
pub fn read(path: &Path) -> Result<Found, ImportError> {
    let wrong = |problem| ImportError { path: path.to_owned(), problem };
    let file = File::open(path).map_err(|error| wrong(error.into()))?;
    from_reader(file).map_err(wrong)
}

fn from_reader(from: impl Read + 'static) -> Result<Found, Problem> {
    let (start, from) = peek(from, 2)?;
    let whole = Cursor::new(start.clone()).chain(from);
    // k6 writes `--out json=points.gz` packed.
    let unpacked: Box<dyn Read> = if start == [0x1f, 0x8b] { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
    let (head, rest) = peek(unpacked, HEAD)?;
    let skipped = head.len() - without_mark(&head).trim_ascii_start().len();
    let Some(&first) = head.get(skipped) else { return Err(Problem::Empty) };
    let body = BufReader::new(Cursor::new(head[skipped..].to_vec()).chain(rest));
    match first {
        b'[' => locust_json::read(&text(body)?).map(figures),
        b'{' => object(&head[skipped..], body),
        _ => table(&head[skipped..], body),
    }
}

/// A JSON object: points, one to a line, or a document.
fn object(head: &[u8], body: impl BufRead) -> Result<Found, Problem> {
    let first_line: Option<Map<String, Value>> =
        head.split(|&byte| byte == b'\n').next().and_then(|line| serde_json::from_slice(line).ok());
    if let Some(line) = first_line {
        let has = |keys: &[&str]| keys.iter().all(|key| line.contains_key(*key));
        if has(&["metric", "type", "data"]) {
            return k6_points::read(body).map(figures);
        }
        if has(&["schema_version", "block_length"]) {
            return Err(Problem::WrongFile {
                found: "blocks of a paired run",
                instead: "judge them by themselves: loadline compare --blocks FILE",
            });
        }
        if has(&["code", "timestamp", "latency"]) {
            return Err(Problem::WrongFile {
                found: "single results of vegeta",
                instead: "make a report of them: vegeta report -type=json results.json > report.json",
            });
        }
    }
    let text = text(body)?;
    let document: Map<String, Value> = serde_json::from_str(&text).map_err(|source| Problem::Json { kind: "JSON", source })?;
    let has = |keys: &[&str]| keys.iter().all(|key| document.contains_key(*key));
    if has(&["schema_version"]) {
        return Ok(Found::Record);
    } else if has(&["latencies", "requests"]) {
        vegeta::read(&document)
    } else if has(&["latencyPercentiles", "summary"]) {
        oha::read(&document)
    } else if k6_summary::is_one(&document) {
        k6_summary::read(&document)
    } else {
        let keys: Vec<&str> = document.keys().take(MOST_KEYS).map(String::as_str).collect();
        let more = if document.len() > MOST_KEYS { ", ..." } else { "" };
        let named = if keys.is_empty() { "without keys".to_owned() } else { format!("with the keys {}{more}", keys.join(", ")) };
        return Err(Problem::Unknown { seen: format!("a JSON document {named}") });
    }
    .map(figures)
}

/// Anything that isn't JSON.
fn table(head: &[u8], body: impl BufRead) -> Result<Found, Problem> {
    let first_line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Ok(first_line) = std::str::from_utf8(first_line) else {
        return Err(Problem::Unknown { seen: "a file that is not text (results of vegeta are: vegeta report -type=json)".to_owned() });
    };
    let columns: Vec<String> = first_line.split(',').map(|name| name.trim().trim_matches('"').to_lowercase()).collect();
    let has = |names: &[&str]| names.iter().all(|name| columns.iter().any(|column| column == name));
    if has(&["timestamp", "user count"]) || has(&["error", "occurrences"]) || has(&["message", "traceback"]) {
        return Err(Problem::WrongFile {
            found: "a table of Locust",
            instead: "name the one that ends in _stats.csv, or the output of --json",
        });
    }
    if has(&["request-start", "status"]) {
        return Err(Problem::WrongFile { found: "single requests of oha", instead: "write a summary: oha --output-format json" });
    }
    if has(&["metric_name", "timestamp"]) {
        return Err(Problem::WrongFile { found: "points of k6 as CSV", instead: "write them as JSON: k6 run --out json=points.json" });
    }
    if locust_csv::is_one(&columns) {
        return locust_csv::read(text(body)?.as_bytes()).map(figures);
    }
    Err(Problem::Unknown { seen: "a text that is neither JSON nor a table of Locust".to_owned() })
}

fn figures(run: RunFigures) -> Found {
    Found::Figures(Box::new(run))
}

/// The first bytes, and what comes behind them.
fn peek<R: Read>(mut from: R, most: u64) -> Result<(Vec<u8>, R), Problem> {
    let mut head = Vec::new();
    from.by_ref().take(most).read_to_end(&mut head)?;
    Ok((head, from))
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// All of a file that is read whole.
fn text(from: impl Read) -> Result<String, Problem> {
    let mut text = String::new();
    from.take((LARGEST_MIB << 20) + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_MIB << 20 { Err(Problem::TooLarge(LARGEST_MIB)) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use proptest::prelude::*;

    fn said(content: &[u8]) -> String {
        match from_reader(Cursor::new(content.to_vec())) {
            Ok(found) => format!("{found:?}"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn a_record_is_left_to_its_own_reader() {
        assert_eq!(said(include_bytes!("../../tests/golden/records/version-1.json")), "Record");
    }

    #[test]
    fn unknown_files_are_told_from_wrong_files_of_known_tools() {
        let shown: Vec<String> = [
            &b""[..],
            b" \n",
            b"hello\n",
            b"\xff\xfe\x00",
            b"{\"a\": 1, \"b\": 2}",
            b"{}",
            b"{\"a\": ",
            b"Timestamp,User Count,Type,Name\r\n",
            b"Method,Name,Error,Occurrences,First Seen,Last Seen\r\n",
            b"request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n",
            b"metric_name,timestamp,metric_value\n",
            b"{\"schema_version\":1,\"block_length\":0.2}\n{}\n",
            b"{\"attack\":\"\",\"seq\":0,\"code\":200,\"timestamp\":\"2026-01-02T03:04:05Z\",\"latency\":1}\n",
        ]
        .into_iter()
        .map(|content| said(content).lines().next().unwrap_or_default().to_owned())
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        the file is empty
        the file is empty
        a text that is neither JSON nor a table of Locust, and none that is known
        a file that is not text (results of vegeta are: vegeta report -type=json), and none that is known
        a JSON document with the keys a, b, and none that is known
        a JSON document without keys, and none that is known
        looks like JSON, and is damaged: EOF while parsing a value at line 1 column 6
        a table of Locust: not what can be compared
        a table of Locust: not what can be compared
        single requests of oha: not what can be compared
        points of k6 as CSV: not what can be compared
        blocks of a paired run: not what can be compared
        single results of vegeta: not what can be compared
        ");
        assert!(said(b"hello\n").contains("k6 (--summary-export, handleSummary, --out json)"));
    }

    #[test]
    fn a_packed_file_is_read_like_any_other() {
        let plain = include_bytes!("../../tests/golden/import/k6-points.json");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(plain).unwrap();
        assert_eq!(said(&packed.finish().unwrap()), said(plain));
    }

    #[test]
    fn what_is_read_whole_is_bounded() {
        let endless = Cursor::new(b"[".to_vec()).chain(std::io::repeat(b' '));
        assert_eq!(from_reader(endless).unwrap_err().to_string(), "larger than 64 MiB, which no summary is");
    }

    proptest! {
        /// Cut or bent anywhere, a file is read or refused: nothing panics.
        #[test]
        fn damaged_files_are_never_fatal(which in 0usize..FILES.len(), cut in any::<prop::sample::Index>(), bend in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = FILES[which].to_vec();
            let at = bend.index(bytes.len());
            bytes[at] = byte;
            let _ = said(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            let _ = said(&bytes);
        }
    }

    const FILES: [&[u8]; 8] = [
        include_bytes!("../../tests/golden/import/k6-export.json"),
        include_bytes!("../../tests/golden/import/k6-summary.json"),
        include_bytes!("../../tests/golden/import/k6-machine.json"),
        include_bytes!("../../tests/golden/import/k6-points.json"),
        include_bytes!("../../tests/golden/import/locust_stats.csv"),
        include_bytes!("../../tests/golden/import/locust.json"),
        include_bytes!("../../tests/golden/import/vegeta.json"),
        include_bytes!("../../tests/golden/import/oha.json"),
    ];
}
