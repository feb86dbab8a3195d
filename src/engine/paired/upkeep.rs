//! Looking after the connections of an arm while it stands still.

use std::cell::Cell;

use tokio::sync::Notify;

/// Lets the users that rest look after their connections, and waits for them.
#[derive(Debug, Default)]
pub(in crate::engine) struct Upkeep {
    /// How often users were asked.
    round: Cell<u64>,
    renews: Cell<bool>,
    asked: Notify,
    /// Users at rest.
    resting: Cell<u32>,
    /// Those of them that have not answered yet.
    left: Cell<u32>,
    answered: Notify,
}

impl Upkeep {
    /// Asks all users at rest to look after their connections, and waits until they have. Users that are on their way
    /// find out what became of their connection by themselves.
    pub(super) async fn carry_out(&self, renew: bool) {
        self.renews.set(renew);
        self.left.set(self.resting.get());
        self.round.set(self.round.get() + 1);
        self.asked.notify_waiters();
        while self.left.get() > 0 {
            self.answered.notified().await;
        }
    }

    /// Whether all connections are to be opened anew, and not only those that died.
    pub(in crate::engine) fn renews(&self) -> bool {
        self.renews.get()
    }

    /// A user rests for as long as the guard lives. A user that was asked and goes on has answered too.
    pub(in crate::engine) fn rest(&self) -> Resting<'_> {
        self.resting.set(self.resting.get() + 1);
        Resting { upkeep: self, since: self.round.get() }
    }

    /// Waits until users are asked.
    pub(in crate::engine) async fn asked(&self) {
        self.asked.notified().await;
    }
}

/// A user at rest.
#[derive(Debug)]
pub(in crate::engine) struct Resting<'a> {
    upkeep: &'a Upkeep,
    since: u64,
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        let upkeep = self.upkeep;
        upkeep.resting.set(upkeep.resting.get() - 1);
        if upkeep.round.get() != self.since {
            upkeep.left.set(upkeep.left.get().saturating_sub(1));
            upkeep.answered.notify_one();
        }
    }
}
