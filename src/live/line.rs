//! A snapshot in one line.

use crate::metrics::Snapshot;
use crate::units::Share;

/// `load 12s/33s, 500 users, 1120/s, 3 failed (0.02%), p95 12.1ms, 4 dropped`; what isn't known is left out.
pub(super) fn line(snapshot: &Snapshot) -> String {
    let mut parts = vec![format!("{} {}", phase(snapshot), how_far(snapshot)), figures(snapshot)];
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// `warm-up` or `load`.
pub(super) fn phase(snapshot: &Snapshot) -> &'static str {
    if snapshot.warming_up { "warm-up" } else { "load" }
}

/// `12s/33s`, or `120/300 iterations` where nothing but iterations ends the run.
pub(super) fn how_far(snapshot: &Snapshot) -> String {
    // Whole seconds: a figure that changes ten times a second can't be read.
    let elapsed = crate::units::Micros::from_secs(snapshot.elapsed.0 / 1_000_000);
    match (snapshot.planned, snapshot.iterations_planned) {
        (Some(planned), _) => format!("{elapsed}/{planned}"),
        (None, Some(all)) => format!("{elapsed}, {}/{all} iterations", snapshot.iterations),
        (None, None) => elapsed.to_string(),
    }
}

/// How far it is, 0 to 1; none where nobody knows.
pub(super) fn share_done(snapshot: &Snapshot) -> Option<f64> {
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) };
    let by_time = snapshot.planned.map(|planned| ratio(snapshot.elapsed.0, planned.0));
    let by_iterations = snapshot.iterations_planned.map(|all| ratio(snapshot.iterations, all));
    // Whichever ends first.
    match (by_time, by_iterations) {
        (Some(time), Some(iterations)) => Some(time.max(iterations)),
        (time, iterations) => time.or(iterations),
    }
}

/// Users, rate, failures, p95 and drops.
pub(super) fn figures(snapshot: &Snapshot) -> String {
    let users = if snapshot.users == 1 { "user" } else { "users" };
    let mut text = format!("{} {users}, {}", snapshot.users, crate::units::Rate(snapshot.rate));
    if snapshot.failures == 0 {
        text += ", 0 failed";
    } else {
        let share = Share(snapshot.failures as f64 / snapshot.requests.max(1) as f64);
        text += &format!(", {} failed ({share})", snapshot.failures);
    }
    if let Some(p95) = snapshot.p95 {
        text += &format!(", p95 {p95}");
    }
    if snapshot.dropped > 0 {
        text += &format!(", {} dropped", snapshot.dropped);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    #[test]
    fn a_line_says_what_is_known() {
        let mut snapshot = Snapshot {
            elapsed: Micros(12_340_000),
            planned: Some(Micros::from_secs(33)),
            users: 500,
            requests: 13_000,
            failures: 3,
            dropped: 4,
            rate: 1_120.4,
            p95: Some(Micros(12_100)),
            ..Snapshot::default()
        };
        assert_eq!(line(&snapshot), "load 12s/33s, 500 users, 1120/s, 3 failed (0.02%), p95 12.1ms, 4 dropped");
        snapshot = Snapshot { warming_up: true, users: 1, iterations_planned: Some(300), iterations: 120, ..Snapshot::default() };
        assert_eq!(line(&snapshot), "warm-up 0s, 120/300 iterations, 1 user, 0/s, 0 failed");
    }

    #[test]
    fn how_far_it_is_goes_by_what_ends_first() {
        let snapshot = |elapsed, planned: Option<u64>, iterations, all| Snapshot {
            elapsed: Micros(elapsed),
            planned: planned.map(Micros),
            iterations,
            iterations_planned: all,
            ..Snapshot::default()
        };
        assert_eq!(share_done(&snapshot(10, Some(40), 0, None)), Some(0.25));
        assert_eq!(share_done(&snapshot(10, Some(40), 9, Some(10))), Some(0.9));
        assert_eq!(share_done(&snapshot(90, Some(40), 0, None)), Some(1.0));
        assert_eq!(share_done(&snapshot(90, None, 0, None)), None);
        assert_eq!(share_done(&snapshot(0, Some(0), 0, None)), Some(0.0));
    }
}
