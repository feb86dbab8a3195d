//! Generation tasks: accepted at once, done a little later.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{App, LISTED};
use super::auth::SignedIn;
use super::body::{Body, Segment, Text};
use super::problem::Problem;
use super::shelf::Shelf;

const ROOM: usize = 10_000;
const QUEUED: Duration = Duration::from_millis(100);
const DONE: Duration = Duration::from_millis(500);

/// The latest tasks. Nothing is generated: a task's status follows from its age.
pub(super) struct Generation {
    all: Mutex<Shelf<Task>>,
}

struct Task {
    id: u64,
    wanted: Wanted,
    made: Instant,
}

/// The body of [`create`].
#[derive(Deserialize)]
pub(super) struct Wanted {
    prompt: Text,
    style: Option<Text>,
}

impl Generation {
    pub(super) fn new() -> Self {
        Self { all: Mutex::new(Shelf::new(1, ROOM)) }
    }

    /// The latest tasks as they are answered.
    pub(super) fn latest(&self) -> Vec<Value> {
        self.lock().latest(LISTED).map(Task::brief).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf<Task>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    fn brief(&self) -> Value {
        json!({ "id": self.id, "status": status(self.made.elapsed()), "style": self.wanted.style, "prompt": self.wanted.prompt })
    }
}

fn status(age: Duration) -> &'static str {
    match age {
        age if age < QUEUED => "queued",
        age if age < DONE => "running",
        _ => "done",
    }
}

/// `POST /generation/tasks`: 202 with the task's `id`.
pub(super) async fn create(_: SignedIn, State(app): State<Arc<App>>, Body(wanted): Body<Wanted>) -> (StatusCode, Json<Value>) {
    let (id, _) = app.generation.lock().add(|id| Task { id, wanted, made: Instant::now() });
    (StatusCode::ACCEPTED, Json(json!({ "id": id, "status": status(Duration::ZERO) })))
}

/// `GET /generation/tasks`: the latest tasks.
pub(super) async fn list(_: SignedIn, State(app): State<Arc<App>>) -> Json<Vec<Value>> {
    Json(app.generation.latest())
}

/// `GET /generation/tasks/{id}`: 200 with the task and its `status`, or 404.
pub(super) async fn show(_: SignedIn, State(app): State<Arc<App>>, id: Segment) -> Result<Json<Value>, Problem> {
    let id = id.number("task")?;
    app.generation.lock().find(id).map(|task| Json(task.brief())).ok_or_else(|| Problem::unknown("task"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::testing::Running;

    #[tokio::test]
    async fn a_task_is_accepted_and_found_again() {
        let demo = Running::start(&[]).await;
        let (status, made) = demo.post("/generation/tasks", json!({ "prompt": "a bridge", "style": "photo" })).await;
        assert_eq!((status, &made), (202, &json!({ "id": 1, "status": "queued" })));
        let (status, task) = demo.get("/generation/tasks/1").await;
        assert_eq!((status, task["prompt"].as_str(), task["style"].as_str()), (200, Some("a bridge"), Some("photo")));
        assert!(["queued", "running", "done"].contains(&task["status"].as_str().unwrap()), "{task}");
        assert_eq!(demo.get("/generation/tasks").await.1[0]["id"], 1);
        assert_eq!(demo.get("/generation/tasks/2").await.0, 404);
    }

    #[test]
    fn a_task_is_queued_then_running_then_done() {
        let statuses = [0, 99, 100, 499, 500, 5_000].map(|millis| status(Duration::from_millis(millis)));
        assert_eq!(statuses, ["queued", "queued", "running", "running", "done", "done"]);
    }
}
