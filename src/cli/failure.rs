//! Why a command could not do what it was asked for.

use std::process::ExitCode;

use super::console;
use crate::text::plain;

/// Why a command could not do what it was asked for, and what it exits with.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    /// Something is wrong with what was typed or written: exit 2. `text` reads well after "error: ".
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { code: 2, text: format!("error: {}\n", text.into()) }
    }

    /// It could not be carried out: exit 3. `text` reads well after "error: ".
    pub(super) fn trouble(text: impl Into<String>) -> Self {
        Self { code: 3, text: format!("error: {}\n", text.into()) }
    }

    /// Diagnostics as they are printed: exit 2.
    pub(super) fn diagnosed(text: String) -> Self {
        Self { code: 2, text }
    }

    /// Says it, and gives the exit code.
    pub(super) fn report(self) -> ExitCode {
        console::complain(&self.text);
        ExitCode::from(self.code)
    }

    /// An error with its causes, without control characters. A cause that the text ends with already is not said twice.
    pub(super) fn chain(error: &dyn std::error::Error) -> String {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let cause_text = inner.to_string();
            if !text.ends_with(&cause_text) {
                text += &format!(": {cause_text}");
            }
            cause = inner.source();
        }
        text.lines().map(|line| plain(line).into_owned()).collect::<Vec<_>>().join("\n")
    }
}
