//! Waking up on time: one timer per generator thread, finer than the runtime's millisecond.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

/// The sleeping tasks of one thread, by the instant they want to wake up.
///
/// A runtime's own timers tick once a millisecond, which would be most of the response time of a fast service. On
/// Linux the earliest sleeper is put into a `timerfd` that the runtime polls like a socket, so a wake-up is some tens
/// of microseconds late; elsewhere, and under a paused test clock, the runtime's timers do.
#[derive(Clone, Debug)]
pub(super) struct Timers {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sleepers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next_id: Cell<u64>,
    /// What the alarm is set to. Sleepers that go away leave it: an early alarm is cheaper than a system call each.
    armed: Cell<Option<Instant>>,
    rearm: tokio::sync::Notify,
    #[cfg(target_os = "linux")]
    alarm: Option<linux::Alarm>,
}

impl Timers {
    /// Timers for the calling thread, inside its runtime. [`Timers::drive`] must run beside whoever sleeps.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self::with(
            #[cfg(target_os = "linux")]
            Some(linux::Alarm::new()?),
        ))
    }

    /// Timers on the runtime's own clock, which tests can pause.
    #[cfg(test)]
    pub(super) fn on_runtime_clock() -> Self {
        Self::with(
            #[cfg(target_os = "linux")]
            None,
        )
    }

    fn with(#[cfg(target_os = "linux")] alarm: Option<linux::Alarm>) -> Self {
        let inner = Inner {
            sleepers: RefCell::default(),
            next_id: Cell::new(0),
            armed: Cell::new(None),
            rearm: tokio::sync::Notify::new(),
            #[cfg(target_os = "linux")]
            alarm,
        };
        Self { inner: Rc::new(inner) }
    }

    /// Wakes sleepers for ever.
    pub(super) async fn drive(self) {
        loop {
            self.inner.alarm_rang().await;
            self.inner.armed.set(None);
            self.inner.wake_due(Instant::now());
        }
    }

    /// Waits until `deadline`; at once where that has passed.
    pub(super) fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep { timers: self.inner.clone(), deadline, id: None }
    }

    /// Waits for `future`, at most until `deadline`; none when that came first. The future is lent, pinned where it was
    /// made: those of exchanges are kilobytes large, and moving them would be the dearest part of a small request.
    pub(super) async fn within<F: Future>(&self, deadline: Instant, mut future: Pin<&mut F>) -> Option<F::Output> {
        let mut sleep = self.sleep_until(deadline);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            Pin::new(&mut sleep).poll(context).map(|()| None)
        })
        .await
    }
}

impl Inner {
    fn register(&self, deadline: Instant, waker: Waker) -> u64 {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        self.sleepers.borrow_mut().insert((deadline, id), waker);
        if self.armed.get().is_none_or(|armed| deadline < armed) {
            self.arm(deadline);
        }
        id
    }

    fn arm(&self, deadline: Instant) {
        self.armed.set(Some(deadline));
        #[cfg(target_os = "linux")]
        if let Some(alarm) = &self.alarm {
            alarm.set(deadline);
            return;
        }
        self.rearm.notify_one();
    }

    async fn alarm_rang(&self) {
        #[cfg(target_os = "linux")]
        if let Some(alarm) = &self.alarm {
            return alarm.rang().await;
        }
        loop {
            let rearmed = self.rearm.notified();
            match self.armed.get() {
                None => rearmed.await,
                Some(deadline) => tokio::select! {
                    () = tokio::time::sleep_until(deadline) => return,
                    () = rearmed => {}
                },
            }
        }
    }

    fn wake_due(&self, now: Instant) {
        loop {
            let mut sleepers = self.sleepers.borrow_mut();
            let Some(entry) = sleepers.first_entry() else { return };
            let deadline = entry.key().0;
            if deadline > now {
                drop(sleepers);
                self.arm(deadline);
                return;
            }
            let waker = entry.remove();
            drop(sleepers);
            waker.wake();
        }
    }
}

/// Waits until its deadline. Dropping it forgets the wake-up.
#[derive(Debug)]
pub(super) struct Sleep {
    timers: Rc<Inner>,
    deadline: Instant,
    id: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.deadline {
            return Poll::Ready(());
        }
        let key = self.id.map(|id| (self.deadline, id));
        if let Some(key) = key
            && let Some(waker) = self.timers.sleepers.borrow_mut().get_mut(&key)
        {
            waker.clone_from(context.waker());
            return Poll::Pending;
        }
        self.id = Some(self.timers.register(self.deadline, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.timers.sleepers.borrow_mut().remove(&(self.deadline, id));
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;
    use tokio::time::Instant;

    /// A `timerfd` that the runtime polls.
    #[derive(Debug)]
    pub(super) struct Alarm(AsyncFd<OwnedFd>);

    impl Alarm {
        pub(super) fn new() -> io::Result<Self> {
            let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            #[expect(deprecated, reason = "what it may be misused for needs a borrowed descriptor; this one is owned")]
            let polled = AsyncFd::with_interest(fd, Interest::READABLE)?;
            Ok(Self(polled))
        }

        /// Rings once at `deadline`, at the earliest a moment from now.
        pub(super) fn set(&self, deadline: Instant) {
            // A zero would switch the alarm off.
            let wait = deadline.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
            let value = Timespec { tv_sec: wait.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: wait.subsec_nanos().into() };
            let spec = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            // Fails for a bad descriptor or value only, and we have neither.
            let _ = timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &spec);
        }

        pub(super) async fn rang(&self) {
            loop {
                let Ok(mut ready) = self.0.readable().await else { return };
                let mut count = [0; 8];
                match ready.try_io(|fd| rustix::io::read(fd.get_ref(), &mut count).map_err(io::Error::from)) {
                    Ok(_) => return,
                    Err(_) => continue,
                }
            }
        }
    }
}
