//! Changes of level among the stored runs: what came before the last one says nothing about the code as it is now.

use super::figure::Figure;
use super::observation::Observation;
use crate::record::{LevelChange, Record};
use crate::stats::{ChangePoint, ChangeRules, change_points};

/// A change that is no chance (p < 0.001), that matters (5 %, as a factor), and that has lasted for three runs.
const RULES: ChangeRules = ChangeRules { level: 0.001, least_shift: 0.048_790_164_169_432, fewest: 3 };

/// All changes of level of `figures` in stored runs, which come newest first and are of one load and machine; of each
/// figure the oldest first. The error rate has none: it moves in bursts.
pub fn level_changes(records: &[&Record], figures: &[Figure]) -> Vec<LevelChange> {
    let runs: Vec<Observation> = records.iter().map(|record| Observation::of(record, figures)).collect();
    named(&shifts(&runs, figures), records)
}

/// A change of level of one figure of one scope.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shift {
    pub(super) scope: String,
    pub(super) figure: Figure,
    /// The place of the first run on the new level, counted from the newest.
    pub(super) first: usize,
    /// Geometric means of the two levels.
    before: f64,
    after: f64,
    p: f64,
}

/// All changes in runs, which come newest first.
pub(super) fn shifts(runs: &[Observation], figures: &[Figure]) -> Vec<Shift> {
    let mut found = Vec::new();
    for scope in runs.first().into_iter().flat_map(|run| &run.scopes) {
        for &figure in figures {
            let of_run = |run: &Observation| Some(run.scope(&scope.name)?.reading(figure)?.value);
            let shift = |(first, point): (usize, ChangePoint)| Shift {
                scope: scope.name.clone(),
                figure,
                first,
                before: point.before.exp(),
                after: point.after.exp(),
                p: point.p,
            };
            found.extend(changes(runs.iter().map(of_run)).into_iter().map(shift));
        }
    }
    found
}

/// How many of some runs, which come newest first and are of one load and machine, are on the newest level of a figure: all
/// where it didn't change. A run without a value is on no level, and so is one of zero.
pub fn newest_level(values: &[Option<f64>]) -> usize {
    changes(values.iter().copied()).last().map_or(values.len(), |(first, _)| first + 1)
}

/// The changes in a figure of runs, which come newest first: each with the place of the first run on the new level.
fn changes(values: impl ExactSizeIterator<Item = Option<f64>> + DoubleEndedIterator) -> Vec<(usize, ChangePoint)> {
    // Oldest first, each with the place of its run.
    let logarithm = |(at, value): (usize, Option<f64>)| Some((at, value.filter(|&value| value > 0.0)?.ln()));
    let (places, logarithms): (Vec<usize>, Vec<f64>) = values.enumerate().rev().filter_map(logarithm).unzip();
    change_points(&logarithms, &RULES).into_iter().map(|point| (places[point.at], point)).collect()
}

/// The last change of each figure.
pub(super) fn latest(shifts: Vec<Shift>) -> Vec<Shift> {
    let mut latest: Vec<Shift> = Vec::new();
    for shift in shifts {
        match latest.last_mut() {
            Some(last) if last.scope == shift.scope && last.figure == shift.figure => *last = shift,
            _ => latest.push(shift),
        }
    }
    latest
}

/// The changes with the commits of the records that they were found in.
pub(super) fn named(shifts: &[Shift], records: &[&Record]) -> Vec<LevelChange> {
    let name = |shift: &Shift| {
        let first = records.get(shift.first)?;
        Some(LevelChange {
            scope: shift.scope.clone(),
            metric: shift.figure.to_string(),
            at: first.run.started_at,
            sha: first.run.sha.clone(),
            before: shift.before,
            after: shift.after,
            p: shift.p,
            records: u32::try_from(shift.first + 1).unwrap_or(u32::MAX),
        })
    };
    shifts.iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Policy, history, select};
    use crate::record::ComparisonVerdict;
    use crate::record::fixture::{Sketch, endpoint, sketch};
    use crate::units::Micros;

    /// Runs an hour apart, newest first: in the last `since` the cart is `factor` times slower than in the others.
    fn stored(count: i64, since: i64, factor: f64) -> Vec<Record> {
        let run = |at: i64| {
            let wave = 1.0 + 0.01 * ((at * 7 % 5) as f64 - 2.0);
            let cart = if at < since { factor } else { 1.0 };
            let time = Micros::from_millis(10) * wave;
            let endpoints = vec![endpoint("GET /items", time, 2_000, 0), endpoint("POST /cart", time * cart, 1_000, 0)];
            Sketch { endpoints, ..sketch(&format!("b{at}"), -1 - at) }.record()
        };
        (0..count).map(run).collect()
    }

    #[test]
    fn a_change_of_one_endpoint_is_named_by_its_commit_and_cuts_its_own_window_only() {
        let records = stored(20, 6, 1.5);
        let found = level_changes(&records.iter().collect::<Vec<_>>(), &[Figure::P50]);
        let cart = found.iter().find(|change| change.scope == "POST /cart").unwrap();
        assert_eq!((cart.records, cart.sha.as_ref(), cart.at), (6, records[5].run.sha.as_ref(), records[5].run.started_at));
        assert!((cart.after / cart.before - 1.5).abs() < 0.02 && cart.p < 0.001, "{cart:?}");
        assert!(found.iter().all(|change| change.scope != "GET /items"), "{found:?}");

        // As slow as it has become is no regression any more.
        let endpoints =
            vec![endpoint("GET /items", Micros::from_millis(10), 2_000, 0), endpoint("POST /cart", Micros::from_millis(15), 1_000, 0)];
        let head = Sketch { endpoints, ..sketch("head", 1) }.record();
        let comparison = history(&head, &select(&head, &records), "baselines/main/shop", &Policy::default());
        assert_eq!(comparison.verdict, ComparisonVerdict::Ok, "{}", comparison.sentence);
        let p50 = comparison.contrasts.iter().find(|contrast| contrast.scope == "POST /cart" && contrast.metric == "p50").unwrap();
        assert!((p50.base - 0.015).abs() < 0.001, "{p50:?}");
        let note = comparison.note.unwrap();
        assert!(note.starts_with("the level changed with abbfffa of 2026-11-01 in p") && note.contains("of `POST /cart` (+"), "{note}");
        assert!(comparison.changes.iter().all(|change| change.scope != "GET /items"));
    }

    #[test]
    fn the_newest_level_is_of_the_runs_since_the_last_change() {
        let series = |count: usize, value: f64| (0..count).map(move |at| Some(value * (1.0 + 0.01 * (at % 3) as f64)));
        let changed: Vec<Option<f64>> = series(5, 20.0).chain([None]).chain(series(10, 10.0)).collect();
        assert_eq!(newest_level(&changed), 5);
        assert_eq!(newest_level(&changed[6..]), 10);
        assert_eq!((newest_level(&[]), newest_level(&[None, Some(0.0)])), (0, 2));
    }

    #[test]
    fn a_steady_history_has_no_changes() {
        let records = stored(50, 0, 1.0);
        assert_eq!(level_changes(&records.iter().collect::<Vec<_>>(), &Figure::USUAL), []);
        assert_eq!(level_changes(&[], &Figure::USUAL), []);
    }

    #[test]
    fn every_change_is_given_and_the_last_one_counts() {
        let mut records = stored(10, 0, 1.0);
        records.extend(stored(10, 10, 2.0));
        records.extend(stored(10, 0, 1.0));
        let records: Vec<&Record> = records.iter().collect();
        let of_cart =
            |shifts: Vec<Shift>| shifts.iter().filter(|shift| shift.scope == "POST /cart").map(|shift| shift.first + 1).collect::<Vec<_>>();
        let runs: Vec<Observation> = records.iter().map(|record| Observation::of(record, &[Figure::P50])).collect();
        let all = shifts(&runs, &[Figure::P50]);
        assert_eq!(of_cart(all.clone()), [20, 10]);
        assert_eq!(of_cart(latest(all)), [10]);
    }
}
