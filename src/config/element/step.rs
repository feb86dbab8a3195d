//! One thing a user does.

use super::auth::AuthConfig;
use super::barrier::BarrierConfig;
use super::body::{BodyConfig, PartConfig};
use super::capture::CapturesConfig;
use super::check::CheckConfig;
use super::think::ThinkConfig;
use crate::config::reader::{Element, Fields, Map, OneOrMany, Read, Reader, Schema, Spanned, Text, Whole, element, listed};
use crate::config::yaml::{Node, Span};
use crate::units::Micros;

element! {
    /// One thing a user does: a request, a wait, a meeting point, or more steps.
    "step", "a step such as `{ get: / }` or `{ think: 1s }`";
    pub struct StepKeys {
        /// A GET request of this path (or absolute address).
        "get" get: Text => optional,
        /// A POST request.
        "post" post: Text => optional,
        /// A PUT request.
        "put" put: Text => optional,
        /// A PATCH request.
        "patch" patch: Text => optional,
        /// A DELETE request.
        "delete" delete: Text => optional,
        /// A HEAD request.
        "head" head: Text => optional,
        /// An OPTIONS request.
        "options" options: Text => optional,
        /// Names the endpoint in place of its method and path.
        "name" name: Text => default "`METHOD path` as written",
        /// Body: a JSON document. A value that is one lone `{{ }}` keeps its type.
        "json" json: Node => optional,
        /// Body: form fields, encoded as a browser does.
        "form" form: Map<Text> => optional,
        /// Body: a text.
        "text" text: Text => optional,
        /// Body: the content of a file, relative to the scenario.
        "file" file: Text => optional,
        /// Body: parts as of a form with files; a part is a text or `{ file: path }`.
        "multipart" multipart: Map<PartConfig> => optional,
        /// Request headers; they win over the class's.
        "headers" headers: Map<Text> => optional,
        /// Credentials.
        "auth" auth: AuthConfig => optional,
        /// What the answer must be.
        "check" check: CheckConfig => optional,
        /// What is kept of the answer: a variable and where its value comes from. `name[]` collects into a list.
        "capture" capture: CapturesConfig => optional,
        /// How long it may take.
        "timeout" timeout: Micros => default "the class's, then the scenario's",
        /// How many redirects are followed; `0` takes the redirect itself as the answer.
        "redirects" redirects: Whole<0, 10> => default "the class's, then the scenario's",
        /// Whether cookies are sent and kept.
        "cookies" cookies: bool => default "the class's, then the scenario's",
        /// Whether a compressed answer is asked for and decoded.
        "decompress" decompress: bool => default "the class's, then the scenario's",
        /// Tags of the endpoint; a threshold can name one.
        "tags" tags: OneOrMany<Text> => optional,
        /// How often the step is done.
        "repeat" repeat: Whole<0, { u64::MAX }> => default "1",
        /// With `repeat`, in `setup`, `verify` and `teardown`: how many may run at once.
        "concurrency" concurrency: Whole<1, 1000> => default "1",
        /// Waits, in place of a request.
        "think" think: ThinkConfig => optional,
        /// Waits for all users of the class, then lets all go at once.
        "barrier" barrier: BarrierConfig => optional,
        /// More steps, to be repeated together.
        "steps" steps: Vec<Spanned<StepConfig>> => optional,
    }
}

/// A step, known by its kind.
#[derive(Debug, Clone)]
pub struct StepConfig {
    /// How often it is done.
    pub repeat: Option<Spanned<Whole<0, { u64::MAX }>>>,
    /// How many repetitions may run at once.
    pub concurrency: Option<Spanned<Whole<1, 1000>>>,
    /// What is done; none where that was reported to be wrong.
    pub kind: Option<StepKind>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// Sends a request.
    Request(Box<RequestConfig>),
    /// Waits.
    Think(Spanned<ThinkConfig>),
    /// Waits for the others.
    Barrier(Spanned<BarrierConfig>),
    /// Does more steps.
    Steps(Vec<Spanned<StepConfig>>),
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodConfig(pub &'static str);

/// A request.
#[derive(Debug, Clone)]
pub struct RequestConfig {
    /// The method in upper case, and where its key stands.
    pub method: Spanned<MethodConfig>,
    /// Path and query, or an absolute address.
    pub path: Spanned<Text>,
    /// The body.
    pub body: Option<BodyConfig>,
    /// Everything else.
    pub keys: Box<StepKeys>,
}

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
const UPPER: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const BODIES: [&str; 5] = ["json", "form", "text", "file", "multipart"];
/// Keys that a step of any kind may have.
const ANY_KIND: [&str; 2] = ["repeat", "concurrency"];

impl Read for StepConfig {
    fn form() -> String {
        StepKeys::form()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::of::<StepKeys>(node, reader)?;
        let keys = StepKeys::take(&mut fields, reader);
        Some(Self::from_keys(keys, &fields, &[], reader))
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        StepKeys::schema(schema)
    }
}

impl StepConfig {
    /// Finds out what kind of step the keys describe, and reports what doesn't go together. A task written as one step has
    /// some `shared` keys that are its own.
    pub(in crate::config) fn from_keys(mut keys: StepKeys, fields: &Fields<'_>, shared: &[&str], reader: &mut Reader) -> Self {
        let kinds: Vec<(&str, Span)> =
            METHODS.iter().chain(["think", "barrier", "steps"].iter()).filter_map(|key| fields.key(key).map(|span| (*key, span))).collect();
        let (repeat, concurrency) = (keys.repeat.take(), keys.concurrency.take());
        if let (Some(concurrency), None) = (&concurrency, &repeat) {
            reader.report(concurrency.span, "`concurrency` needs `repeat`", "", Some("add `repeat: 100`, or remove it".to_owned()));
        }
        let kind = match kinds.as_slice() {
            [] => {
                let help = format!("give it a request ({}), `think`, `barrier` or `steps`", listed(&METHODS));
                reader.report(fields.span, "the step does nothing", "", Some(help));
                None
            }
            [(kind, span)] => Self::kind(kind, *span, keys, (fields, shared), reader),
            [(first, a), (second, b), ..] => {
                let message = format!("a step is either `{first}` or `{second}`");
                reader.conflict(message, *b, *a, "make two steps of it");
                None
            }
        };
        Self { repeat, concurrency, kind }
    }

    fn kind(kind: &str, span: Span, mut keys: StepKeys, (fields, shared): (&Fields<'_>, &[&str]), reader: &mut Reader) -> Option<StepKind> {
        let Some(at) = METHODS.iter().position(|method| *method == kind) else {
            for key in StepKeys::KEYS.iter().filter(|key| **key != kind && !ANY_KIND.contains(*key)) {
                if let Some(other) = fields.key(key).filter(|_| !shared.contains(key)) {
                    reader.conflict(format!("`{key}` does not go with `{kind}`"), other, span, "make two steps of it");
                    return None;
                }
            }
            return match kind {
                "think" => keys.think.map(StepKind::Think),
                "barrier" => keys.barrier.map(StepKind::Barrier),
                _ => keys.steps.map(|steps| StepKind::Steps(steps.value)),
            };
        };
        let bodies: Vec<(&str, Span)> = BODIES.iter().filter_map(|key| fields.key(key).map(|span| (*key, span))).collect();
        if let [(first, a), (second, b), ..] = bodies.as_slice() {
            reader.conflict(format!("a request has either `{first}` or `{second}` as its body"), *b, *a, "keep one of them");
        }
        let path = [&mut keys.get, &mut keys.post, &mut keys.put, &mut keys.patch, &mut keys.delete, &mut keys.head, &mut keys.options]
            .into_iter()
            .find_map(Option::take)?;
        if !path.starts_with('/') && !path.contains("://") && !path.starts_with("{{") && !path.starts_with('?') {
            let help = format!("write `/{}`", path.as_str());
            reader.report(path.span, "a path begins with `/`", "", Some(help));
        }
        let body = keys
            .json
            .take()
            .map(BodyConfig::Json)
            .or_else(|| keys.form.take().map(BodyConfig::Form))
            .or_else(|| keys.text.take().map(BodyConfig::Text))
            .or_else(|| keys.file.take().map(BodyConfig::File))
            .or_else(|| keys.multipart.take().map(BodyConfig::Multipart));
        let method = Spanned { value: MethodConfig(UPPER[at]), span };
        Some(StepKind::Request(Box::new(RequestConfig { method, path, body, keys: Box::new(keys) })))
    }
}
