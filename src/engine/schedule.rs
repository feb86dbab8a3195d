//! When users come and arrivals fall due: pure functions of arm time and seed, tested without a network.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::plan::{ArrivalKind, Population, RateShape, Stage};
use crate::units::{Micros, Rate};

/// A level (users, or arrivals per second) over time: straight lines between points.
///
/// Before its first point it has that point's level, after its last point that one's.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramp {
    /// Time in seconds and level; times never fall.
    points: Vec<(f64, f64)>,
}

impl Ramp {
    /// The same level at all times.
    pub fn constant(level: f64) -> Self {
        Self { points: vec![(0.0, level)] }
    }

    /// Lines from `start` (at time zero) through the ends of the stages; `hold` comes before them, at the level that
    /// the first of them begins with.
    pub fn stages(start: f64, stages: &[Stage], hold: Micros) -> Self {
        let mut at = hold.as_secs_f64();
        let mut points = vec![(at, start)];
        for stage in stages {
            at += stage.duration.as_secs_f64();
            points.push((at, stage.level));
        }
        Self { points }
    }

    /// The level at `time` in seconds; where it jumps, the level after the jump.
    pub fn level(&self, time: f64) -> f64 {
        let after = self.points.partition_point(|&(at, _)| at <= time);
        match (after.checked_sub(1).map(|before| self.points[before]), self.points.get(after)) {
            (Some((_, level)), None) => level,
            (None, Some(&(_, level))) => level,
            (Some((t0, l0)), Some(&(t1, l1))) => l0 + (l1 - l0) * (time - t0) / (t1 - t0),
            (None, None) => 0.0,
        }
    }

    /// The integral of the level from zero to `time` in seconds: how many arrivals fall due until then.
    pub fn integral(&self, time: f64) -> f64 {
        let mut sum = 0.0;
        self.pieces(|t0, l0, t1, l1| {
            if time <= t0 {
                return false;
            }
            let end = time.min(t1);
            let level = if t1.is_infinite() { l0 } else { l0 + (l1 - l0) * (end - t0) / (t1 - t0) };
            sum += (l0 + level) / 2.0 * (end - t0);
            true
        });
        sum
    }

    /// The earliest time in seconds at which the integral reaches `target`; none where it never does.
    pub fn inverse_integral(&self, target: f64) -> Option<f64> {
        let (mut sum, mut found) = (0.0, None);
        self.pieces(|t0, l0, t1, l1| {
            let whole = if t1.is_infinite() { if l0 > 0.0 { f64::INFINITY } else { 0.0 } } else { (l0 + l1) / 2.0 * (t1 - t0) };
            if sum + whole < target || (whole <= 0.0 && target > sum) {
                sum += whole;
                return true;
            }
            let need = target - sum;
            let slope = if t1.is_infinite() { 0.0 } else { (l1 - l0) / (t1 - t0) };
            // slope/2 x^2 + l0 x = need, in the form that stays exact for small slopes.
            let root = (l0 * l0 + 2.0 * slope * need).max(0.0).sqrt();
            let x = if need <= 0.0 { 0.0 } else { 2.0 * need / (l0 + root) };
            found = Some(if t1.is_infinite() { t0 + x } else { (t0 + x).min(t1) });
            false
        });
        found
    }

    /// The earliest time at or after `from` (seconds) at which the level is above `threshold`; none where it never is.
    pub fn first_above(&self, threshold: f64, from: f64) -> Option<f64> {
        if self.level(from) > threshold {
            return Some(from);
        }
        let mut found = None;
        self.pieces(|t0, l0, t1, l1| {
            if t1 <= from {
                return true;
            }
            if l0 > threshold && t0 >= from {
                found = Some(t0);
            } else if l1 > threshold {
                found = Some((t0 + (threshold - l0) / (l1 - l0) * (t1 - t0)).max(from));
            }
            found.is_none()
        });
        found
    }

    /// The highest level there ever is.
    pub fn highest(&self) -> f64 {
        self.points.iter().map(|&(_, level)| level).fold(0.0, f64::max)
    }

    /// Calls `visit` with each piece (begin, level, end, level) until it says enough; the last has no end.
    fn pieces(&self, mut visit: impl FnMut(f64, f64, f64, f64) -> bool) {
        let Some(&(first, level)) = self.points.first() else { return };
        if first > 0.0 && !visit(0.0, level, first, level) {
            return;
        }
        for pair in self.points.windows(2) {
            let ((t0, l0), (t1, l1)) = (pair[0], pair[1]);
            if t1 > t0 && !visit(t0, l0, t1, l1) {
                return;
            }
        }
        let &(last, level) = self.points.last().unwrap_or(&(first, level));
        visit(last, level, f64::INFINITY, level);
    }
}

/// When each user of a closed load is active.
#[derive(Debug, Clone)]
pub struct Attendance {
    ramp: Ramp,
    users: u32,
    spawn_rate: Option<Rate>,
}

impl Attendance {
    /// The attendance of a population whose load begins after `warmup`. Spawning begins with the warm-up; stages
    /// begin after it, and during it the level is the one they start from.
    pub fn new(population: &Population, warmup: Micros) -> Self {
        match population {
            Population::Constant { users, spawn_rate } => {
                Self { ramp: Ramp::constant(f64::from(*users)), users: *users, spawn_rate: *spawn_rate }
            }
            Population::Stages { start, stages } => {
                let ramp = Ramp::stages(*start, stages, warmup);
                let users = ramp.highest().ceil().max(1.0) as u32;
                Self { ramp, users, spawn_rate: None }
            }
        }
    }

    /// How many users there are at most.
    pub fn users(&self) -> u32 {
        self.users
    }

    /// When user `number` (from 0) may begin its next iteration, at or after `from`; none: never again.
    ///
    /// User `k` is there while the level is at or above `k + 1/2`: a line from 0 to 10 has 5 users in its middle.
    pub fn next_active(&self, number: u32, from: Micros) -> Option<Micros> {
        let spawned = match self.spawn_rate {
            Some(Rate(rate)) if rate > 0.0 => Micros::from_secs_f64(f64::from(number) / rate),
            _ => Micros::ZERO,
        };
        let from = from.max(spawned);
        // A hair below, so that a level that ends exactly on it counts.
        let threshold = f64::from(number) + 0.5 - 1e-9;
        if self.ramp.level(from.as_secs_f64()) > threshold {
            return Some(from);
        }
        self.ramp.first_above(threshold, from.as_secs_f64()).map(|at| Micros((at * 1e6).ceil() as u64).max(from))
    }
}

/// The arrivals of an open load in order of time: the whole sequence, of which each thread serves its share.
#[derive(Debug, Clone)]
pub struct Arrivals {
    ramp: Ramp,
    kind: ArrivalKind,
    random: Pcg64Mcg,
    /// In units of the integral of the rate.
    position: f64,
    end: Option<f64>,
    /// The least gap, and the arrival before.
    gap: Micros,
    before: Option<Micros>,
}

impl Arrivals {
    /// Arrivals of `shape` from arm time zero to `end` (exclusive; for ever without one). During `warmup` a staged
    /// rate has the level it starts with.
    pub fn new(shape: &RateShape, kind: ArrivalKind, warmup: Micros, end: Option<Micros>, seed: u64) -> Self {
        let ramp = match shape {
            RateShape::Constant(rate) => Ramp::constant(rate.0),
            RateShape::Stages { start, stages } => Ramp::stages(*start, stages, warmup),
        };
        let random = Pcg64Mcg::seed_from_u64(seed ^ 0x6172_7269_7661_6c73);
        Self { ramp, kind, random, position: 0.0, end: end.map(|end| end.as_secs_f64()), gap: Micros::ZERO, before: None }
    }

    /// The same, but no two at the same microsecond: the time of an arrival names it.
    pub fn distinct(self) -> Self {
        Self { gap: Micros(1), ..self }
    }
}

impl Iterator for Arrivals {
    type Item = Micros;

    /// The next arrival. Constant arrivals stand in the middle of their share of the rate's integral, so that as many
    /// fall into any stretch as its integral says, to within one.
    fn next(&mut self) -> Option<Micros> {
        let target = match self.kind {
            ArrivalKind::Constant => {
                let target = self.position + 0.5;
                self.position += 1.0;
                target
            }
            ArrivalKind::Poisson => {
                let uniform: f64 = self.random.random();
                self.position += -(1.0 - uniform).ln();
                self.position
            }
            ArrivalKind::Stratified => {
                let uniform: f64 = self.random.random();
                self.position += 1.0;
                self.position - 1.0 + uniform
            }
        };
        let at = self.ramp.inverse_integral(target)?;
        if self.end.is_some_and(|end| at >= end) {
            return None;
        }
        let at = Micros::from_secs_f64(at).max(self.before.map_or(Micros::ZERO, |before| before + self.gap));
        self.before = Some(at);
        Some(at)
    }
}

/// The class of each user in the order they come, mixed so that any beginning of the list has nearly the right shares.
pub fn mix(shares: &[u32]) -> Vec<usize> {
    let total: u32 = shares.iter().sum();
    let mut given = vec![0u32; shares.len()];
    (0..total)
        .map(|position| {
            // The class that lags furthest behind its share of the users so far.
            let behind = |class: usize| f64::from(shares[class]) * f64::from(position + 1) / f64::from(total) - f64::from(given[class]);
            let class = (0..shares.len())
                .filter(|&class| given[class] < shares[class])
                .max_by(|&a, &b| behind(a).total_cmp(&behind(b)).then(b.cmp(&a)))
                .unwrap_or(0);
            given[class] += 1;
            class
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::apportion;
    use proptest::prelude::*;

    fn stages() -> impl Strategy<Value = (f64, Vec<Stage>)> {
        let stage = (0u64..20_000, 0.0f64..500.0).prop_map(|(millis, level)| Stage { duration: Micros::from_millis(millis), level });
        (0.0f64..500.0, prop::collection::vec(stage, 1..6))
    }

    fn total(stages: &[Stage]) -> Micros {
        stages.iter().fold(Micros::ZERO, |sum, stage| sum + stage.duration)
    }

    proptest! {
        #[test]
        fn arrivals_are_the_integral_of_the_rate((start, stages) in stages(), cut in 0.0f64..1.0) {
            let end = total(&stages);
            let ramp = Ramp::stages(start, &stages, Micros::ZERO);
            let shape = RateShape::Stages { start, stages };
            let arrivals: Vec<_> = Arrivals::new(&shape, ArrivalKind::Constant, Micros::ZERO, Some(end), 1).collect();
            prop_assert!((arrivals.len() as f64 - ramp.integral(end.as_secs_f64())).abs() <= 1.0);
            prop_assert!(arrivals.is_sorted());
            // The same holds for any beginning of it.
            let middle = end * cut;
            let until = arrivals.iter().filter(|&&at| at < middle).count() as f64;
            prop_assert!((until - ramp.integral(middle.as_secs_f64())).abs() <= 1.0 + 1e-3 * until, "{} {}", until, ramp.integral(middle.as_secs_f64()));
        }

        #[test]
        fn poisson_arrivals_are_as_many_within_five_deviations(rate in 20.0f64..500.0, seed in any::<u64>()) {
            let shape = RateShape::Constant(Rate(rate));
            let end = Some(Micros::from_secs(20));
            let arrivals: Vec<_> = Arrivals::new(&shape, ArrivalKind::Poisson, Micros::ZERO, end, seed).collect();
            let expected = rate * 20.0;
            prop_assert!((arrivals.len() as f64 - expected).abs() <= 5.0 * expected.sqrt());
            prop_assert_eq!(arrivals, Arrivals::new(&shape, ArrivalKind::Poisson, Micros::ZERO, end, seed).collect::<Vec<_>>());
        }

        #[test]
        fn stratified_arrivals_have_each_share_to_themselves(rate in 20.0f64..500.0, seed in any::<u64>()) {
            let shape = RateShape::Constant(Rate(rate));
            let end = Some(Micros::from_secs(20));
            let arrivals: Vec<_> = Arrivals::new(&shape, ArrivalKind::Stratified, Micros::ZERO, end, seed).collect();
            prop_assert!((arrivals.len() as f64 - rate * 20.0).abs() <= 1.0);
            for (number, at) in arrivals.iter().enumerate() {
                let share = at.as_secs_f64() * rate - number as f64;
                prop_assert!((-0.001..1.001).contains(&share), "{} of {} at {}", number, arrivals.len(), at);
            }
            // Anywhere in it: neither its beginning, its middle nor its end is preferred by more than five deviations.
            let mean = arrivals.iter().enumerate().map(|(number, at)| at.as_secs_f64() * rate - number as f64).sum::<f64>() / arrivals.len() as f64;
            prop_assert!((mean - 0.5).abs() <= 5.0 * (1.0 / 12.0 / arrivals.len() as f64).sqrt());
        }

        #[test]
        fn as_many_users_are_active_as_the_line_says((start, stages) in stages(), at in 0.0f64..1.0) {
            let end = total(&stages);
            let population = Population::Stages { start, stages: stages.clone() };
            let attendance = Attendance::new(&population, Micros::ZERO);
            let time = end * at;
            let level = Ramp::stages(start, &stages, Micros::ZERO).level(time.as_secs_f64());
            let active = (0..attendance.users()).filter(|&user| attendance.next_active(user, time) == Some(time)).count() as f64;
            prop_assert!((active - level).abs() <= 0.5 + 1e-3, "{} users at level {}", active, level);
        }

        #[test]
        fn every_user_belongs_to_a_class(total in 0u32..300, weights in prop::collection::vec(0.1f64..50.0, 1..8)) {
            let shares = apportion(total, &weights);
            prop_assert_eq!(shares.iter().sum::<u32>(), total);
            if total as usize >= weights.len() {
                prop_assert!(shares.iter().all(|&share| share >= 1));
            }
            let mixed = mix(&shares);
            for (class, &share) in shares.iter().enumerate() {
                prop_assert_eq!(mixed.iter().filter(|&&of| of == class).count() as u32, share);
            }
        }
    }

    #[test]
    fn shares_follow_the_weights() {
        assert_eq!(apportion(100, &[7.0, 2.0, 1.0]), [70, 20, 10]);
        assert_eq!(apportion(3, &[30.0, 60.0, 10.0]), [1, 1, 1]);
        assert_eq!(apportion(30, &[30.0, 60.0, 10.0]), [9, 18, 3]);
        assert_eq!(apportion(2, &[1.0, 1.0, 1.0]), [1, 1, 0]);
        assert_eq!(apportion(5, &[0.0, 1.0]), [0, 5]);
        assert_eq!(mix(&[2, 1]), [0, 1, 0]);
    }

    #[test]
    fn users_are_spawned_one_by_one() {
        let population = Population::Constant { users: 4, spawn_rate: Some(Rate(2.0)) };
        let attendance = Attendance::new(&population, Micros::from_secs(9));
        let first: Vec<_> = (0..4).map(|user| attendance.next_active(user, Micros::ZERO).unwrap().0).collect();
        assert_eq!(first, [0, 500_000, 1_000_000, 1_500_000]);
        assert_eq!(attendance.next_active(1, Micros::from_secs(7)), Some(Micros::from_secs(7)));
    }

    #[test]
    fn users_leave_and_come_back_with_the_stages() {
        let stage = |seconds, level| Stage { duration: Micros::from_secs(seconds), level };
        let population = Population::Stages { start: 0.0, stages: vec![stage(10, 10.0), stage(0, 2.0), stage(10, 2.0), stage(10, 12.0)] };
        let attendance = Attendance::new(&population, Micros::ZERO);
        assert_eq!(attendance.users(), 12);
        assert_eq!(attendance.next_active(4, Micros::ZERO), Some(Micros(4_500_000)));
        assert_eq!(attendance.next_active(4, Micros::from_secs(11)), Some(Micros(22_500_000)));
        assert_eq!(attendance.next_active(1, Micros::from_secs(11)), Some(Micros::from_secs(11)));
        assert_eq!(attendance.next_active(12, Micros::ZERO), None);
    }

    #[test]
    fn a_rate_of_nothing_brings_nobody() {
        let shape = RateShape::Constant(Rate(0.0));
        assert_eq!(Arrivals::new(&shape, ArrivalKind::Constant, Micros::ZERO, Some(Micros::from_secs(5)), 1).count(), 0);
    }
}
