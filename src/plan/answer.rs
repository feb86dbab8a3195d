//! The answer to a request, as checks and captures see it.

use std::cell::{Cell, OnceCell};

use http::HeaderMap;

use super::json_path::{Found, JsonPath};
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
    /// How often a node was looked for without the document being built.
    scans: Cell<u8>,
}

/// From then on building the document costs less than one more look at the text.
const MOST_SCANS: u8 = 3;

impl<'a> Answer<'a> {
    /// An answer whose body is read as JSON as far as somebody asks for it.
    pub fn new(status: u16, headers: &'a HeaderMap, body: &'a [u8], response_time: Micros) -> Self {
        Self { status, headers, body, response_time, json: OnceCell::new(), scans: Cell::new(0) }
    }

    /// What a path leads to in the body; none where that isn't JSON.
    pub(super) fn find(&self, path: &JsonPath) -> Option<Found<'_>> {
        if self.json.get().is_none() && self.scans.get() < MOST_SCANS {
            self.scans.set(self.scans.get() + 1);
            if let Some(found) = path.scan(std::str::from_utf8(self.body).ok()?) {
                return found.ok();
            }
        }
        self.json().map(|document| path.find(document))
    }

    fn json(&self) -> Option<&serde_json::Value> {
        self.json.get_or_init(|| serde_json::from_slice(self.body).ok()).as_ref()
    }
}
