//! The machine we run on.

use std::env::consts::{ARCH, OS};

use sha2::{Digest, Sha256};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::container::cpu_limit;
use crate::record::Machine;

/// Reads what the machine is, and its load at this instant. What can't be read is `unknown` or zero: runs of such
/// machines are still comparable with each other.
pub fn machine() -> Machine {
    let what = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()).with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what).ok();
    let cpu = system.as_ref().and_then(|system| Some(system.cpus().first()?.brand().trim().to_owned()));
    let counted = system.as_ref().map_or(0, |system| system.cpus().len());
    let cores = if counted > 0 { counted } else { std::thread::available_parallelism().map_or(0, usize::from) };
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let memory = system.as_ref().map_or(0, System::total_memory);
    let mut machine = Machine {
        key: String::new(),
        cpu: cpu.filter(|cpu| !cpu.is_empty()).unwrap_or_else(|| "unknown".to_owned()),
        cores,
        memory_gib: (memory as f64 / f64::from(1 << 30)).round() as u64,
        os: OS.to_owned(),
        arch: ARCH.to_owned(),
        container_limit: cpu_limit(cores),
        os_version: os_version(),
        load_average: load_average(),
    };
    machine.key = key(&machine);
    machine
}

/// The first 16 hexadecimal digits of the SHA-256 of what decides whether figures can be compared; what is information
/// only is not in it.
fn key(machine: &Machine) -> String {
    let limit = machine.container_limit.map_or_else(|| "none".to_owned(), |limit| format!("{limit:.2}"));
    let text = format!(
        "cpu={}\ncores={}\nmemory_gib={}\nos={}\narch={}\ncontainer_limit={limit}\nmeasurement_version={}\n",
        machine.cpu,
        machine.cores,
        machine.memory_gib,
        machine.os,
        machine.arch,
        Machine::MEASUREMENT_VERSION,
    );
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The distribution or version and the kernel, as far as the system tells.
fn os_version() -> Option<String> {
    match (System::long_os_version().ok(), System::kernel_version().ok()) {
        (Some(version), Some(kernel)) => Some(format!("{version}, kernel {kernel}")),
        (version, kernel) => version.or(kernel),
    }
}

/// Over one minute; Windows has none.
fn load_average() -> Option<f64> {
    if cfg!(windows) { None } else { System::load_average().ok().map(|load| load.one) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Machine {
        Machine {
            key: String::new(),
            cpu: "Neoverse-N1".to_owned(),
            cores: 4,
            memory_gib: 16,
            os: "linux".to_owned(),
            arch: "aarch64".to_owned(),
            container_limit: None,
            os_version: None,
            load_average: None,
        }
    }

    #[test]
    fn the_key_is_of_what_decides_and_of_nothing_else() {
        // Written down because every stored baseline depends on it: another text is another machine.
        assert_eq!(key(&sample()), "29bac985d0009f0b");
        let information = Machine { os_version: Some("Debian".into()), load_average: Some(3.0), key: "x".into(), ..sample() };
        assert_eq!(key(&information), key(&sample()));
        let others = [
            Machine { cpu: "Neoverse-N2".into(), ..sample() },
            Machine { cores: 2, ..sample() },
            Machine { memory_gib: 15, ..sample() },
            Machine { os: "macos".into(), ..sample() },
            Machine { arch: "x86_64".into(), ..sample() },
            Machine { container_limit: Some(2.0), ..sample() },
        ];
        let keys: std::collections::HashSet<String> = others.iter().chain([&sample()]).map(key).collect();
        assert_eq!(keys.len(), 7);
    }

    #[test]
    fn this_machine_is_the_same_twice() {
        let (first, second) = (machine(), machine());
        assert_eq!((first.key.len(), &first.key), (16, &second.key));
        assert!(first.cores > 0 && first.memory_gib < 1 << 20, "{first:?}");
        if cfg!(target_os = "linux") {
            assert!(first.cpu != "unknown" && first.memory_gib > 0 && first.load_average.is_some(), "{first:?}");
        }
    }
}
