//! Failures that are too few for the differences of pairs to say anything.

use super::scope::{Scope, Side, Sides};
use crate::stats::{fisher_upper_tail, normal_quantile};

/// Failures of both arms as counts.
///
/// Failures come in bursts: where they vary more from block to block than independent ones would, every so many of
/// them count as one (quasi-likelihood; McCullagh & Nelder, "Generalized Linear Models", 4.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FewErrors {
    base: (f64, f64),
    candidate: (f64, f64),
}

/// With fewer failures than this in either arm, the counts are tested instead of the pairs.
const FEW: u64 = 10;

impl FewErrors {
    /// None where both arms have failures enough, or an arm has no requests.
    pub(super) fn of(scope: &Scope) -> Option<Self> {
        let (base, candidate) = (counts(scope, |sides| &sides.base), counts(scope, |sides| &sides.candidate));
        if base.0.min(candidate.0) >= FEW || base.1 == 0 || candidate.1 == 0 {
            return None;
        }
        let clumping = clumping(scope, |sides| &sides.base).max(clumping(scope, |sides| &sides.candidate));
        let counted = |(failures, requests): (u64, u64)| (failures as f64 / clumping, requests as f64 / clumping);
        Some(Self { base: counted(base), candidate: counted(candidate) })
    }

    /// The probability of at least as many failures of the candidate by chance.
    pub(super) fn p_worse(&self) -> f64 {
        fisher_upper_tail(whole(self.candidate), whole(self.base))
    }

    /// The probability of at least as many failures of the base by chance.
    pub(super) fn p_better(&self) -> f64 {
        fisher_upper_tail(whole(self.base), whole(self.candidate))
    }

    /// The difference in points with its standard error: Wald's after adding one success and one failure to either
    /// side. Source: Agresti & Caffo (2000), "Simple and effective confidence intervals for proportions and differences
    /// of proportions".
    pub(super) fn difference(&self) -> (f64, f64) {
        let adjusted = |(failed, all): (f64, f64)| ((failed + 1.0) / (all + 2.0), all + 2.0);
        let ((own, own_count), (base, base_count)) = (adjusted(self.candidate), adjusted(self.base));
        (own - base, (own * (1.0 - own) / own_count + base * (1.0 - base) / base_count).sqrt())
    }

    /// The smallest difference in points that the test would find with probability `power` at level `alpha`, from the
    /// base's share on: by the normal approximation, and never less than the fewest failures that could be found.
    pub(super) fn detectable(&self, alpha: f64, power: f64) -> Option<f64> {
        let requests = self.candidate.1.min(self.base.1);
        let reach = normal_quantile(1.0 - alpha) + normal_quantile(power);
        let (share, _) = (self.base.0 / self.base.1, self.base.1);
        // The variance at the share that is to be found; two rounds settle it.
        let mut found = share;
        for _ in 0..20 {
            let middle = f64::midpoint(share, found);
            found = share + reach * (2.0 * middle * (1.0 - middle) / requests).max(0.0).sqrt() + 0.5 / requests;
        }
        (found <= 1.0).then_some(found - share)
    }
}

/// Failures and requests of an arm.
pub(super) fn counts(scope: &Scope, side: fn(&Sides) -> &Side) -> (u64, u64) {
    let add = |sum: (u64, u64), sides: &Sides| (sum.0 + side(sides).failures, sum.1 + side(sides).requests);
    scope.pairs.iter().fold((0, 0), add)
}

fn whole((failures, requests): (f64, f64)) -> (u64, u64) {
    let (failures, requests) = (failures.floor() as u64, requests.round() as u64);
    (failures.min(requests), requests)
}

/// How many times more the failures of blocks vary than independent failures would (Pearson's statistic over its
/// degrees of freedom); at least one.
fn clumping(scope: &Scope, side: fn(&Sides) -> &Side) -> f64 {
    let (failed, all) = counts(scope, side);
    let share = failed as f64 / all.max(1) as f64;
    let blocks: Vec<&Side> = scope.pairs.iter().map(side).filter(|side| side.requests > 0).collect();
    if blocks.len() < 2 || share <= 0.0 || share >= 1.0 {
        return 1.0;
    }
    let of = |side: &&Side| {
        let requests = side.requests as f64;
        (side.failures as f64 - share * requests).powi(2) / (requests * share * (1.0 - share))
    };
    (blocks.iter().map(of).sum::<f64>() / (blocks.len() - 1) as f64).max(1.0)
}
