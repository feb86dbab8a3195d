//! Two arms against real sockets.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Alternation, ArmOptions, BlockLoad, BlockRun, Pauses, alternate};
use crate::engine::Control;
use crate::engine::testing::{RawServer, get, iterations, plan, read_request, text};
use crate::metrics::{ErrorCategory, Totals};
use crate::plan::{LoadPlan, Plan, Step, Target, ThinkTime};
use crate::units::{Micros, Rate};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const BLOCK: Micros = Micros::from_millis(50);

/// A request line, and when it was read.
type Log = Arc<Mutex<Vec<(Instant, String)>>>;

/// A server that answers after a while and writes down what it is asked.
fn server(after: Duration) -> (RawServer, Log) {
    let log = Log::default();
    let seen = log.clone();
    let server = RawServer::start(move |mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            seen.lock().unwrap().push((Instant::now(), head.lines().next().unwrap_or_default().to_owned()));
            std::thread::sleep(after);
            if std::io::Write::write_all(&mut stream, OK).is_err() {
                return;
            }
        }
    });
    (server, log)
}

fn scenario(steps: Vec<Step>) -> Arc<Plan> {
    Arc::new(plan(steps, ThinkTime::Constant(Micros::from_secs(60)), LoadPlan::Closed(iterations(1, 1))))
}

fn arrivals(per_second: f64) -> BlockLoad {
    BlockLoad::Arrivals { rate: Rate(per_second), max_users: 50, max_wait: Micros::from_secs(1) }
}

/// No time, but so many pairs.
fn pairs(at_least: u32, load: BlockLoad) -> Alternation {
    Alternation {
        load,
        block: BLOCK,
        discarded: Micros(BLOCK.0 / 10),
        drain: Micros::from_secs(5),
        renew_after: Duration::from_secs(60),
        until: Instant::now(),
        at_least,
        number: 3,
    }
}

/// Runs as many pairs as `what` wants at least.
fn run(plan: &Arc<Plan>, arms: &[SocketAddr], what: &Alternation) -> Vec<BlockRun> {
    let arm = |address: &SocketAddr| ArmOptions {
        target: Target::parse(&address.to_string()).unwrap(),
        globals: Vec::new(),
        feeds: plan.feeds.iter().map(|feed| Arc::new(feed.afresh())).collect(),
    };
    let arms: Vec<ArmOptions> = arms.iter().map(arm).collect();
    let mut blocks: Vec<BlockRun> = Vec::new();
    let told = alternate(plan, &arms, what, &Control::new(), &mut |block| blocks.push(block));
    assert_eq!(told.unwrap().failure, None);
    assert_eq!(blocks.len(), what.at_least as usize * arms.len());
    blocks
}

fn totals(blocks: &[BlockRun], arm: usize) -> Totals {
    let mut totals = Totals::new(3, 0);
    blocks.iter().filter(|block| block.arm == arm).for_each(|block| totals.add(&block.delta));
    totals
}

fn lines(log: &Log) -> Vec<String> {
    log.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
}

#[test]
fn both_arms_get_the_same_requests_and_never_at_the_same_time() {
    let ((base, base_log), (candidate, candidate_log)) = (server(Duration::ZERO), server(Duration::from_millis(2)));
    let mut request = get("/", 0);
    request.path = text("/{{ random_int(1, 1000000000) }}");
    let plan = scenario(vec![Step::Request(Box::new(request))]);
    let blocks = run(&plan, &[base.address, candidate.address], &pairs(8, arrivals(400.0)));
    let (seen, other) = (lines(&base_log), lines(&candidate_log));
    assert!(!seen.is_empty());
    // Requests that are nearly due together may be read in another order.
    let set = |lines: &[String]| lines.iter().cloned().collect::<HashSet<_>>();
    assert_eq!(set(&seen).len(), seen.len(), "each arrival has random numbers of its own");
    // A block that was stopped late has sent arrivals of a next one, which the other then has not.
    let differing = set(&seen).symmetric_difference(&set(&other)).count();
    assert_eq!(differing, seen.len().abs_diff(other.len()), "one is the beginning of the other");
    for (arm, log) in [base_log, candidate_log].iter().enumerate() {
        let turns: Vec<Instant> = blocks.iter().filter(|block| block.arm == arm).map(|block| block.began).collect();
        for (at, line) in log.lock().unwrap().iter() {
            let turn = turns.iter().rfind(|began| *began <= at).unwrap_or_else(|| panic!("{line} came before the first turn"));
            // The turn is over when the other's next one begins.
            let next = blocks.iter().filter(|block| block.arm != arm && block.began > *turn).map(|block| block.began).min();
            assert!(next.is_none_or(|next| *at <= next), "{line} came in the other arm's turn");
        }
    }
    let firsts: Vec<usize> = blocks.iter().filter(|block| block.first).map(|block| block.arm).collect();
    assert!(firsts.contains(&0) && firsts.contains(&1), "the order is drawn: {firsts:?}");
}

#[test]
fn what_is_due_in_the_first_tenth_is_sent_and_is_no_result() {
    let ((base, _), (candidate, log)) = (server(Duration::ZERO), server(Duration::ZERO));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let blocks = run(&plan, &[base.address, candidate.address], &pairs(6, arrivals(1000.0)));
    let totals = totals(&blocks, 1);
    assert_eq!(totals.counters.sent_load + totals.counters.sent_warmup, log.lock().unwrap().len() as u64);
    assert_eq!(totals.requests(), totals.counters.sent_load);
    let results: Vec<(u32, u64, u64)> = blocks.iter().map(|block| (block.pair, block.measured.0, block.delta.requests())).collect();
    for (pair, measured, requests) in results {
        // 45 are due in the measured part; the first pair only warms up.
        match pair {
            0 => assert_eq!((measured, requests), (0, 0)),
            _ => assert!(measured == 45_000 && requests < 120, "{requests}"),
        }
    }
}

#[test]
fn a_block_waits_for_what_is_in_flight_and_times_it_on() {
    let ((base, _), (candidate, _)) = (server(Duration::ZERO), server(Duration::from_millis(80)));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let blocks = run(&plan, &[base.address, candidate.address], &pairs(4, arrivals(200.0)));
    let slow: Vec<&BlockRun> = blocks.iter().filter(|block| block.arm == 1 && block.pair > 0).collect();
    assert!(slow.iter().all(|block| block.cut == 0) && slow.iter().any(|block| block.drained >= Micros::from_millis(20)), "{slow:?}");
    let totals = totals(&blocks, 1);
    assert!(totals.requests() > 0 && totals.failures() == 0);
    // Longer than the block itself, and not the other arm's turn longer.
    let endpoint = &totals.endpoints[0];
    assert!(endpoint.ok.min().unwrap() >= Micros::from_millis(79), "{:?}", endpoint.ok.min());
}

#[test]
fn what_is_never_answered_is_cut_and_fails_by_timeout() {
    let (base, _) = server(Duration::ZERO);
    let silent = RawServer::start(|mut stream, _| while read_request(&mut stream).is_some() {});
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let what = Alternation { drain: Micros::from_millis(100), ..pairs(5, arrivals(100.0)) };
    let blocks = run(&plan, &[base.address, silent.address], &what);
    let cut: u64 = blocks.iter().filter(|block| block.arm == 1).map(|block| block.cut).sum();
    let totals = totals(&blocks, 1);
    assert!(cut > 0 && totals.failures() == totals.requests() && totals.failures() > 0, "{cut} of {}", totals.requests());
    assert!(totals.endpoints[0].errors.keys().all(|(category, _)| *category == ErrorCategory::Timeout));
    assert!(blocks.iter().filter(|block| block.arm == 0).all(|block| block.cut == 0));
}

#[test]
fn think_steps_last_as_long_on_the_arms_own_clock() {
    let ((base, log), (candidate, _)) = (server(Duration::ZERO), server(Duration::ZERO));
    let think = Step::Think(ThinkTime::Constant(Micros::from_millis(75)));
    let steps = vec![Step::Request(Box::new(get("/a", 0))), think, Step::Request(Box::new(get("/b", 1)))];
    let blocks = run(&scenario(steps), &[base.address, candidate.address], &pairs(8, arrivals(100.0)));
    let seen = lines(&log);
    let count = |path: &str| seen.iter().filter(|line| line.contains(path)).count();
    // Those of the last one and a half blocks have not come to their second step.
    assert!(count("/a ") > count("/b ") && count("/b ") > 0, "{} and {}", count("/a "), count("/b "));
    // Every one of these waits goes on over a turn of the other. Were that turn a part of it, all would be late by it.
    let least = totals(&blocks, 0).endpoints[1].ok.min().unwrap();
    assert!(least < Micros::from_millis(40), "{least}");
}

#[test]
fn users_of_a_closed_loop_stand_still_with_their_arm() {
    let ((base, _), (candidate, log)) = (server(Duration::ZERO), server(Duration::from_millis(1)));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let pauses = Pauses { between_iterations: false, within_iterations: false };
    let blocks = run(&plan, &[base.address, candidate.address], &pairs(5, BlockLoad::Users { users: 3, pauses }));
    let totals = totals(&blocks, 1);
    assert_eq!(totals.counters.sent_load + totals.counters.sent_warmup, log.lock().unwrap().len() as u64);
    assert_eq!(candidate.connections.load(Ordering::SeqCst), 3);
    assert!(totals.requests() > 0);
    assert_eq!(blocks.last().map(|block| block.users), Some(3));
}

#[test]
fn what_takes_longer_than_a_block_is_finished_in_part() {
    let (slow, _) = server(Duration::from_millis(120));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let pauses = Pauses { between_iterations: false, within_iterations: false };
    let blocks = run(&plan, &[slow.address], &pairs(3, BlockLoad::Users { users: 2, pauses }));
    // Due when the block begins, in the part that is no result, and answered after its end.
    assert_eq!(totals(&blocks, 0).requests(), 0);
    for block in blocks.iter().filter(|block| block.pair > 0) {
        assert!(block.finished > 0.0 && block.finished < 2.0 * 45.0 / 120.0 + 1e-9, "{}", block.finished);
    }
}

#[test]
fn iterations_that_end_in_a_later_block_are_counted() {
    let ((base, _), (candidate, _)) = (server(Duration::from_millis(15)), server(Duration::from_millis(15)));
    let request = || Step::Request(Box::new(get("/", 0)));
    // Four requests take longer than a block.
    let plan = scenario(vec![request(), request(), request(), request()]);
    let blocks = run(&plan, &[base.address, candidate.address], &pairs(12, arrivals(100.0)));
    let totals = totals(&blocks, 0);
    // The arrivals of eleven blocks but those of the last two, which are on their way.
    let due = 9.0 * 45.0 / 1000.0 * 100.0;
    let begun = (totals.counters.iterations + totals.counters.iterations_cut) as f64;
    assert!(begun > 0.5 * due && totals.counters.iterations_cut == 0, "{begun} of {due}");
}

#[test]
fn arrivals_that_wait_for_a_user_over_the_end_of_a_block_are_results_or_dropped() {
    let ((base, _), (candidate, _)) = (server(Duration::ZERO), server(Duration::from_millis(20)));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    // One user answers fifty a second, and two hundred come.
    let load = BlockLoad::Arrivals { rate: Rate(200.0), max_users: 1, max_wait: Micros::from_millis(120) };
    let blocks = run(&plan, &[base.address, candidate.address], &pairs(14, load));
    let totals = totals(&blocks, 1);
    assert!(totals.counters.dropped > 0, "{:?}", totals.counters);
    let endpoint = &totals.endpoints[0];
    // Those that were served had waited for nearly as long as they may: more than two blocks.
    assert!(endpoint.ok.percentile(50.0).unwrap() > Micros::from_millis(100), "{:?}", endpoint.ok.percentile(50.0));
}

#[test]
fn connections_are_looked_after_while_users_think() {
    let ((base, _), (candidate, _)) = (server(Duration::ZERO), server(Duration::ZERO));
    let plan = Arc::new(plan(
        vec![Step::Request(Box::new(get("/", 0)))],
        ThinkTime::Constant(Micros::from_millis(20)),
        LoadPlan::Closed(iterations(1, 1)),
    ));
    let pauses = Pauses { between_iterations: true, within_iterations: true };
    let what = Alternation { renew_after: Duration::ZERO, ..pairs(5, BlockLoad::Users { users: 2, pauses }) };
    run(&plan, &[base.address, candidate.address], &what);
    assert_eq!(base.connections.load(Ordering::SeqCst), 2 * 5, "two users in five blocks");
}

#[test]
fn connections_are_opened_anew_between_blocks() {
    let ((base, _), (candidate, _)) = (server(Duration::ZERO), server(Duration::ZERO));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let pauses = Pauses { between_iterations: false, within_iterations: false };
    let what = Alternation { renew_after: Duration::ZERO, ..pairs(5, BlockLoad::Users { users: 2, pauses }) };
    let blocks = run(&plan, &[base.address, candidate.address], &what);
    assert_eq!(base.connections.load(Ordering::SeqCst), 2 * 5, "two users in five blocks");
    let totals = totals(&blocks, 0);
    assert_eq!(totals.endpoints[0].phases.connect.count(), 0, "none of them in measured time");
    assert_eq!(totals.counters.reconnects, 0);
}

#[test]
fn what_was_sent_in_a_block_that_was_broken_off_is_counted() {
    const MANY: usize = 200;
    let (control, log) = (Control::new(), Log::default());
    let (steers, seen) = (control.clone(), log.clone());
    // One user, who is answered until the load is ended in the middle of a block.
    let server = RawServer::start(move |mut stream, _| {
        while let Some(head) = read_request(&mut stream) {
            let mut seen = seen.lock().unwrap();
            seen.push((Instant::now(), head));
            if seen.len() == MANY {
                steers.abort();
            } else if std::io::Write::write_all(&mut stream, OK).is_err() {
                return;
            }
        }
    });
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let arm = ArmOptions { target: Target::parse(&server.address.to_string()).unwrap(), globals: Vec::new(), feeds: Vec::new() };
    let pauses = Pauses { between_iterations: false, within_iterations: false };
    let mut blocks: Vec<BlockRun> = Vec::new();
    alternate(&plan, &[arm], &pairs(1_000_000, BlockLoad::Users { users: 1, pauses }), &control, &mut |block| blocks.push(block)).unwrap();
    assert_eq!((totals(&blocks, 0).counters.sent(), log.lock().unwrap().len()), (MANY as u64, MANY));
    assert_eq!(blocks.last().map(|block| block.measured), Some(Micros::ZERO), "it is no result");
}

#[test]
fn no_pair_begins_that_would_not_end_in_time_but_as_many_as_are_needed() {
    let ((base, _), (candidate, log)) = (server(Duration::ZERO), server(Duration::ZERO));
    let plan = scenario(vec![Step::Request(Box::new(get("/", 0)))]);
    let arms = [base.address, candidate.address];
    assert!(run(&plan, &arms, &pairs(0, arrivals(1000.0))).is_empty() && log.lock().unwrap().is_empty());
    assert_eq!(run(&plan, &arms, &pairs(2, arrivals(1000.0))).len(), 4);
}
