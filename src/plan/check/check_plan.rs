//! One check of a header, the body or the time.

use std::borrow::Cow;

use http::HeaderName;
use serde_json::Value as Json;

use super::actual::Actual;
use super::complaint::{Complaint, shown};
use super::predicate::Predicate;
use crate::plan::answer::Answer;
use crate::plan::json_path::{Found, JsonPath};
use crate::plan::scope::Scope;
use crate::plan::source_error::SourceError;
use crate::units::Micros;

/// One check besides the status; counted under its [`super::CheckId`].
#[derive(Debug)]
pub enum CheckPlan {
    /// A response header; of several with that name the first that passes counts.
    Header(HeaderName, Predicate),
    /// The body as text.
    Body(Predicate),
    /// A part of a JSON body; where its path can lead to several nodes, the list of them.
    Json(JsonPath, Predicate),
    /// The response time is at most this.
    Time(Micros),
}

impl CheckPlan {
    /// Reads `check.time`: `500ms`, `< 500ms`, `{max: 500ms}`; a bare number is seconds.
    pub fn time(source: &Json) -> Result<Self, SourceError> {
        let text = match source {
            Json::String(text) => text.clone(),
            Json::Number(seconds) => seconds.to_string(),
            Json::Object(entries) if entries.len() == 1 && entries.contains_key("max") => return Self::time(&entries["max"]),
            _ => return Err(SourceError::new("a time check is a duration").help("write the longest time allowed: `500ms`")),
        };
        let limit = text.trim().trim_start_matches('<').trim_start_matches('=');
        Micros::parse(limit).map(Self::Time).map_err(|error| SourceError::new(error.to_string()))
    }

    /// What it is called in reports: `$.stock == 0`, `time <= 500ms`.
    pub fn name(&self) -> String {
        match self {
            Self::Time(limit) => format!("time <= {limit}"),
            Self::Header(_, predicate) | Self::Body(predicate) | Self::Json(_, predicate) => predicate.name(&self.subject()),
        }
    }

    /// Whether it needs the body.
    pub(super) fn reads_body(&self) -> bool {
        matches!(self, Self::Body(_) | Self::Json(..))
    }

    /// Whether the answer passes; else what to say of it.
    pub(super) fn judge(&self, answer: &Answer<'_>, scope: &Scope) -> Result<(), String> {
        match self {
            Self::Time(limit) if answer.response_time <= *limit => Ok(()),
            Self::Time(limit) => Err(format!("time: expected at most {limit}, got {}", answer.response_time)),
            Self::Header(name, predicate) => {
                let mut values = answer.headers.get_all(name).iter().peekable();
                if values.peek().is_none() {
                    return self.test(predicate, &Actual::Missing, scope);
                }
                let mut first = None;
                for value in values {
                    match self.test(predicate, &Actual::Text(String::from_utf8_lossy(value.as_bytes())), scope) {
                        Ok(()) => return Ok(()),
                        Err(complaint) => first = first.or(Some(complaint)),
                    }
                }
                first.map_or(Ok(()), Err)
            }
            Self::Body(predicate) => self.test(predicate, &Actual::Text(String::from_utf8_lossy(answer.body)), scope),
            Self::Json(path, predicate) => {
                let Some(found) = answer.find(path) else {
                    return Err(format!("{}: the body is not JSON", path.as_str()));
                };
                let actual = match found {
                    Found::None => Actual::Missing,
                    Found::One(node) => Actual::Json(node),
                    Found::Many(nodes) => Actual::Json(Cow::Owned(nodes.into_iter().cloned().collect())),
                };
                self.test(predicate, &actual, scope)
            }
        }
    }

    fn test(&self, predicate: &Predicate, actual: &Actual<'_>, scope: &Scope) -> Result<(), String> {
        predicate.test(actual, scope).map_err(|complaint| self.message(&complaint, actual))
    }

    /// Values of headers and whole bodies are never shown: they may be secret, and they end up in records.
    fn message(&self, complaint: &Complaint, actual: &Actual<'_>) -> String {
        let subject = self.subject();
        let (expected, got) = match complaint {
            Complaint::Unmet { expected, got } => (expected, got),
            Complaint::Failed(error) => return format!("{subject}: {error}"),
        };
        let got = match (got, actual, self) {
            (_, Actual::Missing, _) => "nothing".to_owned(),
            (Some(got), ..) => got.clone(),
            (None, Actual::Json(value), _) => shown(value),
            (None, Actual::Text(text), Self::Body(_)) => format!("{} other characters", text.chars().count()),
            (None, Actual::Text(_), _) => "another value".to_owned(),
        };
        format!("{subject}: expected {expected}, got {got}")
    }

    fn subject(&self) -> String {
        match self {
            Self::Header(name, _) => format!("header {name}"),
            Self::Body(_) => "body".to_owned(),
            Self::Json(path, _) => path.as_str().to_owned(),
            Self::Time(_) => "time".to_owned(),
        }
    }
}
