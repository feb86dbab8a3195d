//! What happens to every request before its handler.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::problem::Problem;

const LARGEST_BODY: usize = 64 * 1024;

/// Counts the request, reads its body, and lets the defects have their way with it.
///
/// `/stats` is left alone. `/health` and paths that no route matches are counted and wait for the end of a stall; only
/// what has a handler with something to do takes the work, the delay, and the errors.
pub(super) async fn admit(State(app): State<Arc<App>>, matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let pattern = matched.as_ref().map(MatchedPath::as_str);
    if pattern.is_some_and(|pattern| pattern.starts_with("/stats")) {
        return next.run(request).await;
    }
    let endpoint = app.stats.received(request.method(), pattern);
    let works = pattern.is_some_and(|pattern| pattern != "/health");
    let response = answer(&app, works, request, next).await.unwrap_or_else(IntoResponse::into_response);
    app.stats.answered(&endpoint, response.status());
    response
}

async fn answer(app: &App, works: bool, request: Request, next: Next) -> Result<Response, Problem> {
    // The whole body is taken in also where it is not looked at, so that every answer leaves the connection usable.
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body has at most {LARGEST_BODY} bytes, and arrives whole")))?;
    app.faults.pause().await;
    if works && app.faults.strike().await {
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the `errors` defect"));
    }
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}
