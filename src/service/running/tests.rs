//! Real child processes, in folders of their own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::service::environment::tests::plan;
use crate::service::{Monitor, choose_port};

/// Longer than any machine needs; what it bounds is a hang.
const LONG: Duration = Duration::from_secs(120);

/// A plan with a folder of its own, and how to start it.
struct Bench {
    folder: tempfile::TempDir,
    plan: ServicePlan,
    port: u16,
}

impl Bench {
    fn new(command: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan(Some(command));
        plan.folder = folder.path().to_owned();
        plan.port = PortPlan::Auto;
        Self { port: choose_port(plan.port).unwrap().unwrap(), folder, plan }
    }

    fn ready(mut self, probe: ReadyProbe, within: Micros) -> Self {
        self.plan.ready = Some(ReadyPlan { probe, within });
        self
    }

    fn ready_by_log(self, pattern: &str) -> Self {
        self.ready(ReadyProbe::Log(regex::Regex::new(pattern).unwrap()), Micros::from_secs(120))
    }

    fn start(&self) -> Result<Service, ServiceError> {
        self.start_unless(&|| false)
    }

    fn start_unless(&self, interrupted: &dyn Fn() -> bool) -> Result<Service, ServiceError> {
        let target = Target::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        let mask = Arc::new(|line: &str| line.replace("s3cret", "***"));
        let log = self.log();
        Service::start(
            &self.plan,
            &StartOptions {
                target: &target,
                port: Some(self.port),
                log: &log,
                append: false,
                http: &HttpPlan::default(),
                mask,
                interrupted,
            },
        )
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("report/service.log")
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()
    }

    /// The error as a user reads it, without what differs from run to run.
    fn error(&self) -> String {
        let error = self.start().expect_err("it must not become ready").to_string();
        let error = error.replace(&self.folder.path().display().to_string(), "FOLDER").replace(&self.port.to_string(), "PORT");
        regex::Regex::new("after [0-9.mus]+, ").unwrap().replace(&error, "after TIME, ").into_owned()
    }

    /// Waits for the number of a process in a file.
    fn pid(&self, file: &str) -> u32 {
        await_that("a process number", || self.text(file).strip_suffix('\n').and_then(|text| text.parse().ok()))
    }
}

/// Waits until there is something, for a bounded time.
fn await_that<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    while Instant::now() < end {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited in vain for {what}");
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Listens on the port once the command has made the file `started`, and answers one request with each status.
fn serve(bench: &Bench, statuses: &'static [u16]) -> std::thread::JoinHandle<()> {
    let (started, port) = (bench.folder.path().join("started"), bench.port);
    std::thread::spawn(move || {
        await_that("the start of the command", || started.exists().then_some(()));
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
    })
}

#[test]
fn ready_by_http_counts_the_requests_that_were_answered() {
    let bench = Bench::new("touch started; exec sleep 300").ready(ReadyProbe::Get("/health".into()), Micros::from_secs(120));
    let server = serve(&bench, &[503, 404, 200]);
    let mut service = bench.start().unwrap();
    server.join().unwrap();
    assert_eq!((service.ready_requests(), service.exited(), service.watched()), (3, None, None));
    assert_eq!(service.stop(), Stopped::default());
}

#[test]
fn without_ready_the_targets_port_must_accept() {
    let bench = Bench::new("touch started; exec sleep 300");
    let (started, port) = (bench.folder.path().join("started"), bench.port);
    let listener = std::thread::spawn(move || {
        await_that("the start of the command", || started.exists().then_some(()));
        TcpListener::bind(("127.0.0.1", port)).unwrap()
    });
    let service = bench.start().unwrap();
    assert_eq!(service.ready_requests(), 0);
    listener.join().unwrap();
}

#[test]
fn ready_by_a_line_of_the_log_that_the_build_did_not_write() {
    let mut bench = Bench::new("sleep 0.2; echo up on ${PORT} >&2; echo $$ > pid; exec sleep 300").ready_by_log(r"^up on \d+$");
    bench.plan.build = Some("echo up on 1; echo built > built".into());
    let service = bench.start().unwrap();
    assert_eq!((bench.text("built").as_str(), bench.text("report/service.log")), ("built\n", format!("up on 1\nup on {}\n", bench.port)));
    let pid = bench.pid("pid");
    assert_eq!(service.stop(), Stopped::default());
    assert!(!is_alive(pid));
}

#[test]
fn a_command_that_dies_early_is_told_with_its_last_lines() {
    let bench = Bench::new("echo loading; printf 'no \\033[31msuch\\tfile: s3cret\\n' >&2; exit 3").ready_by_log("never");
    insta::assert_snapshot!(bench.error(), @r"
    start the service: `command` ended with exit status 3 after TIME, before it was ready
      the last it wrote:
      | loading
      | no \u{1b}[31msuch	file: ***
      no load was sent; the whole output is in `FOLDER/report/service.log`
    ");
    assert!(!bench.text("report/service.log").contains("s3cret"), "the log is masked as well");
}

#[test]
fn a_command_that_dies_without_a_word_is_told_as_such() {
    insta::assert_snapshot!(Bench::new("kill -SEGV $$").error(), @r"
    start the service: `command` ended with signal 11 (SIGSEGV) after TIME, before it was ready
      it wrote nothing
      no load was sent
    ");
}

#[test]
fn a_deadline_that_passes_is_told_with_the_last_answer_and_nothing_is_left_running() {
    let bench = Bench::new("echo $$ > pid; echo still loading; exec sleep 300")
        .ready(ReadyProbe::Log(regex::Regex::new("^listening").unwrap()), Micros::from_secs(2));
    insta::assert_snapshot!(bench.error(), @r"
    await the service: not ready within 2s: no line of its output matches `^listening`
      the last it wrote:
      | still loading
      no load was sent; the whole output is in `FOLDER/report/service.log`
    ");
    assert!(!is_alive(bench.pid("pid")));
}

#[test]
fn a_service_that_was_not_started_and_is_not_there_is_told() {
    let mut bench = Bench::new("").ready(ReadyProbe::Get("/health".into()), Micros::from_millis(300));
    bench.plan.command = None;
    insta::assert_snapshot!(bench.error(), @r"
    await the service: not ready within 300ms: no connection for GET http://127.0.0.1:PORT/health: Connection refused (os error 111)
      no load was sent; is it running?
    ");
    assert!(!bench.log().exists(), "there is no log of a service that somebody else runs");
}

#[test]
fn an_address_in_use_is_told_with_who_uses_it() {
    let bench = Bench::new("touch started");
    let _listener = TcpListener::bind(("127.0.0.1", bench.port)).unwrap();
    let error = bench.error();
    let holder = format!("by process {} (", std::process::id());
    assert!(error.starts_with("start the service: 127.0.0.1:PORT is already in use by process ") && error.contains(&holder), "{error}");
    assert_eq!(bench.text("started"), "");
    assert!(!bench.folder.path().join("started").exists(), "the command was not run");
}

#[test]
fn a_build_that_fails_is_told_and_the_command_is_not_run() {
    let mut bench = Bench::new("touch started");
    bench.plan.build = Some("echo compiling; echo error: E0001 >&2; exit 101".into());
    insta::assert_snapshot!(bench.error(), @r"
    build the service: `build` ended with exit status 101
      the last it wrote:
      | compiling
      | error: E0001
      no load was sent; the whole output is in `FOLDER/report/service.log`
    ");
    assert!(!bench.folder.path().join("started").exists());
}

#[test]
fn the_build_is_no_part_of_how_long_a_start_takes() {
    let mut bench = Bench::new("echo listening; exec sleep 300").ready_by_log("^listening$");
    bench.plan.build = Some("touch building; until test -e built; do sleep 0.01; done".into());
    let folder = bench.folder.path().to_owned();
    let builder = std::thread::spawn(move || {
        await_that("the build", || folder.join("building").exists().then_some(()));
        let built = Instant::now();
        File::create(folder.join("built")).unwrap();
        built
    });
    let service = bench.start().unwrap();
    assert!(service.start_took() <= builder.join().unwrap().elapsed(), "{:?}", service.start_took());
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let mut bench = Bench::new("true");
    bench.plan.folder = bench.folder.path().join("no/such");
    insta::assert_snapshot!(bench.error(), @"run `command` through `sh -c` in `FOLDER/no/such`");
}

#[test]
fn waiting_for_the_build_and_for_readiness_can_be_interrupted() {
    let bench = Bench::new("echo $$ > pid; exec sleep 300").ready_by_log("never");
    let error = bench.start_unless(&|| !bench.text("pid").is_empty()).unwrap_err();
    assert!(matches!(error, ServiceError::Interrupted), "{error}");
    assert!(!is_alive(bench.pid("pid")));
    let mut bench = Bench::new("true");
    bench.plan.build = Some("echo $$ > pid; sleep 300".into());
    let error = bench.start_unless(&|| !bench.text("pid").is_empty()).unwrap_err();
    assert!(matches!(error, ServiceError::Interrupted), "{error}");
    assert!(!is_alive(bench.pid("pid")));
}

#[test]
fn a_panic_stops_the_service_with_its_stubborn_grandchild() {
    let bench = Bench::new("sh -c 'trap \"\" TERM; echo $$ > grandchild; while :; do sleep 0.1; done' & echo $$ > child; echo up; wait")
        .ready_by_log("up");
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _service = bench.start().unwrap();
        assert!(is_alive(bench.pid("child")) && is_alive(bench.pid("grandchild")));
        // Not `panic!`: its message would look like a failure in the output of the tests.
        std::panic::resume_unwind(Box::new("out of the middle of a run"));
    }));
    assert!(unwound.is_err());
    assert!(!is_alive(bench.pid("child")) && !is_alive(bench.pid("grandchild")));
}

#[test]
fn a_service_that_dies_during_the_load_says_how() {
    let bench = Bench::new("echo up; while [ ! -e die ]; do sleep 0.05; done; exit 7").ready_by_log("up");
    let mut service = bench.start().unwrap();
    assert_eq!(service.exited(), None);
    fs::write(bench.folder.path().join("die"), "").unwrap();
    assert_eq!(await_that("its end", || service.exited()), "exit status 7");
    assert_eq!(service.stop(), Stopped::default());
}

#[test]
fn a_command_that_leaves_a_daemon_behind_has_not_died() {
    let bench = Bench::new("(setsid sh -c 'echo $$ > pid; echo up; exec sleep 300' &); exit 0").ready_by_log("up");
    let mut service = bench.start().unwrap();
    let pid = bench.pid("pid");
    await_that("the end of the shell", || service.shell.as_mut().unwrap().exit());
    assert_eq!(service.exited(), None);
    let daemon = rustix::process::Pid::from_raw(pid as i32).unwrap();
    rustix::process::kill_process(daemon, rustix::process::Signal::KILL).unwrap();
    assert_eq!(await_that("its end", || service.exited()), "exit status 0");
}

#[test]
fn a_stop_command_stops_it_politely_and_its_failure_is_told() {
    let mut bench = Bench::new("echo up; while [ ! -e halt ]; do sleep 0.05; done; echo down").ready_by_log("up");
    bench.plan.stop = Some("touch halt; echo stopping ${PORT}; exit 4".into());
    let stopped = bench.start().unwrap().stop();
    assert_eq!(stopped, Stopped { stop_failed: Some("exit status 4".into()), ..Stopped::default() });
    let log = bench.text("report/service.log");
    assert!(log.contains(&format!("stopping {}\n", bench.port)) && log.ends_with("down\n"), "{log}");
}

#[test]
fn the_command_sees_the_port_and_the_scenarios_variables() {
    let mut bench = Bench::new("env > env; echo up; exec sleep 300").ready_by_log("up");
    bench.plan.env = vec![("API_TOKEN".into(), "of the scenario".into())];
    bench.start().unwrap();
    let environment = bench.text("env");
    for line in [format!("PORT={}", bench.port), "API_TOKEN=of the scenario".to_owned()] {
        assert!(environment.lines().any(|seen| seen == line), "{line} is not in {environment}");
    }
}

/// A service that runs `work`, and the first sample that is as it should be.
fn sample_where(work: &str, is_so: impl Fn(&crate::metrics::ServiceSample) -> bool) -> crate::metrics::ServiceSample {
    let mut bench = Bench::new(&format!("echo up; {work}")).ready_by_log("up");
    bench.plan.monitor = true;
    let service = bench.start().unwrap();
    let watched = service.watched().unwrap();
    assert_eq!(watched.found_by(), "command");
    let monitor = Monitor::start(watched, Instant::now()).unwrap();
    let sample = await_that("such a sample", || monitor.samples().into_iter().find(&is_so));
    let samples = monitor.stop();
    assert!(samples.is_sorted_by(|a, b| a.at < b.at), "{samples:?}");
    sample
}

#[test]
fn the_monitor_sees_a_busy_grandchild() {
    let sample = sample_where("sh -c 'while :; do :; done' & wait", |sample| sample.cpu > 10.0);
    assert!(sample.cpu < 150.0 && sample.processes == 2, "{sample:?}");
}

#[test]
fn the_monitor_does_not_lose_the_cpu_of_processes_that_come_and_go() {
    let brief = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done";
    let sample = sample_where(&format!("while :; do ({brief}); done"), |sample| sample.cpu > 10.0);
    assert!(sample.cpu < 150.0, "{sample:?}");
}

#[test]
fn the_monitor_sees_memory_that_is_held() {
    let hold = "x=$(head -c 30000000 /dev/zero | tr '\\0' x); echo $x | head -c 1 > held; exec 3< held; while :; do sleep 1; done";
    let sample = sample_where(hold, |sample| sample.memory.0 > 30_000_000);
    assert!(sample.memory.0 < 1_000_000_000, "{sample:?}");
}

#[test]
fn the_monitor_sees_what_listens_on_the_targets_port() {
    let mut bench = Bench::new("");
    (bench.plan.command, bench.plan.monitor) = (None, true);
    let _listener = TcpListener::bind(("127.0.0.1", bench.port)).unwrap();
    let service = bench.start().unwrap();
    let watched = service.watched().unwrap();
    assert_eq!(watched.found_by(), "port");
    // An epoch in the future: what was before the load is dropped.
    let early = Monitor::start(watched.clone(), Instant::now() + LONG).unwrap();
    let monitor = Monitor::start(watched, Instant::now()).unwrap();
    await_that("a sample", || (!monitor.samples().is_empty()).then_some(()));
    assert_eq!(early.stop(), []);
    let samples = monitor.stop();
    assert!(samples[0].memory.0 > 0 && samples[0].processes >= 1, "{samples:?}");
}
