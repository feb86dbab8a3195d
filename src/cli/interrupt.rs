//! Ctrl-C and the signals that mean the same.

use crate::conduct::Steering;

/// Passes Ctrl-C (and SIGTERM, by which CI systems cancel) on to what is under way, for as long as the process lives.
///
/// # Errors
/// When the system gives no thread or no signals.
pub(super) fn listen(steering: &Steering) -> std::io::Result<()> {
    let steering = steering.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            while wait().await.is_ok() {
                steering.interrupt();
            }
        });
    })?;
    Ok(())
}

/// Waits for the next signal that asks for an end.
#[cfg(unix)]
pub(super) async fn wait() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Waits for the next signal that asks for an end.
#[cfg(not(unix))]
pub(super) async fn wait() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
