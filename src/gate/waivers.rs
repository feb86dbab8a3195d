//! Regressions that somebody accepted.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::compare::overall;
use crate::plan::{RegressionFigure, Waiver};
use crate::record::{Acceptance, Comparison, ComparisonVerdict, Contrast, ContrastVerdict, Record, Warning};

/// Lets waivers of the record's scenario take the regressions of its comparison that they cover. A waiver that can't is
/// told by a warning of the record; see [`waive_comparison`].
pub fn waive(record: &mut Record, waivers: &[Waiver]) {
    let of = Compared {
        scenario: &record.scenario.name,
        endpoints: record.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect(),
        at: record.run.started_at,
    };
    record.warnings.extend(waive_comparison(&of, record.comparison.as_mut(), waivers));
}

/// What a comparison is of, as far as waivers ask for it.
#[derive(Debug)]
pub struct Compared<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// The names of its endpoints.
    pub endpoints: Vec<&'a str>,
    /// When the run began.
    pub at: Timestamp,
}

/// Lets waivers of a scenario take the regressions of its comparison that they cover: those up to their ceiling, up to the
/// day on which they end. The day is that of the run (UTC), so that a stored run is judged as it was.
///
/// What a waiver doesn't cover stays as it is. Gives a warning of each waiver that has ended, that names an endpoint which
/// isn't there or a figure that isn't compared, or whose ceiling was passed.
pub fn waive_comparison(of: &Compared<'_>, mut comparison: Option<&mut Comparison>, waivers: &[Waiver]) -> Vec<Warning> {
    let today = of.at.to_zoned(TimeZone::UTC).date();
    let known = |name: &str| name == ALL || of.endpoints.contains(&name);
    let own: Vec<&Waiver> = waivers.iter().filter(|waiver| waiver.scenario == of.scenario).collect();
    let mut warnings = Vec::new();
    for (at, first) in own.iter().enumerate() {
        let same = |waiver: &&&Waiver| waiver.endpoint == first.endpoint && waiver.figure == first.figure;
        if own[..at].iter().any(|waiver| same(&waiver)) {
            continue;
        }
        // Of several that hold, the widest one counts.
        let harm = if first.figure == RegressionFigure::Throughput { -1.0 } else { 1.0 };
        let live = own.iter().filter(same).filter(|waiver| waiver.until >= today);
        let widest = live.max_by(|a, b| (a.ceiling * harm).total_cmp(&(b.ceiling * harm)));
        let what = format!("{} of {}", first.figure.name(), place(&first.endpoint));
        if !known(&first.endpoint) {
            let message = format!("a waiver names {}, which this scenario doesn't have", place(&first.endpoint));
            warnings.push(warning("waiver_without_endpoint", message, "correct its `endpoint`, or remove it"));
            continue;
        }
        let Some(waiver) = widest else {
            let ended = own.iter().filter(same).map(|waiver| waiver.until).max().unwrap_or(first.until);
            let advice = "remove it, or accept the regression again with `loadline baseline accept`";
            warnings.push(warning("waiver_ended", format!("the waiver for {what} ended on {ended}"), advice));
            continue;
        };
        let Some(comparison) = comparison.as_deref_mut().filter(|comparison| !comparison.contrasts.is_empty()) else { continue };
        let metric = waiver.figure.name();
        if !comparison.contrasts.iter().any(|row| row.scope == waiver.endpoint && row.metric == metric) {
            let advice = "correct its `metric`, name it under `baseline.regression`, or remove the waiver";
            warnings.push(warning("waiver_without_figure", format!("a waiver is for {what}, which isn't compared"), advice));
            continue;
        }
        if let Some(value) = accept(comparison, waiver) {
            let (value, ceiling) = (waiver.figure.format(value), waiver.figure.format(waiver.ceiling));
            let message = format!("{what} is {value}, beyond the {ceiling} that its waiver accepts");
            warnings.push(warning("waiver_passed", message, "make it better, or accept more with `loadline baseline accept`"));
        }
    }
    if let Some(comparison) = comparison {
        sum_up(comparison);
    }
    warnings
}

const ALL: &str = "all";

/// Marks the regression that a waiver covers; gives the value of one that is beyond its ceiling.
fn accept(comparison: &mut Comparison, waiver: &Waiver) -> Option<f64> {
    let metric = waiver.figure.name();
    let regressed = |row: &&mut Contrast| row.verdict == ContrastVerdict::Regressed && row.scope == waiver.endpoint && row.metric == metric;
    let row = comparison.contrasts.iter_mut().find(regressed)?;
    let falls = waiver.figure == RegressionFigure::Throughput;
    if if falls { row.candidate < waiver.ceiling } else { row.candidate > waiver.ceiling } {
        return Some(row.candidate);
    }
    row.verdict = ContrastVerdict::Accepted;
    row.accepted = Some(Acceptance {
        ceiling: waiver.ceiling,
        until: waiver.until,
        reason: waiver.reason.clone(),
        by: waiver.by.clone(),
        is_added: waiver.is_added,
    });
    None
}

/// What the comparison means now, where anything was accepted.
fn sum_up(comparison: &mut Comparison) {
    let judged = || comparison.contrasts.iter().filter(|contrast| contrast.judged);
    let count = |verdict| judged().filter(|contrast| contrast.verdict == verdict).count();
    let (accepted, left) = (count(ContrastVerdict::Accepted), count(ContrastVerdict::Regressed));
    if accepted == 0 || comparison.verdict != ComparisonVerdict::Regressed {
        return;
    }
    let first = judged().find_map(|contrast| contrast.accepted.as_ref());
    let why = first.map(|first| format!(" until {} ({})", first.until, first.reason)).unwrap_or_default();
    let which = match (accepted, left) {
        (1, 0) => "the regression is".to_owned(),
        (count, 0) => format!("all {count} regressions are"),
        (1, left) => format!("1 of {} regressions is", left + 1),
        (count, left) => format!("{count} of {} regressions are", left + count),
    };
    comparison.sentence = format!("{}; {which} accepted{why}", comparison.sentence);
    comparison.verdict = overall(&comparison.contrasts);
}

fn place(endpoint: &str) -> String {
    if endpoint == ALL { "the whole run".to_owned() } else { format!("`{endpoint}`") }
}

fn warning(code: &str, message: String, advice: &str) -> Warning {
    Warning { code: code.to_owned(), invalidates: false, message, advice: Some(advice.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Policy, history, select};
    use crate::gate::decide;
    use crate::record::Verdict;
    use crate::record::fixture::sketch;

    /// A run (of 2026-11-01) whose p50 and p95 of the whole run are 60 % worse: 16 and 23.2 ms.
    fn regressed() -> Record {
        let stored: Vec<Record> = (0..10).map(|at| sketch(&format!("b{at}"), -1 - at).record()).collect();
        let mut head = sketch("head", 0).slower(1.6).record();
        head.comparison = Some(history(&head, &select(&head, &stored), "baselines/main/shop", &Policy::default()));
        head
    }

    fn waiver(endpoint: &str, figure: RegressionFigure, ceiling: f64) -> Waiver {
        Waiver {
            scenario: "shop".to_owned(),
            endpoint: endpoint.to_owned(),
            figure,
            ceiling,
            until: jiff::civil::date(2026, 11, 1),
            reason: "the new fraud check".to_owned(),
            by: None,
            is_added: false,
        }
    }

    const P50: RegressionFigure = RegressionFigure::Percentile(50.0);
    const P95: RegressionFigure = RegressionFigure::Percentile(95.0);

    fn waived(waivers: &[Waiver]) -> (Record, Verdict) {
        let mut record = regressed();
        waive(&mut record, waivers);
        let verdict = decide(&record, &Policy::default(), false).verdict;
        (record, verdict)
    }

    fn codes(record: &Record) -> Vec<&str> {
        record.warnings.iter().map(|warning| warning.code.as_str()).collect()
    }

    #[test]
    fn all_regressions_accepted_pass_and_are_told() {
        let (record, verdict) = waived(&[waiver("all", P50, 0.017), waiver("all", P95, 0.0233)]);
        assert_eq!((verdict, codes(&record)), (Verdict::Passed, Vec::new()));
        let comparison = record.comparison.unwrap();
        assert_eq!(comparison.verdict, ComparisonVerdict::Accepted);
        assert!(comparison.sentence.starts_with("regression: p50 of the whole run is 16ms"), "{}", comparison.sentence);
        assert!(
            comparison.sentence.ends_with("; all 2 regressions are accepted until 2026-11-01 (the new fraud check)"),
            "{}",
            comparison.sentence
        );
        let accepted: Vec<_> = comparison.contrasts.iter().filter(|row| row.accepted.is_some()).map(|row| row.metric.as_str()).collect();
        assert_eq!(accepted, ["p50", "p95"]);
    }

    #[test]
    fn one_accepted_regression_does_not_hide_the_other() {
        let (record, verdict) = waived(&[waiver("all", P50, 0.017)]);
        assert_eq!(verdict, Verdict::Failed);
        let comparison = record.comparison.unwrap();
        assert_eq!(comparison.verdict, ComparisonVerdict::Regressed);
        assert!(comparison.sentence.contains("; 1 of 2 regressions is accepted until"), "{}", comparison.sentence);
    }

    #[test]
    fn beyond_the_ceiling_or_the_day_it_fails_and_says_so() {
        let both = |ceiling, until: jiff::civil::Date| [waiver("all", P50, 0.017), Waiver { until, ..waiver("all", P95, ceiling) }];
        let (record, verdict) = waived(&both(0.020, jiff::civil::date(2026, 12, 31)));
        assert_eq!((verdict, codes(&record)), (Verdict::Failed, vec!["waiver_passed"]));
        assert_eq!(record.warnings[0].message, "p95 of the whole run is 23.2ms, beyond the 20ms that its waiver accepts");
        let (record, verdict) = waived(&both(0.030, jiff::civil::date(2026, 10, 31)));
        assert_eq!((verdict, codes(&record)), (Verdict::Failed, vec!["waiver_ended"]));
        assert_eq!(record.warnings[0].message, "the waiver for p95 of the whole run ended on 2026-10-31");
    }

    #[test]
    fn of_several_waivers_for_one_figure_the_widest_that_holds_counts() {
        let ended = Waiver { until: jiff::civil::date(2026, 10, 1), ..waiver("all", P95, 9.0) };
        let (record, verdict) = waived(&[waiver("all", P50, 1.0), ended, waiver("all", P95, 0.020), waiver("all", P95, 0.024)]);
        assert_eq!((verdict, codes(&record)), (Verdict::Passed, Vec::new()));
    }

    #[test]
    fn waivers_of_other_scenarios_and_of_nothing_accept_nothing() {
        let other = Waiver { scenario: "cart".to_owned(), ..waiver("all", P50, 9.0) };
        let (record, verdict) = waived(&[other, waiver("POST /x", P50, 9.0)]);
        assert_eq!((verdict, codes(&record)), (Verdict::Failed, vec!["waiver_without_endpoint"]));
        assert!(record.comparison.unwrap().contrasts.iter().all(|row| row.accepted.is_none()));
        // Where nothing regressed, a waiver changes nothing.
        let mut calm = sketch("head", 0).record();
        waive(&mut calm, &[waiver("all", P50, 0.001)]);
        assert_eq!((calm.comparison, calm.warnings.len()), (None, 0));
    }

    #[test]
    fn a_waiver_for_what_is_not_compared_is_told() {
        let (record, verdict) = waived(&[waiver("all", RegressionFigure::Percentile(90.0), 9.0)]);
        assert_eq!((verdict, codes(&record)), (Verdict::Failed, vec!["waiver_without_figure"]));
        assert_eq!(record.warnings[0].message, "a waiver is for p90 of the whole run, which isn't compared");
        // Without any comparison nothing is known.
        let mut alone = sketch("head", 0).record();
        waive(&mut alone, &[waiver("all", RegressionFigure::Percentile(90.0), 9.0)]);
        assert_eq!(alone.warnings.len(), 0);
    }

    #[test]
    fn a_throughput_may_fall_to_its_ceiling() {
        let mut record = regressed();
        let comparison = record.comparison.as_mut().unwrap();
        comparison.contrasts.retain(|row| row.metric == "throughput" || row.metric == "p50");
        let row = comparison.contrasts.iter_mut().find(|row| row.metric == "throughput").unwrap();
        (row.candidate, row.verdict) = (100.0, ContrastVerdict::Regressed);
        let mut lower = record.clone();
        waive(&mut record, &[waiver("all", RegressionFigure::Throughput, 99.0)]);
        assert_eq!(record.warnings.len(), 0);
        waive(&mut lower, &[waiver("all", RegressionFigure::Throughput, 101.0)]);
        assert_eq!(lower.warnings[0].message, "throughput of the whole run is 100/s, beyond the 101/s that its waiver accepts");
    }
}
