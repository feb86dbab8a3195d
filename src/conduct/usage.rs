//! What loadline itself uses.

use std::time::Duration;

use crate::units::Bytes;

/// What our own process has used since it started; read it twice for a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    /// CPU time of all threads, ended ones too; children are not in it. None where it can't be read.
    pub cpu: Option<Duration>,
    /// The most resident memory it ever had; none where it can't be read.
    pub memory_max: Option<Bytes>,
}

impl Usage {
    /// Reads it now. Costs two system calls and a small file.
    pub(super) fn now() -> Self {
        Self { cpu: system::cpu(), memory_max: system::memory_max() }
    }

    /// CPU time used since an earlier reading.
    pub(super) fn cpu_since(&self, earlier: &Self) -> Option<Duration> {
        Some(self.cpu?.saturating_sub(earlier.cpu?))
    }
}

mod system {
    use std::time::Duration;

    use crate::units::Bytes;

    #[cfg(unix)]
    pub(super) fn cpu() -> Option<Duration> {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }

    #[cfg(not(unix))]
    pub(super) fn cpu() -> Option<Duration> {
        use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
        let (own, mut system) = (Pid::from_u32(std::process::id()), System::new().ok()?);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, ProcessRefreshKind::nothing().with_cpu());
        Some(Duration::from_millis(system.process(own)?.accumulated_cpu_time()))
    }

    /// The kernel's own high-water mark, where there is a `/proc`.
    pub(super) fn memory_max() -> Option<Bytes> {
        high_water_mark(&std::fs::read_to_string("/proc/self/status").ok()?)
    }

    /// `VmHWM: 12345 kB`, in which kB are KiB.
    pub(super) fn high_water_mark(status: &str) -> Option<Bytes> {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(Bytes(kib * 1024))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        assert_eq!(system::high_water_mark("Name:\tx\nVmHWM:\t   12345 kB\nVmRSS:\t 1 kB\n"), Some(Bytes(12345 * 1024)));
        assert_eq!(system::high_water_mark("Name:\tkthread\n"), None);
    }

    #[cfg(unix)]
    #[test]
    fn work_is_seen_as_cpu_time() {
        let before = Usage::now();
        let mut sum = 0u64;
        while Usage::now().cpu_since(&before).unwrap() < Duration::from_millis(5) {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        let after = Usage::now();
        assert!(after.cpu_since(&before).unwrap() >= Duration::from_millis(5));
        assert_eq!(before.cpu_since(&after), Some(Duration::ZERO));
    }
}
