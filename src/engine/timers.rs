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
    /// Those whose time has come are being woken: the alarm is set when they have said when they want to be woken next.
    ringing: Cell<bool>,
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
            ringing: Cell::new(false),
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
            self.inner.ringing.set(true);
            self.inner.wake_due(Instant::now());
            behind_the_others().await;
            self.inner.ringing.set(false);
            self.inner.arm_first();
        }
    }

    /// Waits until `deadline`; at once where that has passed.
    pub(super) fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep { timers: self.inner.clone(), deadline, id: None }
    }

    /// Waits for `future`, at most until `deadline`; none when that came first. The future is lent, pinned where it was
    /// made: those of exchanges are large, and moving them would be the dearest part of a small request.
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

    /// The same for who waits again and again, and hardly ever in vain: the wake-up stays in `watch` from one wait to the
    /// next. One that comes too early, because it was meant for a wait that is long over, is put off to where it belongs.
    /// So a wait costs nothing as long as it is shorter than the limits. `begin` is now.
    pub(super) async fn within_watched<F: Future>(
        &self,
        watch: &mut Watch,
        begin: Instant,
        deadline: Instant,
        mut future: Pin<&mut F>,
    ) -> Option<F::Output> {
        let mut now = Some(begin);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let now = now.take().unwrap_or_else(Instant::now);
            if now >= deadline {
                return Poll::Ready(None);
            }
            let serves = |set: &Set| now < set.deadline && set.deadline <= deadline && set.waker.will_wake(context.waker());
            if !watch.0.as_ref().is_some_and(serves) {
                let mut sleep = self.sleep_until(deadline);
                sleep.register(context.waker());
                watch.0 = Some(Set { deadline, waker: context.waker().clone(), _sleep: sleep });
            }
            Poll::Pending
        })
        .await
    }

    /// Wakes all who sleep, for them to look whether they still want to.
    pub(super) fn wake_everybody(&self) {
        let wakers: Vec<Waker> = self.inner.sleepers.borrow().values().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A wake-up for [`Timers::within_watched`].
#[derive(Debug, Default)]
pub(super) struct Watch(Option<Set>);

#[derive(Debug)]
struct Set {
    deadline: Instant,
    waker: Waker,
    /// Forgets the wake-up with it.
    _sleep: Sleep,
}

impl Inner {
    fn register(&self, deadline: Instant, waker: Waker) -> u64 {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        self.sleepers.borrow_mut().insert((deadline, id), waker);
        if !self.ringing.get() && self.armed.get().is_none_or(|armed| deadline < armed) {
            self.arm(deadline);
        }
        id
    }

    fn arm_first(&self) {
        let first = self.sleepers.borrow().first_key_value().map(|((deadline, _), _)| *deadline);
        if let Some(deadline) = first {
            self.arm(deadline);
        }
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
            let Some(entry) = sleepers.first_entry().filter(|entry| entry.key().0 <= now) else { return };
            let waker = entry.remove();
            drop(sleepers);
            waker.wake();
        }
    }
}

/// Lets the tasks run that are to run already, without a look at the sockets.
async fn behind_the_others() {
    let mut is_behind = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_behind, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
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
        self.register(context.waker());
        Poll::Pending
    }
}

impl Sleep {
    fn register(&mut self, waker: &Waker) {
        let key = self.id.map(|id| (self.deadline, id));
        if let Some(key) = key
            && let Some(known) = self.timers.sleepers.borrow_mut().get_mut(&key)
        {
            known.clone_from(waker);
            return;
        }
        self.id = Some(self.timers.register(self.deadline, waker.clone()));
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

    use rustix::time::{ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
    use rustix::time::{clock_gettime, timerfd_create, timerfd_settime};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;
    use tokio::time::Instant;

    /// A `timerfd` that the runtime polls.
    #[derive(Debug)]
    pub(super) struct Alarm {
        fd: AsyncFd<OwnedFd>,
        /// The same moment twice: as we have it, and as the system counts it.
        origin: Instant,
        since_boot: Duration,
    }

    impl Alarm {
        pub(super) fn new() -> io::Result<Self> {
            let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            #[expect(deprecated, reason = "what it may be misused for needs a borrowed descriptor; this one is owned")]
            let fd = AsyncFd::with_interest(fd, Interest::READABLE)?;
            let (origin, time) = (Instant::now(), clock_gettime(ClockId::Monotonic));
            let since_boot = Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default());
            Ok(Self { fd, origin, since_boot })
        }

        /// Rings once at `deadline`, at once where that has passed.
        pub(super) fn set(&self, deadline: Instant) {
            let time = self.since_boot.saturating_add(deadline.saturating_duration_since(self.origin));
            let value = Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() };
            let spec = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            // Fails for a bad descriptor or value only, and we have neither.
            let _ = timerfd_settime(self.fd.get_ref(), TimerfdTimerFlags::ABSTIME, &spec);
        }

        /// Waits for the next ring. How often it rang is not read: setting it anew forgets that, and costs no call.
        pub(super) async fn rang(&self) {
            if let Ok(mut ready) = self.fd.readable().await {
                ready.clear_ready();
            }
        }
    }
}
