//! The open model: arrivals that come whatever the answers take.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::context::{Context, Present};
use super::control::Course;
use super::generator::resume_panic;
use super::schedule::Arrivals;
use super::user::User;
use crate::units::Micros;

/// What a thread needs to know of an open load.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    pub(super) arrivals: Arrivals,
    /// At most this many users at once on this thread.
    pub(super) max_users: u32,
    pub(super) max_wait: Micros,
    /// At most this many arrivals of the load, of all threads together.
    pub(super) iterations: Option<u64>,
    pub(super) thread: usize,
    pub(super) threads: usize,
}

/// Lets this thread's share of the arrivals in, until there are no more and all are served or dropped.
///
/// An arrival goes to the free user of its class that was busy last, so that few connections are used and those stay
/// warm; without one, to a new user while there may be more; else it waits in order of arrival.
pub(super) async fn serve(context: Rc<Context>, doors: Doors, tasks: Rc<RefCell<JoinSet<()>>>) {
    let Doors { arrivals, max_users, max_wait, iterations, thread, threads } = doors;
    let classes = context.shared.plan.classes.len();
    let free = (0..classes).map(|_| Vec::new()).collect();
    let waiting = (0..classes).map(|_| VecDeque::new()).collect();
    let lobby = Rc::new(Lobby {
        context: context.clone(),
        tasks,
        max_users,
        max_wait,
        alive: Cell::new(0),
        // Users of different threads differ in their numbers.
        next_number: Cell::new(thread as u64),
        threads: threads as u64,
        free: RefCell::new(free),
        waiting: RefCell::new(waiting),
        closing: Cell::new(false),
        taken: Notify::new(),
    });
    // Every thread draws the classes of all arrivals, so that they don't depend on the number of threads.
    let mut random = Pcg64Mcg::seed_from_u64(context.shared.plan.seed ^ 0x636c_6173_7365_7321);
    let mut in_load = 0;
    for (number, at) in arrivals.enumerate() {
        let class = draw_class(&context, &mut random);
        if context.is_load(at) {
            if iterations.is_some_and(|most| in_load >= most) {
                break;
            }
            in_load += 1;
        }
        if number % threads != thread {
            continue;
        }
        context.wait_until(at).await;
        // A rate that can't be kept up with must not keep the thread from its users and from Ctrl-C.
        tokio::task::consume_budget().await;
        // Due is due, also when it is noticed a little after the end.
        if context.course.get() != Course::Running {
            break;
        }
        lobby.drop_expired();
        lobby.arrive(at, class);
    }
    lobby.close().await;
}

fn draw_class(context: &Context, random: &mut Pcg64Mcg) -> usize {
    let classes = &context.shared.plan.classes;
    let weights = || classes.iter().enumerate().filter(|(_, class)| class.active);
    let total: f64 = weights().map(|(_, class)| class.weight).sum();
    let mut left: f64 = random.random_range(0.0..total.max(f64::MIN_POSITIVE));
    let mut drawn = 0;
    for (index, class) in weights() {
        drawn = index;
        left -= class.weight;
        if left < 0.0 {
            break;
        }
    }
    drawn
}

/// Where arrivals meet users.
struct Lobby {
    context: Rc<Context>,
    tasks: Rc<RefCell<JoinSet<()>>>,
    max_users: u32,
    max_wait: Micros,
    alive: Cell<u32>,
    next_number: Cell<u64>,
    threads: u64,
    /// Free users by class, the last one busy last.
    free: RefCell<Vec<Vec<Rc<Mailbox>>>>,
    /// Arrivals without a user by class, the longest waiting first.
    waiting: RefCell<Vec<VecDeque<Micros>>>,
    closing: Cell<bool>,
    /// An arrival that waited was taken by a user.
    taken: Notify,
}

/// How a free user is told what to do, and what it gives back when it goes.
struct Mailbox {
    message: Cell<Option<Message>>,
    /// Who waits for one.
    waiter: Cell<Option<Waker>>,
    /// Row numbers of unique feeds, by feed.
    rows: Vec<(usize, u64)>,
    /// Counts it as a user.
    present: RefCell<Option<Present>>,
}

#[derive(Debug, Clone, Copy)]
enum Message {
    Serve(Micros),
    Retire,
}

impl Mailbox {
    fn post(&self, message: Message) {
        self.message.set(Some(message));
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    /// Waits for the next message.
    async fn next(&self) -> Message {
        poll_fn(|context| match self.message.take() {
            Some(message) => Poll::Ready(message),
            None => {
                self.waiter.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

impl Lobby {
    fn arrive(self: &Rc<Self>, at: Micros, class: usize) {
        let free = self.free.borrow_mut()[class].pop();
        if let Some(mailbox) = free {
            self.serve(&mailbox, at);
        } else if self.alive.get() < self.max_users {
            self.admit(at, class, false);
        } else if let Some(idle) = self.free.borrow_mut().iter_mut().find_map(Vec::pop) {
            // A user of another class makes room, and gives back its rows before the new one takes some.
            self.dismiss(&idle);
            idle.post(Message::Retire);
            self.admit(at, class, false);
        } else {
            self.context.record_lag(at, self.context.clock.now());
            self.context.begin_waiting(at);
            self.waiting.borrow_mut()[class].push_back(at);
        }
    }

    /// A new user, with its first arrival; one that had to wait for a user is late through no fault of the generator.
    fn admit(self: &Rc<Self>, at: Micros, class: usize, has_waited: bool) {
        let mut tasks = self.tasks.borrow_mut();
        while let Some(ended) = tasks.try_join_next() {
            resume_panic(ended);
        }
        self.alive.set(self.alive.get() + 1);
        let number = self.next_number.get();
        self.next_number.set(number + self.threads);
        let feeds = &self.context.shared.plan.classes[class].unique_feeds;
        let rows: Vec<(usize, u64)> = feeds.iter().map(|&feed| (feed, self.context.shared.unique_rows[feed].take())).collect();
        let user = User::new(self.context.clone(), class, number, rows.clone());
        let present = RefCell::new(Some(self.context.user_arrives()));
        let mailbox = Rc::new(Mailbox { message: Cell::new(None), waiter: Cell::new(None), rows, present });
        self.serve(&mailbox, at);
        tasks.spawn_local(self.clone().live(user, mailbox, has_waited));
    }

    /// Gives an arrival to a user.
    fn serve(&self, mailbox: &Mailbox, at: Micros) {
        self.context.begin_iteration(at);
        mailbox.post(Message::Serve(at));
    }

    /// A user's life: an arrival, and the next, and sometimes a wait between them.
    async fn live(self: Rc<Self>, mut user: User, mailbox: Rc<Mailbox>, mut has_waited: bool) {
        let class = user.class();
        loop {
            let Message::Serve(at) = user.rest(mailbox.next()).await else { return };
            if !has_waited {
                self.context.record_lag(at, self.context.clock.now());
            }
            user.iterate(at).await;
            self.context.end_iteration(at);
            self.drop_expired();
            let next = self.next_waiting(class);
            has_waited = next.is_some();
            match next {
                Some((at, of)) if of == class => {
                    self.serve(&mailbox, at);
                    self.taken.notify_one();
                }
                Some((at, other)) => {
                    self.dismiss(&mailbox);
                    self.admit(at, other, true);
                    self.taken.notify_one();
                    return;
                }
                None if self.closing.get() => break,
                None => self.free.borrow_mut()[class].push(mailbox.clone()),
            }
        }
        self.dismiss(&mailbox);
    }

    /// A user is one no longer: its place and its rows are free.
    fn dismiss(&self, mailbox: &Mailbox) {
        self.alive.set(self.alive.get() - 1);
        mailbox.present.take();
        for &(feed, row) in &mailbox.rows {
            self.context.shared.unique_rows[feed].give_back(row);
        }
    }

    /// The arrival that a free user of `class` is for, with its class; it waits no longer. One of its own, as a user of another
    /// class would need connections first, unless one of another class has waited longer and for half of what it may: a class
    /// whose arrivals never cease to wait must not keep all users.
    fn next_waiting(&self, class: usize) -> Option<(Micros, usize)> {
        let (at, of) = {
            let mut waiting = self.waiting.borrow_mut();
            let front = |class: usize| waiting[class].front().copied();
            let (longest, of) = (0..waiting.len()).filter_map(|class| Some((front(class)?, class))).min()?;
            let is_urgent = longest + self.max_wait * 0.5 < self.context.clock.now();
            let of = if is_urgent || front(class).is_none() { of } else { class };
            (waiting[of].pop_front()?, of)
        };
        self.context.end_waiting(at);
        Some((at, of))
    }

    /// Drops the arrivals that waited too long; once the run is being stopped, cuts all that wait.
    fn drop_expired(&self) {
        if self.waiting.borrow().iter().all(VecDeque::is_empty) {
            return;
        }
        let stopped = self.context.course.get() != Course::Running;
        let now = self.context.clock.now();
        for queue in self.waiting.borrow_mut().iter_mut() {
            while queue.front().is_some_and(|&at| stopped || at + self.max_wait < now) {
                let Some(at) = queue.pop_front() else { break };
                self.context.end_waiting(at);
                if self.context.is_load(at) {
                    let mut recorder = self.context.recorder.borrow_mut();
                    let counters = recorder.counters();
                    if stopped { counters.iterations_cut += 1 } else { counters.dropped += 1 }
                }
            }
        }
    }

    /// No more arrivals: free users go home, and who still waits is served or dropped in time.
    async fn close(&self) {
        self.closing.set(true);
        for mailbox in self.free.borrow_mut().iter_mut().flat_map(|free| free.drain(..)) {
            self.dismiss(&mailbox);
            mailbox.post(Message::Retire);
        }
        loop {
            let changed = self.context.course_changed.notified();
            self.drop_expired();
            let longest = self.waiting.borrow().iter().filter_map(|queue| queue.front().copied()).min();
            let Some(longest) = longest else { return };
            tokio::select! {
                () = self.context.clock.sleep_until(longest + self.max_wait + Micros(1)) => {}
                () = self.taken.notified() => {}
                () = changed => {}
            }
        }
    }
}
