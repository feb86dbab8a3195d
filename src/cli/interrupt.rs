//! Ctrl-C and the signals that mean the same.

use crate::conduct::Steering;

/// Passes Ctrl-C (and SIGTERM, by which CI systems cancel, SIGQUIT and SIGHUP) on to what is under way, for as long as the process lives.
///
/// # Errors
/// When the system gives no thread or no signals.
pub(super) fn listen(steering: &Steering) -> std::io::Result<()> {
    let steering = steering.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut interrupts = runtime.block_on(async { Interrupts::new() })?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                interrupts.wait().await;
                steering.interrupt();
            }
        });
    })?;
    Ok(())
}

/// The signals that ask for an end: Ctrl-C, SIGTERM and SIGQUIT, and SIGHUP when the terminal goes away.
#[cfg(unix)]
pub(super) struct Interrupts(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Interrupts {
    /// Listens from now on, inside a runtime; what comes between two waits is kept.
    ///
    /// A SIGHUP that was ignored from the start, as by `nohup`, is meant to be. A SIGINT is listened to all the same: shells
    /// ignore it in whatever they start in the background, and scripts pass it on from there.
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = Some(SignalKind::hangup()).filter(|hangup| !is_ignored(hangup.as_raw_value()));
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit()];
        kinds.into_iter().chain(hangup).map(signal).collect::<std::io::Result<_>>().map(Self)
    }

    /// Waits for the next one.
    pub(super) async fn wait(&mut self) {
        std::future::poll_fn(|context| {
            let has_come = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if has_come { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// Whether this process ignores a signal, as far as the system tells: Linux does.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| (mask >> (signal - 1)) & 1 == 1)
}

/// The signals that ask for an end: Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Interrupts;

#[cfg(not(unix))]
impl Interrupts {
    /// Listens from the first wait on, inside a runtime.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the next one; for ever where the system has none.
    pub(super) async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
