//! History mode: one run against the stored runs of its baseline branch.

use std::borrow::Borrow;

use super::changes::{Shift, latest, named, shifts};
use super::contrast::{Draft, Expected, Side};
use super::error_rate::ErrorPrediction;
use super::figure::Figure;
use super::observation::{ALL, Observation, ScopeObservation};
use super::policy::{OnOtherMachine, Policy};
use super::prediction::Prediction;
use super::select::Selection;
use super::sentence;
use crate::record::{Comparison, ComparisonMode, ComparisonVerdict, Contrast, ContrastVerdict, HistoryPoint, Record, Verdict};
use crate::stats::{holm_adjusted, holm_levels};

/// The probability that a comparison of two runs of the same code says "regressed" at all, over all its figures.
pub(super) const FAMILY_ALPHA: f64 = 0.01;
/// Where the shares of failures lie further apart than this, in points of 0 to 1, the successful requests of the whole run
/// are others than those of the baseline: what fails is quick, and what it would have taken is missing in one of them.
pub(super) const OTHER_REQUESTS: f64 = 0.1;
/// A generator that uses more of its cores than this, in percent, decides the throughput of a closed model itself.
const BUSY_GENERATOR: f64 = 80.0;

/// Compares `candidate` with the records selected for it; `source` is where those were looked for, in a person's words.
///
/// One-sided tests of all judged figures share a family level of 0.01 (Holm). First match wins: REGRESSED when the
/// change is beyond the limit, the least effect and the floor; IMPROVED when the same holds for the good direction;
/// OK when the harm is below the bound; otherwise INCONCLUSIVE.
pub fn history<B: Borrow<Record>>(candidate: &Record, selection: &Selection<B>, source: &str, policy: &Policy) -> Comparison {
    let other_machine = selection.elsewhere && policy.on_other_machine == OnOtherMachine::Advisory;
    let mut comparison = Comparison {
        mode: ComparisonMode::History,
        verdict: ComparisonVerdict::NoBaseline,
        sentence: String::new(),
        advisory: policy.advisory || other_machine,
        note: None,
        source: source.to_owned(),
        records: u32::try_from(selection.records.len().min(policy.records)).unwrap_or(u32::MAX),
        newest: selection.iter().next().map(|record| record.run.started_at),
        newest_sha: selection.iter().next().and_then(|record| record.run.sha.clone()),
        pairs: None,
        contrasts: Vec::new(),
        history: selection.iter().map(history_point).collect(),
        changes: Vec::new(),
    };
    let figures = policy.figures();
    let own = Observation::of(candidate, &figures);
    let baseline: Vec<Observation> = selection.iter().map(|record| Observation::of(record, &figures)).collect();
    let Some(newest) = selection.iter().next() else {
        let (verdict, sentence) = match selection.other_load {
            0 => (ComparisonVerdict::NoBaseline, sentence::no_baseline(&candidate.scenario.name, source)),
            count => (ComparisonVerdict::Incomparable, sentence::incomparable(&candidate.scenario.name, source, count)),
        };
        return Comparison { verdict, sentence, ..comparison };
    };
    // The runs of other machines are of several: what differs between those is no change of the code.
    let shifts = if selection.elsewhere { Vec::new() } else { latest(shifts(&baseline, &figures)) };
    let (contrasts, mut notes) = contrasts(&own, &Baseline { runs: &baseline, shifts: &shifts }, policy, !other_machine);
    comparison.verdict = overall(&contrasts);
    comparison.contrasts = contrasts;
    comparison.changes = named(&shifts, &selection.iter().collect::<Vec<_>>());
    notes.extend(sentence::changes(&comparison.changes));
    comparison.sentence = sentence::compared(&comparison, candidate.run.started_at, other_machine);
    if selection.elsewhere {
        notes.insert(0, sentence::other_machine(&newest.machine.cpu, &candidate.machine.cpu, other_machine));
    }
    comparison.note = (!notes.is_empty()).then(|| notes.join("; "));
    comparison
}

fn history_point(record: &Record) -> HistoryPoint {
    let latency = &record.summary.latency;
    HistoryPoint { at: record.run.started_at, sha: record.run.sha.clone(), p50: latency.p50_latency, p95: latency.p95_latency }
}

/// The comparison of a run that is to be compared side by side only, and had no base beside it.
pub fn without_base(scenario: &str, policy: &Policy) -> Comparison {
    let note = Some(sentence::name_a_base());
    Comparison { note, ..nothing(ComparisonMode::Paired, sentence::no_base(scenario), "a base beside the run", policy) }
}

/// The comparison of a run whose store could not be read once the run was over.
pub fn without_store(scenario: &str, source: &str, policy: &Policy) -> Comparison {
    nothing(ComparisonMode::History, sentence::no_store(scenario, source), source, policy)
}

/// A comparison of nothing with nothing.
pub(super) fn nothing(mode: ComparisonMode, sentence: String, source: &str, policy: &Policy) -> Comparison {
    Comparison {
        mode,
        verdict: ComparisonVerdict::NoBaseline,
        sentence,
        advisory: policy.advisory,
        note: None,
        source: source.to_owned(),
        records: 0,
        newest: None,
        newest_sha: None,
        pairs: None,
        contrasts: Vec::new(),
        changes: Vec::new(),
        history: Vec::new(),
    }
}

/// Compares two records: `head` with `base` as its whole baseline, whatever branches, scenarios and verdicts they are of.
pub fn between(base: &Record, head: &Record, source: &str, policy: &Policy) -> Comparison {
    let same_load = base.scenario.digest == head.scenario.digest;
    let selection = Selection {
        records: same_load.then_some(base).into_iter().collect(),
        elsewhere: base.machine.key != head.machine.key,
        other_load: usize::from(!same_load),
    };
    let mut comparison = history(head, &selection, source, policy);
    if matches!(base.summary.verdict, Verdict::Invalid | Verdict::Interrupted) {
        let doubt = format!("the base run is {}: its figures can't be trusted", base.summary.verdict);
        comparison.note = Some(comparison.note.map_or(doubt.clone(), |note| format!("{doubt}; {note}")));
    }
    comparison
}

/// All figures of all scopes that both sides have, judged as one family, and what is to be said of those left out.
pub(super) fn contrasts(own: &Observation, baseline: &Baseline<'_>, policy: &Policy, judge: bool) -> (Vec<Contrast>, Vec<String>) {
    // An only endpoint says what the whole run says: it is shown, and doesn't make the family larger. One that has rules
    // of its own is judged by them.
    let is_only = |run: &Observation, name: &str| is_whole_run(run, name) && baseline.runs.iter().all(|run| is_whole_run(run, name));
    let single = own.scopes.get(1).filter(|scope| is_only(own, &scope.name) && !policy.amends(&scope.name));
    let busy = own.generator_cpu.filter(|&percent| percent > BUSY_GENERATOR);
    let mut drafts = Vec::new();
    for scope in own.scopes.iter().take(if single.is_some() { 1 } else { usize::MAX }) {
        for figure in policy.figures() {
            let runs = baseline.since_change(&scope.name, figure).iter().take(policy.records);
            let before: Vec<&ScopeObservation> = runs.filter_map(|run| run.scope(&scope.name)).collect();
            let Some(mut draft) = draft(scope, &before, figure, policy) else { continue };
            draft.judged &= judge && !(figure == Figure::Throughput && busy.is_some());
            drafts.push(draft);
        }
    }
    let others = other_requests(&drafts).filter(|_| own.scopes.len() > 2);
    if others.is_some() {
        let of_mixture = |draft: &&mut Draft| draft.scope == ALL && draft.figure != Figure::ErrorRate;
        drafts.iter_mut().filter(of_mixture).for_each(|draft| draft.judged = false);
    }
    let judged: Vec<&Draft> = drafts.iter().filter(|draft| draft.judged).collect();
    let weights = weights(&judged);
    let tests = |side| judged.iter().zip(&weights).map(|(draft, &weight)| (draft.p_value(side), weight)).collect::<Vec<_>>();
    let (worse, better) = (tests(Side::Worse), tests(Side::Better));
    // What isn't judged is held against the level it would have as one more of an even family.
    let alone = FAMILY_ALPHA / (judged.len() + 1) as f64;
    let levels = holm_levels(&worse, FAMILY_ALPHA).into_iter().zip(holm_levels(&better, FAMILY_ALPHA));
    let mut of_judged = levels.zip(holm_adjusted(&worse));
    let mut notes = sentence::left_out(&drafts, busy);
    notes.extend(others.map(sentence::other_requests));
    let mut contrasts: Vec<Contrast> = drafts
        .into_iter()
        .map(|draft| match if draft.judged { of_judged.next() } else { None } {
            Some((levels, adjusted)) => draft.finish(levels, Some(adjusted)),
            None => draft.finish((alone, alone), None),
        })
        .collect();
    if let Some(endpoint) = single {
        let shared = contrasts.iter().filter(|contrast| contrast.metric != Figure::Throughput.to_string());
        let copy = |contrast: &Contrast| Contrast { scope: endpoint.name.clone(), judged: false, p_adjusted: None, ..contrast.clone() };
        contrasts.extend(shared.map(copy).collect::<Vec<_>>());
    }
    (contrasts, notes)
}

/// Whether all requests of a run are of this endpoint. In a file of another tool there may be some that it tells nothing of.
fn is_whole_run(run: &Observation, endpoint: &str) -> bool {
    matches!(run.scopes.as_slice(), [all, only] if only.name == endpoint && only.requests == all.requests)
}

/// The shares of failures of the whole run and of its baseline, where these are so far apart that the rest can't be compared.
fn other_requests(drafts: &[Draft]) -> Option<(f64, f64)> {
    let errors = drafts.iter().find(|draft| draft.scope == ALL && draft.figure == Figure::ErrorRate)?;
    let Expected::Errors(prediction) = &errors.expected else { return None };
    let (own, base) = (errors.candidate, prediction.base());
    ((own - base).abs() > OTHER_REQUESTS).then_some((own, base))
}

/// The stored runs, newest first, with the latest change of each figure that had one.
pub(super) struct Baseline<'a> {
    pub(super) runs: &'a [Observation],
    pub(super) shifts: &'a [Shift],
}

impl Baseline<'_> {
    fn since_change(&self, scope: &str, figure: Figure) -> &[Observation] {
        let shift = self.shifts.iter().find(|shift| shift.scope == scope && shift.figure == figure);
        shift.and_then(|shift| self.runs.get(..=shift.first)).unwrap_or(self.runs)
    }
}

/// One figure of one scope; none where either side doesn't have it.
fn draft(own: &ScopeObservation, before: &[&ScopeObservation], figure: Figure, policy: &Policy) -> Option<Draft> {
    let rule = policy.rule(ComparisonMode::History, &own.name, figure);
    let (candidate, expected) = if figure == Figure::ErrorRate {
        let counts: Vec<(u64, u64)> = before.iter().map(|scope| (scope.failures, scope.requests)).collect();
        let clumping = before.iter().map(|scope| scope.clumping).sum::<f64>() / before.len().max(1) as f64;
        let prediction = ErrorPrediction::from((own.failures, own.requests), &counts, clumping.max(own.bursts))?;
        (own.failures as f64 / own.requests as f64, Expected::Errors(prediction))
    } else {
        let reading = own.reading(figure)?;
        let readings: Vec<_> = before.iter().filter_map(|scope| scope.reading(figure)).collect();
        (reading.value, Expected::Logarithm(Prediction::from(&readings, reading, figure.prior_spread())?))
    };
    let samples: u64 = before.iter().map(|scope| scope.successes()).sum();
    let supported = own.successes() >= figure.support() && samples >= figure.support();
    Some(Draft { scope: own.name.clone(), figure, rule, candidate, expected, supported, judged: supported && rule.gate })
}

/// Shares of the family's level: one half for the figures of the whole run, however many endpoints share the other.
///
/// A change of the whole service is what a short history can show at all, and it costs an endpoint little: with six
/// of them and ten records a limit of 47 % instead of 44 %.
fn weights(judged: &[&Draft]) -> Vec<f64> {
    let whole = judged.iter().filter(|draft| draft.scope == ALL).count();
    let endpoints = judged.len() - whole;
    judged.iter().map(|draft| 0.5 / if draft.scope == ALL { whole } else { endpoints } as f64).collect()
}

/// The worst that is said of a judged figure. What can't be told is not made up for by an improvement elsewhere, and
/// where no latency could be judged at all, a steady error rate is no good news either.
pub fn overall(contrasts: &[Contrast]) -> ComparisonVerdict {
    let any = |verdict| contrasts.iter().any(|contrast| contrast.judged && contrast.verdict == verdict);
    let latency_judged = contrasts.iter().any(|contrast| contrast.judged && contrast.metric.starts_with('p'));
    if any(ContrastVerdict::Regressed) {
        ComparisonVerdict::Regressed
    } else if any(ContrastVerdict::Inconclusive) || !latency_judged {
        ComparisonVerdict::Inconclusive
    } else if any(ContrastVerdict::Accepted) {
        ComparisonVerdict::Accepted
    } else if any(ContrastVerdict::Improved) {
        ComparisonVerdict::Improved
    } else {
        ComparisonVerdict::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Amendment, Wish, select};
    use crate::record::fixture::{Sketch, endpoint, sketch};
    use crate::units::Micros;

    /// As many runs of the same code, an hour apart, newest first, that differ by up to `noise`.
    fn stored(count: usize, noise: f64) -> Vec<Record> {
        let factors = [1.0, 1.0 + noise, 1.0 - noise, 1.0 + noise / 2.0, 1.0 - noise / 2.0];
        let run = |at: usize| sketch(&format!("b{at}"), -24 - at as i64).slower(factors[at % factors.len()]).record();
        (0..count).map(run).collect()
    }

    fn compared(candidate: &Record, stored: &[Record], policy: &Policy) -> Comparison {
        history(candidate, &select(candidate, stored), "baselines/main/shop", policy)
    }

    fn of<'a>(comparison: &'a Comparison, scope: &str, metric: &str) -> &'a Contrast {
        comparison.contrasts.iter().find(|contrast| contrast.scope == scope && contrast.metric == metric).unwrap()
    }

    #[test]
    fn no_record_is_no_baseline_said_aloud() {
        let comparison = compared(&sketch("head", 0).record(), &[], &Policy::default());
        assert_eq!(
            comparison,
            Comparison {
                mode: ComparisonMode::History,
                verdict: ComparisonVerdict::NoBaseline,
                sentence: "no baseline: there is no stored record of `shop` in baselines/main/shop, so nothing was compared".to_owned(),
                advisory: false,
                note: None,
                source: "baselines/main/shop".to_owned(),
                records: 0,
                newest: None,
                newest_sha: None,
                pairs: None,
                contrasts: Vec::new(),
                history: Vec::new(),
                changes: Vec::new(),
            }
        );
    }

    #[test]
    fn records_of_another_load_are_incomparable() {
        let stored = [Sketch { digest: "d2", ..sketch("b", -1) }.record(), Sketch { digest: "d3", ..sketch("a", -2) }.record()];
        let comparison = compared(&sketch("head", 0).record(), &stored, &Policy::default());
        assert_eq!(comparison.verdict, ComparisonVerdict::Incomparable);
        assert_eq!(
            comparison.sentence,
            "incomparable: 2 stored records of `shop` in baselines/main/shop had another load (the digests differ), so nothing was compared"
        );
        assert!(comparison.contrasts.is_empty());
    }

    #[test]
    fn one_record_is_a_baseline_and_the_sentence_says_how_little_it_shows() {
        let comparison = compared(&sketch("head", 0).slower(1.02).record(), &stored(1, 0.0), &Policy::default());
        assert_eq!(comparison.verdict, ComparisonVerdict::Ok);
        insta::assert_snapshot!(comparison.sentence, @"no regression in p50, p95, throughput and error rate of the whole run; compared with 1 record (abbffe8, 24 hours old); with 1 record only changes of the whole run above 88 % in p50, 228 % in p95, 47 % in throughput and 0.35 points in error rate can fail");
    }

    #[test]
    fn every_figure_of_a_comparison_is_given_whole() {
        let comparison = compared(&sketch("head", 0).slower(1.6).record(), &stored(10, 0.05), &Policy::default());
        let shown: Vec<String> = comparison
            .contrasts
            .iter()
            .map(|c| {
                format!(
                    "{} {}: {:.4} -> {:.4} ({:+.3}), limit {:.4}, from {:.3}, p {}, {}{}",
                    c.scope,
                    c.metric,
                    c.base,
                    c.candidate,
                    c.delta,
                    c.limit.unwrap_or(f64::NAN),
                    c.detectable.unwrap_or(f64::NAN),
                    c.p_adjusted.map_or("-".to_owned(), |p| format!("{p:.5}")),
                    c.verdict,
                    if c.judged { "" } else { ", shown" }
                )
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        all p50: 0.0100 -> 0.0160 (+0.600), limit 0.0121, from 0.206, p 0.00000, regressed
        all p95: 0.0145 -> 0.0232 (+0.600), limit 0.0197, from 0.361, p 0.00042, regressed
        all p99: 0.0149 -> 0.0238 (+0.600), limit NaN, from NaN, p -, inconclusive, shown
        all throughput: 200.0000 -> 200.0000 (+0.000), limit 173.2142, from 0.134, p 1.00000, ok
        all error_rate: 0.0000 -> 0.0000 (+0.000), limit 0.0025, from 0.003, p 1.00000, ok
        GET /items p50: 0.0100 -> 0.0160 (+0.600), limit 0.0121, from 0.206, p -, regressed, shown
        GET /items p95: 0.0145 -> 0.0232 (+0.600), limit 0.0197, from 0.361, p -, regressed, shown
        GET /items p99: 0.0149 -> 0.0238 (+0.600), limit NaN, from NaN, p -, inconclusive, shown
        GET /items error_rate: 0.0000 -> 0.0000 (+0.000), limit 0.0025, from 0.003, p -, ok, shown
        ");
        insta::assert_snapshot!(comparison.sentence, @"regression: p50 of the whole run is 16ms, 60 % above the baseline's 10ms, and 1 more; compared with 10 records (newest abbffe8, 24 hours old); this run could have seen changes of the whole run from 21 % in p50, 36 % in p95, 13 % in throughput and 0.25 points in error rate");
        insta::assert_snapshot!(comparison.note.unwrap_or_default(), @"");
        assert_eq!(comparison.verdict, ComparisonVerdict::Regressed);
    }

    #[test]
    fn a_change_within_the_noise_but_above_the_bound_is_inconclusive() {
        let comparison = compared(&sketch("head", 0).slower(1.08).record(), &stored(10, 0.05), &Policy::default());
        assert_eq!(of(&comparison, "all", "p50").verdict, ContrastVerdict::Inconclusive);
        assert_eq!(of(&comparison, "all", "p95").verdict, ContrastVerdict::Ok);
        assert_eq!(comparison.verdict, ComparisonVerdict::Inconclusive);
        insta::assert_snapshot!(comparison.sentence, @"inconclusive: p50 of the whole run is 10.8ms, 8.0 % above the baseline's 10ms, which may be noise; compared with 10 records (newest abbffe8, 24 hours old); this run could have seen changes of the whole run from 22 % in p50, 38 % in p95, 15 % in throughput and 0.25 points in error rate");
    }

    #[test]
    fn a_faster_service_is_improved_and_moves_no_other_figure() {
        let comparison = compared(&sketch("head", 0).slower(0.4).record(), &stored(10, 0.05), &Policy::default());
        assert_eq!(comparison.verdict, ComparisonVerdict::Improved);
        assert_eq!(of(&comparison, "all", "throughput").verdict, ContrastVerdict::Ok);
        insta::assert_snapshot!(comparison.sentence, @"improvement: p95 of the whole run is 5.8ms, 60 % below the baseline's 14.5ms, and 1 more; compared with 10 records (newest abbffe8, 24 hours old); this run could have seen changes of the whole run from 22 % in p50, 38 % in p95, 15 % in throughput and 0.25 points in error rate");
    }

    #[test]
    fn a_change_below_the_floor_is_ok_however_large_it_is_in_percent() {
        let floor = |seconds| {
            let wish = Wish::Judge { bound: 0.05, floor: Some(seconds) };
            Policy { amendments: vec![Amendment { endpoint: None, figure: Some(Figure::P50), wish }], ..Policy::default() }
        };
        let head = sketch("head", 0).slower(1.6).record();
        let stored = stored(10, 0.02);
        let p50 = |policy: &Policy| of(&compared(&head, &stored, policy), "all", "p50").clone();
        assert_eq!(p50(&floor(0.005)).verdict, ContrastVerdict::Regressed);
        let below = p50(&floor(0.010));
        assert_eq!(below.verdict, ContrastVerdict::Ok);
        assert!((below.limit.unwrap() - below.base - 0.010).abs() < 1e-9);
    }

    #[test]
    fn more_failures_regress_in_points_and_a_few_more_do_not() {
        let with_failures = |id: &str, failures| Sketch {
            endpoints: vec![endpoint("GET /items", Micros::from_millis(10), 5_000, failures)],
            ..sketch(id, 0)
        };
        let stored: Vec<Record> = (0..6).map(|at| with_failures(&format!("b{at}"), 5).record()).collect();
        for (failures, verdict) in [
            (5, ContrastVerdict::Ok),
            // 0.2 points more are no chance any more, but below the least effect of 0.25.
            (15, ContrastVerdict::Ok),
            (25, ContrastVerdict::Regressed),
            (200, ContrastVerdict::Regressed),
        ] {
            let comparison = compared(&with_failures("head", failures).record(), &stored, &Policy::default());
            assert_eq!(of(&comparison, "all", "error_rate").verdict, verdict, "{failures}");
        }
    }

    #[test]
    fn a_burst_of_failures_is_one_event_and_an_outage_is_none() {
        let with_failures = |id: &str, hour, failing: [u64; 10]| {
            let failures = failing.iter().sum::<u64>();
            let endpoints = vec![endpoint("GET /items", Micros::from_millis(10), 10_000 - failures, failures)];
            let mut record = Sketch { endpoints, ..sketch(id, hour) }.record();
            record.timeline.iter_mut().zip(failing).for_each(|(row, failures)| row.failures = failures);
            record
        };
        let verdict = |records: i64, failing| {
            let stored: Vec<Record> = (0..records).map(|at| with_failures(&format!("b{at}"), -1 - at, [0; 10])).collect();
            of(&compared(&with_failures("head", 0, failing), &stored, &Policy::default()), "all", "error_rate").verdict
        };
        assert_eq!(verdict(10, [10; 10]), ContrastVerdict::Regressed);
        assert_eq!(verdict(10, [0, 0, 0, 0, 100, 0, 0, 0, 0, 0]), ContrastVerdict::Inconclusive, "as many in one second");
        for records in [1, 10] {
            let half = [0, 0, 0, 0, 0, 1_000, 1_000, 1_000, 1_000, 1_000];
            assert_eq!(verdict(records, half), ContrastVerdict::Regressed, "down for half of the run, {records}");
        }
        assert_eq!(verdict(10, [0, 0, 0, 0, 0, 0, 0, 0, 1_000, 1_000]), ContrastVerdict::Regressed, "down in the end");
        assert_eq!(verdict(10, [0, 900, 0, 900, 0, 900, 0, 900, 0, 900]), ContrastVerdict::Regressed, "down every other second");
    }

    #[test]
    fn too_few_samples_are_shown_and_not_judged() {
        let with = |id: &str, hour, count| Sketch {
            endpoints: vec![endpoint("GET /items", Micros::from_millis(10), count, 0)],
            ..sketch(id, hour)
        };
        let comparison = compared(&with("head", 0, 790).slower(9.0).record(), &[with("base", -1, 2_000).record()], &Policy::default());
        let p95 = of(&comparison, "all", "p95");
        assert_eq!((p95.judged, p95.verdict, p95.limit, p95.p_adjusted), (false, ContrastVerdict::Inconclusive, None, None));
        assert!((p95.delta - 8.0).abs() < 0.1);
        assert!(of(&comparison, "all", "p50").judged);
        insta::assert_snapshot!(comparison.note.unwrap_or_default(), @"p95 of the whole run is shown and not judged: it takes 800 successful requests on either side");
        let nothing = compared(&with("head", 0, 0).record(), &[with("base", -1, 0).record()], &Policy::default());
        assert_eq!((nothing.verdict, nothing.contrasts.len()), (ComparisonVerdict::Inconclusive, 0));
        assert!(nothing.sentence.starts_with("nothing could be judged: too few samples"), "{}", nothing.sentence);
    }

    #[test]
    fn requests_that_only_one_side_answered_make_the_whole_run_no_slower() {
        let with = |id: &str, hour, answered: bool| {
            let (successes, failures) = if answered { (3_000, 0) } else { (0, 3_000) };
            let slow = endpoint("GET /report", Micros::from_millis(200), successes, failures);
            Sketch { endpoints: vec![endpoint("GET /items", Micros::from_millis(2), 2_000, 0), slow], ..sketch(id, hour) }.record()
        };
        let stored: Vec<Record> = (0..10).map(|at| with(&format!("b{at}"), -1 - at, false)).collect();
        let repaired = compared(&with("head", 0, true), &stored, &Policy::default());
        assert!(!of(&repaired, "all", "p50").judged && of(&repaired, "all", "p50").delta > 10.0);
        assert!(of(&repaired, "GET /items", "p50").judged);
        assert_eq!(repaired.verdict, ComparisonVerdict::Improved, "{}", repaired.sentence);
        insta::assert_snapshot!(repaired.note.unwrap_or_default(), @"times and throughput of the whole run are shown and not judged: 0% of its requests failed and 60% in the baseline, so they are of different requests");
        let stored: Vec<Record> = (0..10).map(|at| with(&format!("b{at}"), -1 - at, true)).collect();
        let broken = compared(&with("head", 0, false), &stored, &Policy::default());
        assert_eq!(of(&broken, "all", "error_rate").verdict, ContrastVerdict::Regressed);
        assert!(!of(&broken, "all", "p50").judged, "failures make nothing faster");
    }

    #[test]
    fn the_throughput_of_a_busy_generator_is_not_judged() {
        let mut head = sketch("head", 0).record();
        head.generator.cpu_percent = Some(93.4);
        head.summary.throughput /= 4.0;
        let comparison = compared(&head, &stored(10, 0.01), &Policy::default());
        assert!(!of(&comparison, "all", "throughput").judged);
        assert_eq!(comparison.verdict, ComparisonVerdict::Ok);
        assert_eq!(comparison.note.as_deref(), Some("throughput is shown and not judged: the generator used 93 % of its cores"));
        head.generator.cpu_percent = Some(60.0);
        assert_eq!(compared(&head, &stored(10, 0.01), &Policy::default()).verdict, ComparisonVerdict::Regressed);
    }

    #[test]
    fn another_machine_is_shown_and_cannot_fail_the_run_unless_asked_for() {
        let head = Sketch { machine: "m2", ..sketch("head", 0) }.slower(3.0).record();
        let shown = compared(&head, &stored(10, 0.02), &Policy::default());
        assert!(shown.advisory && shown.contrasts.iter().all(|contrast| !contrast.judged));
        assert_eq!(shown.verdict, ComparisonVerdict::Inconclusive);
        insta::assert_snapshot!(shown.sentence, @"not judged, the baseline was made on another machine: p50 of the whole run is 30ms, 200 % above the baseline's 10ms; compared with 10 records (newest abbffe8, 24 hours old)");
        insta::assert_snapshot!(shown.note.unwrap_or_default(), @"the baseline was made on another machine (processor m1; here processor m2): differences are shown and can't fail the run");
        let judge = Policy { on_other_machine: OnOtherMachine::Judge, ..Policy::default() };
        let judged = compared(&head, &stored(10, 0.02), &judge);
        assert_eq!((judged.advisory, judged.verdict), (false, ComparisonVerdict::Regressed));
    }

    #[test]
    fn endpoints_are_judged_beside_the_whole_run_and_a_single_one_only_shown() {
        let with = |id: &str, hour, slow: f64| {
            let time = Micros::from_millis(10);
            Sketch { endpoints: vec![endpoint("GET /a", time, 2_000, 0), endpoint("POST /b", time * slow, 1_000, 0)], ..sketch(id, hour) }
                .record()
        };
        let stored: Vec<Record> = (0..10).map(|at| with(&format!("b{at}"), -1 - at, 1.0)).collect();
        let comparison = compared(&with("head", 0, 2.5), &stored, &Policy::default());
        assert_eq!(of(&comparison, "POST /b", "p50").verdict, ContrastVerdict::Regressed);
        assert_eq!(of(&comparison, "GET /a", "p50").verdict, ContrastVerdict::Ok);
        insta::assert_snapshot!(comparison.sentence, @"regression: p50 of `POST /b` is 25ms, 150 % above the baseline's 10ms, and 3 more; compared with 10 records (newest abbffff, 60 minutes old); this run could have seen changes of the whole run from 18 % in p50, 37 % in p95, 15 % in throughput and 0.25 points in error rate");
        let single = compared(&sketch("head", 0).record(), &self::stored(1, 0.0), &Policy::default());
        let judged: Vec<_> = single.contrasts.iter().filter(|contrast| contrast.judged).map(|contrast| contrast.scope.as_str()).collect();
        assert_eq!(judged, ["all"; 4]);
    }

    #[test]
    fn two_records_are_compared_whatever_they_are_called() {
        let base = sketch("same", 0).record();
        let itself = between(&base, &base, "base.json", &Policy::default());
        assert_eq!((itself.verdict, itself.records), (ComparisonVerdict::Ok, 1));
        let mut renamed = sketch("base", 0).record();
        renamed.scenario.name = "cart".to_owned();
        renamed.summary.verdict = Verdict::Interrupted;
        let slow = between(&renamed, &sketch("head", 1).slower(5.0).record(), "base.json", &Policy::default());
        assert_eq!(slow.verdict, ComparisonVerdict::Regressed);
        assert_eq!(slow.note.as_deref(), Some("the base run is interrupted: its figures can't be trusted"));
        let other = Sketch { digest: "d2", ..sketch("head", 1) }.record();
        assert_eq!(between(&base, &other, "base.json", &Policy::default()).verdict, ComparisonVerdict::Incomparable);
    }
}
