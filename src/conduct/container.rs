//! How much CPU the container lets us use.

use std::fs;
use std::path::{Path, PathBuf};

/// The CPU limit we run under, in cores: the smallest quota of our control groups (version 1 or 2), or the number of
/// cores we are pinned to, whichever is less; none where neither is below the machine's `cores`.
pub(super) fn cpu_limit(cores: u32) -> Option<f64> {
    let quota = quota(Path::new("/"));
    let limit = quota.into_iter().chain(allowed_cores().map(f64::from)).fold(f64::INFINITY, f64::min);
    (limit < f64::from(cores)).then_some(limit)
}

/// The number of cores we may run on.
#[cfg(target_os = "linux")]
fn allowed_cores() -> Option<u32> {
    rustix::thread::sched_getaffinity(None).ok().map(|set| set.count()).filter(|&count| count > 0)
}

#[cfg(not(target_os = "linux"))]
fn allowed_cores() -> Option<u32> {
    None
}

/// The smallest quota of the control groups we are in and of those around them, in cores. `root` is `/`, except in
/// tests.
fn quota(root: &Path) -> Option<f64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    groups.lines().flat_map(|line| quotas(root, line)).reduce(f64::min)
}

/// The quotas along one line of `/proc/self/cgroup`: `number:controllers:path`, version 2 without controllers.
fn quotas(root: &Path, line: &str) -> Vec<f64> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { return Vec::new() };
    let mounts = root.join("sys/fs/cgroup");
    if controllers.is_empty() {
        return around(&mounts, path).iter().filter_map(|folder| version_2(folder)).collect();
    }
    if !controllers.split(',').any(|controller| controller == "cpu") {
        return Vec::new();
    }
    // The folder is named for the controllers mounted together, or linked by one's own name.
    let mount = [controllers, "cpu"].iter().map(|name| mounts.join(name)).find(|mount| mount.is_dir());
    mount.map_or_else(Vec::new, |mount| around(&mount, path).iter().filter_map(|folder| version_1(folder)).collect())
}

/// The group's folder and all above it up to the mount. Inside a container the path may be the host's and not be there:
/// then the mount is the group's own folder.
fn around(mount: &Path, path: &str) -> Vec<PathBuf> {
    let inner = mount.join(path.trim_start_matches('/'));
    inner.ancestors().take_while(|folder| folder.starts_with(mount)).map(Path::to_owned).collect()
}

/// `max 100000`, or microseconds of CPU in microseconds of time.
fn version_2(folder: &Path) -> Option<f64> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    share(quota, period)
}

fn version_1(folder: &Path) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    share(read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?.trim())
}

/// A quota of its period in cores; none where it is `max` or -1.
fn share(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system of these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_smallest_quota_around_us_counts() {
        let root = system(&[
            ("proc/self/cgroup", "0::/system.slice/app.service\n"),
            ("sys/fs/cgroup/system.slice/app.service/cpu.max", "400000 100000\n"),
            ("sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(quota(root.path()), Some(1.5));
    }

    #[test]
    fn no_quota_is_no_limit() {
        let root = system(&[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/cpu.max", "max 100000\n")]);
        assert_eq!(quota(root.path()), None);
        let root = system(&[
            ("proc/self/cgroup", "1:cpu:/\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(quota(root.path()), None);
        assert_eq!(quota(system(&[]).path()), None);
    }

    #[test]
    fn version_1_in_a_container_has_the_hosts_path_but_not_its_folder() {
        let root = system(&[
            ("proc/self/cgroup", "9:name=systemd:/docker/1\n5:cpuacct,cpu:/docker/0123\n3:cpuset:/docker/0123\n"),
            ("sys/fs/cgroup/cpuacct,cpu/cpu.cfs_quota_us", "200000\n"),
            ("sys/fs/cgroup/cpuacct,cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(quota(root.path()), Some(2.0));
    }

    #[test]
    fn a_limit_that_limits_nothing_is_none() {
        assert_eq!(cpu_limit(0), None);
        let here = cpu_limit(u32::MAX);
        assert!(cfg!(not(target_os = "linux")) || here.is_some_and(|limit| limit > 0.0), "we are allowed fewer cores than that: {here:?}");
    }
}
