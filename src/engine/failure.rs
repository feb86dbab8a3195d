//! Why an exchange failed.

use std::io;

use crate::metrics::ErrorCategory;

/// Why an exchange failed: a category to count, and a message that may hold foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) category: ErrorCategory,
    pub(super) message: String,
    /// The generator itself had reached a limit of the system: open files, or ports.
    pub(super) is_ours: bool,
}

impl Failure {
    pub(super) fn new(category: ErrorCategory, message: impl Into<String>) -> Self {
        Self { category, message: message.into(), is_ours: false }
    }

    /// What a failed attempt to connect is.
    pub(super) fn connecting(error: &io::Error) -> Self {
        let category = match error.kind() {
            io::ErrorKind::TimedOut => ErrorCategory::ConnectTimeout,
            _ => ErrorCategory::ConnectRefused,
        };
        Self { is_ours: is_exhaustion(error), ..Self::new(category, plain(error)) }
    }

    /// What a broken exchange is.
    pub(super) fn exchanging(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::new(ErrorCategory::Protocol, error.to_string()),
            io::ErrorKind::UnexpectedEof => Self::cut(),
            _ => Self::new(ErrorCategory::Reset, plain(error)),
        }
    }

    /// What an answer without its end is.
    pub(super) fn cut() -> Self {
        Self::new(ErrorCategory::Reset, "the connection was closed before the answer was complete")
    }
}

/// Whether the system says that this process, or the machine, has no more files or ports to give.
fn is_exhaustion(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let exhausted = [Errno::MFILE, Errno::NFILE, Errno::ADDRNOTAVAIL, Errno::NOBUFS].map(Errno::raw_os_error);
        error.raw_os_error().is_some_and(|code| exhausted.contains(&code))
    }
    #[cfg(not(unix))]
    {
        error.kind() == io::ErrorKind::AddrNotAvailable
    }
}

/// The system's words without its number: `connection refused`.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
