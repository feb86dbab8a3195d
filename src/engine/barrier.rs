//! Meeting points of all users of a class.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// A barrier: opens when every user of its class waits at it or has retired.
///
/// Users still to be spawned are waited for; users that find no iteration left retire. After it opened it is closed
/// again, for the next round.
#[derive(Debug)]
pub(super) struct Barrier {
    users: u32,
    state: Mutex<State>,
    opened: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: u32,
    retired: u32,
}

impl Barrier {
    /// A barrier for a class of this many users.
    pub(super) fn new(users: u32) -> Self {
        Self { users, state: Mutex::default(), opened: Notify::new() }
    }

    /// Waits until it opens. A wait that is given up doesn't count any longer.
    pub(super) async fn wait(&self) {
        let opened = self.opened.notified();
        let mut opened = std::pin::pin!(opened);
        // Listens before the state is looked at, so that no opening goes unheard.
        opened.as_mut().enable();
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.waiting += 1;
            if self.open_if_complete(&mut state) {
                return;
            }
        }
        let mut guard = Waiting { barrier: self, done: false };
        opened.await;
        guard.done = true;
    }

    /// One user less to wait for.
    pub(super) fn retire(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.retired += 1;
        self.open_if_complete(&mut state);
    }

    fn open_if_complete(&self, state: &mut State) -> bool {
        let complete = state.waiting > 0 && state.waiting + state.retired >= self.users;
        if complete {
            state.waiting = 0;
            self.opened.notify_waiters();
        }
        complete
    }
}

/// Takes its place back when a wait is given up.
struct Waiting<'a> {
    barrier: &'a Barrier,
    done: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.done {
            let mut state = self.barrier.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.waiting = state.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn it_opens_for_all_at_once_and_again() {
        let barrier = Arc::new(Barrier::new(3));
        let passed = Arc::new(AtomicU32::new(0));
        for round in 1..=2 {
            let spawn = || {
                let (barrier, passed) = (barrier.clone(), passed.clone());
                tokio::spawn(async move {
                    barrier.wait().await;
                    passed.fetch_add(1, Ordering::SeqCst);
                })
            };
            let early = [spawn(), spawn()];
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            assert_eq!(passed.load(Ordering::SeqCst), (round - 1) * 3);
            spawn().await.unwrap();
            for task in early {
                task.await.unwrap();
            }
            assert_eq!(passed.load(Ordering::SeqCst), round * 3);
        }
    }

    #[tokio::test]
    async fn retired_users_are_not_waited_for() {
        let barrier = Arc::new(Barrier::new(3));
        barrier.retire();
        let waiting = tokio::spawn({
            let barrier = barrier.clone();
            async move { barrier.wait().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        barrier.retire();
        waiting.await.unwrap();
    }
}
