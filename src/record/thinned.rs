//! Old records of a store, made small.

use super::{EndpointLatency, EndpointPhases, EndpointRecord, Record};
use crate::metrics::Histogram;

impl Record {
    /// The record without what no comparison needs: its phases, service times, times and messages of failures, samples of
    /// the service, checks, thresholds, warnings and comparison.
    ///
    /// It is compared with as before, figure by figure: response times, counts and timeline are kept. Only a threshold
    /// with a baseline term of a phase or of a service time finds nothing in it. Thinning it again changes nothing.
    #[must_use]
    pub fn thinned(&self) -> Self {
        let mut thin = self.clone();
        thin.endpoints.iter_mut().for_each(thin_endpoint);
        thin.thresholds.clear();
        thin.checks.clear();
        thin.verify.clear();
        thin.warnings.clear();
        thin.comparison = None;
        if let Some(service) = &mut thin.service {
            service.samples.clear();
        }
        if let Some(capacity) = &mut thin.capacity {
            capacity.steps.clear();
        }
        thin
    }
}

fn thin_endpoint(endpoint: &mut EndpointRecord) {
    let phase = || Histogram::new(2);
    endpoint.errors.clear();
    endpoint.latency = EndpointLatency { ok: std::mem::take(&mut endpoint.latency.ok), failed: Histogram::default() };
    endpoint.service_time = Histogram::default();
    endpoint.phases = EndpointPhases { dns: phase(), connect: phase(), tls: phase(), wait: phase(), receive: phase() };
}

#[cfg(test)]
mod tests {
    use crate::record::Record;
    use std::path::Path;

    #[test]
    fn a_thinned_record_is_smaller_is_read_again_and_cannot_be_thinned_further() {
        let text = include_str!("../../tests/golden/records/version-1.json");
        let record = Record::from_json(text, Path::new("version-1.json")).unwrap();
        let thin = record.thinned();
        assert!(thin.to_json().len() < text.len());
        assert!(Record::from_json(&thin.to_json(), Path::new("thin.json")).unwrap() == thin);
        assert!(thin.thinned() == thin);
        assert!((thin.summary == record.summary) && (thin.timeline == record.timeline) && (thin.run == record.run));
    }
}
