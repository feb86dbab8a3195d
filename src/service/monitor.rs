//! CPU and memory of the service while the load runs.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::cpu::CpuMeter;
use super::process::Process;
use super::samples::Samples;
use super::tree::{Tree, Watched};
use crate::metrics::ServiceSample;
use crate::units::{Bytes, Micros};

/// The time between two samples.
const INTERVAL: Duration = Duration::from_secs(1);
/// A last, shorter interval counts from here on: CPU time comes in ticks of 10 ms, and under half a second one tick
/// would move the share by more than 2 %.
const SHORTEST: Duration = Duration::from_millis(500);
/// The same where there is no other sample: a coarse one is better than none.
const SHORTEST_ONLY: Duration = Duration::from_millis(50);

/// Samples the service every second on a thread of its own.
///
/// A reading costs one small file for each of its processes. At most 900 samples are kept, and neighbours merged beyond
/// that (CPU the mean, memory the greater). No sample is made while no process is found.
#[derive(Debug)]
pub struct Monitor {
    shared: Arc<Mutex<Samples>>,
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Starts to watch now; sample times count from `epoch`, the begin of the load, and samples before it are dropped.
    ///
    /// Fails only when the system has no thread to give.
    pub fn start(watched: Watched, epoch: Instant) -> io::Result<Self> {
        let shared = Arc::new(Mutex::new(Samples::new()));
        let (stop, stopped) = sync_channel(1);
        let into = Arc::clone(&shared);
        let thread = Builder::new().name("monitor".into()).spawn(move || watch(Reader::new(watched, epoch), &stopped, &into))?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The samples so far.
    pub fn samples(&self) -> Vec<ServiceSample> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).all()
    }

    /// Takes a last sample of the time since the one before (of half a second at least, unless it is the only one),
    /// ends the thread, and gives all samples.
    pub fn stop(mut self) -> Vec<ServiceSample> {
        self.end();
        self.samples()
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported by it, and what it gathered is still good.
            let _ = thread.join();
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.end();
    }
}

fn watch(mut reader: Reader, stopped: &Receiver<()>, into: &Mutex<Samples>) {
    let push = |sample| into.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
    let mut next = reader.last + INTERVAL;
    loop {
        match stopped.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Timeout) => {
                reader.read().into_iter().for_each(push);
                next += INTERVAL;
                // After a pause (a suspended machine) there is nothing to catch up with.
                next = next.max(Instant::now() + INTERVAL / 2);
            }
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                let enough = if reader.made == 0 { SHORTEST_ONLY } else { SHORTEST };
                if reader.last.elapsed() >= enough {
                    reader.read().into_iter().for_each(push);
                }
                return;
            }
        }
    }
}

/// Reads the tree, and what it used since it was read before.
struct Reader {
    tree: Tree,
    meter: CpuMeter,
    epoch: Instant,
    last: Instant,
    /// How many samples were made.
    made: u64,
}

impl Reader {
    fn new(watched: Watched, epoch: Instant) -> Self {
        let mut reader = Self { tree: Tree::new(watched), meter: CpuMeter::default(), epoch, last: Instant::now(), made: 0 };
        reader.measure();
        reader
    }

    /// One sample; none where no process is found, or before the epoch.
    fn read(&mut self) -> Option<ServiceSample> {
        let before = self.last;
        let (processes, used) = self.measure();
        let at = self.last.checked_duration_since(self.epoch)?;
        let alive = processes.iter().filter(|process| process.alive).count();
        if alive == 0 {
            return None;
        }
        self.made += 1;
        Some(ServiceSample {
            at: Micros(u64::try_from(at.as_micros()).unwrap_or(u64::MAX)),
            cpu: 100.0 * used.as_secs_f64() / self.last.duration_since(before).as_secs_f64().max(1e-6),
            memory: Bytes(processes.iter().map(|process| process.memory).sum()),
            processes: u32::try_from(alive).unwrap_or(u32::MAX),
        })
    }

    fn measure(&mut self) -> (Vec<Process>, Duration) {
        self.last = Instant::now();
        let (now, tick) = self.tree.now();
        let processes = self.tree.scan();
        let used = self.meter.advance(&processes, now, tick);
        (processes, used)
    }
}
