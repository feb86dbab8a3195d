//! Waiting more exactly than the runtime's timer does.

use std::thread;
use std::time::Duration;

use tokio::time::Instant;

/// The runtime's timer counts whole milliseconds and may fire one late, so the last part is slept by a thread.
const BY_THREAD: Duration = Duration::from_millis(2);

/// Waits `delay` without using the CPU, late by a tenth of a millisecond rather than by a whole one.
///
/// A delay of some microseconds is a defect that a comparison has to find, so rounding it up to a millisecond would
/// not do. The part slept by a thread keeps one of the runtime's blocking threads for at most two milliseconds.
pub(super) async fn wait(delay: Duration) {
    let end = Instant::now() + delay;
    if delay > BY_THREAD {
        tokio::time::sleep(delay - BY_THREAD).await;
    }
    let rest = end.saturating_duration_since(Instant::now());
    if !rest.is_zero() {
        // The only error is that the runtime is shutting down, and then there is nothing left to wait for.
        let _ = tokio::task::spawn_blocking(move || thread::sleep(rest)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn never_returns_too_early() {
        for micros in [0, 50, 1_500, 5_000] {
            let (delay, start) = (Duration::from_micros(micros), std::time::Instant::now());
            wait(delay).await;
            assert!(start.elapsed() >= delay, "{micros} µs");
        }
    }
}
