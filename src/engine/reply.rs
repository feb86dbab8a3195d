//! An answer, and how much of it somebody wants.

use http::HeaderMap;

/// An answer.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Those that were wanted.
    pub(super) headers: HeaderMap,
    /// Empty where it was not wanted.
    pub(super) body: Vec<u8>,
}

/// What of an answer is kept; the rest is read past.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    /// It answers HEAD: there is no body, whatever its headers say.
    pub(super) is_head: bool,
    /// All headers.
    pub(super) headers: bool,
    /// `set-cookie`.
    pub(super) cookies: bool,
    /// `location`, where the status is that of a redirect.
    pub(super) redirects: bool,
    /// `content-encoding`.
    pub(super) encoding: bool,
    pub(super) body: bool,
    /// More bytes than these are a failure.
    pub(super) max_body: u64,
}
