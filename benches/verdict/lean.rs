//! Replays of recordings that were made up: what replays say of a test that is right.

use std::collections::BTreeSet;
use std::fmt::Write;

use loadline::record::ComparisonVerdict;

use crate::judged::judged;
use crate::parallel;
use crate::replay::replayed;
use crate::resample::{Budget, Pairs};
use crate::simulator::{Noise, Sketch, sketch};

const NOISES: [Noise; 2] = [Noise::Calm, Noise::Heavy];
/// Of a block, as beside a hog: so that the least effect that can fail hides little of what chance does.
const SPREAD: f64 = 0.15;
/// Pairs of 150 s.
const PAIRS: (u32, u32) = (240, 78);
/// Of each recording.
const REPLAYS: usize = 20;

/// A table of replays of `recordings` recordings of equal services, each with its own luck and none with anything else: pairs
/// are independent and their signs are a coin's.
pub(crate) fn lean(recordings: usize) -> String {
    let mut out = format!(
        "Made-up recordings of equal services, {REPLAYS} replays of each\n\n\
         | noise | recordings | regressed as a whole | replays with an alarm in one budget | with an alarm at all | recordings with such replays |\n\
         |---|{}\n",
        "---:|".repeat(5)
    );
    for noise in NOISES {
        let found = parallel::all_of(recordings, |number| {
            let blocks = Sketch { noise, block_spread: SPREAD, pairs: PAIRS, ..sketch(2_000_000 + number as u64) }.blocks();
            let pairs = Pairs::of(&blocks);
            let budget = Budget::of(&pairs);
            let replays: Vec<_> = (0..REPLAYS).map(|seed| replayed(&blocks, &pairs, budget, 1.0, true, seed as u64)).collect();
            (judged(&blocks).verdict, replays)
        });
        let is_alarm = |verdict| verdict == ComparisonVerdict::Regressed;
        let whole = found.iter().filter(|recording| is_alarm(recording.0)).count();
        let replays = || found.iter().enumerate().flat_map(|(number, recording)| recording.1.iter().map(move |replay| (number, replay)));
        let first = replays().filter(|(_, replay)| is_alarm(replay.first)).count();
        let alarmed: Vec<usize> = replays().filter(|(_, replay)| is_alarm(replay.comparison)).map(|(number, _)| number).collect();
        let share = |count: usize| format!("{:.2} %", 100.0 * count as f64 / (recordings * REPLAYS).max(1) as f64);
        let recordings_alarmed = alarmed.iter().collect::<BTreeSet<_>>().len();
        let _ =
            writeln!(out, "| {noise:?} | {recordings} | {whole} | {} | {} | {recordings_alarmed} |", share(first), share(alarmed.len()),);
    }
    out
}
