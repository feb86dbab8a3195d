//! Recordings replayed: false alarms where nothing changed, and what is found where something did.

use std::fmt::Write;
use std::path::Path;

use loadline::record::{Blocks, Comparison, ComparisonVerdict, ContrastVerdict};

use crate::judged::judged;
use crate::parallel;
use crate::recordings::{self, Recording};
use crate::resample::{Budget, Pairs, replay, slow_down};

/// Factors of the power curve.
const CURVE: [f64; 5] = [1.02, 1.03, 1.05, 1.08, 1.10];

/// Tables of `replays` replays of every recording in a folder.
pub(crate) fn replay_all(folder: &Path, replays: usize) -> Result<String, String> {
    let recordings = recordings::read(folder)?;
    let mut out = String::new();
    let equal = recordings.iter().filter(|recording| recording.equal);
    let _ = writeln!(
        out,
        "Equal services: {replays} replays of one budget, and a second one for what is inconclusive\n\n\
         | recording | pairs | as a whole | alarms in one budget | alarms | false praise | ok | inconclusive | second looks |\n\
         |---|---:|---|---:|---:|---:|---:|---:|---:|"
    );
    for recording in equal.clone() {
        let found = run(recording, replays, 1.0, true);
        let count = |verdict| found.iter().filter(|judged| judged.comparison == verdict).count();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            recording.name,
            pairs_of(&recording.blocks),
            judged(&recording.blocks).verdict,
            found.iter().filter(|judged| judged.first == ComparisonVerdict::Regressed).count(),
            count(ComparisonVerdict::Regressed),
            count(ComparisonVerdict::Improved),
            count(ComparisonVerdict::Ok),
            count(ComparisonVerdict::Inconclusive),
            found.iter().filter(|judged| judged.looks > 1).count(),
        );
    }
    let _ = writeln!(
        out,
        "\nFound in one budget when the recorded candidate is made slower, nothing else running: share of {replays} replays\n\n\
         | recording | {} |\n|---|{}",
        CURVE.map(|factor| format!("+{:.0} %", 100.0 * (factor - 1.0))).join(" | "),
        "---:|".repeat(CURVE.len())
    );
    for recording in equal.filter(|recording| recording.calm) {
        let cells = CURVE.map(|factor| share(&run(recording, replays, factor, false)));
        let _ = writeln!(out, "| {} | {} |", recording.name, cells.join(" | "));
    }
    let _ = writeln!(
        out,
        "\nReal effects: found in {replays} replays\n\n\
         | recording | one budget | with a second look | by p50 | by p95 | by throughput | median p50 | median p95 | median throughput |\n|---|{}",
        "---:|".repeat(8)
    );
    for recording in recordings.iter().filter(|recording| !recording.equal) {
        let (one, two) = (run(recording, replays, 1.0, false), run(recording, replays, 1.0, true));
        let by = |metric: &str| {
            let count = one.iter().filter(|judged| judged.regressed.iter().any(|name| name == metric)).count();
            percent(count, one.len())
        };
        let middle = |at: usize| {
            let mut deltas: Vec<f64> = one.iter().map(|judged| judged.deltas[at]).collect();
            deltas.sort_by(f64::total_cmp);
            format!("{:+.1} %", 100.0 * deltas[deltas.len() / 2])
        };
        let cells = [share(&one), share(&two), by("p50"), by("p95"), by("throughput"), middle(0), middle(1), middle(2)];
        let _ = writeln!(out, "| {} | {} |", recording.name, cells.join(" | "));
    }
    Ok(out)
}

/// What is kept of a replay.
pub(crate) struct Judged {
    /// After one budget.
    pub(crate) first: ComparisonVerdict,
    /// In the end.
    pub(crate) comparison: ComparisonVerdict,
    /// Metrics of the whole run that regressed.
    regressed: Vec<String>,
    /// Of p50, p95 and throughput of the whole run.
    deltas: [f64; 3],
    looks: u32,
}

/// Judges replays on all cores; the same ones whatever their number.
fn run(recording: &Recording, replays: usize, factor: f64, second: bool) -> Vec<Judged> {
    let pairs = Pairs::of(&recording.blocks);
    let budget = Budget::of(&pairs);
    parallel::all_of(replays, |seed| replayed(&recording.blocks, &pairs, budget, factor, second, seed as u64))
}

/// Judges one replay of a recording whose candidate is slower by a factor; `second` where what is inconclusive is looked at again.
pub(crate) fn replayed(recording: &Blocks, pairs: &Pairs<'_>, budget: Budget, factor: f64, second: bool, seed: u64) -> Judged {
    let judge = |looks: u32| {
        let mut blocks = replay(recording, pairs, budget, looks, seed);
        if factor != 1.0 {
            slow_down(&mut blocks, factor);
        }
        judged(&blocks)
    };
    let first = judge(1);
    if second && first.verdict == ComparisonVerdict::Inconclusive {
        kept(&judge(2), first.verdict, 2)
    } else {
        kept(&first, first.verdict, 1)
    }
}

fn kept(comparison: &Comparison, first: ComparisonVerdict, looks: u32) -> Judged {
    let of_whole = || comparison.contrasts.iter().filter(|contrast| contrast.scope == "all");
    let delta = |metric: &str| of_whole().find(|contrast| contrast.metric == metric).map_or(f64::NAN, |contrast| contrast.delta);
    let regressed = of_whole().filter(|contrast| contrast.judged && contrast.verdict == ContrastVerdict::Regressed);
    Judged {
        first,
        comparison: comparison.verdict,
        regressed: regressed.map(|contrast| contrast.metric.clone()).collect(),
        deltas: [delta("p50"), delta("p95"), delta("throughput")],
        looks,
    }
}

fn pairs_of(blocks: &Blocks) -> String {
    let pairs = Pairs::of(blocks);
    format!("{} + {}", pairs.latency.len(), pairs.throughput.len())
}

fn share(found: &[Judged]) -> String {
    percent(found.iter().filter(|judged| judged.comparison == ComparisonVerdict::Regressed).count(), found.len())
}

fn percent(count: usize, all: usize) -> String {
    format!("{:.1} %", 100.0 * count as f64 / all.max(1) as f64)
}
