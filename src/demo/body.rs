//! What handlers take out of a request: its JSON, a part of its path, a value of its query.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// A JSON body. What is no JSON, or not the right JSON, is refused in JSON too: 400, 415 or 422.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let wrong = |rejection: JsonRejection| Problem::new(rejection.status(), rejection.body_text());
        Json::from_request(request, state).await.map(|Json(value)| Self(value)).map_err(wrong)
    }
}

/// The one variable part of a path.
pub(super) struct Segment(pub(super) String);

impl Segment {
    /// The part as the number of a `what`; a part that is no number is the number of nothing.
    pub(super) fn number(&self, what: &str) -> Result<u64, Problem> {
        self.0.parse().map_err(|_| Problem::unknown(what))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part)).map_err(|_| Problem::unknown("path"))
    }
}

/// A text that is neither empty nor long, so that a store of them is bounded in bytes as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text(pub(super) String);

impl Text {
    const MOST: usize = 1024;
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.len() {
            1..=Self::MOST => Ok(Self(text)),
            length => Err(format!("a text has 1 to {} bytes, this one has {length}", Self::MOST)),
        }
    }
}

/// The first value of that name in the query.
pub(super) fn in_query(query: &RawQuery, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(query.0.as_deref()?.as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::testing::Running;

    #[test]
    fn a_query_is_decoded() {
        let query = RawQuery(Some("all=true&limit=5&name=a%20b&limit=6".to_owned()));
        let value = |name| in_query(&query, name);
        assert_eq!((value("limit").as_deref(), value("name").as_deref(), value("sort")), (Some("5"), Some("a b"), None));
        assert_eq!(in_query(&RawQuery(None), "all"), None);
    }

    #[tokio::test]
    async fn a_body_that_does_not_fit_is_refused_in_json() {
        let demo = Running::start(&[]).await;
        for (body, content_type, expected) in [
            ("{", "application/json", 400),
            ("{}", "application/json", 422),
            (r#"{"prompt": ""}"#, "application/json", 422),
            (r#"{"prompt": "a bridge"}"#, "text/plain", 415),
            (r#"{"prompt": "a bridge"}"#, "application/json", 202),
        ] {
            let request = demo.request("POST", "/generation/tasks").header("content-type", content_type).body(body);
            let (status, answer) = demo.send(request).await;
            assert_eq!(status, expected, "{body}");
            assert!(status == 202 || answer["detail"].is_string(), "{answer}");
        }
        let long = demo.request("POST", "/generation/tasks").body("x".repeat(100_000));
        assert_eq!(demo.send(long).await.0, 413);
        assert_eq!(demo.post("/generation/tasks", serde_json::json!({ "prompt": "x".repeat(1025) })).await.0, 422);
    }
}
