//! How long an operation takes.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How many batches are timed; their median is told.
const BATCHES: usize = 25;
/// How long a batch is to take, about.
const BATCH: Duration = Duration::from_millis(20);

/// Nanoseconds of CPU time of one operation, which are the same on a busy machine as on an idle one: the median of many batches, and the quickest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) median: f64,
    pub(crate) least: f64,
}

/// Times `run`, which does the operation so many times.
pub(crate) fn time<T>(mut run: impl FnMut(u32) -> T) -> Cost {
    let mut count = 1;
    while elapsed(&mut run, count) < BATCH / 2 {
        count *= 2;
    }
    let mut batches: Vec<f64> = (0..BATCHES).map(|_| elapsed(&mut run, count).as_nanos() as f64 / f64::from(count)).collect();
    batches.sort_by(f64::total_cmp);
    Cost { median: batches[BATCHES / 2], least: batches[0] }
}

fn elapsed<T>(run: &mut impl FnMut(u32) -> T, count: u32) -> Duration {
    let begin = cpu_time();
    black_box(run(count));
    cpu_time() - begin
}

/// CPU time of this thread, in user space and in the system.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
