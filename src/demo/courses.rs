//! Courses: fifty that are always there, and those that are made and deleted again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{App, LISTED};
use super::body::{Body, Segment, Text, in_query};
use super::problem::Problem;
use super::shelf::Shelf;

/// Courses 1 to 50 of the examples.
const BUILT_IN: u64 = 50;
const ROOM: usize = 10_000;
const MOST_CHAPTERS: u32 = 50;

/// How long a course says that it is being generated.
const GENERATION: Duration = Duration::from_secs(1);

/// The courses; the built-in ones are kept apart, so that no number of new ones drives them out.
pub(super) struct Courses {
    all: Mutex<All>,
}

struct All {
    built_in: Shelf<Course>,
    made: Shelf<Course>,
}

struct Course {
    id: u64,
    title: Text,
    chapters: u32,
    made: Option<Instant>,
}

impl Courses {
    pub(super) fn new() -> Self {
        let mut built_in = Shelf::new(1, BUILT_IN as usize);
        for _ in 0..BUILT_IN {
            built_in.add(|id| Course { id, title: Text(format!("Sample course {id}")), chapters: 3, made: None });
        }
        Self { all: Mutex::new(All { built_in, made: Shelf::new(BUILT_IN + 1, ROOM) }) }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, id: &Segment, answer: impl FnOnce(&mut Course) -> T) -> Result<T, Problem> {
        let id = id.number("course")?;
        let mut all = self.lock();
        let shelf = if id <= BUILT_IN { &mut all.built_in } else { &mut all.made };
        shelf.find_mut(id).map(answer).ok_or_else(|| Problem::unknown("course"))
    }
}

impl Course {
    /// From 0 to 100; what is built in was always ready.
    fn progress(&self) -> u32 {
        self.made.map_or(100, |made| ((made.elapsed().as_secs_f64() / GENERATION.as_secs_f64()).min(1.0) * 100.0) as u32)
    }

    fn status(&self) -> &'static str {
        if self.progress() < 100 { "generating" } else { "ready" }
    }

    fn brief(&self) -> Value {
        json!({ "id": self.id, "title": self.title.0, "chapters": self.chapters, "status": self.status() })
    }
}

/// The body of [`create`].
#[derive(Deserialize)]
pub(super) struct NewCourse {
    title: Text,
    chapters: Option<u32>,
}

/// The body of [`change`].
#[derive(Deserialize)]
pub(super) struct Changes {
    title: Option<Text>,
    chapters: Option<u32>,
}

/// `GET /courses`: the latest courses, made ones first; with `?all=true` all built-in ones too.
pub(super) async fn list(State(app): State<Arc<App>>, query: RawQuery) -> Json<Value> {
    let count = if in_query(&query, "all").as_deref() == Some("true") { LISTED + BUILT_IN as usize } else { LISTED };
    let all = app.courses.lock();
    let courses = all.made.latest(LISTED).chain(all.built_in.latest(BUILT_IN as usize)).take(count);
    Json(courses.map(Course::brief).collect())
}

/// `GET /courses/{id}`: 200 or 404.
pub(super) async fn show(State(app): State<Arc<App>>, id: Segment) -> Result<Json<Value>, Problem> {
    app.courses.with(&id, |course| Json(course.brief()))
}

/// `POST /courses`: 201 with the course.
pub(super) async fn create(State(app): State<Arc<App>>, Body(new): Body<NewCourse>) -> Result<(StatusCode, Json<Value>), Problem> {
    let chapters = chapters(new.chapters.unwrap_or(1))?;
    let mut all = app.courses.lock();
    let (id, _) = all.made.add(|id| Course { id, title: new.title, chapters, made: Some(Instant::now()) });
    let course = all.made.find(id).map(Course::brief).ok_or_else(|| Problem::unknown("course"))?;
    Ok((StatusCode::CREATED, Json(course)))
}

/// `PUT /courses/{id}`: 200 with the changed course, or 404.
pub(super) async fn change(State(app): State<Arc<App>>, id: Segment, Body(changes): Body<Changes>) -> Result<Json<Value>, Problem> {
    let chapters = changes.chapters.map(chapters).transpose()?;
    app.courses.with(&id, |course| {
        if let Some(title) = changes.title {
            course.title = title;
        }
        course.chapters = chapters.unwrap_or(course.chapters);
        Json(course.brief())
    })
}

/// `DELETE /courses/{id}`: 204, 404, or 403 for a built-in course.
pub(super) async fn delete(State(app): State<Arc<App>>, id: Segment) -> Result<StatusCode, Problem> {
    let id = id.number("course")?;
    if (1..=BUILT_IN).contains(&id) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "the sample courses stay"));
    }
    app.courses.lock().made.remove(id).map(|_| StatusCode::NO_CONTENT).ok_or_else(|| Problem::unknown("course"))
}

/// `GET /courses/{id}/status`: 200 or 404.
pub(super) async fn status(State(app): State<Arc<App>>, id: Segment) -> Result<Json<Value>, Problem> {
    let answer = |course: &mut Course| json!({ "id": course.id, "status": course.status(), "progress": course.progress() });
    app.courses.with(&id, answer).map(Json)
}

/// `GET /courses/{id}/export`: 200 with the course as Markdown, or 404.
pub(super) async fn export(State(app): State<Arc<App>>, id: Segment) -> Result<([(HeaderName, &'static str); 1], String), Problem> {
    app.courses.with(&id, |course| {
        let chapters =
            (1..=course.chapters).map(|number| format!("\n## Chapter {number}\n\nWhat chapter {number} of course {} says.\n", course.id));
        let text = format!("# {}\n", course.title.0) + &chapters.collect::<String>();
        ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], text)
    })
}

fn chapters(count: u32) -> Result<u32, Problem> {
    if (1..=MOST_CHAPTERS).contains(&count) {
        Ok(count)
    } else {
        Err(Problem::unacceptable(format!("a course has 1 to {MOST_CHAPTERS} chapters")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::testing::Running;

    #[tokio::test]
    async fn a_course_lives_and_is_deleted() {
        let demo = Running::start(&[]).await;
        let (status, made) = demo.post("/courses", json!({ "title": "Bridges and tunnels", "chapters": 3 })).await;
        assert_eq!((status, made["id"].as_u64(), made["chapters"].as_u64()), (201, Some(51), Some(3)));
        let put = demo.request("PUT", "/courses/51").header("content-type", "application/json");
        let (status, changed) = demo.send(put.body(r#"{"title": "Tunnels"}"#)).await;
        assert_eq!((status, changed["title"].as_str(), changed["chapters"].as_u64()), (200, Some("Tunnels"), Some(3)));
        let (status, state) = demo.get("/courses/51/status").await;
        assert_eq!((status, state["id"].as_u64()), (200, Some(51)));
        assert!(state["status"] == "generating" || state["progress"] == 100, "{state}");
        let export = demo.request("GET", "/courses/51/export").send().await.unwrap();
        assert_eq!(export.headers()["content-type"], "text/markdown; charset=utf-8");
        assert_eq!(export.text().await.unwrap().lines().filter(|line| line.starts_with('#')).count(), 4);
        assert_eq!(demo.send(demo.request("DELETE", "/courses/51")).await.0, 204);
        for path in ["/courses/51", "/courses/51/status", "/courses/51/export"] {
            assert_eq!(demo.get(path).await.0, 404, "{path}");
        }
        assert_eq!(demo.send(demo.request("DELETE", "/courses/51")).await.0, 404);
    }

    #[tokio::test]
    async fn courses_one_to_fifty_are_there_and_stay() {
        let demo = Running::start(&[]).await;
        for id in [1, 25, 50] {
            assert_eq!(demo.get(&format!("/courses/{id}")).await.0, 200);
            assert_eq!(demo.send(demo.request("DELETE", &format!("/courses/{id}"))).await.0, 403);
            assert_eq!(demo.get(&format!("/courses/{id}")).await.1["status"], "ready");
        }
        for id in ["0", "51", "first"] {
            assert_eq!(demo.get(&format!("/courses/{id}")).await.0, 404, "{id}");
        }
        for (path, count) in [("/courses", 20), ("/courses?all=true", 50), ("/courses?all=false", 20)] {
            assert_eq!(demo.get(path).await.1.as_array().unwrap().len(), count, "{path}");
        }
    }

    #[tokio::test]
    async fn a_course_has_a_title_and_a_sane_number_of_chapters() {
        let demo = Running::start(&[]).await;
        for body in [json!({ "chapters": 3 }), json!({ "title": "A", "chapters": 0 }), json!({ "title": "A", "chapters": 51 })] {
            assert_eq!(demo.post("/courses", body).await.0, 422);
        }
        assert_eq!(demo.post("/courses", json!({ "title": "A" })).await.1["chapters"], 1);
    }
}
