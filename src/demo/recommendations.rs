//! Recommendations: computed, nothing kept.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Json;
use axum::extract::RawQuery;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{Body, Segment, Text, in_query};
use super::problem::Problem;

const FEWEST: usize = 1;
const MOST: usize = 10;
const USUAL: usize = 5;

const TITLES: [&str; 10] = [
    "Data analysis",
    "Web development",
    "Embedded systems",
    "Mechanical design",
    "Cloud operations",
    "Quality assurance",
    "Technical writing",
    "Machine learning",
    "Network security",
    "Project planning",
];

/// The body of [`create`].
#[derive(Deserialize)]
pub(super) struct Wanted {
    student_id: Text,
    limit: Option<usize>,
}

/// `POST /recommendations`: 200 with up to `limit` recommendations.
pub(super) async fn create(Body(wanted): Body<Wanted>) -> Json<Value> {
    Json(recommend(&wanted.student_id.0, wanted.limit))
}

/// `GET /recommendations/{student}`: the same, with `?limit=`.
pub(super) async fn show(student: Segment, query: RawQuery) -> Result<Json<Value>, Problem> {
    let limit = match in_query(&query, "limit") {
        Some(text) => Some(text.parse().map_err(|_| Problem::unacceptable("`limit` is a number"))?),
        None => None,
    };
    Ok(Json(recommend(&student.0, limit)))
}

/// The same for the same student every time, and at least one.
fn recommend(student: &str, limit: Option<usize>) -> Value {
    let mut hasher = DefaultHasher::new();
    student.hash(&mut hasher);
    let first = hasher.finish() as usize % TITLES.len();
    let recommendations: Vec<Value> = (0..limit.unwrap_or(USUAL).clamp(FEWEST, MOST))
        .map(|rank| {
            let at = (first + rank) % TITLES.len();
            json!({ "internship_id": format!("INT_{at:03}"), "title": TITLES[at], "score": (98 - 7 * rank) as f64 / 100.0 })
        })
        .collect();
    json!({ "student_id": student, "recommendations": recommendations })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::testing::Running;

    #[tokio::test]
    async fn both_ways_to_ask_give_the_same_answer() {
        let demo = Running::start(&[]).await;
        let posted = demo.post("/recommendations", json!({ "student_id": "STU_001", "limit": 3 })).await;
        assert_eq!(posted.0, 200);
        assert_eq!(posted.1["recommendations"].as_array().unwrap().len(), 3);
        assert_eq!(demo.get("/recommendations/STU_001?limit=3").await, posted);
        for (limit, count) in [("", 5), ("?limit=0", 1), ("?limit=1000", 10)] {
            let (_, answer) = demo.get(&format!("/recommendations/STU_002{limit}")).await;
            assert_eq!(answer["recommendations"].as_array().unwrap().len(), count, "{limit}");
        }
        assert_eq!(demo.get("/recommendations/STU_001?limit=few").await.0, 422);
    }
}
