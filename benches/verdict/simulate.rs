//! Made-up runs, of which the truth is known: do the intervals cover it, and are p-values what they say?

use std::fmt::Write;

use loadline::record::{Comparison, ComparisonVerdict, Contrast};

use crate::judged::judged;
use crate::parallel;
use crate::simulator::{Noise, Sketch, sketch};

/// True changes, in turn: intervals must cover whatever the truth is.
const CHANGES: [f64; 4] = [1.0, 1.02, 1.05, 0.97];
/// Each kind of noise has tables of its own.
const NOISES: [Noise; 4] = [Noise::Calm, Noise::Heavy, Noise::Stalls, Noise::Bimodal];
/// The figures whose true change is known exactly.
const FIGURES: [&str; 4] = ["p50", "p95", "p99", "throughput"];

/// Tables of `runs` runs for each kind of noise.
pub(crate) fn simulate(runs: usize) -> String {
    let mut out = String::new();
    let _ =
        writeln!(out, "Coverage of the 95 % interval, {runs} runs each\n\n| noise | {} |\n|---|{}", FIGURES.join(" | "), "---:|".repeat(4));
    for noise in NOISES {
        let mut covered = [(0u32, 0u32); FIGURES.len()];
        let factor = |run: usize| CHANGES[run % CHANGES.len()];
        let made_up = |run: usize| judged(&Sketch { noise, ..sketch(run as u64) }.slower(factor(run)).blocks());
        for (run, comparison) in parallel::all_of(runs, made_up).into_iter().enumerate() {
            let factor = factor(run);
            for (figure, (hits, all)) in FIGURES.iter().zip(&mut covered) {
                let truth = if *figure == "throughput" { 1.0 / factor } else { factor } - 1.0;
                let Some((low, high)) = of(&comparison, figure).and_then(|contrast| contrast.interval) else { continue };
                *all += 1;
                *hits += u32::from(low <= truth && truth <= high);
            }
        }
        let cells = covered.map(|(hits, all)| format!("{:.1} %", 100.0 * f64::from(hits) / f64::from(all.max(1))));
        let _ = writeln!(out, "| {noise:?} | {} |", cells.join(" | "));
    }
    let levels = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5];
    let heads = levels.map(|level| format!("p <= {level}"));
    let _ = writeln!(out, "\nEqual services, {runs} runs each: share of runs whose smallest adjusted p-value is at most\n");
    let _ = writeln!(out, "| noise | {} | regressed | improved | ok |\n|---|{}", heads.join(" | "), "---:|".repeat(levels.len() + 3));
    for noise in NOISES {
        let comparisons: Vec<(f64, ComparisonVerdict)> = parallel::all_of(runs, |run| {
            let comparison = judged(&Sketch { noise, ..sketch(1_000_000 + run as u64) }.blocks());
            let least = comparison.contrasts.iter().filter_map(|contrast| contrast.p_adjusted).fold(1.0, f64::min);
            (least, comparison.verdict)
        });
        let share = |count: usize| format!("{:.2} %", 100.0 * count as f64 / runs as f64);
        let reached = levels.map(|level| share(comparisons.iter().filter(|run| run.0 <= level).count()));
        let ended = [ComparisonVerdict::Regressed, ComparisonVerdict::Improved, ComparisonVerdict::Ok];
        let ended = ended.map(|verdict| share(comparisons.iter().filter(|run| run.1 == verdict).count()));
        let _ = writeln!(out, "| {noise:?} | {} | {} |", reached.join(" | "), ended.join(" | "));
    }
    out
}

fn of<'a>(comparison: &'a Comparison, metric: &str) -> Option<&'a Contrast> {
    comparison.contrasts.iter().find(|contrast| contrast.scope == "all" && contrast.metric == metric)
}
