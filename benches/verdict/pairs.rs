//! How exact a comparison is, by the length of blocks and the number of pairs.

use std::fmt::Write;
use std::path::Path;

use loadline::record::Comparison;

use crate::judged::judged;
use crate::parallel;
use crate::recordings;
use crate::resample::{Budget, Pairs, replay};

/// Of the pairs of one budget.
const SHARES: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 3.0];
const METRICS: [&str; 4] = ["p50", "p95", "p99", "throughput"];
/// Replays a row: enough for a standard deviation to 5 %.
const REPLAYS: usize = 200;

/// Standard deviations of the change that replays of equal services find, and the smallest change they could have seen.
pub(crate) fn pairs(folder: &Path) -> Result<String, String> {
    let mut out = format!(
        "Equal services, {REPLAYS} replays a row: standard deviation of the change, and its median detectable size\n\n\
         | recording | block | pairs | {} |\n|---|---:|---:|{}\n",
        METRICS.map(|metric| format!("{metric} SD | {metric} seen")).join(" | "),
        "---:|".repeat(2 * METRICS.len())
    );
    for recording in recordings::read(folder)?.iter().filter(|recording| recording.equal) {
        let pairs = Pairs::of(&recording.blocks);
        let whole = Budget::of(&pairs);
        for share in SHARES {
            let part = |count: usize| (count as f64 * share) as usize;
            let budget = Budget { latency: part(whole.latency), throughput: part(whole.throughput) };
            let comparisons = parallel::all_of(REPLAYS, |seed| judged(&replay(&recording.blocks, &pairs, budget, 1, seed as u64)));
            let cells = METRICS.map(|metric| cell(&comparisons, metric));
            let length = recording.blocks.header.block_length * 1e3;
            let counts = format!("{} + {}", budget.latency, budget.throughput);
            let _ = writeln!(out, "| {} | {length:.0} ms | {counts} | {} |", recording.name, cells.join(" | "));
        }
    }
    Ok(out)
}

fn cell(comparisons: &[Comparison], metric: &str) -> String {
    let contrasts: Vec<_> = comparisons
        .iter()
        .filter_map(|comparison| comparison.contrasts.iter().find(|contrast| contrast.scope == "all" && contrast.metric == metric))
        .collect();
    let changes: Vec<f64> = contrasts.iter().map(|contrast| contrast.delta.ln_1p()).collect();
    let seen: Vec<f64> = contrasts.iter().filter_map(|contrast| contrast.detectable).collect();
    let percent = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.1} %", 100.0 * value));
    format!("{} | {}", percent(loadline::stats::variance(&changes).map(f64::sqrt)), percent(loadline::stats::median(&seen)))
}
