//! Waiting until the service is ready.

use std::time::{Duration, Instant};

use super::exit::Exit;
use super::probe::Probe;

/// The pause after the first probe; it doubles after each, so that a quick service is found quickly and a slow one is
/// not kept from starting by our questions.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How often death and interruption are looked for in a pause.
const LOOK: Duration = Duration::from_millis(20);

/// How waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Awaited {
    Ready,
    /// The command ended.
    Died(Exit),
    /// The deadline has passed; what came of the last probe.
    Late(String),
    Interrupted,
}

/// Asks until it is ready, dead, too late or interrupted. `sent` counts the requests that reached the server.
pub(super) fn await_ready(
    probe: &mut Probe,
    deadline: Instant,
    died: &mut dyn FnMut() -> Option<Exit>,
    interrupted: &dyn Fn() -> bool,
    sent: &mut u64,
) -> Awaited {
    let mut pause = FIRST_PAUSE;
    let mut last = "it was not asked in time".to_owned();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Awaited::Late(last);
        }
        let answer = probe.ask(left, &mut || interrupted() || died().is_some());
        *sent += u64::from(answer.sent);
        // An answer after the command's end was somebody else's.
        if let Some(exit) = died() {
            return Awaited::Died(exit);
        }
        if answer.ready {
            return Awaited::Ready;
        }
        last = answer.told;
        let next = (Instant::now() + pause).min(deadline);
        loop {
            if interrupted() {
                return Awaited::Interrupted;
            }
            if let Some(exit) = died() {
                return Awaited::Died(exit);
            }
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LOOK));
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
