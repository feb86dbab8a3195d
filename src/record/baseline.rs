//! A comparison as it is stored and shown.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The candidate against its baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How it was made.
    pub mode: ComparisonMode,
    /// What it means for the run.
    pub verdict: ComparisonVerdict,
    /// One plain sentence: what was found, and how small a change could have been seen.
    pub sentence: String,
    /// Whether it can't fail the run, whatever it says.
    pub advisory: bool,
    /// Why it is advisory or wasn't made, where that needs words.
    pub note: Option<String>,
    /// Where the baseline was looked for, as a person would name it: `baselines/main/shop`.
    pub source: String,
    /// How many records it is made of.
    pub records: u32,
    /// When the newest of them was made.
    pub newest: Option<Timestamp>,
    /// The commit of the newest of them.
    pub newest_sha: Option<String>,
    /// What a paired comparison is made of; null in history mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<Pairs>,
    /// Judged and shown figures; the whole run first, then endpoints.
    pub contrasts: Vec<Contrast>,
    /// The stored runs it was made against, newest first, for a chart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<HistoryPoint>,
    /// The latest change of level in the stored runs of each figure that had one: what came before is left out of its
    /// baseline. Of history mode only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<LevelChange>,
}

/// What is shown of a stored run. Response times of successful requests in seconds; null where there were none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryPoint {
    /// When it was made.
    pub at: Timestamp,
    /// Its commit.
    pub sha: Option<String>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
}

/// A figure of the stored runs changed its level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelChange {
    /// `all`, or an endpoint's name.
    pub scope: String,
    /// As in [`Contrast::metric`].
    pub metric: String,
    /// When the first run on the new level was made.
    pub at: Timestamp,
    /// Its commit, where it is known.
    pub sha: Option<String>,
    /// The level before (geometric mean), in the metric's unit.
    pub before: f64,
    /// The level since.
    pub after: f64,
    /// Of the test between the two.
    pub p: f64,
    /// How many runs there are since, the first one included.
    pub records: u32,
}

/// What a paired comparison is made of, and what its p-values are held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    /// Pairs of the latency phase that were judged.
    pub latency: u32,
    /// Pairs of the throughput phase that were judged.
    pub throughput: u32,
    /// Pairs that were disturbed, redone and left out, for a reason blind to the result.
    pub redone: u32,
    /// How many budgets of time were used: 2 after a second look.
    pub look: u32,
    /// How often both services were started anew in between; the interval is widened by how much that changed.
    pub epochs: u32,
    /// What an adjusted p-value is compared with: the alpha of this look.
    pub alpha: f64,
    /// The seed of the drawn signs.
    pub seed: u64,
    /// Both sides run the same commit or binary: whatever is found is a false alarm, and the run is a calibration.
    pub calibration: bool,
}

/// One figure of candidate and baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// `all`, or an endpoint's name.
    pub scope: String,
    /// `p50`, `p99.9` or any other percentile, `throughput`, `error_rate`.
    pub metric: String,
    /// The baseline's centre, in the metric's unit (seconds, per second, 0 to 1).
    pub base: f64,
    /// The candidate's value.
    pub candidate: f64,
    /// Relative change (0.05 is 5 % more); of the error rate the difference in points of 0 to 1. In paired mode it is the
    /// middle of the pairs' changes, and not exactly what `base` and `candidate` of all blocks together differ by.
    pub delta: f64,
    /// Its 95 % interval, unadjusted; null where it can't be given.
    pub interval: Option<(f64, f64)>,
    /// The value from which the candidate would have been a regression.
    pub limit: Option<f64>,
    /// The smallest change (relative, or in points) that could have failed; in paired mode, that would have been found
    /// with a probability of 95 %.
    pub detectable: Option<f64>,
    /// Adjusted for all judged figures together.
    pub p_adjusted: Option<f64>,
    /// Whether it can fail the run.
    pub judged: bool,
    /// What is said of it.
    pub verdict: ContrastVerdict,
    /// Why a regression doesn't count, where somebody accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

/// A regression that somebody accepted: see `docs/comparison.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acceptance {
    /// What the figure may come to, in the metric's unit.
    pub ceiling: f64,
    /// The last day it holds for, UTC.
    pub until: jiff::civil::Date,
    /// Why.
    pub reason: String,
    /// By whom, where that was said.
    pub by: Option<String>,
    /// Whether the waiver came with the change that it accepts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_added: bool,
}

/// How a comparison was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonMode {
    /// Against stored records.
    History,
    /// Base and candidate side by side, in alternating blocks of one run.
    Paired,
    /// Results of other tools, shown next to each other.
    Unjudged,
}

/// What is said of one figure; first match wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContrastVerdict {
    /// Worse: beyond the limit, the least effect and the floor.
    Regressed,
    /// Better, by the same rules.
    Improved,
    /// Worse, and accepted by a waiver.
    Accepted,
    /// No change that matters.
    Ok,
    /// The data can't say.
    Inconclusive,
}

/// What a comparison means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonVerdict {
    /// At least one judged figure regressed.
    Regressed,
    /// At least one regressed, and all those are accepted by waivers.
    Accepted,
    /// None regressed, at least one improved.
    Improved,
    /// All judged figures are as they were.
    Ok,
    /// None regressed, at least one judged figure can't be told.
    Inconclusive,
    /// The stored runs are of another load.
    Incomparable,
    /// Nothing is stored.
    NoBaseline,
}

impl fmt::Display for ContrastVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Regressed => "regressed",
            Self::Accepted => "accepted",
            Self::Improved => "improved",
            Self::Ok => "ok",
            Self::Inconclusive => "inconclusive",
        })
    }
}

impl fmt::Display for ComparisonVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Regressed => "regressed",
            Self::Accepted => "accepted",
            Self::Improved => "improved",
            Self::Ok => "ok",
            Self::Inconclusive => "inconclusive",
            Self::Incomparable => "incomparable",
            Self::NoBaseline => "no baseline",
        })
    }
}
