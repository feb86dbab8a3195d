//! Limits of the system that stand in the way of many users.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::plan::{LoadPlan, Plan, Population};
use crate::record::Warning;

/// The number of files this process may open, raised to what the system allows for as long as this lives: every user is
/// a connection, and the usual 1,024 are used up soon.
#[derive(Debug)]
pub(super) struct OpenFiles {
    #[cfg(unix)]
    before: Rlimit,
}

/// Files that are open beside connections: runtimes, timers, reports.
const BESIDE: u64 = 32;

impl OpenFiles {
    /// Raises the limit.
    pub(super) fn raise() -> Self {
        #[cfg(unix)]
        {
            let before = getrlimit(Resource::Nofile);
            if before.current != before.maximum {
                // Refused by systems with a lower limit of their own; the old one stands then.
                let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
            }
            Self { before }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Starts a service while others are under load: with the limit that was before, as if there were no load.
    pub(super) fn without<T>(&self, start: impl FnOnce() -> T) -> T {
        #[cfg(unix)]
        let raised = getrlimit(Resource::Nofile);
        #[cfg(unix)]
        let _ = setrlimit(Resource::Nofile, self.before);
        let started = start();
        #[cfg(unix)]
        let _ = setrlimit(Resource::Nofile, raised);
        started
    }

    /// What is to be said where there are too few for the users of a load; none where there are enough.
    pub(super) fn lack(&self, plan: &Plan) -> Option<Warning> {
        #[cfg(unix)]
        let allowed = getrlimit(Resource::Nofile).current?;
        #[cfg(not(unix))]
        let allowed = u64::MAX;
        lack(allowed, plan)
    }
}

fn lack(allowed: u64, plan: &Plan) -> Option<Warning> {
    let (users, option) = match &plan.load {
        LoadPlan::Closed(closed) => (peak(&closed.population), "--users"),
        LoadPlan::Open(open) => (open.max_users, "--max-users"),
        LoadPlan::Capacity(search) => (search.max_users, "--max-users"),
    };
    let connections = plan.http.connections.unwrap_or(users);
    if u64::from(connections) + BESIDE <= allowed {
        return None;
    }
    let limit = format!("the system allows this process {allowed} open files");
    Some(Warning {
        code: "open_files".to_owned(),
        invalidates: true,
        message: format!("{users} users may need {connections} connections, and {limit}"),
        advice: Some(format!("raise the hard limit (`ulimit -Hn`, as root), or lower `{option}`")),
    })
}

fn peak(population: &Population) -> u32 {
    match population {
        Population::Constant { users, .. } => *users,
        Population::Stages { start, stages } => stages.iter().map(|stage| stage.level).fold(*start, f64::max).ceil() as u32,
    }
}

#[cfg(unix)]
impl Drop for OpenFiles {
    /// A service that is started later must not get more than it would without us.
    fn drop(&mut self) {
        let _ = setrlimit(Resource::Nofile, self.before);
    }
}
