//! One reading of the system's processes.

use std::time::Duration;

/// A process at the instant it was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Process {
    pub pid: u32,
    pub parent: u32,
    /// Its process group; its own number where the system has none.
    pub group: u32,
    /// When it started, on the clock of [`Table::now`]. Together with the number it names a process for ever.
    pub started: Duration,
    /// Whether it still runs: a zombie doesn't, but its CPU time is not yet its parent's.
    pub alive: bool,
    /// CPU time of its threads since its start.
    pub own: Duration,
    /// CPU time of its descendants that have ended and been waited for.
    pub reaped: Duration,
    /// Resident memory in bytes; pages shared with other processes count in each of them.
    pub memory: u64,
}

pub(super) use system::Table;

#[cfg(target_os = "linux")]
mod system {
    use std::fs::{self, File};
    use std::io::Read;
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    use super::Process;
    use crate::service::environment::MARK;

    /// Reads `/proc`: one small file a process.
    #[derive(Debug)]
    pub(in crate::service) struct Table {
        tick: Duration,
        page: u64,
        buffer: [u8; 1024],
    }

    impl Table {
        pub(in crate::service) fn new() -> Self {
            let ticks = u32::try_from(rustix::param::clock_ticks_per_second()).ok().filter(|&ticks| ticks > 0).unwrap_or(100);
            Self { tick: Duration::from_secs(1) / ticks, page: rustix::param::page_size() as u64, buffer: [0; 1024] }
        }

        /// The clock of [`Process::started`]: since the system's start.
        pub(in crate::service) fn now(&self) -> Duration {
            let now = clock_gettime(ClockId::Boottime);
            Duration::new(now.tv_sec.max(0) as u64, now.tv_nsec.max(0) as u32)
        }

        /// How finely start and CPU times are told.
        pub(in crate::service) fn tick(&self) -> Duration {
            self.tick
        }

        /// The numbers of all processes.
        pub(in crate::service) fn pids(&mut self) -> Vec<u32> {
            let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
        }

        /// Reads one process; none when it has gone.
        pub(in crate::service) fn read(&mut self, pid: u32) -> Option<Process> {
            let mut file = File::open(format!("/proc/{pid}/stat")).ok()?;
            let count = file.read(&mut self.buffer).ok()?;
            parse(pid, &self.buffer[..count], self.tick, self.page)
        }

        /// Whether the process inherited the mark. Only processes of the same user tell.
        pub(in crate::service) fn is_marked(&self, pid: u32, mark: &str) -> bool {
            let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
            let wanted = format!("{MARK}={mark}");
            environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
        }
    }

    /// Reads `/proc/<pid>/stat`. The name in brackets may contain anything, brackets too: fields are counted behind
    /// the last one.
    fn parse(pid: u32, stat: &[u8], tick: Duration, page: u64) -> Option<Process> {
        let end = stat.iter().rposition(|&byte| byte == b')')?;
        let fields: Vec<&str> = std::str::from_utf8(&stat[end + 1..]).ok()?.split_ascii_whitespace().collect();
        // Numbered as in proc_pid_stat(5), where the state is field 3.
        let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok().map(|value| value.max(0) as u64);
        let ticks = |field| Some(Duration::from_nanos(u64::try_from(tick.as_nanos()).ok()?.saturating_mul(number(field)?)));
        Some(Process {
            pid,
            parent: number(4)? as u32,
            group: number(5)? as u32,
            started: ticks(22)?,
            alive: !matches!(*fields.first()?, "Z" | "X" | "x"),
            own: ticks(14)? + ticks(15)?,
            reaped: ticks(16)? + ticks(17)?,
            memory: number(24)? * page,
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_name_with_brackets_and_blanks_moves_no_field() {
            let stat = b"42 (a) R (b c) S 7 40 40 0 -1 4194304 1 2 3 4 100 50 30 20 20 0 1 0 5000 1000000 256 18446744073709551615 1 1\n";
            let process = parse(42, stat, Duration::from_millis(10), 4096).unwrap();
            assert_eq!((process.parent, process.group, process.alive), (7, 40, true));
            assert_eq!((process.own, process.reaped), (Duration::from_millis(1500), Duration::from_millis(500)));
            assert_eq!((process.started, process.memory), (Duration::from_secs(50), 1 << 20));
            assert_eq!(parse(42, b"42 (cut) S 7 40", Duration::from_millis(10), 4096), None);
        }

        #[test]
        fn our_own_process_can_be_read() {
            let mut table = Table::new();
            let own = std::process::id();
            assert!(table.pids().contains(&own));
            let process = table.read(own).unwrap();
            assert!(process.alive && process.memory > 0 && process.started <= table.now());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::time::{Duration, SystemTime};

    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

    use super::Process;

    /// Asks `sysinfo`, which knows neither process groups nor the CPU time of children that have ended.
    #[derive(Debug)]
    pub(in crate::service) struct Table {
        system: Option<System>,
    }

    impl Table {
        pub(in crate::service) fn new() -> Self {
            Self { system: System::new().ok() }
        }

        /// The clock of [`Process::started`]: since 1970.
        pub(in crate::service) fn now(&self) -> Duration {
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
        }

        /// How finely start times are told.
        pub(in crate::service) fn tick(&self) -> Duration {
            Duration::from_secs(1)
        }

        /// Reads all processes and gives their numbers.
        pub(in crate::service) fn pids(&mut self) -> Vec<u32> {
            let Some(system) = &mut self.system else { return Vec::new() };
            let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
            system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
            system.processes().keys().map(|pid| pid.as_u32()).collect()
        }

        /// The process as it was when [`Table::pids`] was called.
        pub(in crate::service) fn read(&mut self, pid: u32) -> Option<Process> {
            let process = self.system.as_ref()?.process(Pid::from_u32(pid))?;
            Some(Process {
                pid,
                parent: process.parent().map_or(0, Pid::as_u32),
                group: pid,
                started: Duration::from_secs(process.start_time()),
                alive: true,
                own: Duration::from_millis(process.accumulated_cpu_time()),
                reaped: Duration::ZERO,
                memory: process.memory(),
            })
        }

        /// Environments of other processes are not read here.
        pub(in crate::service) fn is_marked(&self, _pid: u32, _mark: &str) -> bool {
            false
        }
    }
}
