//! What the demo was sent.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{Method, StatusCode};
use serde::Serialize;

/// Counts requests by endpoint: one count when a request's head has arrived, one by status when it is answered.
///
/// The two differ by what is in flight and by the clients that went away. The number of endpoints is that of the
/// routes: paths that no route matches and methods that HTTP does not define are one endpoint each.
#[derive(Default)]
pub(super) struct Stats {
    endpoints: Mutex<BTreeMap<String, Endpoint>>,
}

/// All counts at one instant.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    requests: u64,
    by_endpoint: BTreeMap<String, Endpoint>,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Endpoint {
    count: u64,
    statuses: BTreeMap<u16, u64>,
}

impl Stats {
    /// Counts a request and gives the endpoint's name, `METHOD /route/{pattern}`.
    pub(super) fn received(&self, method: &Method, pattern: Option<&str>) -> String {
        let method = if KNOWN.contains(method) { method.as_str() } else { "(other)" };
        let name = format!("{method} {}", pattern.unwrap_or("(no such path)"));
        self.lock().entry(name.clone()).or_default().count += 1;
        name
    }

    /// Counts the answer to a request of that endpoint.
    pub(super) fn answered(&self, name: &str, status: StatusCode) {
        // A request that was in flight when the counts were reset is not counted again.
        if let Some(endpoint) = self.lock().get_mut(name) {
            *endpoint.statuses.entry(status.as_u16()).or_default() += 1;
        }
    }

    /// The counts so far.
    pub(super) fn report(&self) -> Report {
        let by_endpoint = self.lock().clone();
        Report { requests: by_endpoint.values().map(|endpoint| endpoint.count).sum(), by_endpoint }
    }

    /// Starts again from nothing.
    pub(super) fn reset(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Endpoint>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const KNOWN: [Method; 7] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::testing::Running;

    #[tokio::test]
    async fn every_request_but_those_for_the_counts_is_counted_by_route() {
        let demo = Running::start(&[]).await;
        for path in ["/health", "/courses/1", "/courses/2", "/courses/999", "/nowhere", "/else/where", "/stats"] {
            demo.get(path).await;
        }
        demo.send(demo.request("DELETE", "/health")).await;
        demo.send(demo.request("BREW", "/health")).await;
        let stats = demo.stats().await;
        assert_eq!(
            stats,
            json!({
                "requests": 8,
                "by_endpoint": {
                    "(other) /health": { "count": 1, "statuses": { "405": 1 } },
                    "DELETE /health": { "count": 1, "statuses": { "405": 1 } },
                    "GET (no such path)": { "count": 2, "statuses": { "404": 2 } },
                    "GET /courses/{id}": { "count": 3, "statuses": { "200": 2, "404": 1 } },
                    "GET /health": { "count": 1, "statuses": { "200": 1 } },
                },
            })
        );
        assert_eq!(demo.post("/stats/reset", json!({})).await.0, 204);
        assert_eq!(demo.stats().await, json!({ "requests": 0, "by_endpoint": {} }));
    }

    #[tokio::test]
    async fn the_counts_are_exact_under_concurrent_requests_on_several_threads() {
        let demo = Running::with_workers(&[], 3).await;
        let answers = futures_util::future::join_all((0..60).map(|_| demo.get("/health"))).await;
        assert!(answers.iter().all(|(status, _)| *status == 200));
        assert_eq!(demo.stats().await["by_endpoint"]["GET /health"], json!({ "count": 60, "statuses": { "200": 60 } }));
    }
}
