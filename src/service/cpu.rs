//! CPU time of a tree of processes that come and go.

use std::collections::HashMap;
use std::time::Duration;

use super::process::Process;

/// Adds up the CPU time that a changing set of processes uses between readings.
///
/// The sum of their counters is not enough: it falls when a process ends. When a process is waited for, its time moves
/// into its parent's counter of reaped children; what was counted before is subtracted there once, so a child that
/// lived between two readings is counted in full, and no time twice. Time is lost only where a process ends without
/// being waited for by another member (an ignored SIGCHLD, an orphan): what it used since the last reading.
#[derive(Debug, Default)]
pub(super) struct CpuMeter {
    last: Option<Duration>,
    seen: HashMap<u32, Process>,
}

impl CpuMeter {
    /// CPU time used since the reading before; zero for the first one. `now` and `tick` are of the clock of the
    /// processes' start times, taken before they were read.
    pub(super) fn advance(&mut self, processes: &[Process], now: Duration, tick: Duration) -> Duration {
        let mut used = Duration::ZERO;
        if let Some(last) = self.last {
            let mut ended = self.ended(processes);
            for process in processes {
                let before = self.seen.get(&process.pid).filter(|seen| seen.started == process.started);
                let (own, reaped) = match before {
                    Some(before) => (before.own, before.reaped),
                    // Born since: all of its time is new. An older one was found late, and its past is not ours.
                    None if process.started + tick >= last => (Duration::ZERO, Duration::ZERO),
                    None => (process.own, process.reaped),
                };
                let counted = ended.remove(&process.pid).unwrap_or_default();
                used += process.own.saturating_sub(own) + process.reaped.saturating_sub(reaped).saturating_sub(counted);
            }
        }
        self.last = Some(now);
        self.seen = processes.iter().map(|process| (process.pid, process.clone())).collect();
        used
    }

    /// Time already counted of processes that have ended since, by the nearest ancestor that is left: that is where
    /// their counters went.
    fn ended(&self, processes: &[Process]) -> HashMap<u32, Duration> {
        let present: HashMap<u32, Duration> = processes.iter().map(|process| (process.pid, process.started)).collect();
        let is_present = |process: &Process| present.get(&process.pid) == Some(&process.started);
        let mut ended: HashMap<u32, Duration> = HashMap::new();
        for gone in self.seen.values().filter(|process| !is_present(process)) {
            let mut ancestor = self.seen.get(&gone.parent);
            // Bounded, because numbers that are used again could make a circle.
            for _ in 0..self.seen.len() {
                match ancestor {
                    Some(process) if !is_present(process) => ancestor = self.seen.get(&process.parent),
                    _ => break,
                }
            }
            if let Some(ancestor) = ancestor {
                *ended.entry(ancestor.pid).or_default() += gone.own + gone.reaped;
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICK: Duration = Duration::from_millis(10);

    fn process(pid: u32, parent: u32, started: u64, own: u64, reaped: u64) -> Process {
        let [started, own, reaped] = [started, own, reaped].map(Duration::from_millis);
        Process { pid, parent, group: 1, started, alive: true, own, reaped, memory: 0 }
    }

    fn millis(meter: &mut CpuMeter, now: u64, processes: &[Process]) -> u64 {
        meter.advance(processes, Duration::from_millis(now), TICK).as_millis() as u64
    }

    #[test]
    fn a_child_that_ended_is_counted_once_and_in_full() {
        let mut meter = CpuMeter::default();
        assert_eq!(millis(&mut meter, 1000, &[process(1, 0, 0, 500, 0), process(2, 1, 0, 300, 0)]), 0);
        assert_eq!(millis(&mut meter, 2000, &[process(1, 0, 0, 510, 0), process(2, 1, 0, 400, 0)]), 110);
        // 2 ended after another 50 ms; 3 came and went for 70 ms.
        assert_eq!(millis(&mut meter, 3000, &[process(1, 0, 0, 510, 520)]), 120);
    }

    #[test]
    fn a_grandchilds_time_goes_to_the_ancestor_that_is_left() {
        let mut meter = CpuMeter::default();
        millis(&mut meter, 1000, &[process(1, 0, 0, 0, 0), process(2, 1, 0, 100, 0), process(3, 2, 0, 200, 0)]);
        assert_eq!(millis(&mut meter, 2000, &[process(1, 0, 0, 0, 330)]), 30);
    }

    #[test]
    fn a_process_that_nobody_waited_for_takes_nothing_back() {
        let mut meter = CpuMeter::default();
        millis(&mut meter, 1000, &[process(1, 0, 0, 0, 0), process(2, 1, 0, 900, 0)]);
        assert_eq!(millis(&mut meter, 2000, &[process(1, 0, 0, 40, 0)]), 40);
    }

    #[test]
    fn the_past_of_a_process_found_late_is_not_counted_and_a_newborns_life_is() {
        let mut meter = CpuMeter::default();
        millis(&mut meter, 60_000, &[]);
        assert_eq!(millis(&mut meter, 61_000, &[process(7, 1, 1000, 50_000, 9000)]), 0);
        assert_eq!(millis(&mut meter, 62_000, &[process(7, 1, 1000, 50_030, 9000), process(8, 7, 61_500, 20, 0)]), 50);
        assert_eq!(millis(&mut meter, 63_000, &[process(7, 1, 62_900, 10, 0)]), 10, "the number was used again");
    }

    proptest! {
        // A tree in which everybody is waited for: whatever is born, works and ends, what the meter adds up is what
        // was worked since the first reading.
        #[test]
        fn no_time_is_lost_or_counted_twice(steps in prop::collection::vec((0u8..4, 0usize..8, 1u64..50), 1..120)) {
            let mut alive = vec![process(1, 0, 0, 17, 5)];
            let (mut meter, mut worked, mut counted, mut now) = (CpuMeter::default(), 0, 0, 1000);
            counted += millis(&mut meter, now, &alive);
            for (step, (what, whom, amount)) in steps.into_iter().enumerate() {
                let at = whom % alive.len();
                match what {
                    0 => alive.push(process(step as u32 + 2, alive[at].pid, now + 1, 0, 0)),
                    // Only those without children end, so that nobody is orphaned.
                    1 if at > 0 && !alive.iter().any(|process| process.parent == alive[at].pid) => {
                        let gone = alive.remove(at);
                        let parent = alive.iter_mut().find(|process| process.pid == gone.parent).unwrap();
                        parent.reaped += gone.own + gone.reaped;
                    }
                    2 => {
                        now += 100;
                        counted += millis(&mut meter, now, &alive);
                    }
                    _ => {
                        alive[at].own += Duration::from_millis(amount);
                        worked += amount;
                    }
                }
            }
            counted += millis(&mut meter, now + 100, &alive);
            prop_assert_eq!(counted, worked);
        }
    }
}
