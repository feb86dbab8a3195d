//! Standard output and standard error: results to the one, everything else to the other.

use std::io::{IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::failure::Failure;
use crate::report::Style;

/// Columns where there is no terminal: wide enough for the tables, narrow enough for a log.
const WIDTH: u16 = 100;

/// Prints a result. That nobody reads it to its end, as with `| head`, changes nothing: the verdict is in the exit code.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = AutoStream::auto(std::io::stdout());
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::trouble(format!("failed to print: {error}"))),
    }
}

/// Prints what isn't a result: problems, notes. That it can't be printed can't be said anywhere.
pub(super) fn complain(text: &str) {
    let mut out = AutoStream::auto(std::io::stderr());
    let _ = out.write_all(text.as_bytes());
}

/// Whether results are shown in colour.
pub(super) fn style() -> Style {
    match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => Style::Plain,
        _ => Style::Colour,
    }
}

/// Whether problems are shown in colour.
pub(super) fn complains_in_colour() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// Columns of the terminal.
pub(super) fn width() -> u16 {
    let terminal = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    terminal.map_or(WIDTH, |(terminal_size::Width(columns), _)| columns)
}
