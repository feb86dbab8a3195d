//! Why an exchange over HTTP/2 failed.

use std::error::Error as _;
use std::io;

use crate::engine::failure::Failure;
use crate::metrics::ErrorCategory;

/// What a broken exchange is: whatever the server or the network ended is a reset, anything else is no HTTP/2.
pub(super) fn exchanging(error: &hyper::Error) -> Failure {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<h2::Error>() {
            let is_theirs = error.is_remote() && (error.is_reset() || error.is_go_away());
            return match error.get_io() {
                Some(error) => broken(error),
                None if is_theirs => Failure::new(ErrorCategory::Reset, error.to_string()),
                None => Failure::new(ErrorCategory::Protocol, error.to_string()),
            };
        }
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return broken(error);
        }
        cause = inner.source();
    }
    if error.is_canceled() || error.is_closed() || error.is_incomplete_message() {
        return closed();
    }
    Failure::new(ErrorCategory::Protocol, error.to_string())
}

/// Whether the server says that it has not acted on a request.
pub(super) fn is_unprocessed(error: &hyper::Error) -> bool {
    let Some(error) = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>()) else { return false };
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (refused || (error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)))
}

fn broken(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Failure::new(ErrorCategory::Protocol, error.to_string()),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => closed(),
        _ => Failure { category: ErrorCategory::Reset, ..Failure::connecting(error) },
    }
}

fn closed() -> Failure {
    Failure::new(ErrorCategory::Reset, "the connection was closed before the answer was complete")
}
