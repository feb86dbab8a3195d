//! The progress line of a terminal, drawn over itself.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::line::{figures, how_far, phase, share_done};
use crate::metrics::Snapshot;

/// Steps of the bar: as fine as any terminal is wide.
const STEPS: u64 = 1_000;

/// One line that is drawn again with every snapshot.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    bounded: bool,
}

impl Bar {
    pub(super) fn new(name: &str, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(STEPS), target).with_style(style(false)).with_prefix(name.to_owned());
        Self { bar, bounded: false }
    }

    pub(super) fn show(&mut self, snapshot: &Snapshot) {
        let share = share_done(snapshot);
        if self.bounded != share.is_some() {
            self.bounded = share.is_some();
            self.bar.set_style(style(self.bounded));
        }
        self.bar.set_message(format!("{} {}  {}", phase(snapshot), how_far(snapshot), figures(snapshot)));
        self.bar.set_position((share.unwrap_or(0.0) * STEPS as f64) as u64);
        self.bar.tick();
    }

    /// A line above the bar.
    pub(super) fn message(&self, text: &str) {
        self.bar.println(text);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// The bar takes what the figures leave; without a known end there is none.
fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded { "{prefix} {bar:20} {wide_msg}" } else { "{prefix} {spinner} {wide_msg}" };
    ProgressStyle::with_template(template).unwrap_or_else(|error| unreachable!("a constant template: {error}")).progress_chars("━╸─")
}
