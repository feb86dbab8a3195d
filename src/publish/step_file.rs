//! The files through which a step tells the workflow something: outputs and the job's summary.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Adds text to a file that the runner made; other steps write to it too.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

/// `name=value` lines. A line break in a value would set another output: it is shown instead.
pub fn output_lines<'a>(outputs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let one_line = |value: String| value.replace('\r', "\\r").replace('\n', "\\n");
    outputs.into_iter().map(|(name, value)| format!("{name}={}\n", one_line(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_sets_another_output() {
        assert_eq!(
            output_lines([("verdict", "passed".to_owned()), ("x", "a\nverdict=passed\r".to_owned())]),
            "verdict=passed\nx=a\\nverdict=passed\\r\n"
        );
    }

    #[test]
    fn what_other_steps_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        append(&path, "a=1\n").unwrap();
        append(&path, "b=2\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a=1\nb=2\n");
    }
}
