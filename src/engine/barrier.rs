//! Meeting points of all users of a class.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A barrier: opens when every user of its class waits at it, has retired, or has passed for good.
///
/// Users still to be spawned are waited for; users that find no iteration left retire. Once no new iterations begin, only
/// those are waited for that are on their way to it. After it opened it is closed again, for the next round.
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
    /// Users in an iteration that leads here and hasn't passed yet; those that wait are among them.
    coming: u32,
    /// No user begins another iteration.
    is_last_round: bool,
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
            let mut state = self.lock();
            state.waiting += 1;
            if self.open_if_complete(&mut state) {
                return;
            }
        }
        let mut guard = Waiting { barrier: self, done: false };
        opened.await;
        guard.done = true;
    }

    /// A user may be on its way. Said before it is known whether it may begin an iteration, so that nobody who does is
    /// overlooked.
    pub(super) fn expect(&self) {
        self.lock().coming += 1;
    }

    /// A user that was on its way is not, and hasn't passed.
    pub(super) fn forget(&self) {
        let mut state = self.lock();
        state.coming = state.coming.saturating_sub(1);
        self.open_if_complete(&mut state);
    }

    /// No new iterations begin: who has passed has passed for good.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_last_round = true;
        self.open_if_complete(&mut state);
    }

    /// One user less to wait for.
    pub(super) fn retire(&self) {
        let mut state = self.lock();
        state.retired += 1;
        self.open_if_complete(&mut state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_if_complete(&self, state: &mut State) -> bool {
        let everybody = state.waiting + state.retired >= self.users || (state.is_last_round && state.waiting >= state.coming);
        let complete = state.waiting > 0 && everybody;
        if complete {
            state.coming = state.coming.saturating_sub(state.waiting);
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
            let mut state = self.barrier.lock();
            state.waiting = state.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tokio::task::JoinHandle;

    /// Waits for a user to pass: a barrier that stays closed fails the test instead of hanging it.
    async fn passes(user: JoinHandle<()>) {
        tokio::time::timeout(Duration::from_secs(30), user).await.expect("the barrier stayed closed").unwrap();
    }

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
            passes(spawn()).await;
            for task in early {
                passes(task).await;
            }
            assert_eq!(passed.load(Ordering::SeqCst), round * 3);
        }
    }

    #[tokio::test]
    async fn in_the_last_round_only_those_on_their_way_are_waited_for() {
        let barrier = Arc::new(Barrier::new(5));
        (0..3).for_each(|_| barrier.expect());
        let wait = || {
            let barrier = barrier.clone();
            tokio::spawn(async move { barrier.wait().await })
        };
        let waiting = [wait(), wait()];
        tokio::task::yield_now().await;
        barrier.close();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|task| !task.is_finished()), "the third is on its way");
        barrier.forget();
        for task in waiting {
            passes(task).await;
        }
        // Who comes later finds nobody to wait for.
        barrier.expect();
        passes(wait()).await;
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
        passes(waiting).await;
    }
}
