//! What is measured: samples, histograms, merged totals, the timeline, and what the service used.
//!
//! Memory depends on the number of endpoints, never on time or requests.

mod category;
mod counters;
mod histogram;
mod recorder;
mod sample;
mod scale;
mod service;
mod snapshot;
mod tally;
mod timeline;
mod totals;

pub use category::ErrorCategory;
pub use counters::Counters;
pub use histogram::{Histogram, HistogramError};
pub use recorder::{Delta, Recorder};
pub use sample::{Outcome, Phases, Sample};
pub use service::ServiceSample;
pub use snapshot::Snapshot;
pub use timeline::{Timeline, TimelineRow};
pub use totals::{EndpointTotals, ErrorTotals, PhaseHistograms, Totals};
