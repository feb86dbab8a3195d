//! Captures: what a user keeps of an answer.

use http::HeaderName;
use http::header::SET_COOKIE;
use minijinja::value::{Serde, Value};
use regex::Regex;
use serde_json::Value as Json;

use super::answer::Answer;
use super::json_path::{Found, JsonPath};
use super::scope::SlotId;
use super::source_error::SourceError;
use super::suggest::did_you_mean;

/// One capture.
#[derive(Debug)]
pub struct CapturePlan {
    /// The variable it fills.
    pub slot: SlotId,
    /// `name[]`: appends to a list instead.
    pub collects: bool,
    /// Where its value comes from.
    pub source: CaptureSource,
}

/// Where a captured value comes from.
#[derive(Debug)]
pub enum CaptureSource {
    /// A part of a JSON body.
    Json(JsonPath),
    /// A response header; the first of several.
    Header(HeaderName),
    /// A group of the first match in the body.
    Regex(Regex, usize),
    /// A cookie that the answer sets; the last of several.
    Cookie(String),
}

impl CapturePlan {
    /// Whether it needs the body.
    pub fn reads_body(&self) -> bool {
        matches!(self.source, CaptureSource::Json(_) | CaptureSource::Regex(..))
    }

    /// Whether it needs the headers.
    pub fn reads_headers(&self) -> bool {
        matches!(self.source, CaptureSource::Header(_) | CaptureSource::Cookie(_))
    }

    /// What it finds; none where there is nothing.
    ///
    /// A JSON value keeps its type; a path that can lead to several nodes gives a list of them. `null` counts as
    /// nothing, like a missing key: a request that needs the variable is not sent with `null` in its place. So does an
    /// empty cookie, which is how a server takes one away.
    pub fn find(&self, answer: &Answer<'_>) -> Option<Value> {
        match &self.source {
            CaptureSource::Json(path) => match answer.find(path)? {
                Found::None => None,
                Found::One(node) if node.is_null() => None,
                Found::One(node) => Some(Value::from(Serde(&*node))),
                Found::Many(nodes) => Some(Value::from(Serde(nodes))),
            },
            CaptureSource::Header(name) => answer.headers.get(name).map(|value| text(value.as_bytes())),
            CaptureSource::Regex(regex, group) => {
                let body = String::from_utf8_lossy(answer.body);
                let found = regex.captures(&body)?.get(*group)?.as_str();
                Some(Value::from(found))
            }
            CaptureSource::Cookie(name) => {
                let mut set = answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| cookie(value.as_bytes(), name));
                set.next_back().filter(|value| !value.is_empty()).map(text)
            }
        }
    }
}

impl CaptureSource {
    /// Reads `$.path`, `{header: name}`, `{regex: '..(group)..', group: 1}` or `{cookie: name}`. The group is a number
    /// or a name; without it the first group counts, or the whole match where there is none.
    pub fn parse(source: &Json) -> Result<Self, SourceError> {
        const FORMS: &str = "write `$.path`, `{header: name}`, `{regex: '..(group)..'}` or `{cookie: name}`";
        let wrong = |message: &str| SourceError::new(message).help(FORMS);
        match source {
            Json::String(path) => JsonPath::parse(path).map(Self::Json),
            Json::Object(entries) => {
                const KEYS: [&str; 4] = ["header", "regex", "cookie", "group"];
                if let Some(key) = entries.keys().find(|key| !KEYS.contains(&key.as_str())) {
                    let error = SourceError::new(format!("a capture has no `{key}`"));
                    return Err(error.help(did_you_mean(key, KEYS).unwrap_or_else(|| FORMS.to_owned())));
                }
                let text = |key: &str| match entries.get(key) {
                    None => Ok(None),
                    Some(Json::String(text)) if !text.is_empty() => Ok(Some(text.as_str())),
                    Some(_) => Err(SourceError::new(format!("`{key}` is a text that isn't empty")).within(&format!("/{key}"))),
                };
                match (text("header")?, text("regex")?, text("cookie")?, entries.get("group")) {
                    (Some(name), None, None, None) => header_name(name).map(Self::Header).map_err(|error| error.within("/header")),
                    (None, Some(pattern), None, group) => pattern_and_group(pattern, group),
                    (None, None, Some(name), None) => Ok(Self::Cookie(name.to_owned())),
                    (.., Some(_)) => Err(SourceError::new("`group` belongs to `regex`").within("/group")),
                    _ => Err(wrong("a capture has one source")),
                }
            }
            _ => Err(wrong("a capture is a path or a mapping")),
        }
    }
}

/// Reads the name of a header.
pub(super) fn header_name(name: &str) -> Result<HeaderName, SourceError> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| SourceError::new(format!("`{name}` is no name of a header")))
}

/// Compiles a regular expression.
pub(super) fn regex(pattern: &str) -> Result<Regex, SourceError> {
    Regex::new(pattern).map_err(|error| {
        let text = error.to_string();
        // The message of a syntax error is a drawing; its last line says what is wrong.
        let reason = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
        SourceError::new(format!("not a regular expression: {reason}"))
    })
}

fn pattern_and_group(pattern: &str, group: Option<&Json>) -> Result<CaptureSource, SourceError> {
    let regex = regex(pattern).map_err(|error| error.within("/regex"))?;
    let count = regex.captures_len();
    let index = match group {
        None => Some(usize::from(count > 1)),
        Some(Json::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()).filter(|index| *index < count),
        Some(Json::String(name)) => regex.capture_names().position(|known| known == Some(name.as_str())),
        Some(_) => None,
    };
    match index {
        Some(index) => Ok(CaptureSource::Regex(regex, index)),
        None => Err(SourceError::new(format!("the regular expression has no such group: it has {}", count - 1)).within("/group")),
    }
}

/// The value of a `set-cookie` header, where it sets this cookie.
fn cookie<'a>(header: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let pair = header.split(|byte| *byte == b';').next()?;
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let value = pair[equals + 1..].trim_ascii();
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    (pair[..equals].trim_ascii() == name.as_bytes()).then_some(value)
}

fn text(bytes: &[u8]) -> Value {
    Value::from(String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    fn capture(source: Json) -> CapturePlan {
        CapturePlan { slot: SlotId(0), collects: false, source: CaptureSource::parse(&source).unwrap() }
    }

    fn find(source: Json, body: &str) -> Option<Value> {
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static("/orders/7"));
        for cookie in ["session=old", "other=1; Path=/", "session=\"new\"; HttpOnly", "gone=; Max-Age=0"] {
            headers.append(SET_COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        capture(source).find(&Answer::new(200, &headers, body.as_bytes(), Default::default()))
    }

    #[test]
    fn every_source_finds_its_value() {
        let body = r#"{"id": 7, "big": 9007199254740993, "none": null, "items": [{"id": 1}, {"id": 2}], "csrf": "a1b2"}"#;
        for (source, expected) in [
            (json!("$.id"), Some(Value::from(7))),
            (json!("$.big"), Some(Value::from(9_007_199_254_740_993_u64))),
            (json!("$.none"), None),
            (json!("$.missing"), None),
            (json!("$.items[*].id"), Some(Value::from(vec![1, 2]))),
            (json!("$.items[*].nope"), None),
            (json!({"header": "Location"}), Some(Value::from("/orders/7"))),
            (json!({"header": "x-none"}), None),
            (json!({"regex": "csrf\": \"(\\w+)\""}), Some(Value::from("a1b2"))),
            (json!({"regex": "csrf"}), Some(Value::from("csrf"))),
            (json!({"regex": "(?<a>\\d)(?<b>\\d)", "group": "b"}), Some(Value::from("0"))),
            (json!({"regex": "(x)(y)", "group": 2}), None),
            (json!({"cookie": "session"}), Some(Value::from("new"))),
            (json!({"cookie": "gone"}), None),
        ] {
            assert_eq!(find(source.clone(), body), expected, "{source}");
        }
        assert_eq!(find(json!("$.id"), "<html>"), None);
    }

    #[test]
    fn only_what_looks_into_the_body_needs_it() {
        for (source, reads) in
            [(json!("$.id"), true), (json!({"regex": "x"}), true), (json!({"header": "x"}), false), (json!({"cookie": "x"}), false)]
        {
            assert_eq!(capture(source.clone()).reads_body(), reads, "{source}");
        }
    }

    #[test]
    fn wrong_captures_are_refused() {
        for (source, message) in [
            (json!("id"), "not a JSONPath: "),
            (json!(5), "a capture is a path or a mapping"),
            (json!({}), "a capture has one source"),
            (json!({"header": "a", "cookie": "b"}), "a capture has one source"),
            (json!({"headr": "a"}), "a capture has no `headr`"),
            (json!({"header": "a b"}), "`a b` is no name of a header"),
            (json!({"header": ""}), "`header` is a text that isn't empty"),
            (json!({"regex": "("}), "not a regular expression: unclosed group"),
            (json!({"regex": "(a)", "group": 2}), "the regular expression has no such group: it has 1"),
            (json!({"header": "a", "group": 1}), "`group` belongs to `regex`"),
        ] {
            let error = CaptureSource::parse(&source).unwrap_err();
            assert!(error.message.starts_with(message), "{source}: {error}");
        }
        assert_eq!(CaptureSource::parse(&json!({"headr": "a"})).unwrap_err().help.as_deref(), Some("did you mean `header`?"));
    }
}
