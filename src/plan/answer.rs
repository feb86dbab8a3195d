//! The answer to a request, as checks and captures see it.

use std::cell::OnceCell;

use http::HeaderMap;

use crate::units::Micros;

/// A complete answer. The body is there only where [`crate::plan::RequestPlan::reads_body`] asked for it.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The decoded body; empty where nobody reads it.
    pub body: &'a [u8],
    /// From the intended start to the last byte.
    pub response_time: Micros,
    json: OnceCell<Option<serde_json::Value>>,
}

impl<'a> Answer<'a> {
    /// An answer whose body is parsed as JSON when somebody first asks.
    pub fn new(status: u16, headers: &'a HeaderMap, body: &'a [u8], response_time: Micros) -> Self {
        Self { status, headers, body, response_time, json: OnceCell::new() }
    }

    /// The body as JSON; none where it isn't.
    pub fn json(&self) -> Option<&serde_json::Value> {
        self.json.get_or_init(|| serde_json::from_slice(self.body).ok()).as_ref()
    }
}
