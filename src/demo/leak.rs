//! Memory that is taken and never given back.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::units::{Bytes, Micros};

const STEP: Duration = Duration::from_millis(100);

/// Takes `per_second` of memory until it is dropped, in steps of a tenth of a second; nothing is taken at a rate of zero.
pub(super) async fn leak(per_second: Bytes) -> Infallible {
    if per_second.0 == 0 {
        pending::<()>().await;
    }
    let (start, mut kept) = (Instant::now(), Kept::default());
    loop {
        sleep(STEP).await;
        kept.grow_to(due(per_second, start.elapsed().into()));
    }
}

/// What has to be held `elapsed` after the start.
fn due(per_second: Bytes, elapsed: Micros) -> Bytes {
    Bytes((u128::from(per_second.0) * u128::from(elapsed.0) / 1_000_000) as u64)
}

#[derive(Default)]
struct Kept {
    blocks: Vec<Vec<u8>>,
    total: u64,
}

impl Kept {
    /// Adds what is missing, with every byte written: memory that is only reserved is in no process's size.
    fn grow_to(&mut self, due: Bytes) {
        let missing = due.0.saturating_sub(self.total);
        if missing > 0 {
            self.blocks.push(vec![0xa5; missing as usize]);
            self.total += missing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_follows_the_clock_and_nothing_is_given_back() {
        let rate = Bytes(1 << 20);
        let mut kept = Kept::default();
        for (millis, total) in [(0, 0), (100, 104_857), (150, 157_286), (1_000, 1 << 20), (900, 1 << 20), (60_000, 60 << 20)] {
            kept.grow_to(due(rate, Micros::from_millis(millis)));
            assert_eq!(kept.blocks.iter().map(|block| block.len() as u64).sum::<u64>(), total, "after {millis} ms");
        }
        assert!(kept.blocks.iter().flatten().all(|&byte| byte == 0xa5));
    }
}
