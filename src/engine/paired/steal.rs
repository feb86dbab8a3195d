//! Time that the machine gave to other machines.

/// The processors' time since the system's start, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CpuTimes {
    stolen: u64,
    all: u64,
}

impl CpuTimes {
    /// Reads it now; none where the system doesn't tell.
    pub(super) fn now() -> Option<Self> {
        // Only Linux has the file; elsewhere there is nothing to read.
        parse(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    /// The share that was stolen since `before`, 0 to 1; none where no tick has passed.
    pub(super) fn stolen_since(self, before: Self) -> Option<f64> {
        let all = self.all.saturating_sub(before.all);
        (all > 0).then(|| self.stolen.saturating_sub(before.stolen) as f64 / all as f64)
    }
}

/// The first line: `cpu user nice system idle iowait irq softirq steal guest guest_nice`. Guests are in user already.
fn parse(text: &str) -> Option<CpuTimes> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().take(8).map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let stolen = *ticks.get(7)?;
    Some(CpuTimes { stolen, all: ticks.iter().sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_share_of_all_time() {
        let before = parse("cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n").unwrap();
        assert_eq!(before, CpuTimes { stolen: 35, all: 1000 });
        let after = parse("cpu  110 0 60 860 10 0 5 55 9 0\n").unwrap();
        assert_eq!(after.stolen_since(before), Some(0.2));
        assert_eq!(before.stolen_since(before), None);
        assert_eq!((parse("intr 5\n"), parse("cpu  1 2 3\n"), parse("")), (None, None, None));
    }
}
