//! Ctrl-C and the signals that mean the same.

use crate::conduct::Steering;

/// Passes Ctrl-C (and SIGTERM, by which CI systems cancel, and SIGHUP) on to what is under way, for as long as the process lives.
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

/// The signals that ask for an end: Ctrl-C, SIGTERM, and SIGHUP when the terminal goes away.
#[cfg(unix)]
pub(super) struct Interrupts([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Interrupts {
    /// Listens from now on, inside a runtime; what comes between two waits is kept.
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    /// Waits for the next one.
    pub(super) async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
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
