//! Runs of other tools: what can be said of their files, and never more.

use super::figure::Figure;
use super::history::{Baseline, contrasts, overall};
use super::observation::{Observation, Reading, ScopeObservation, sampling_error};
use super::policy::{Amendment, Policy, Wish};
use super::sentence;
use crate::record::{Comparison, ComparisonMode, ComparisonVerdict, Contrast, ContrastVerdict, LatencyOf, RunFigures, ScopeFigures};
use crate::stats::normal_quantile;

/// From so many runs of the base on, how they differ among themselves says what noise is.
pub const FEWEST_BASE_RUNS: usize = 3;

/// Compares the run of a file with those of others; `source` is where the base comes from, in a person's words.
///
/// With [`FEWEST_BASE_RUNS`] runs of the base, all of the same tool, it is judged as in history mode: the runs show what
/// the same code varies by. That they had the same load on the same machine no file says; who names them vouches for it.
/// With fewer runs, or with different tools, differences are shown and nothing is judged: the verdict is inconclusive.
/// Their intervals are of the chance within the two runs alone, which is the smaller part.
pub fn side_by_side(base: &[RunFigures], head: &RunFigures, source: &str, policy: &Policy) -> Comparison {
    let reason = why_not_judged(base, head);
    let (shown, verdict, not_judged) = match &reason {
        None => judged(base, head, policy),
        Some(_) => (shown(base, head, &policy.figures()), ComparisonVerdict::Inconclusive, Vec::new()),
    };
    let mut comparison = Comparison {
        mode: if reason.is_none() { ComparisonMode::History } else { ComparisonMode::Unjudged },
        verdict,
        sentence: String::new(),
        advisory: policy.advisory,
        note: None,
        source: source.to_owned(),
        records: u32::try_from(base.len()).unwrap_or(u32::MAX),
        newest: base.iter().filter_map(|run| run.started_at).max(),
        newest_sha: None,
        history: Vec::new(),
        pairs: None,
        contrasts: shown,
        changes: Vec::new(),
    };
    comparison.sentence = match (&reason, head.started_at) {
        (Some(reason), _) => unjudged_sentence(&comparison, reason),
        (None, Some(now)) => sentence::compared(&comparison, now, false),
        // Without the time of the run there is no age to tell.
        (None, None) => {
            comparison.newest = None;
            sentence::compared(&comparison, jiff::Timestamp::UNIX_EPOCH, false)
        }
    };
    let mut notes = notes(base, head, reason.is_some());
    notes.extend(not_judged);
    notes.extend(not_told(policy, &comparison.contrasts));
    comparison.note = (!notes.is_empty()).then(|| notes.join("; "));
    comparison
}

/// Why differences can't be told from noise; none where they can.
fn why_not_judged(base: &[RunFigures], head: &RunFigures) -> Option<String> {
    let tools = |run: &RunFigures| (run.tool.clone(), run.precision, run.total.histogram.is_some());
    if let Some(other) = base.iter().find(|run| run.tool != head.tool) {
        return Some(format!("{} and {} measure and count differently, so no difference is judged", other.tool, head.tool));
    }
    if base.iter().any(|run| tools(run) != tools(head)) {
        return Some(format!(
            "the files of {} are of different kinds, which tell times differently, so no difference is judged",
            head.tool
        ));
    }
    match base.len() {
        0 | 1 => Some("one run on each side says nothing about noise, so no difference is judged".to_owned()),
        count if count < FEWEST_BASE_RUNS => Some(format!(
            "{count} runs of the base say too little about noise, so no difference is judged: name {FEWEST_BASE_RUNS} or more"
        )),
        _ => None,
    }
}

/// Judged as in history mode, without what the files don't count; and what is to be said of what isn't judged.
fn judged(base: &[RunFigures], head: &RunFigures, policy: &Policy) -> (Vec<Contrast>, ComparisonVerdict, Vec<String>) {
    // Each of the files was named by somebody.
    let policy = &Policy { records: base.len(), ..policy.clone() };
    let figures = policy.figures();
    let before: Vec<Observation> = base.iter().map(|run| observed(run, &figures)).collect();
    let (mut found, notes) = contrasts(&observed(head, &figures), &Baseline { runs: &before, shifts: &[] }, policy, true);
    found.retain(|contrast| contrast.metric != "error_rate" || all_count_failures(base, head, &contrast.scope));
    let verdict = overall(&found);
    (found, verdict, notes)
}

/// Figures that somebody wants judged and that the files don't tell.
fn not_told(policy: &Policy, shown: &[Contrast]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for Amendment { endpoint, figure, wish } in &policy.amendments {
        let Some(figure) = figure.filter(|_| matches!(wish, Wish::Judge { .. })) else { continue };
        let of_it = |contrast: &Contrast| endpoint.as_ref().is_none_or(|endpoint| *endpoint == contrast.scope);
        if !shown.iter().any(|contrast| contrast.metric == figure.to_string() && of_it(contrast)) {
            let of = endpoint.as_deref().map(|endpoint| format!(" of {}", sentence::scope_name(endpoint))).unwrap_or_default();
            let note = format!("{figure}{of} is not compared: not all of the files tell it");
            notes.extend(Some(note).filter(|note| !notes.contains(note)));
        }
    }
    notes
}

fn all_count_failures(base: &[RunFigures], head: &RunFigures, scope: &str) -> bool {
    base.iter().chain([head]).filter_map(|run| run.scope(scope)).all(|scope| scope.failures.is_some())
}

fn observed(run: &RunFigures, figures: &[Figure]) -> Observation {
    let scope = |scope: &ScopeFigures| {
        let reading =
            |figure| Some(Reading { value: value(scope, figure).filter(|&value| value > 0.0)?, error: error(run, scope, figure) });
        let whole = scope.name == RunFigures::ALL;
        ScopeObservation {
            name: scope.name.clone(),
            requests: scope.requests.unwrap_or(0),
            failures: scope.failures.unwrap_or(0),
            percentiles: figures
                .iter()
                .filter(|figure| figure.percent().is_some())
                .filter_map(|&figure| Some((figure, reading(figure)?)))
                .collect(),
            throughput: if whole { reading(Figure::Throughput) } else { None },
            clumping: 1.0,
            bursts: 1.0,
        }
    };
    Observation { generator_cpu: None, scopes: run.scopes().map(scope).collect() }
}

fn value(scope: &ScopeFigures, figure: Figure) -> Option<f64> {
    match figure {
        Figure::Percentile(percentile) => percentile_of(scope, percentile.percent()),
        Figure::Throughput => scope.throughput,
        Figure::ErrorRate => scope.error_rate(),
    }
}

/// As the file tells it, or by all times where it has them.
fn percentile_of(scope: &ScopeFigures, percent: f64) -> Option<f64> {
    let told = match percent {
        50.0 => scope.latency.p50_latency,
        90.0 => scope.latency.p90_latency,
        95.0 => scope.latency.p95_latency,
        99.0 => scope.latency.p99_latency,
        99.9 => scope.latency.p99_9_latency,
        _ => None,
    };
    told.or_else(|| scope.histogram.as_ref()?.percentile(percent).map(|time| time.as_secs_f64()))
}

/// Standard error of a value's logarithm within the run, as far as the file tells: of its samples, where it has a
/// histogram, and of rounding (a value lies anywhere within its step: the step over the root of twelve).
fn error(run: &RunFigures, scope: &ScopeFigures, figure: Figure) -> f64 {
    let Some((percent, value)) = figure.percent().zip(value(scope, figure)) else { return 0.0 };
    let samples = scope.histogram.as_ref().filter(|times| !times.is_empty()).map_or(0.0, |times| sampling_error(times, percent));
    let rounding = if value > 0.0 { run.precision.step(value) / value / 12f64.sqrt() } else { 0.0 };
    samples.hypot(rounding)
}

/// Every figure that both sides have, nothing judged.
fn shown(base: &[RunFigures], head: &RunFigures, figures: &[Figure]) -> Vec<Contrast> {
    let of_scope = |own: &ScopeFigures| {
        let before: Vec<(&RunFigures, &ScopeFigures)> = base.iter().filter_map(|run| Some((run, run.scope(&own.name)?))).collect();
        figures.iter().filter_map(|&figure| contrast(head, own, &before, figure)).collect::<Vec<_>>()
    };
    head.scopes().flat_map(of_scope).collect()
}

fn contrast(head: &RunFigures, own: &ScopeFigures, before: &[(&RunFigures, &ScopeFigures)], figure: Figure) -> Option<Contrast> {
    if figure == Figure::Throughput && own.name != RunFigures::ALL {
        return None;
    }
    let candidate = value(own, figure)?;
    let values: Vec<f64> = before.iter().filter_map(|(_, scope)| value(scope, figure)).collect();
    let base = crate::stats::median(&values)?;
    let in_points = figure == Figure::ErrorRate;
    if !in_points && (base <= 0.0 || candidate <= 0.0) {
        return None;
    }
    let has_samples = |scope: &ScopeFigures| scope.histogram.as_ref().is_some_and(|times| !times.is_empty());
    // Of one run on each side with its samples; of several the errors would have to be pooled, and say no more.
    let interval = match before {
        [(run, scope)] if figure.percent().is_some() && has_samples(own) && has_samples(scope) => {
            let reach = normal_quantile(0.975) * error(head, own, figure).hypot(error(run, scope, figure));
            let change = (candidate / base).ln();
            Some(((change - reach).exp_m1(), (change + reach).exp_m1()))
        }
        _ => None,
    };
    Some(Contrast {
        scope: own.name.clone(),
        metric: figure.to_string(),
        base,
        candidate,
        delta: if in_points { candidate - base } else { candidate / base - 1.0 },
        interval,
        limit: None,
        detectable: None,
        p_adjusted: None,
        judged: false,
        verdict: ContrastVerdict::Inconclusive,
        accepted: None,
    })
}

fn unjudged_sentence(comparison: &Comparison, reason: &str) -> String {
    let change = match comparison.contrasts.first() {
        Some(first) => format!("; {}", sentence::told(first)),
        None => "; the files have no figure in common".to_owned(),
    };
    format!("inconclusive: {reason}{change}")
}

/// What the files can't carry, most important first.
fn notes(base: &[RunFigures], head: &RunFigures, unjudged: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let sides = || base.iter().map(|run| ("base", run)).chain([("candidate", head)]);
    if !unjudged {
        notes.push("that all runs had the same load on the same machine is taken on trust: the files don't say".to_owned());
    }
    for side in ["base", "candidate"] {
        let runs = || sides().filter(|(own, _)| *own == side).map(|(_, run)| run);
        let mut missed: Vec<&str> = runs().flat_map(|run| &run.missed_thresholds).map(String::as_str).collect();
        missed.sort_unstable();
        missed.dedup();
        let tool = runs().next().filter(|_| !missed.is_empty()).map(|run| &run.tool);
        notes.extend(tool.map(|tool| format!("thresholds that {tool} itself saw missed ({side}): {}", missed.join(", "))));
    }
    let with_failed: Vec<&str> = sides().filter(|(_, run)| run.total.latency_of == LatencyOf::All).map(|(side, _)| side).collect();
    if let Some(first) = with_failed.first() {
        let which = if with_failed.iter().all(|side| side == first) { (*first).to_owned() } else { "both sides".to_owned() };
        notes.push(format!("times include those of failed requests ({which})"));
    }
    if sides().any(|(_, run)| run.precision.step(1.0) > 0.0) {
        notes.push("Locust rounds times to two digits, below 100 ms to whole milliseconds: smaller changes can't be seen".to_owned());
    }
    if unjudged && base.iter().chain([head]).all(|run| run.total.histogram.is_some()) {
        notes.push("intervals are of the chance within each run alone; from run to run figures vary by more".to_owned());
    }
    for (_, run) in sides() {
        notes.extend(run.notes.iter().filter(|note| !notes.contains(note)).cloned().collect::<Vec<_>>());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Histogram;
    use crate::record::{Precision, Statistics};
    use crate::units::Micros;

    fn scope(name: &str, millis: f64, failures: u64) -> ScopeFigures {
        let time = |factor: f64| Some(millis * factor / 1_000.0);
        ScopeFigures {
            name: name.to_owned(),
            requests: Some(5_000),
            failures: Some(failures),
            throughput: Some(500.0),
            latency_of: if failures == 0 { LatencyOf::Successful } else { LatencyOf::All },
            latency: Statistics { p50_latency: time(1.0), p95_latency: time(2.0), p99_latency: time(3.0), ..Statistics::default() },
            histogram: None,
        }
    }

    fn run(millis: f64) -> RunFigures {
        RunFigures {
            tool: "k6".to_owned(),
            format: "summary".to_owned(),
            started_at: None,
            duration: Some(Micros::from_secs(10)),
            total: scope("all", millis, 0),
            endpoints: vec![scope("GET /a", millis, 0), scope("GET /b", millis, 0)],
            precision: Precision::Measured,
            missed_thresholds: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn compared(base: &[RunFigures], head: &RunFigures) -> Comparison {
        side_by_side(base, head, "base.json", &Policy::default())
    }

    #[test]
    fn one_run_on_each_side_is_never_judged_however_far_they_are_apart() {
        let comparison = compared(&[run(10.0)], &run(100.0));
        assert_eq!((comparison.verdict, comparison.mode), (ComparisonVerdict::Inconclusive, ComparisonMode::Unjudged));
        assert!(comparison.contrasts.iter().all(|it| !it.judged && it.verdict == ContrastVerdict::Inconclusive && it.limit.is_none()));
        assert!((comparison.contrasts[0].delta - 9.0).abs() < 1e-9);
        insta::assert_snapshot!(comparison.sentence, @"inconclusive: one run on each side says nothing about noise, so no difference is judged; p50 of the whole run is 100ms, 900 % above the baseline's 10ms");
        assert_eq!(comparison.note, None);
    }

    #[test]
    fn several_runs_of_the_base_show_the_noise_and_are_judged_by_it() {
        let base: Vec<RunFigures> = [10.0, 10.3, 9.8, 10.1, 9.9].map(run).into();
        assert_eq!(compared(&base, &run(10.1)).verdict, ComparisonVerdict::Ok);
        let slow = compared(&base, &run(20.0));
        assert_eq!((slow.verdict, slow.mode, slow.records), (ComparisonVerdict::Regressed, ComparisonMode::History, 5));
        assert!(slow.note.unwrap().starts_with("that all runs had the same load on the same machine is taken on trust"));
        // The same change where the base itself varies as much.
        let noisy: Vec<RunFigures> = [10.0, 21.0, 8.0, 19.0, 12.0].map(run).into();
        assert_eq!(compared(&noisy, &run(20.0)).verdict, ComparisonVerdict::Inconclusive);
        assert_eq!(compared(&base[..2], &run(20.0)).verdict, ComparisonVerdict::Inconclusive);
    }

    #[test]
    fn different_tools_are_shown_and_not_judged() {
        let base: Vec<RunFigures> = [10.0, 10.0, 10.0].map(|millis| RunFigures { tool: "vegeta".to_owned(), ..run(millis) }).into();
        let comparison = compared(&base, &run(30.0));
        assert_eq!(comparison.verdict, ComparisonVerdict::Inconclusive);
        assert!(comparison.sentence.starts_with("inconclusive: vegeta and k6 measure and count differently"), "{}", comparison.sentence);
    }

    #[test]
    fn an_only_endpoint_that_is_told_is_not_taken_for_the_whole_run() {
        let with_login = |requests, millis| RunFigures {
            endpoints: vec![ScopeFigures { requests: Some(requests), ..scope("login", millis, 0) }],
            ..run(10.0)
        };
        let p50_of_login = |requests| {
            let base: Vec<RunFigures> = [10.0, 10.3, 9.8, 10.1, 9.9].map(|millis| with_login(requests, millis)).into();
            let comparison = compared(&base, &with_login(requests, 40.0));
            let row = comparison.contrasts.iter().find(|row| row.scope == "login" && row.metric == "p50").unwrap();
            (comparison.verdict, row.candidate, row.judged)
        };
        assert_eq!(p50_of_login(1_000), (ComparisonVerdict::Regressed, 0.040, true));
        // All requests are its own: it says what the whole run says.
        assert_eq!(p50_of_login(5_000), (ComparisonVerdict::Ok, 0.010, false));
    }

    #[test]
    fn what_is_not_counted_is_not_compared() {
        let mut head = run(10.0);
        head.endpoints[0].failures = None;
        head.endpoints[0].latency.p99_latency = None;
        let base = [run(10.0), run(10.0), run(10.0)];
        for base in [&base[..1], &base[..]] {
            let of_a: Vec<String> =
                compared(base, &head).contrasts.into_iter().filter(|it| it.scope == "GET /a").map(|it| it.metric).collect();
            assert_eq!(of_a, ["p50", "p95"]);
        }
        let nothing =
            RunFigures { total: ScopeFigures { name: "all".to_owned(), ..ScopeFigures::default() }, endpoints: Vec::new(), ..run(1.0) };
        let comparison = compared(&[run(10.0)], &nothing);
        assert!(comparison.contrasts.is_empty() && comparison.sentence.ends_with("the files have no figure in common"));
    }

    #[test]
    fn histograms_show_the_error_within_a_run_and_rounding_widens_it() {
        let with_times = |precision| {
            let mut times = Histogram::default();
            (0..1_000).for_each(|at| times.record(Micros(5_000 + at * 10)));
            let mut run = RunFigures { precision, ..run(10.0) };
            run.total.histogram = Some(times);
            run
        };
        let interval = |precision| compared(&[with_times(precision)], &with_times(precision)).contrasts[0].interval.unwrap();
        let (exact, rounded) = (interval(Precision::Measured), interval(Precision::TwoDigits));
        // 500 of 1,000 in 10 ms: the rank moves by 16, the median by 0.16 ms of 10, on either side.
        assert!((exact.1 - 0.045).abs() < 0.003, "{exact:?}");
        assert!(rounded.1 > exact.1 * 1.5, "{rounded:?}");
        let note = compared(&[with_times(Precision::TwoDigits)], &with_times(Precision::TwoDigits)).note.unwrap();
        insta::assert_snapshot!(note, @"Locust rounds times to two digits, below 100 ms to whole milliseconds: smaller changes can't be seen; intervals are of the chance within each run alone; from run to run figures vary by more");
    }

    #[test]
    fn what_the_tool_itself_saw_is_said() {
        let mut head = run(10.0);
        head.missed_thresholds = vec!["http_req_duration: p(95)<5".to_owned()];
        head.total = scope("all", 10.0, 7);
        let note = compared(&[run(10.0)], &head).note.unwrap();
        insta::assert_snapshot!(note, @"thresholds that k6 itself saw missed (candidate): http_req_duration: p(95)<5; times include those of failed requests (candidate)");
    }
}
