//! Programs: a task, the setup, the verify steps, compiled to a flat list.

use bytes::Bytes;
use http::{HeaderName, Method};

use super::capture::CapturePlan;
use super::check::ChecksPlan;
use super::class::ThinkTime;
use super::endpoint::EndpointId;
use super::template::{JsonTemplate, Template};
use crate::units::Micros;

/// Steps in the order they run.
#[derive(Debug, Default)]
pub struct Program {
    /// The steps; a [`Step::Repeat`] speaks of those right behind it.
    pub steps: Vec<Step>,
}

/// One thing a user does.
#[derive(Debug)]
pub enum Step {
    /// Sends a request, checks the answer and captures from it.
    Request(Box<RequestPlan>),
    /// Waits.
    Think(ThinkTime),
    /// Waits for all users of the class.
    Barrier(BarrierPlan),
    /// Runs the next `length` steps `count` times (zero: skips them). Repeats may nest.
    Repeat {
        /// How often.
        count: u64,
        /// How many steps behind this one belong to it.
        length: usize,
        /// How many passes may run at once; above one in setup, verify and teardown only.
        concurrency: u32,
    },
}

/// A meeting point of all users of a class.
#[derive(Debug, Clone)]
pub struct BarrierPlan {
    /// Index in 0..[`crate::plan::Plan::barriers`].
    pub id: usize,
    /// The class and step, as messages name it.
    pub name: String,
    /// How long the first user may wait before the run fails.
    pub timeout: Micros,
}

/// A request with everything that belongs to it.
#[derive(Debug)]
pub struct RequestPlan {
    /// `METHOD path` as written, or the step's `name`.
    pub name: String,
    /// Where its samples are recorded; nowhere in setup, verify and teardown.
    pub endpoint: Option<EndpointId>,
    /// The HTTP method.
    pub method: Method,
    /// Path and query, or an absolute `http(s)://` address.
    pub path: Template,
    /// Headers of class and step merged, in the order written; `auth` is among them.
    pub headers: Vec<(HeaderName, Template)>,
    /// What is sent; its content type is set unless `headers` name one.
    pub body: BodyPlan,
    /// What the answer must be.
    pub checks: ChecksPlan,
    /// What is kept of the answer.
    pub captures: Vec<CapturePlan>,
    /// From sending to the last byte; what takes longer fails with category `timeout`.
    pub timeout: Micros,
    /// How many redirects are followed; at the limit the redirect itself is the answer.
    pub redirects: u8,
    /// Whether the user's cookies are sent and kept.
    pub cookies: bool,
    /// Whether compressed answers are asked for and decoded.
    pub decompress: bool,
}

impl RequestPlan {
    /// Whether the answer's body must be kept: otherwise it is counted and thrown away as it comes.
    pub fn reads_body(&self) -> bool {
        self.checks.reads_body() || self.captures.iter().any(CapturePlan::reads_body)
    }

    /// Whether somebody looks at the answer's headers: otherwise they are read past.
    pub fn reads_headers(&self) -> bool {
        self.checks.reads_headers() || self.captures.iter().any(CapturePlan::reads_headers)
    }
}

/// The body of a request.
#[derive(Debug)]
pub enum BodyPlan {
    /// None at all.
    Empty,
    /// `application/json`.
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`, names and values encoded when sent.
    Form(Vec<(Template, Template)>),
    /// `text/plain; charset=utf-8`.
    Text(Template),
    /// A file's bytes as they are, read when the plan was made.
    File(FilePart),
    /// `multipart/form-data`.
    Multipart(Vec<MultipartPart>),
}

/// A file that is sent.
#[derive(Debug, Clone)]
pub struct FilePart {
    /// Its last path segment.
    pub file_name: String,
    /// Guessed from the extension, `application/octet-stream` where unknown.
    pub content_type: String,
    /// Its content.
    pub content: Bytes,
}

/// One part of a multipart body.
#[derive(Debug)]
pub struct MultipartPart {
    /// The field's name.
    pub name: String,
    /// What it holds.
    pub content: PartContent,
}

/// What a part holds.
#[derive(Debug)]
pub enum PartContent {
    /// A text.
    Text(Template),
    /// A file.
    File(FilePart),
}
