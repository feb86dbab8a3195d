//! A side that stopped answering.

use crate::metrics::{ErrorCategory, Totals};

/// Fewer blocks without an answer may be a restart, or a pause.
const FEWEST_BLOCKS: u32 = 3;
/// Failures that aren't refused connections may come in runs by chance; so many in a row don't.
const FEWEST_FAILURES: u64 = 50;

/// For how long a side has answered nothing with success, up to the last block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Silence {
    blocks: u32,
    failures: u64,
    refused: u64,
    since: f64,
}

impl Silence {
    /// Takes the results of a block that began `at` seconds after the first one. One without requests says nothing.
    pub(super) fn see(&mut self, totals: &Totals, at: f64) {
        let (requests, failures) = (totals.requests(), totals.failures());
        if requests > failures {
            *self = Self::default();
        } else if requests > 0 {
            let refused = totals.endpoints.iter().flat_map(|endpoint| &endpoint.errors);
            let refused = refused.filter(|((category, _), _)| *category == ErrorCategory::ConnectRefused);
            self.since = if self.blocks == 0 { at } else { self.since };
            self.blocks += 1;
            self.failures += failures;
            self.refused += refused.map(|(_, error)| error.count).sum::<u64>();
        }
    }

    /// Since when nobody listens any more, in seconds since the first block; none where somebody does. Connections that
    /// were open when a service ended may fail otherwise before the next ones are refused.
    pub(super) fn nobody_listens(&self) -> Option<f64> {
        (self.blocks >= FEWEST_BLOCKS && self.refused * 10 >= self.failures * 9).then_some(self.since)
    }

    /// Since when everything has failed, whatever the cause.
    pub(super) fn all_fails(&self) -> Option<f64> {
        let long = self.blocks >= FEWEST_BLOCKS && self.failures >= FEWEST_FAILURES;
        self.nobody_listens().or_else(|| long.then_some(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::ErrorTotals;
    use crate::units::Micros;

    fn block(requests: u64, failures: u64, category: ErrorCategory) -> Totals {
        let mut totals = Totals::new(1, 0);
        totals.endpoints[0].requests = requests;
        totals.endpoints[0].failures = failures;
        if failures > 0 {
            totals.endpoints[0]
                .errors
                .insert((category, "why".to_owned()), ErrorTotals { count: failures, first: Micros::ZERO, last: Micros::ZERO });
        }
        totals
    }

    fn after(blocks: &[(u64, u64, ErrorCategory)]) -> (Option<f64>, Option<f64>) {
        let mut silence = Silence::default();
        for (at, &(requests, failures, category)) in blocks.iter().enumerate() {
            silence.see(&block(requests, failures, category), at as f64);
        }
        (silence.nobody_listens(), silence.all_fails())
    }

    #[test]
    fn silence_is_told_from_its_first_block_on_and_ends_with_an_answer() {
        use ErrorCategory::{ConnectRefused, Status};
        let (good, gone, broken) = ((9, 0, Status), (9, 9, ConnectRefused), (30, 30, Status));
        assert_eq!(after(&[good, gone, gone]), (None, None));
        assert_eq!(after(&[good, gone, gone, gone]), (Some(1.0), Some(1.0)));
        assert_eq!(after(&[good, gone, (0, 0, Status), gone, gone]), (Some(1.0), Some(1.0)));
        assert_eq!(after(&[gone, gone, gone, good]), (None, None));
        assert_eq!(after(&[good, broken, broken, broken]), (None, Some(1.0)), "it listens, and fails");
        assert_eq!(after(&[(3, 3, Status); 4]), (None, None), "so few may be chance");
    }
}
