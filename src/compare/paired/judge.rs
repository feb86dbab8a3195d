//! The verdict of a paired run.

use super::draft::{Draft, Outcome, Test};
use super::errors::counts;
use super::pairs::Paired;
use super::scope::{ALL, Scope};
use super::sentence;
use crate::compare::history::OTHER_REQUESTS;
use crate::compare::sentence::other_requests as other_requests_told;
use crate::compare::{Figure, Policy};
use crate::record::{BlockPhase, Blocks, Comparison, ComparisonMode, ComparisonVerdict, Contrast, ContrastVerdict, Pairs};
use crate::stats::{PairTest, holm_adjusted, sign_flips};

/// The probability that the first look at two equal services says "regressed" at all, over all judged figures.
pub const FIRST_LOOK_ALPHA: f64 = 0.000_3;
/// The same of the second look, with the pairs of both budgets: 0.001 in all.
pub const SECOND_LOOK_ALPHA: f64 = 0.000_7;
/// Failures that are too few for pairs are tested by themselves, with this part of the alpha.
const COUNTS_SHARE: f64 = 0.25;
/// How often the signs are drawn. Unoptimised tests get by with fewer, which still tell the alpha of the first look.
const DRAWS: usize = if cfg!(test) { 10_000 } else { 50_000 };
/// A generator that uses more of its core than this decides the throughput of a closed loop itself.
const BUSY_GENERATOR: f64 = 0.8;
/// Keeps the signs of the test apart from the order within pairs, which is drawn from the same seed.
const SIGNS: u64 = 0x7369_676e_735f_6f66;

/// Judges blocks of base and candidate; `source` is what the candidate is compared with, in a person's words.
///
/// Blocks of a second look make it one, at its alpha. First match wins: REGRESSED when the adjusted p-value is at most
/// alpha and the change is beyond the least effect and the floor; IMPROVED when the same holds for the good direction;
/// OK when with a probability of 95 % the harm is below the bound; otherwise INCONCLUSIVE. The same blocks and policy
/// always give the same comparison. Cost: a tenth of a second for every four judged figures.
pub fn paired(blocks: &Blocks, source: &str, policy: &Policy) -> Comparison {
    paired_by_draws(blocks, source, policy, DRAWS)
}

/// The same with so many drawings of the signs, at least 3,400 for p-values that reach the alpha of the first look. For
/// simulations of thousands of runs, where fewer draws cost less and blur no share of them.
pub fn paired_by_draws(blocks: &Blocks, source: &str, policy: &Policy, draws: usize) -> Comparison {
    let paired = Paired::of(blocks);
    let look = blocks.blocks.iter().map(|block| block.look).max().unwrap_or(1).max(1);
    let alpha = if look == 1 { FIRST_LOOK_ALPHA } else { SECOND_LOOK_ALPHA };
    let busy = paired.generator_cpu(BlockPhase::Throughput).filter(|&share| share > BUSY_GENERATOR);
    let scopes = Scope::all(blocks, &paired);
    // An only endpoint says what the whole run says: it is shown, and doesn't make the family larger. One that has rules
    // of its own is judged by them.
    let single = scopes.get(1).filter(|scope| scopes.len() == 2 && !policy.amends(&scope.name));
    let mut drafts = Vec::new();
    for scope in scopes.iter().take(if single.is_some() { 1 } else { usize::MAX }) {
        for figure in policy.figures() {
            let Some(mut draft) = Draft::of(scope, figure, policy.rule(ComparisonMode::Paired, &scope.name, figure)) else { continue };
            draft.judged &= !(figure == Figure::Throughput && busy.is_some());
            drafts.push(draft);
        }
    }
    let others = other_requests(&scopes);
    if others.is_some() {
        let of_mixture = |draft: &&mut Draft| draft.scope == ALL && draft.figure != Figure::ErrorRate;
        drafts.iter_mut().filter(of_mixture).for_each(|draft| draft.judged = false);
    }
    let outcomes = outcomes(&drafts, paired.pairs.len(), alpha, blocks.header.seed, draws);
    let finish = |(draft, outcome): (&Draft, Outcome)| draft.finish(outcome, alpha, draft.judged);
    let mut contrasts: Vec<Contrast> = drafts.iter().zip(outcomes).map(finish).collect();
    if let Some(endpoint) = single {
        let shared = contrasts.iter().filter(|contrast| contrast.metric != Figure::Throughput.to_string());
        let copy = |contrast: &Contrast| Contrast { scope: endpoint.name.clone(), judged: false, p_adjusted: None, ..contrast.clone() };
        contrasts.extend(shared.map(copy).collect::<Vec<_>>());
    }
    let header = &blocks.header;
    let pairs = Pairs {
        latency: paired.count(BlockPhase::Latency),
        throughput: paired.count(BlockPhase::Throughput),
        redone: paired.disturbed,
        look,
        epochs: paired.epochs(),
        alpha,
        seed: header.seed,
        calibration: header.base.digest.is_some() && header.base.digest == header.candidate.digest,
    };
    let gated = |figure: &Figure| policy.rule(ComparisonMode::Paired, ALL, *figure).gate;
    // Where users wait for answers all the time, there is no throughput phase.
    let is_there = |figure: &Figure| *figure != Figure::Throughput || blocks.header.rate.is_some();
    let is_absent = |figure: &Figure| is_there(figure) && !drafts.iter().any(|draft| draft.scope == ALL && draft.figure == *figure);
    let absent: Vec<Figure> = policy.figures().into_iter().filter(|figure| gated(figure) && is_absent(figure)).collect();
    let mut notes = sentence::notes(&drafts, &absent, &pairs, fewest_pairs(alpha), busy);
    notes.extend(others.map(other_requests_told));
    let mut comparison = Comparison {
        mode: ComparisonMode::Paired,
        verdict: verdict(&contrasts),
        sentence: String::new(),
        advisory: policy.advisory,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        source: source.to_owned(),
        records: 0,
        changes: Vec::new(),
        history: Vec::new(),
        newest: None,
        newest_sha: header.base.sha.clone(),
        pairs: Some(pairs),
        contrasts,
    };
    comparison.sentence = sentence::compared(&comparison, &drafts);
    comparison
}

/// Fewer pairs than this have no signs that are rarer than a level; what failures that are too few for pairs take of it is gone.
fn fewest_pairs(alpha: f64) -> usize {
    (-(alpha * (1.0 - COUNTS_SHARE)).log2()).ceil() as usize
}

/// The shares of failures of the candidate and of the base, where they are so far apart that the successful requests of
/// several endpoints together are others on one side than on the other.
fn other_requests(scopes: &[Scope]) -> Option<(f64, f64)> {
    let whole = scopes.first().filter(|_| scopes.len() > 2)?;
    let share = |(failures, requests): (u64, u64)| (requests > 0).then(|| failures as f64 / requests as f64);
    let (candidate, base) = (share(counts(whole, |sides| &sides.candidate))?, share(counts(whole, |sides| &sides.base))?);
    ((candidate - base).abs() > OTHER_REQUESTS).then_some((candidate, base))
}

/// What the tests say of every draft. Judged figures are a family; those that are only shown are another, so that they
/// cost the judged ones nothing.
fn outcomes(drafts: &[Draft], pairs: usize, alpha: f64, seed: u64, draws: usize) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome { worse: 1.0, better: 1.0, critical: None, level: 0.0 }; drafts.len()];
    for judged in [true, false] {
        let family: Vec<usize> = (0..drafts.len()).filter(|&at| drafts[at].judged == judged && drafts[at].supported).collect();
        // What can fail by errors at all is known before the run: whether there are few of them must not matter.
        let errors = family.iter().any(|&at| drafts[at].figure == Figure::ErrorRate);
        let (of_pairs, of_counts) = if errors { (1.0 - COUNTS_SHARE, COUNTS_SHARE) } else { (1.0, 1.0) };
        let (mut tests, mut tested): (Vec<PairTest>, Vec<usize>) = (Vec::new(), Vec::new());
        let (mut counts, mut counted) = (Vec::new(), Vec::new());
        for at in family {
            match &drafts[at].test {
                Test::Pairs(evidence) => {
                    tests.push(evidence.test.clone());
                    tested.push(at);
                }
                Test::Counts(few) => {
                    counts.push((few.p_worse(), few.p_better()));
                    counted.push(at);
                }
                Test::None => {}
            }
        }
        if !tests.is_empty() {
            let flips = sign_flips(&tests, pairs, draws, seed ^ SIGNS);
            for (test, at) in tested.into_iter().enumerate() {
                let adjusted = |p: f64| (p / of_pairs).min(1.0);
                let critical = flips.critical(test, alpha * of_pairs);
                outcomes[at] = Outcome { worse: adjusted(flips.above[test]), better: adjusted(flips.below[test]), critical, level: 0.0 };
            }
        }
        let even = |p: f64| (p, 1.0);
        let worse = holm_adjusted(&counts.iter().map(|count| even(count.0)).collect::<Vec<_>>());
        let better = holm_adjusted(&counts.iter().map(|count| even(count.1)).collect::<Vec<_>>());
        let level = alpha * of_counts / counted.len().max(1) as f64;
        for ((at, worse), better) in counted.into_iter().zip(worse).zip(better) {
            let adjusted = |p: f64| (p / of_counts).min(1.0);
            outcomes[at] = Outcome { worse: adjusted(worse), better: adjusted(better), critical: None, level };
        }
    }
    outcomes
}

/// The worst that is said of a judged figure. What can't be told is not made up for by an improvement elsewhere, and
/// where no latency could be judged at all, a steady error rate is no good news either.
fn verdict(contrasts: &[Contrast]) -> ComparisonVerdict {
    let any = |verdict| contrasts.iter().any(|contrast| contrast.judged && contrast.verdict == verdict);
    let latency_judged = contrasts.iter().any(|contrast| contrast.judged && contrast.metric.starts_with('p'));
    if any(ContrastVerdict::Regressed) {
        ComparisonVerdict::Regressed
    } else if any(ContrastVerdict::Inconclusive) || !latency_judged {
        ComparisonVerdict::Inconclusive
    } else if any(ContrastVerdict::Improved) {
        ComparisonVerdict::Improved
    } else {
        ComparisonVerdict::Ok
    }
}
