//! Students: two reads for each write.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::app::{App, LISTED};
use super::body::{Body, Text};
use super::problem::Problem;
use super::shelf::Shelf;

const ROOM: usize = 10_000;

/// The latest students.
pub(super) struct Students {
    all: Mutex<Shelf<Student>>,
}

/// One student as it is answered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Student {
    id: String,
    #[serde(flatten)]
    given: NewStudent,
}

/// The body of [`create`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NewStudent {
    name: Text,
    domain: Text,
    gpa: f64,
    email: Text,
}

impl Students {
    /// As many sample students as a list shows.
    pub(super) fn new() -> Self {
        let mut all = Shelf::new(1, ROOM);
        for number in 1..=LISTED {
            let given = NewStudent {
                name: Text(format!("Sample student {number}")),
                domain: Text("Engineering".to_owned()),
                gpa: 6.0 + (number % 8) as f64 / 2.0,
                email: Text(format!("student{number:02}@example.com")),
            };
            all.add(|id| Student::new(id, given));
        }
        Self { all: Mutex::new(all) }
    }
}

impl Student {
    fn new(number: u64, given: NewStudent) -> Self {
        Self { id: format!("STU_{number:03}"), given }
    }
}

/// `GET /students`: the latest students.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<Student>> {
    Json(app.students.all.lock().unwrap_or_else(PoisonError::into_inner).latest(LISTED).cloned().collect())
}

/// `POST /students`: 201 with the student, also for an address that another student has.
pub(super) async fn create(State(app): State<Arc<App>>, Body(given): Body<NewStudent>) -> Result<(StatusCode, Json<Student>), Problem> {
    if !(0.0..=10.0).contains(&given.gpa) {
        return Err(Problem::unacceptable("a `gpa` is from 0 to 10"));
    }
    let kept = given.clone();
    let (number, _) = app.students.all.lock().unwrap_or_else(PoisonError::into_inner).add(|number| Student::new(number, kept));
    Ok((StatusCode::CREATED, Json(Student::new(number, given))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::testing::Running;

    #[tokio::test]
    async fn a_student_is_made_and_the_list_keeps_its_length() {
        let demo = Running::start(&[]).await;
        let student = |gpa| json!({ "name": "Test User 1000", "domain": "Engineering", "gpa": gpa, "email": "testuser1000@example.com" });
        let (status, made) = demo.post("/students", student(json!(7.25))).await;
        assert_eq!((status, made["id"].as_str(), made["gpa"].as_f64()), (201, Some("STU_021"), Some(7.25)));
        assert_eq!(demo.post("/students", student(json!(7.25))).await.0, 201);
        assert_eq!(demo.post("/students", student(json!("7.25"))).await.0, 422, "a number sent as text");
        assert_eq!(demo.post("/students", student(json!(10.5))).await.0, 422);
        let (status, list) = demo.get("/students").await;
        assert_eq!((status, list.as_array().unwrap().len(), list[1].clone()), (200, 20, made));
    }
}
