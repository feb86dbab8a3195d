//! A stretch of blocks: what is asked for, and what comes of each block.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use minijinja::Value;

use super::driver;
use crate::engine::{Control, StartError};
use crate::metrics::Delta;
use crate::plan::{Feed, Plan, SlotId, Target};
use crate::units::{Micros, Rate};

/// What both arms get in one stretch of blocks.
#[derive(Debug, Clone)]
pub struct Alternation {
    /// What a block consists of.
    pub load: BlockLoad,
    /// Its length in arm time.
    pub block: Micros,
    /// The part of it, from its beginning, whose samples are not results.
    pub discarded: Micros,
    /// The longest that requests in flight at its end are waited for: no request may take longer.
    pub drain: Micros,
    /// How old connections get before they are opened anew, between blocks.
    pub renew_after: Duration,
    /// No pair begins that would hardly end before...
    pub until: Instant,
    /// ...but so many begin in any case, the first one included.
    pub at_least: u32,
    /// Tells this stretch from the others of the run: its order, arrivals and users have random numbers of their own.
    pub number: u64,
}

/// What a block consists of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BlockLoad {
    /// Iterations arrive, the same in both blocks of a pair; the class's think time is not waited.
    Arrivals {
        /// Iterations per second.
        rate: Rate,
        /// At most this many users in each arm.
        max_users: u32,
        /// How long an arrival waits for a free user.
        max_wait: Micros,
    },
    /// Users wait for answers, and for what [`Pauses`] says.
    Users {
        /// How many in each arm.
        users: u32,
        /// Which waits of the scenario are waited.
        pauses: Pauses,
    },
}

/// Which waits of the scenario are waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// The class's think time.
    pub between_iterations: bool,
    /// `think` steps.
    pub within_iterations: bool,
}

/// One of the services that take turns.
#[derive(Debug, Clone)]
pub struct ArmOptions {
    /// Where it is.
    pub target: Target,
    /// What setup captured on it.
    pub globals: Vec<(SlotId, Value)>,
    /// Rows for its users, in the order of the plan's feeds; they go on from stretch to stretch.
    pub feeds: Vec<Arc<Feed>>,
}

/// One block as it was.
#[derive(Debug)]
pub struct BlockRun {
    /// Number of its pair in this stretch, from 0; the first pair lets users and connections come up and is no result.
    pub pair: u32,
    /// Index of its arm.
    pub arm: usize,
    /// Whether it was the first of its pair.
    pub first: bool,
    /// When it began.
    pub began: Instant,
    /// Arm time that its samples are of; zero where it is no result.
    pub measured: Micros,
    /// Until the requests in flight at its end were over.
    pub drained: Micros,
    /// Requests that were unanswered when the drain was given up: failures by `timeout`.
    pub cut: u64,
    /// Requests that were finished in `measured`; one that began before it or ended after it is a part of one.
    pub finished: f64,
    /// Share of one core that the generator used during the block, 0 to 1.
    pub generator_cpu: Option<f64>,
    /// Share of the machine's time that went to other machines, 0 to 1.
    pub steal: Option<f64>,
    /// The most users at once.
    pub users: u32,
    /// What was gathered; what is no result is only counted.
    pub delta: Delta,
}

/// What came of a stretch besides its blocks.
#[derive(Debug, Default)]
pub struct Alternated {
    /// Things worth saying, each once, by arm.
    pub remarks: Vec<Vec<String>>,
    /// Why it couldn't be carried out, where it couldn't.
    pub failure: Option<String>,
}

/// Lets the arms take turns, in an order drawn for each pair, until the time is over or `control` says so; blocks the
/// calling thread and tells `listen` of each block.
///
/// A pair that was broken off has told its first block alone; of a block that was broken off only what was sent is told.
///
/// # Errors
/// When the system gives no thread or runtime.
///
/// # Panics
/// With the panic of the generator thread: that is a bug.
pub fn alternate(
    plan: &Arc<Plan>,
    arms: &[ArmOptions],
    what: &Alternation,
    control: &Control,
    listen: &mut dyn FnMut(BlockRun),
) -> Result<Alternated, StartError> {
    let (sender, blocks) = mpsc::sync_channel(8);
    let job = driver::Job { plan: plan.clone(), arms: arms.to_vec(), what: what.clone(), control: control.clone() };
    let handle = std::thread::Builder::new().name("generator-0".to_owned()).spawn(move || driver::run(job, &sender))?;
    loop {
        match blocks.recv_timeout(Duration::from_secs(1)) {
            Ok(block) => listen(block),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    match handle.join() {
        Ok(result) => Ok(result?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
