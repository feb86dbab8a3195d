//! What other methods would have said of the same recordings.

use std::fmt::Write;
use std::path::Path;

use loadline::metrics::Histogram;
use loadline::record::{Block, Blocks, ComparisonVerdict};
use loadline::stats::{mean, normal_quantile, student_t_quantile, variance};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::judged::judged;
use crate::parallel;
use crate::recordings::{self, Recording};
use crate::resample::{Budget, Pairs, slow_down};

/// How many earlier runs a history has.
const HISTORY: usize = 10;
/// The change that each method is to find.
const CHANGE: f64 = 1.05;

/// A method gives an alarm or none for a start within the recording.
type Method = fn(&Pairs<'_>, &Blocks, Budget, &mut Pcg64Mcg) -> bool;

const METHODS: [(&str, Method); 5] = [
    ("two single runs, 10 %", two_runs),
    ("t-test on ten earlier runs, 0.99", history),
    ("ratio of 150 %", ratio),
    ("Mann-Whitney on requests, 0.01", mann_whitney),
    ("the paired test, but one arm after the other", sequential),
];

/// Alarms of each method where nothing changed, and where the candidate was made 5 % slower.
pub(crate) fn contrast(folder: &Path, replays: usize) -> Result<String, String> {
    let recordings = recordings::read(folder)?;
    let equal: Vec<&Recording> = recordings.iter().filter(|recording| recording.equal).collect();
    let slower: Vec<Blocks> = equal
        .iter()
        .map(|recording| {
            let mut blocks = recording.blocks.clone();
            slow_down(&mut blocks, CHANGE);
            blocks
        })
        .collect();
    let mut out = format!(
        "{} recordings of equal services, {replays} replays of each; most alarms in one recording in brackets\n\n\
         | method | alarms, nothing changed | found, candidate 5 % slower |\n|---|---:|---:|\n",
        equal.len()
    );
    for (name, method) in METHODS {
        let alarms = |blocks: &Blocks| {
            let pairs = Pairs::of(blocks);
            let budget = Budget::of(&pairs);
            let mut random = Pcg64Mcg::seed_from_u64(1);
            (0..replays).filter(|_| method(&pairs, blocks, budget, &mut random)).count()
        };
        let counted = |counts: Vec<usize>| {
            let share = |count: usize, all: usize| 100.0 * count as f64 / all.max(1) as f64;
            let most = counts.iter().copied().max().unwrap_or(0);
            format!("{:.1} % ({:.1} %)", share(counts.iter().sum(), replays * counts.len()), share(most, replays))
        };
        let calm = counted(parallel::all_of(equal.len(), |at| alarms(&equal[at].blocks)));
        let found = counted(parallel::all_of(slower.len(), |at| alarms(&slower[at])));
        let _ = writeln!(out, "| {name} | {calm} | {found} |");
    }
    Ok(out)
}

/// Two runs of twenty seconds of one arm each, one after the other: alarm when p50 or p95 is 10 % higher.
fn two_runs(pairs: &Pairs<'_>, _: &Blocks, budget: Budget, random: &mut Pcg64Mcg) -> bool {
    let (before, after) = one_after_the_other(pairs, budget.latency / 2, random);
    [50.0, 95.0].iter().any(|&percent| percentile(&after, percent) > 1.1 * percentile(&before, percent))
}

/// The p50 or p95 of a run beyond the prediction limit of the ten before it.
fn history(pairs: &Pairs<'_>, _: &Blocks, _: Budget, random: &mut Pcg64Mcg) -> bool {
    let length = pairs.latency.len() / (HISTORY + 3);
    let start = random.random_range(0..=pairs.latency.len() - length * (HISTORY + 1));
    let run = |number: usize, arm: fn(&(&Block, &Block)) -> Histogram| {
        together(pairs.latency[start + number * length..][..length].iter().map(arm))
    };
    [50.0, 95.0].iter().any(|&percent| {
        let before: Vec<f64> = (0..HISTORY).map(|number| percentile(&run(number, of_base), percent)).collect();
        let (Some(middle), Some(spread)) = (mean(&before), variance(&before)) else { return false };
        let limit = middle + student_t_quantile(0.99, HISTORY as f64 - 1.0) * spread.sqrt();
        percentile(&run(HISTORY, of_candidate), percent) > limit
    })
}

/// Two runs one after the other: alarm when p50 or p95 is 150 % of before.
fn ratio(pairs: &Pairs<'_>, _: &Blocks, budget: Budget, random: &mut Pcg64Mcg) -> bool {
    let (before, after) = one_after_the_other(pairs, budget.latency / 2, random);
    [50.0, 95.0].iter().any(|&percent| percentile(&after, percent) > 1.5 * percentile(&before, percent))
}

/// All requests of both runs as if they were independent: one-sided, with the normal approximation and its correction
/// for ties. Source: Mann & Whitney (1947), "On a test of whether one of two random variables is stochastically larger".
fn mann_whitney(pairs: &Pairs<'_>, _: &Blocks, budget: Budget, random: &mut Pcg64Mcg) -> bool {
    let (before, after) = one_after_the_other(pairs, budget.latency / 2, random);
    let mut times: Vec<(u64, u64, bool)> = before.buckets().map(|(time, count)| (time.0, count, false)).collect();
    times.extend(after.buckets().map(|(time, count)| (time.0, count, true)));
    times.sort_unstable();
    let (own, other) = (after.count() as f64, before.count() as f64);
    let (mut rank_sum, mut below, mut ties) = (0.0, 0.0, 0.0);
    for equal in times.chunk_by(|a, b| a.0 == b.0) {
        let all: f64 = equal.iter().map(|time| time.1 as f64).sum();
        let of_own: f64 = equal.iter().filter(|time| time.2).map(|time| time.1 as f64).sum();
        rank_sum += of_own * (below + (all + 1.0) / 2.0);
        ties += all.powi(3) - all;
        below += all;
    }
    let statistic = rank_sum - own * (own + 1.0) / 2.0;
    let deviation = (own * other / 12.0 * (below + 1.0 - ties / (below * (below - 1.0)))).sqrt();
    (statistic - own * other / 2.0) / deviation > normal_quantile(0.99)
}

/// Our own statistics, but the candidate's blocks are those of a later time.
fn sequential(pairs: &Pairs<'_>, blocks: &Blocks, budget: Budget, random: &mut Pcg64Mcg) -> bool {
    let shifted = |from: &[(&Block, &Block)], count: usize, random: &mut Pcg64Mcg| -> Vec<(Block, Block)> {
        let count = count.min(from.len() / 2);
        let start = random.random_range(0..=from.len() - 2 * count);
        (0..count).map(|at| (from[start + at].0.clone(), from[start + count + at].1.clone())).collect()
    };
    let (latency, throughput) = (shifted(&pairs.latency, budget.latency, random), shifted(&pairs.throughput, budget.throughput, random));
    let mut later = Blocks { header: blocks.header.clone(), blocks: Vec::new() };
    later.header.seed = random.random();
    for pairs in [latency, throughput] {
        for (number, (base, candidate)) in pairs.into_iter().enumerate() {
            for block in [base, candidate] {
                let at = later.blocks.len() as f64 * 0.2;
                later.blocks.push(Block { pair: number as u32, look: 1, at, ..block });
            }
        }
    }
    judged(&later).verdict == ComparisonVerdict::Regressed
}

/// So many blocks of the base, and as many of the candidate that came right after them.
fn one_after_the_other(pairs: &Pairs<'_>, count: usize, random: &mut Pcg64Mcg) -> (Histogram, Histogram) {
    let count = count.min(pairs.latency.len() / 2);
    let start = random.random_range(0..=pairs.latency.len() - 2 * count);
    let before = together(pairs.latency[start..][..count].iter().map(of_base));
    let after = together(pairs.latency[start + count..][..count].iter().map(of_candidate));
    (before, after)
}

fn of_base(pair: &(&Block, &Block)) -> Histogram {
    together(pair.0.endpoints.iter().map(|endpoint| endpoint.ok.clone()))
}

fn of_candidate(pair: &(&Block, &Block)) -> Histogram {
    together(pair.1.endpoints.iter().map(|endpoint| endpoint.ok.clone()))
}

fn together(histograms: impl Iterator<Item = Histogram>) -> Histogram {
    let mut all = Histogram::default();
    histograms.for_each(|histogram| all.merge(&histogram));
    all
}

fn percentile(histogram: &Histogram, percent: f64) -> f64 {
    histogram.percentile(percent).map_or(f64::NAN, |time| time.as_secs_f64())
}
