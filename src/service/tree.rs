//! Which processes are the service.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::listener::listeners;
use super::process::{Process, Table};

/// How often everybody is looked at again, in scans: a process seen once as a stranger is not read again until then.
const FORGET_AFTER: u32 = 10;
/// The longest time between two searches for a listener that isn't found.
const SEARCH_AT_LEAST: Duration = Duration::from_secs(60);

/// What is watched: the processes of a command, or whatever listens on a port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Command { pid: u32, mark: Option<String> },
    Port(u16),
}

impl Watched {
    /// Whatever listens on this port of the loopback address, and its descendants.
    pub fn port(port: u16) -> Self {
        Self(Kind::Port(port))
    }

    /// The process group `pid`, all descendants, and all that carry the mark.
    pub(super) fn command(pid: u32, mark: Option<&str>) -> Self {
        Self(Kind::Command { pid, mark: mark.map(str::to_owned) })
    }

    /// How the processes are found: `command` or `port`.
    pub fn found_by(&self) -> &'static str {
        match self.0 {
            Kind::Command { .. } => "command",
            Kind::Port(_) => "port",
        }
    }
}

/// Finds the processes of the service again and again.
///
/// A process belongs to it once and for all: when it is a root (of the command's process group, marked, or a listener)
/// or was a descendant of one at any scan. A daemon that left group and parents behind is still known by its mark.
/// loadline itself and what it starts elsewhere never belong to it, unless loadline is the listener.
#[derive(Debug)]
pub(super) struct Tree {
    watched: Watched,
    table: Table,
    /// Start times of the members of the last scan.
    members: HashMap<u32, Duration>,
    strangers: HashSet<u32>,
    scans: u32,
    search: Search,
}

/// When to search for listeners: as long as none is found, more and more rarely, because a search is expensive.
#[derive(Debug)]
struct Search {
    next: Instant,
    pause: Duration,
}

impl Tree {
    pub(super) fn new(watched: Watched) -> Self {
        Self {
            watched,
            table: Table::new(),
            members: HashMap::new(),
            strangers: HashSet::new(),
            scans: 0,
            search: Search { next: Instant::now(), pause: Duration::from_secs(1) },
        }
    }

    /// The clock of the processes' start times, and how fine it is.
    pub(super) fn now(&self) -> (Duration, Duration) {
        (self.table.now(), self.table.tick())
    }

    /// All processes of the service, zombies included. Costs one small read for each of them and for each process that
    /// is new on the machine.
    pub(super) fn scan(&mut self) -> Vec<Process> {
        self.scans += 1;
        if self.scans.is_multiple_of(FORGET_AFTER) {
            self.strangers.clear();
        }
        let pids = self.table.pids();
        let present: HashSet<u32> = pids.iter().copied().collect();
        self.strangers.retain(|pid| present.contains(pid));
        let mut found: HashMap<u32, Process> = HashMap::new();
        for pid in pids {
            if !self.strangers.contains(&pid)
                && let Some(process) = self.table.read(pid)
            {
                found.insert(pid, process);
            }
        }
        let mut inside: HashSet<u32> = found.values().filter(|process| self.is_root(process)).map(|process| process.pid).collect();
        inside.extend(self.search_listeners(&inside, &mut found));
        add_descendants(&mut inside, &found, std::process::id());
        self.strangers.extend(found.keys().filter(|pid| !inside.contains(pid)));
        found.retain(|pid, _| inside.contains(pid));
        self.members = found.values().map(|process| (process.pid, process.started)).collect();
        let mut processes: Vec<Process> = found.into_values().collect();
        processes.sort_by_key(|process| process.pid);
        processes
    }

    /// Like [`Tree::scan`], but takes nobody for a stranger because of an earlier look.
    #[cfg(unix)]
    pub(super) fn scan_afresh(&mut self) -> Vec<Process> {
        self.strangers.clear();
        self.scan()
    }

    fn is_root(&self, process: &Process) -> bool {
        if self.members.get(&process.pid) == Some(&process.started) {
            return true;
        }
        match &self.watched.0 {
            Kind::Command { pid, mark } => {
                let is_marked = |mark| process.alive && self.table.is_marked(process.pid, mark);
                process.group == *pid || process.pid == *pid || mark.as_deref().is_some_and(is_marked)
            }
            Kind::Port(_) => false,
        }
    }

    /// The listeners, when nobody is known yet (or any more) and it is time to search.
    fn search_listeners(&mut self, inside: &HashSet<u32>, found: &mut HashMap<u32, Process>) -> Vec<u32> {
        let Kind::Port(port) = self.watched.0 else { return Vec::new() };
        let now = Instant::now();
        if inside.iter().any(|pid| found[pid].alive) {
            self.search = Search { next: now, pause: Duration::from_secs(1) };
            return Vec::new();
        }
        if now < self.search.next {
            return Vec::new();
        }
        self.search = Search { next: now + self.search.pause, pause: (self.search.pause * 2).min(SEARCH_AT_LEAST) };
        let listeners = listeners(port);
        // They were strangers until now, and so were their children.
        self.strangers.clear();
        if !listeners.is_empty() {
            for pid in self.table.pids() {
                if let Some(process) = self.table.read(pid) {
                    found.insert(pid, process);
                }
            }
        }
        listeners.into_iter().filter(|pid| found.contains_key(pid)).collect()
    }
}

/// Adds the children of all that are inside, and their children; `outsider` and what descends from it only where it
/// is inside already.
fn add_descendants(inside: &mut HashSet<u32>, found: &HashMap<u32, Process>, outsider: u32) {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for process in found.values().filter(|process| process.pid != outsider) {
        children.entry(process.parent).or_default().push(process.pid);
    }
    let mut open: Vec<u32> = inside.iter().copied().collect();
    while let Some(pid) = open.pop() {
        for &child in children.get(&pid).into_iter().flatten() {
            if inside.insert(child) {
                open.push(child);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32) -> (u32, Process) {
        let started = Duration::from_secs(u64::from(pid));
        let (own, reaped) = (Duration::ZERO, Duration::ZERO);
        (pid, Process { pid, parent, group: pid, started, alive: true, own, reaped, memory: 0 })
    }

    #[test]
    fn descendants_belong_to_it_and_we_do_not() {
        let found = HashMap::from([process(10, 1), process(11, 10), process(12, 11), process(13, 10), process(14, 13), process(20, 1)]);
        let mut inside = HashSet::from([10]);
        add_descendants(&mut inside, &found, 13);
        assert_eq!(inside, HashSet::from([10, 11, 12]));
        let mut ourselves = HashSet::from([13]);
        add_descendants(&mut ourselves, &found, 13);
        assert_eq!(ourselves, HashSet::from([13, 14]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_behind_a_port_is_found_with_its_children() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut tree = Tree::new(Watched::port(listener.local_addr().unwrap().port()));
        let pids: Vec<u32> = tree.scan().iter().map(|process| process.pid).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(pids.contains(&std::process::id()) && pids.contains(&child.id()), "{pids:?}");
        assert!(tree.scan().iter().all(|process| process.pid != child.id()), "a child that has gone is no member");
    }
}
