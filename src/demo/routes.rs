//! Which handler answers what.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};

use super::admission::admit;
use super::app::App;
use super::problem::Problem;
use super::stats::Report;
use super::{accounts, courses, generation, orders, payments, products, recommendations, students};

/// Every endpoint, behind the admission that counts requests and applies the defects.
pub(super) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/stats", get(stats))
        .route("/stats/reset", post(reset_stats))
        .route("/products/", get(products::list).post(products::create))
        .route("/products/{id}", get(products::show))
        .route("/orders/", post(orders::create))
        .route("/orders/{id}/pay", post(orders::pay))
        .route("/students", get(students::list).post(students::create))
        .route("/recommendations", post(recommendations::create))
        .route("/recommendations/{student}", get(recommendations::show))
        .route("/courses", get(courses::list).post(courses::create))
        .route("/courses/{id}", get(courses::show).put(courses::change).delete(courses::delete))
        .route("/courses/{id}/status", get(courses::status))
        .route("/courses/{id}/export", get(courses::export))
        .route("/auth/login", post(accounts::login))
        .route("/auth/register", post(accounts::register))
        .route("/admin/users", post(accounts::create).delete(accounts::delete_synthetic))
        .route("/generation/tasks", get(generation::list).post(generation::create))
        .route("/generation/tasks/{id}", get(generation::show))
        .route("/payments", get(payments::list).post(payments::create))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), admit))
        .with_state(app)
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn stats(State(app): State<Arc<App>>) -> Json<Report> {
    Json(app.stats.report())
}

async fn reset_stats(State(app): State<Arc<App>>) -> StatusCode {
    app.stats.reset();
    StatusCode::NO_CONTENT
}

async fn unknown_path() -> Response {
    Problem::unknown("path").into_response()
}

async fn wrong_method() -> Response {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "the path does not take this method").into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::testing::Running;

    #[tokio::test]
    async fn what_no_route_matches_is_answered_in_json() {
        let demo = Running::start(&[]).await;
        assert_eq!(demo.get("/health").await, (200, json!({ "status": "ok" })));
        assert_eq!(demo.get("/nowhere").await, (404, json!({ "detail": "no such path" })));
        let (status, answer) = demo.post("/health", json!({})).await;
        assert_eq!((status, answer), (405, json!({ "detail": "the path does not take this method" })));
    }
}
