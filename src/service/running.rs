//! The service from its build to its end.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::environment::Environment;
use super::error::ServiceError;
use super::exit::Exit;
use super::listener::{describe, listeners};
use super::log::{Tail, shown};
use super::masked::mask_file;
use super::probe::{Probe, connect, is_loopback};
use super::ready::{Awaited, await_ready};
use super::shell::Shell;
use super::tree::Watched;
use crate::plan::{HttpPlan, PortPlan, ReadyPlan, ReadyProbe, ServicePlan, Target};
use crate::units::Micros;

/// How long a started service may take where the scenario has no `ready`.
const READY_WITHIN: Micros = Micros::from_secs(30);
/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);
/// How long the `stop` command may take: `docker compose down` alone waits ten seconds for each container.
const STOP_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection to an address in use may take; it is on this machine.
const TAKEN_WITHIN: Duration = Duration::from_millis(250);

/// What the caller decides about one start.
pub struct StartOptions<'a> {
    /// The address under load, with the port in it.
    pub target: &'a Target,
    /// What [`super::choose_port`] gave.
    pub port: Option<u16>,
    /// Where everything goes that build, service and stop command write; its folder is made where it is missing, and
    /// an old file is overwritten.
    pub log: &'a Path,
    /// Whether an old log is kept and written on: the service was started before in the same run.
    pub append: bool,
    /// How connections are made: a GET of `ready` goes the same way.
    pub http: &'a HttpPlan,
    /// Masks secrets in a line; used for what errors show, and on the whole log once the service has ended.
    pub mask: Arc<dyn Fn(&str) -> String + Send + Sync>,
    /// Asked often while build and readiness are waited for; true ends the waiting with [`ServiceError::Interrupted`].
    pub interrupted: &'a dyn Fn() -> bool,
}

/// A service that is ready: started by us, or found running.
///
/// Dropping it stops it as [`Service::stop`] does, so that an early return or a panic leaves nothing behind.
pub struct Service {
    /// None: somebody else started it, and stops it.
    shell: Option<Shell>,
    stop_command: Option<String>,
    folder: PathBuf,
    environment: Environment,
    log: PathBuf,
    mask: Arc<dyn Fn(&str) -> String + Send + Sync>,
    /// Of all processes of this start.
    mark: String,
    watched: Option<Watched>,
    ready_requests: u64,
    start_took: Duration,
    is_stopped: bool,
}

/// What stopping a service came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stopped {
    /// Whether processes were killed because they didn't end within five seconds of being asked to.
    pub forced: bool,
    /// Numbers of processes that could not even be killed.
    pub left: Vec<u32>,
    /// Why the `stop` command failed, where it did; the service was stopped all the same.
    pub stop_failed: Option<String>,
    /// Why secrets could not be masked in the log, where they could not; the log was emptied then.
    pub mask_failed: Option<String>,
}

impl Service {
    /// Builds and starts the service where the plan has a command, and waits until it is ready.
    ///
    /// Without `ready`, a service that we start on this machine is ready when the target's port accepts a connection,
    /// within 30 s; a target elsewhere, and a service that already runs, counts as ready at once. A command that ends
    /// with status 0 and leaves processes behind, or has a `stop` command, is taken for one that starts a daemon.
    ///
    /// # Errors
    /// Every way not to become ready, see [`ServiceError`]; nothing is left running then.
    pub fn start(plan: &ServicePlan, options: &StartOptions<'_>) -> Result<Self, ServiceError> {
        let environment = Environment::new(plan, options.port, std::env::vars_os());
        let mut service = Self {
            shell: None,
            stop_command: plan.command.as_ref().and(plan.stop.clone()),
            folder: plan.folder.clone(),
            environment,
            log: options.log.to_owned(),
            mask: Arc::clone(&options.mask),
            mark: fresh_mark(),
            watched: None,
            ready_requests: 0,
            start_took: Duration::ZERO,
            is_stopped: true,
        };
        if let Some(command) = &plan.command {
            refuse_taken(plan, options)?;
            if !options.append {
                service.create_log()?;
            }
            service.is_stopped = false;
            if let Some(build) = &plan.build {
                service.build(build, options.interrupted)?;
            }
            let offset = fs::metadata(options.log).map_or(0, |metadata| metadata.len());
            let shell = service.run("command", command, Some(&service.mark))?;
            service.watched = plan.monitor.then(|| Watched::command(shell.pid(), Some(&service.mark)));
            service.shell = Some(shell);
            let begun = Instant::now();
            service.await_ready(plan, options, begun, offset)?;
            service.start_took = begun.elapsed();
        } else {
            let is_here = is_loopback(&options.target.host) && options.target.socket.is_none();
            service.watched = (plan.monitor && is_here).then(|| Watched::port(options.target.port));
            service.await_ready(plan, options, Instant::now(), 0)?;
        }
        Ok(service)
    }

    /// How many readiness requests reached the server: `sent.ready` of the record. Probes of TCP and log are none.
    pub fn ready_requests(&self) -> u64 {
        self.ready_requests
    }

    /// How long its command took to be ready; the build before it is not in it.
    pub fn start_took(&self) -> Duration {
        self.start_took
    }

    /// What a [`super::Monitor`] watches: the command's processes, or what listens on the target's port; none where the
    /// scenario doesn't say `monitor: true`, or the target is on another machine.
    pub fn watched(&self) -> Option<Watched> {
        self.watched.clone()
    }

    /// How the command ended, if it did although nobody stopped it: `exit status 3`, `signal 9 (SIGKILL)`. Cheap
    /// enough to ask every second.
    pub fn exited(&mut self) -> Option<String> {
        self.died().map(|exit| exit.to_string())
    }

    /// Runs the `stop` command, where there is one, then ends all processes of the service: SIGTERM, five seconds of
    /// grace, SIGKILL. Waits until they have gone, then masks secrets in the log. Does nothing to a service that we
    /// didn't start.
    pub fn stop(mut self) -> Stopped {
        self.end()
    }

    fn end(&mut self) -> Stopped {
        let mut stopped = Stopped::default();
        if std::mem::replace(&mut self.is_stopped, true) {
            return stopped;
        }
        if let Some(mut shell) = self.shell.take() {
            if let Some(command) = &self.stop_command {
                stopped.stop_failed = self.run_stop(command).err();
                shell.wait(GRACE);
            }
            let end = shell.stop(GRACE);
            (stopped.forced, stopped.left) = (end.forced, end.left);
        }
        if let Err(error) = mask_file(&self.log, &*self.mask) {
            // Better no log than one with a secret in it.
            stopped.mask_failed = Some(error.to_string());
            let _ = File::create(&self.log);
        }
        stopped
    }

    fn run_stop(&self, command: &str) -> Result<(), String> {
        // Not marked as part of the service: it must not be stopped by what it does itself.
        let mut shell = self.run("stop", command, None).map_err(|error| error.to_string())?;
        if !shell.wait_for_exit(STOP_WITHIN) {
            return Err(format!("it didn't end within {} s", STOP_WITHIN.as_secs()));
        }
        match shell.exit() {
            Some(exit) if !exit.is_success() => Err(exit.to_string()),
            _ => Ok(()),
        }
    }

    fn create_log(&self) -> Result<(), ServiceError> {
        let create = || {
            if let Some(folder) = self.log.parent() {
                fs::create_dir_all(folder)?;
            }
            File::create(&self.log).map(drop)
        };
        create().map_err(|source| ServiceError::Log { path: self.log.clone(), source })
    }

    /// Starts a command that appends to the log.
    fn run(&self, what: &'static str, text: &str, mark: Option<&str>) -> Result<Shell, ServiceError> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(|source| ServiceError::Log { path: self.log.clone(), source })?;
        Shell::start(text, &self.folder, &self.environment, mark, output).map_err(|source| ServiceError::Spawn {
            what,
            folder: self.folder.clone(),
            source,
        })
    }

    /// Runs the build to its end, however long it takes.
    fn build(&self, text: &str, interrupted: &dyn Fn() -> bool) -> Result<(), ServiceError> {
        let mut shell = self.run("build", text, None)?;
        while !shell.wait_for_exit(Duration::from_millis(50)) {
            if interrupted() {
                return Err(ServiceError::Interrupted);
            }
        }
        match shell.exit() {
            Some(exit) if !exit.is_success() => Err(ServiceError::Build { exit, output: self.tail(0) }),
            _ => Ok(()),
        }
    }

    fn await_ready(&mut self, plan: &ServicePlan, options: &StartOptions<'_>, begun: Instant, offset: u64) -> Result<(), ServiceError> {
        let Some(ready) = plan.ready.clone().or_else(|| self.default_ready(options.target)) else { return Ok(()) };
        if let ReadyProbe::Log(pattern) = &ready.probe
            && self.shell.is_none()
        {
            let reason = "without `command` there is no output to look at".to_owned();
            return Err(ServiceError::Probe { probe: format!("{{ log: {} }}", shown(pattern.as_str(), 200)), reason });
        }
        let mut probe = Probe::new(&ready.probe, options.target, options.port, options.http, (options.log, offset))?;
        let deadline = begun + Duration::from_micros(ready.within.0);
        let mut sent = 0;
        let awaited = await_ready(&mut probe, deadline, &mut || self.died(), options.interrupted, &mut sent);
        self.ready_requests = sent;
        match awaited {
            Awaited::Ready => Ok(()),
            Awaited::Interrupted => Err(ServiceError::Interrupted),
            Awaited::Died(exit) => {
                let after = Micros::from_millis(begun.elapsed().as_millis() as u64);
                Err(ServiceError::Died { exit, after, output: self.tail(offset) })
            }
            Awaited::Late(last) => {
                let output = self.shell.is_some().then(|| self.tail(offset));
                Err(ServiceError::Late { within: ready.within, last: (self.mask)(&last), output })
            }
        }
    }

    /// Where the scenario doesn't say: a service that we start must at least listen, or the load would only find that
    /// out the hard way.
    fn default_ready(&self, target: &Target) -> Option<ReadyPlan> {
        let address = match &target.socket {
            Some(socket) => format!("unix:{}", socket.display()),
            None => format!("{}:{}", bracketed(&target.host), target.port),
        };
        (self.shell.is_some() && is_loopback(&target.host)).then(|| ReadyPlan { probe: ReadyProbe::Tcp(address), within: READY_WITHIN })
    }

    /// How the command ended; none while it runs, or when it left a daemon behind.
    fn died(&mut self) -> Option<Exit> {
        let shell = self.shell.as_mut()?;
        let exit = shell.exit()?;
        let is_daemon = exit.is_success() && (self.stop_command.is_some() || shell.is_running());
        (!is_daemon).then_some(exit)
    }

    fn tail(&self, from: u64) -> Tail {
        Tail::read(&self.log, from, &*self.mask)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither commands nor environment: there are secrets in them.
        f.debug_struct("Service").field("shell", &self.shell).field("log", &self.log).finish_non_exhaustive()
    }
}

/// Refuses to start where somebody already answers.
fn refuse_taken(plan: &ServicePlan, options: &StartOptions<'_>) -> Result<(), ServiceError> {
    let is_port_here = is_loopback(&options.target.host) && options.target.socket.is_none();
    let target = is_port_here.then(|| (options.target.host.clone(), options.target.port));
    let fixed = match plan.port {
        PortPlan::Fixed(port) => Some(("127.0.0.1".to_owned(), port)),
        PortPlan::Auto | PortPlan::Unset => None,
    };
    for (host, port) in target.into_iter().chain(fixed) {
        if connect((host.as_str(), port), TAKEN_WITHIN).is_ok() {
            let holder = listeners(port).first().map(|&pid| describe(pid));
            return Err(ServiceError::Taken { address: format!("{}:{port}", bracketed(&host)), holder });
        }
    }
    Ok(())
}

/// A host as it stands in front of a port.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A text no other start has, of this process or another.
fn fresh_mark() -> String {
    static STARTS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{now}-{}", std::process::id(), STARTS.fetch_add(1, Ordering::Relaxed))
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
