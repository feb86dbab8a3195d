//! Records made up for tests.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    EndpointLatency, EndpointPhases, EndpointRecord, GeneratorUse, Machine, Record, RunInfo, SCHEMA_VERSION, ScenarioId, Sent, Statistics,
    Summary, Tool, Verdict,
};
use crate::metrics::{Histogram, TimelineRow};
use crate::units::Micros;

/// A run of ten seconds of the scenario `shop` on `main`: what differs between runs is set, the rest follows.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) id: String,
    /// Hours since the first run.
    pub(crate) hour: i64,
    pub(crate) digest: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) endpoints: Vec<EndpointSketch>,
}

/// An endpoint whose successful requests took between 0.5 and 1.5 times `median`, evenly.
#[derive(Debug, Clone)]
pub(crate) struct EndpointSketch {
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) median: Micros,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
}

/// One endpoint `GET /items` with 10 ms and 2,000 requests.
pub(crate) fn sketch(id: &str, hour: i64) -> Sketch {
    Sketch {
        id: id.to_owned(),
        hour,
        digest: "d1",
        machine: "m1",
        endpoints: vec![endpoint("GET /items", Micros::from_millis(10), 2_000, 0)],
    }
}

pub(crate) fn endpoint(name: &'static str, median: Micros, successes: u64, failures: u64) -> EndpointSketch {
    EndpointSketch { name, class: "visitor", median, successes, failures }
}

impl Sketch {
    /// The same run with every time multiplied.
    pub(crate) fn slower(mut self, factor: f64) -> Self {
        for endpoint in &mut self.endpoints {
            endpoint.median = endpoint.median * factor;
        }
        self
    }

    pub(crate) fn record(&self) -> Record {
        let endpoints: Vec<EndpointRecord> = self.endpoints.iter().map(EndpointSketch::record).collect();
        let mut all = Histogram::default();
        endpoints.iter().for_each(|endpoint| all.merge(&endpoint.latency.ok));
        let requests: u64 = endpoints.iter().map(|endpoint| endpoint.requests).sum();
        let failures: u64 = endpoints.iter().map(|endpoint| endpoint.failures).sum();
        let error_rate = if requests == 0 { 0.0 } else { failures as f64 / requests as f64 };
        let started_at: Timestamp = "2026-11-01T08:00:00Z".parse().unwrap();
        Record {
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: "loadline".to_owned(), version: "0.1.0".to_owned() },
            scenario: ScenarioId { name: "shop".to_owned(), digest: self.digest.to_owned(), profile: None, environment: None },
            run: RunInfo {
                id: self.id.clone(),
                started_at: started_at + SignedDuration::from_hours(self.hour),
                duration: Micros::from_secs(10),
                warmup: Micros::ZERO,
                seed: 1,
                load: "10 users for 10s".to_owned(),
                users_max: 10,
                target: "http://127.0.0.1:8000".to_owned(),
                connections: None,
                sha: Some(format!("{:07x}{:033}", 0xabc_0000 + self.hour, 0)),
                tested_sha: None,
                branch: Some("main".to_owned()),
                pull_request: None,
                repeat: "loadline run shop.yml --seed 1".to_owned(),
            },
            machine: Machine {
                key: self.machine.to_owned(),
                cpu: format!("processor {}", self.machine),
                cores: 2,
                memory_gib: 8,
                os: "linux".to_owned(),
                arch: "x86_64".to_owned(),
                container_limit: None,
                os_version: None,
                load_average: None,
            },
            summary: Summary {
                verdict: Verdict::Passed,
                neutral: false,
                requests,
                failures,
                throughput: requests as f64 / 10.0,
                error_rate,
                success_rate: if requests == 0 { 0.0 } else { 1.0 - error_rate },
                latency: Statistics::of(&all),
                iterations: requests,
                iterations_cut: 0,
                dropped: 0,
                reconnects: 0,
                redirects: 0,
                bytes_in: 0,
                bytes_out: 0,
                schedule_lag_p99: None,
                capacity: None,
            },
            sent: Sent { load: requests, ..Sent::default() },
            timeline: (0..10)
                .map(|second| TimelineRow {
                    at: Micros::from_secs(second),
                    seconds: Micros::from_secs(1),
                    users: 10,
                    requests: requests / 10,
                    failures: failures / 10,
                    dropped: 0,
                    bytes_in: 0,
                    p50_latency: all.percentile(50.0),
                    p95_latency: all.percentile(95.0),
                    p99_latency: all.percentile(99.0),
                    max_latency: all.max(),
                })
                .collect(),
            endpoints,
            thresholds: Vec::new(),
            checks: Vec::new(),
            verify: Vec::new(),
            service: None,
            generator: GeneratorUse { threads: 1, cpu_percent: Some(20.0), ..GeneratorUse::default() },
            warnings: Vec::new(),
            capacity: None,
            comparison: None,
        }
    }
}

impl EndpointSketch {
    fn record(&self) -> EndpointRecord {
        let mut ok = Histogram::default();
        for at in 0..self.successes {
            ok.record(self.median * (0.5 + (at as f64 + 0.5) / self.successes as f64));
        }
        let mut failed = Histogram::default();
        if self.failures > 0 {
            failed.record_n(Micros::from_millis(1), self.failures);
        }
        let requests = self.successes + self.failures;
        let phase = || Histogram::new(2);
        EndpointRecord {
            name: self.name.to_owned(),
            method: "GET".to_owned(),
            class: self.class.to_owned(),
            tags: Vec::new(),
            requests,
            failures: self.failures,
            throughput: requests as f64 / 10.0,
            error_rate: if requests == 0 { 0.0 } else { self.failures as f64 / requests as f64 },
            statistics: Statistics::of(&ok),
            statuses: BTreeMap::from([(200, self.successes), (503, self.failures)]).into_iter().filter(|&(_, count)| count > 0).collect(),
            errors: Vec::new(),
            checks_passed: 0,
            checks_failed: 0,
            bytes_in: 0,
            bytes_out: 0,
            service_time: ok.clone(),
            latency: EndpointLatency { ok, failed },
            phases: EndpointPhases { dns: phase(), connect: phase(), tls: phase(), wait: phase(), receive: phase() },
        }
    }
}
