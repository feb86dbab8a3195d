//! The closed model: users that wait for their answers.

use std::rc::Rc;

use tokio::task::JoinSet;

use super::context::{Context, Present};
use super::schedule::Attendance;
use super::user::{Pass, User};
use crate::units::Micros;

/// The users of a closed load: who they are, and when they are there.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) attendance: Attendance,
    /// The class of each user.
    pub(super) classes: Vec<usize>,
    /// The rows of unique feeds of each user, by feed.
    pub(super) rows: Vec<Vec<(usize, u64)>>,
}

/// The least pause after an iteration that was cut or could send nothing: a user who fails at once, again and again,
/// must not keep the thread from the others.
const PAUSE: Micros = Micros::from_millis(10);

/// Starts this thread's share of the users: every `threads`-th, from `thread` on.
pub(super) fn start(context: &Rc<Context>, crowd: &Crowd, thread: usize, threads: usize, tasks: &mut JoinSet<()>) {
    for number in (thread..crowd.classes.len()).step_by(threads) {
        let user = User::new(context.clone(), crowd.classes[number], number as u64, crowd.rows[number].clone());
        tasks.spawn_local(live(context.clone(), user, crowd.attendance.clone(), number as u32));
    }
}

/// A user's life: iteration and thought, for as long as it is wanted.
async fn live(context: Rc<Context>, mut user: User, attendance: Attendance, number: u32) {
    // Taken back when the task is dropped as well, so that a barrier never waits for a user that is gone.
    let _retire = Retire(context.clone(), user.class());
    let mut next = Micros::ZERO;
    let mut present: Option<Present> = None;
    let mut rested = true;
    while let Some(active) = attendance.next_active(number, next) {
        if active > next {
            present = None;
        }
        let mut now = next;
        if rested || active > next {
            next = active;
            user.rest(context.wait_until(next)).await;
            now = context.clock.now();
            if !context.is_running_at(now) {
                break;
            }
            // Users that are to start all at once can't all be on time, and that is what was asked for.
            if next > Micros::ZERO {
                context.record_lag(next, now);
            }
        }
        user.expect_barriers();
        if !context.is_running_at(now) {
            break;
        }
        if present.is_none() {
            present = Some(context.user_arrives());
        }
        if context.is_load(next) && !context.shared.take_iteration() {
            break;
        }
        context.begin_iteration(next);
        let (pass, end) = user.iterate(next).await;
        context.end_iteration(next);
        let mut think = user.think_time();
        if pass == Pass::Hindered {
            think = think.max(PAUSE);
        }
        rested = think > Micros::ZERO;
        next = end + think;
    }
}

struct Retire(Rc<Context>, usize);

impl Drop for Retire {
    fn drop(&mut self) {
        self.0.retire_user(self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The memory of what a function of four arguments gives.
    fn size_of_result<A, B, C, D, R>(_: impl Fn(A, B, C, D) -> R) -> usize {
        size_of::<R>()
    }

    #[test]
    fn ten_thousand_users_fit_into_little_memory() {
        // What is rare in a user's life, and large (opening a connection, say), is not kept room for in each of them.
        let size = size_of_result(live);
        assert!(size <= 4 << 10, "{size} bytes");
    }
}
