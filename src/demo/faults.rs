//! What a request goes through before its handler.

use tokio::time::Instant;

use super::defect::Defects;
use super::delay;
use super::draw::Draw;
use super::stall::Stall;
use super::work::Work;
use crate::units::Micros;

const TAIL_SEED: u64 = 0x7461_696c;
const ERROR_SEED: u64 = 0x6572_726f;

/// The defects in effect, with the counters behind their shares and the clock behind their pauses.
pub(super) struct Faults {
    work: Work,
    delay: Micros,
    tail: Draw,
    errors: Draw,
    stall: Option<Stall>,
    started: Instant,
}

impl Faults {
    /// Starts the clock of the pauses.
    pub(super) fn new(work: Micros, defects: &Defects) -> Self {
        Self {
            work: Work::new(work, defects.slow),
            delay: defects.delay,
            tail: Draw::new(defects.tail, TAIL_SEED),
            errors: Draw::new(defects.errors, ERROR_SEED),
            stall: defects.stall,
            started: Instant::now(),
        }
    }

    /// Waits for the end of a pause, where there is one.
    pub(super) async fn pause(&self) {
        let remaining = self.stall.map_or(Micros::ZERO, |stall| stall.remaining(self.started.elapsed().into()));
        if remaining > Micros::ZERO {
            tokio::time::sleep(remaining.into()).await;
        }
    }

    /// Does the work of one request and tells whether it is to fail.
    pub(super) async fn strike(&self) -> bool {
        let times = if self.tail.next() { 2 } else { 1 };
        self.work.spend(times);
        if self.delay > Micros::ZERO {
            delay::wait((self.delay * f64::from(times)).into()).await;
        }
        self.errors.next()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::Running;
    use super::*;

    #[tokio::test]
    async fn two_percent_errors_are_two_of_a_hundred() {
        let demo = Running::start(&["errors=2%"]).await;
        for _ in 0..100 {
            demo.get("/students").await;
        }
        let stats = demo.stats().await;
        assert_eq!(stats["by_endpoint"]["GET /students"]["statuses"], serde_json::json!({ "200": 98, "500": 2 }));
    }

    #[tokio::test]
    async fn a_failed_request_changes_nothing() {
        let demo = Running::start(&["errors=100%"]).await;
        let (status, body) = demo.post("/generation/tasks", serde_json::json!({ "prompt": "a bridge" })).await;
        assert_eq!((status, body["detail"].as_str()), (500, Some("the `errors` defect")));
        assert!(demo.app.generation.latest().is_empty());
    }

    #[tokio::test]
    async fn what_has_no_work_to_do_takes_neither_errors_nor_delay() {
        let demo = Running::start(&["errors=100%", "delay=5s"]).await;
        assert_eq!([demo.get("/health").await.0, demo.get("/nowhere").await.0, demo.get("/stats").await.0], [200, 404, 200]);
    }

    #[tokio::test]
    async fn the_delay_and_the_tail_make_an_answer_later() {
        for (defects, least) in [(&["delay=30ms"][..], 30), (&["delay=30ms", "tail=100%"][..], 60)] {
            let demo = Running::start(defects).await;
            let start = Instant::now();
            assert_eq!(demo.get("/products/").await.0, 200);
            assert!(start.elapsed() >= Duration::from_millis(least), "{defects:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_waited_out() {
        let faults = Faults::new(Micros(1_200), &Defects::new(["stall=200ms/5s".parse().unwrap()]).unwrap());
        let waited = async |millis| {
            tokio::time::advance(Duration::from_millis(millis)).await;
            let before = tokio::time::Instant::now();
            faults.pause().await;
            before.elapsed().as_millis()
        };
        assert_eq!([waited(4_000).await, waited(1_050).await, waited(100).await], [0, 150, 0]);
    }
}
