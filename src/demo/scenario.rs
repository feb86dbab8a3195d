//! The scenario that comes with the demo.

/// What `loadline run --demo` runs: about ten seconds, thresholds that any machine meets. The target's port is `${PORT}`.
pub const SCENARIO: &str = include_str!("scenario.yml");

#[cfg(test)]
mod tests {
    use regex::Regex;
    use serde_json::json;

    use super::*;
    use crate::demo::testing::Running;

    #[tokio::test]
    async fn the_demo_has_every_endpoint_that_the_scenario_names() {
        let demo = Running::start(&[]).await;
        let filled = Regex::new(r"\{\{.*?\}\}").unwrap().replace_all(SCENARIO, "1");
        let mut checked = Vec::new();
        for found in Regex::new(r#"\b(get|post): "?(/[^\s",]*)"#).unwrap().captures_iter(&filled) {
            let (method, path) = (found[1].to_uppercase(), &found[2]);
            let (_, answer) = demo.send(demo.request(&method, path)).await;
            let unknown = ["no such path", "the path does not take this method"].map(|detail| json!({ "detail": detail }));
            assert!(!unknown.contains(&answer), "{method} {path}");
            checked.push(format!("{method} {path}"));
        }
        let expected = [
            "POST /products/",
            "GET /products/",
            "POST /orders/",
            "POST /orders/1/pay",
            "GET /courses",
            "GET /courses/1",
            "GET /products/1",
        ];
        assert_eq!(checked, expected);
    }
}
