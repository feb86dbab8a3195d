//! Processes are lucky or unlucky as a whole.
//!
//! Where its memory happens to lie can make a process a few percent faster for as long as it lives, and no number of
//! pairs shows it. Starting both services anew does: the changes of the epochs then differ by more than their pairs
//! explain.

use crate::stats::{Trimmed, variance};

/// The change with an error that holds what differs between epochs, from the change in each of them.
///
/// A model of random effects: the variance between epochs is that of their changes, as far as it is more than the pairs
/// let expect, and the mean of all has one in the number of epochs of it. Source: DerSimonian & Laird (1986),
/// "Meta-analysis in clinical trials", for epochs of about equal length. With a single epoch nothing is known of it.
pub(super) fn widened(change: Trimmed, epochs: &[f64]) -> Trimmed {
    let Some(between) = variance(epochs) else { return change };
    let count = epochs.len() as f64;
    // Each epoch has one in `count` of the pairs.
    let within = change.error.powi(2) * count;
    let luck = (between - within).max(0.0) / count;
    if luck == 0.0 {
        return change;
    }
    // Satterthwaite (1946): the degrees of freedom of a sum of variances, each with its own.
    let (pairs, total) = (change.error.powi(2), change.error.powi(2) + luck);
    let freedom = total.powi(2) / (pairs.powi(2) / change.freedom + luck.powi(2) / (count - 1.0));
    Trimmed { error: total.sqrt(), freedom: freedom.min(change.freedom), ..change }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: Trimmed = Trimmed { mean: 0.02, error: 0.01, freedom: 60.0 };

    #[test]
    fn epochs_that_agree_change_nothing() {
        assert_eq!(widened(CHANGE, &[]), CHANGE);
        assert_eq!(widened(CHANGE, &[0.5]), CHANGE);
        assert_eq!(widened(CHANGE, &[0.01, 0.02, 0.03, 0.02]), CHANGE);
    }

    #[test]
    fn epochs_that_disagree_widen_the_error_and_leave_fewer_degrees() {
        let wide = widened(CHANGE, &[-0.04, 0.08, -0.04, 0.08]);
        // Variance 0.0048 between, 0.0004 of it by the pairs; a quarter of the rest on top of 0.0001.
        assert!((wide.error - (0.0001f64 + 0.0044 / 4.0).sqrt()).abs() < 1e-12, "{wide:?}");
        assert_eq!(wide.mean, CHANGE.mean);
        assert!(wide.freedom > 3.0 && wide.freedom < 4.0, "{wide:?}");
    }
}
