//! What the service wrote: kept in a file, read again for errors and readiness.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How many lines an error shows.
const LINES: usize = 20;
/// How many characters of a line an error shows.
const WIDTH: usize = 300;
/// How much of the end of a log is read for an error, in bytes.
const TAIL: u64 = 64 * 1024;
/// Where a line without an end is cut when it is searched, in bytes.
const LONGEST: usize = 64 * 1024;

/// The last lines of a log, as an error shows them: secrets masked, control characters escaped, long lines cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// At most 20 lines, without line ends.
    pub lines: Vec<String>,
    /// Where the whole output is.
    pub path: PathBuf,
}

impl Tail {
    /// Reads the end of a log, from `from` bytes on. A file that can't be read has no lines: the error that this
    /// belongs to matters more.
    pub(super) fn read(path: &Path, from: u64, mask: &dyn Fn(&str) -> String) -> Self {
        let bytes = read_end(path, from).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        let lines = all[all.len().saturating_sub(LINES)..].iter().map(|line| shown(&mask(line), WIDTH)).collect();
        Self { lines, path: path.to_owned() }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            return write!(f, "\n  it wrote nothing\n  no load was sent");
        }
        write!(f, "\n  the last it wrote:")?;
        for line in &self.lines {
            write!(f, "\n  | {line}")?;
        }
        write!(f, "\n  no load was sent; the whole output is in `{}`", self.path.display())
    }
}

/// A text from outside on one line: control characters escaped, at most `width` characters of it.
pub(super) fn shown(text: &str, width: usize) -> String {
    let mut shown: String = text.chars().take(width).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    if !shown.contains(is_harmful) {
        return shown;
    }
    shown.chars().map(|c| if is_harmful(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Control characters but for the tab, and those that reorder or hide what stands around them.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn read_end(path: &Path, from: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = from.max(length.saturating_sub(TAIL));
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Follows a growing log line by line.
#[derive(Debug)]
pub(super) struct LogWatch {
    path: PathBuf,
    offset: u64,
    /// The beginning of a line that isn't finished.
    begun: Vec<u8>,
}

impl LogWatch {
    /// Follows the log from `offset` bytes on.
    pub(super) fn new(path: &Path, offset: u64) -> Self {
        Self { path: path.to_owned(), offset, begun: Vec::new() }
    }

    /// Whether a line that is new since the last call matches. The unfinished last line is searched too, each time
    /// again: a prompt has no line end.
    pub(super) fn find(&mut self, pattern: &regex::Regex) -> io::Result<bool> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut chunk = vec![0; LONGEST];
        loop {
            let count = file.read(&mut chunk)?;
            if count == 0 {
                return Ok(false);
            }
            self.offset += count as u64;
            self.begun.extend_from_slice(&chunk[..count]);
            if self.begun.split(|&byte| byte == b'\n').any(|line| pattern.is_match(trimmed(&String::from_utf8_lossy(line)))) {
                return Ok(true);
            }
            let finished = self.begun.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            self.begun.drain(..finished);
            if self.begun.len() > LONGEST {
                self.begun.clear();
            }
        }
    }
}

fn trimmed(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_tail_is_bounded_masked_and_escaped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        let mut text: String = (0..30).map(|n| format!("line {n}\n")).collect();
        text.push_str("\u{1b}[31mred s3cret\u{1b}[0m\r\n");
        text.push_str(&"x".repeat(1000));
        std::fs::write(&path, text).unwrap();
        let tail = Tail::read(&path, 0, &|line| line.replace("s3cret", "***"));
        assert_eq!(tail.lines.len(), 20);
        assert_eq!(tail.lines[0], "line 12");
        assert_eq!(tail.lines[18], "\\u{1b}[31mred ***\\u{1b}[0m");
        assert_eq!(tail.lines[19], format!("{}…", "x".repeat(300)));
    }

    #[test]
    fn a_log_that_is_not_there_has_no_lines() {
        assert!(Tail::read(Path::new("no/such/file"), 0, &str::to_owned).lines.is_empty());
    }

    #[test]
    fn a_line_is_found_also_when_it_comes_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        let mut log = File::create(&path).unwrap();
        writeln!(log, "listening on 1").unwrap();
        let mut watch = LogWatch::new(&path, 15);
        let pattern = regex::Regex::new(r"^listening on \d+$").unwrap();
        assert!(!watch.find(&pattern).unwrap(), "what was there before is not looked at");
        write!(log, "starting\r\nlisten").unwrap();
        assert!(!watch.find(&pattern).unwrap());
        write!(log, "ing on 8000\r\nmore").unwrap();
        assert!(watch.find(&pattern).unwrap());
    }
}
