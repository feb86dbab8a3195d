//! Records for tests of reports.

use std::collections::BTreeMap;

use crate::metrics::{ErrorCategory, Histogram, ServiceSample, TimelineRow};
use crate::record::*;
use crate::units::{Bytes, Micros};

/// An endpoint with `requests` answers whose times spread around `middle` microseconds, `failures` of them failed.
pub(crate) fn endpoint(name: &str, class: &str, requests: u64, failures: u64, middle: u64) -> EndpointRecord {
    let (mut ok, mut failed, mut service, mut wait, mut receive) =
        (Histogram::new(3), Histogram::new(3), Histogram::new(3), Histogram::new(2), Histogram::new(2));
    for at in 0..requests - failures {
        // A skewed spread without random numbers: most near the middle, a tail to six times of it.
        let share = at as f64 / (requests - failures) as f64;
        let time = (middle as f64 * (0.6 + 0.6 * share + 5.0 * share.powi(24))) as u64;
        ok.record(Micros(time));
        service.record(Micros(time - time / 50));
        wait.record(Micros(time * 9 / 10));
        receive.record(Micros(time / 12));
    }
    failed.record_n(Micros(middle / 2), failures);
    let method = match name.split_once(' ') {
        Some((method @ ("GET" | "POST"), _)) => method.to_owned(),
        _ => "GET".to_owned(),
    };
    let mut statuses = BTreeMap::new();
    if requests > failures {
        statuses.insert(200, requests - failures);
    }
    let mut errors = Vec::new();
    if failures > 0 {
        statuses.insert(503, failures);
        errors.push(ErrorRecord {
            category: ErrorCategory::Status,
            message: "503 Service Unavailable".to_owned(),
            count: failures,
            first: Micros::from_millis(3_200),
            last: Micros::from_millis(9_100),
        });
    }
    EndpointRecord {
        name: name.to_owned(),
        method,
        class: class.to_owned(),
        tags: Vec::new(),
        requests,
        failures,
        throughput: requests as f64 / 10.0,
        error_rate: failures as f64 / requests.max(1) as f64,
        statistics: Statistics::of(&ok),
        statuses,
        errors,
        checks_passed: requests - failures,
        checks_failed: 0,
        bytes_in: requests * 800,
        bytes_out: requests * 120,
        latency: EndpointLatency { ok, failed },
        service_time: service,
        phases: EndpointPhases { dns: Histogram::new(2), connect: Histogram::new(2), tls: Histogram::new(2), wait, receive },
    }
}

/// A record of these endpoints with ten seconds of load; everything else is empty.
pub(crate) fn record(name: &str, verdict: Verdict, endpoints: Vec<EndpointRecord>) -> Record {
    let requests = endpoints.iter().map(|endpoint| endpoint.requests).sum();
    let failures = endpoints.iter().map(|endpoint| endpoint.failures).sum::<u64>();
    let mut all = Histogram::new(3);
    for endpoint in &endpoints {
        all.merge(&endpoint.latency.ok);
    }
    let error_rate = if requests == 0 { 0.0 } else { failures as f64 / requests as f64 };
    let statistics = Statistics::of(&all);
    Record {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "loadline".to_owned(), version: "0.1.0".to_owned() },
        scenario: ScenarioId { name: name.to_owned(), digest: "3f1c".repeat(16), profile: Some("smoke".to_owned()), environment: None },
        run: RunInfo {
            id: "20260102-030405-4f5a6b7".to_owned(),
            started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
            duration: Micros::from_secs(10),
            warmup: Micros::from_secs(2),
            seed: 4_711,
            load: "20 users for 10s".to_owned(),
            users_max: 20,
            target: "http://127.0.0.1:8000".to_owned(),
            connections: None,
            sha: Some("4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6".to_owned()),
            tested_sha: None,
            branch: Some("faster-cart".to_owned()),
            pull_request: Some(12),
            repeat: format!("loadline run {name}.yml --profile smoke --seed 4711"),
        },
        machine: Machine {
            key: "a1b2c3d4".to_owned(),
            cpu: "Example CPU 3000".to_owned(),
            cores: 2,
            memory_gib: 8,
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            container_limit: None,
            os_version: Some("6.1".to_owned()),
            load_average: Some(0.25),
        },
        summary: Summary {
            verdict,
            neutral: false,
            requests,
            failures,
            throughput: requests as f64 / 10.0,
            error_rate,
            success_rate: if requests == 0 { 0.0 } else { 1.0 - error_rate },
            latency: statistics,
            iterations: requests / 2,
            iterations_cut: 0,
            dropped: 0,
            reconnects: 0,
            redirects: 0,
            bytes_in: requests * 800,
            bytes_out: requests * 120,
            schedule_lag_p99: (requests > 0).then_some(0.000_12),
            capacity: None,
        },
        sent: Sent { ready: 1, setup: 2, warmup: requests / 5, load: requests, redirects: 0, verify: 1, teardown: 0 },
        timeline: if requests == 0 { Vec::new() } else { timeline(10, requests / 10, failures, &statistics) },
        endpoints,
        thresholds: Vec::new(),
        checks: Vec::new(),
        verify: Vec::new(),
        service: None,
        generator: GeneratorUse {
            cpu_peak_percent: None,
            loop_stall_max: None,
            threads: 1,
            cpu_seconds: Some(2.1),
            cpu_percent: Some(21.0),
            memory_max: Some(24 << 20),
            schedule_lag_p50: (requests > 0).then_some(0.000_02),
            schedule_lag_p99: (requests > 0).then_some(0.000_12),
            schedule_lag_max: (requests > 0).then_some(0.001_4),
            late_starts: 0,
            held_back: None,
        },
        warnings: Vec::new(),
        capacity: None,
        comparison: None,
    }
}

fn timeline(seconds: u64, each: u64, failures: u64, statistics: &Statistics) -> Vec<TimelineRow> {
    let p50 = statistics.p50_latency.unwrap_or(0.0);
    let wave = |at: u64| 1.0 + 0.12 * ((at * 7 % 5) as f64 - 2.0) / 2.0;
    (0..seconds)
        .map(|at| TimelineRow {
            at: Micros::from_secs(at),
            seconds: Micros::from_secs(1),
            users: (at as u32 * 5 + 5).min(20),
            requests: (each as f64 * wave(at)) as u64,
            failures: if at >= 3 { failures / 7 } else { 0 },
            dropped: 0,
            bytes_in: each * 800,
            p50_latency: Some(Micros::from_secs_f64(p50 * wave(at))),
            p95_latency: Some(Micros::from_secs_f64(p50 * 1.4 * wave(at + 1))),
            p99_latency: Some(Micros::from_secs_f64(p50 * 3.0 * wave(at + 2))),
            max_latency: Some(Micros::from_secs_f64(p50 * 5.0 * wave(at + 3))),
        })
        .collect()
}

pub(crate) fn threshold(scope: &str, expression: &str, shown: &str, outcome: ThresholdOutcome) -> JudgedThreshold {
    JudgedThreshold {
        scope: scope.to_owned(),
        expression: expression.to_owned(),
        value: (outcome != ThresholdOutcome::NoSamples).then_some(0.1),
        shown: shown.to_owned(),
        outcome,
        severity: "fail".to_owned(),
        note: None,
        aborted: false,
        place: Some(("shop.yml".to_owned(), 12, 7)),
    }
}

pub(crate) fn contrast(scope: &str, metric: &str, base: f64, candidate: f64, verdict: ContrastVerdict) -> Contrast {
    let delta = if metric == "error_rate" { candidate - base } else { candidate / base - 1.0 };
    Contrast {
        scope: scope.to_owned(),
        metric: metric.to_owned(),
        base,
        candidate,
        delta,
        interval: Some((delta - 0.03, delta + 0.03)),
        limit: Some(base * 1.12),
        detectable: Some(0.12),
        p_adjusted: Some(0.0004),
        judged: true,
        verdict,
        accepted: None,
    }
}

/// A run that passed, with a baseline, a service that was watched, checks and a verify step.
pub(crate) fn passed() -> Record {
    let mut record = record(
        "shop",
        Verdict::Passed,
        vec![
            endpoint("GET /products", "visitor", 24_000, 0, 4_100),
            endpoint("GET /products/{{ id }}", "visitor", 8_112, 0, 2_200),
            endpoint("POST /cart", "buyer", 1_500, 0, 9_800),
        ],
    );
    record.thresholds = vec![
        threshold("all", "p95 < 500ms", "6.4ms", ThresholdOutcome::Passed),
        threshold("all", "error_rate < 1%", "0%", ThresholdOutcome::Passed),
        threshold("POST /cart", "p99 < 1s", "46.1ms", ThresholdOutcome::Passed),
    ];
    record.checks = vec![CheckRecord {
        endpoint: "POST /cart".to_owned(),
        class: "buyer".to_owned(),
        name: "status in [201]".to_owned(),
        passed: 1_500,
        failed: 0,
    }];
    record.verify = vec![VerifyRecord { name: "GET /stock".to_owned(), passed: true, message: None }];
    record.service = Some(ServiceUse {
        found_by: "command".to_owned(),
        memory_max: Some(96e6),
        memory_mean: Some(90e6),
        memory_growth: Some(12_000.0),
        memory_growth_interval: Some((-4_000.0, 28_000.0)),
        cpu_max: Some(142.0),
        cpu_mean: Some(120.5),
        samples: (0..10)
            .map(|at| ServiceSample {
                at: Micros::from_secs(at),
                cpu: 110.0 + (at * 13 % 30) as f64,
                memory: Bytes(84_000_000 + at * 1_200_000),
                processes: 1,
            })
            .collect(),
        died: None,
    });
    record.comparison = Some(Comparison {
        mode: ComparisonMode::History,
        verdict: ComparisonVerdict::Ok,
        sentence: "No figure changed for the worse; p50 would have had to change by 12%, p95 by 18%, to be seen.".to_owned(),
        advisory: false,
        note: None,
        source: "baselines/main/shop".to_owned(),
        records: 5,
        newest: Some("2026-01-01T10:20:30Z".parse().unwrap()),
        newest_sha: Some("0011223344556677889900112233445566778899".to_owned()),
        pairs: None,
        contrasts: vec![
            contrast("all", "p50", 0.0037, 0.003_66, ContrastVerdict::Ok),
            contrast("all", "p95", 0.0066, 0.0064, ContrastVerdict::Ok),
            contrast("all", "throughput", 3_420.0, 3_361.2, ContrastVerdict::Inconclusive),
            contrast("all", "error_rate", 0.0, 0.0, ContrastVerdict::Ok),
            contrast("POST /cart", "p95", 0.0125, 0.0101, ContrastVerdict::Improved),
        ],
        history: Vec::new(),
        changes: Vec::new(),
    });
    record
}

/// A run whose only regression was accepted, for a reason that tries to break out of every output.
pub(crate) fn accepted() -> Record {
    let mut record = passed();
    if let Some(comparison) = &mut record.comparison {
        comparison.verdict = ComparisonVerdict::Accepted;
        comparison.sentence = "1 figure regressed; the regression is accepted until 2026-12-31.".to_owned();
        comparison.contrasts.push(Contrast {
            accepted: Some(Acceptance {
                ceiling: 0.020,
                until: jiff::civil::date(2026, 12, 31),
                reason: "fraud check <b>|\n@octocat".to_owned(),
                by: Some("Ada".to_owned()),
                is_added: false,
            }),
            ..contrast("GET /products", "p95", 0.0100, 0.0180, ContrastVerdict::Accepted)
        });
    }
    record
}

/// Words that try to break out of every output there is.
pub(crate) const HOSTILE: [&str; 8] = [
    "GET /<script>alert(1)</script>",
    "GET /a|b|c",
    "GET /`x` @octocat #123 https://evil.example/ www.evil.example",
    "=cmd()",
    "GET /\u{1b}[2J\u{1b}]0;title\u{7}\r\n::error::owned",
    "GET /](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "</summary></details><!-- --> ]]> \u{0} \u{fffe} \u{202e}",
    "| a | b |\n|---|---|\n| `c`\\| d |",
];

/// A run that failed: missed thresholds, errors, a regression, a failed verify step, and hostile names everywhere.
pub(crate) fn failed() -> Record {
    let mut endpoints: Vec<_> =
        HOSTILE.iter().enumerate().map(|(at, name)| endpoint(name, "visitor", 1_000 + at as u64, 7, 12_000)).collect();
    endpoints.push(endpoint(&format!("GET /{}", "long".repeat(2_500)), "<b>class</b>", 10, 10, 5_000));
    for (endpoint, message) in endpoints.iter_mut().zip(HOSTILE) {
        endpoint.errors[0].message = message.to_owned();
    }
    let mut record = record("bad|<shop> @octocat", Verdict::Failed, endpoints);
    record.thresholds = vec![
        threshold("all", "p99 < 1s", "64ms", ThresholdOutcome::Passed),
        threshold("GET /a|b|c", "p95 < 10ms", "17ms", ThresholdOutcome::Failed),
        threshold("buyers", "p95 < 10ms", "–", ThresholdOutcome::NoSamples),
        JudgedThreshold {
            severity: "warn".to_owned(),
            note: Some("<b>look</b> | here".to_owned()),
            ..threshold("all", "error_rate < 0.1%", "0.8%", ThresholdOutcome::Failed)
        },
        threshold("guests", "p95 < 10ms", "", ThresholdOutcome::NotApplicable),
    ];
    record.checks = vec![CheckRecord {
        endpoint: HOSTILE[1].to_owned(),
        class: "visitor".to_owned(),
        name: "body contains \"|<i>\"".to_owned(),
        passed: 990,
        failed: 10,
    }];
    record.verify = vec![
        VerifyRecord { name: "GET /stock".to_owned(), passed: false, message: Some("$.left: expected 0, got \"<img src=x>|\"".to_owned()) },
        VerifyRecord { name: "GET /orders".to_owned(), passed: true, message: None },
    ];
    record.warnings = vec![Warning {
        code: "dropped_iterations".to_owned(),
        invalidates: false,
        message: "12 of 5,000 arrivals found no free user within 1s".to_owned(),
        advice: Some("raise `max_users` (now 20), or lower the rate".to_owned()),
    }];
    record.comparison = Some(Comparison {
        mode: ComparisonMode::History,
        verdict: ComparisonVerdict::Regressed,
        sentence: "1 figure regressed.".to_owned(),
        advisory: false,
        note: None,
        source: "baselines/main/bad".to_owned(),
        records: 1,
        newest: None,
        newest_sha: Some("0011223".to_owned()),
        pairs: None,
        contrasts: vec![
            contrast("all", "p50", 0.0120, 0.0119, ContrastVerdict::Ok),
            contrast(HOSTILE[0], "p95", 0.0100, 0.0180, ContrastVerdict::Regressed),
            Contrast { judged: false, interval: None, limit: None, ..contrast("all", "p99", 0.02, 0.03, ContrastVerdict::Regressed) },
            contrast("all", "error_rate", 0.0, 0.005, ContrastVerdict::Inconclusive),
        ],
        history: Vec::new(),
        changes: Vec::new(),
    });
    record
}

/// A run in which nothing was measured.
pub(crate) fn empty() -> Record {
    let mut record = record("shop", Verdict::Invalid, Vec::new());
    record.warnings = vec![Warning {
        code: "nothing_measured".to_owned(),
        invalidates: true,
        message: "no request got an answer: http://127.0.0.1:8000 refuses connections".to_owned(),
        advice: Some("start the service, or let loadline start it: `service.command`".to_owned()),
    }];
    record.thresholds = vec![threshold("all", "p95 < 500ms", "–", ThresholdOutcome::NoSamples)];
    record
}

/// A capacity search.
pub(crate) fn capacity() -> Record {
    let step = |rate: f64, p95: f64, met: bool| CapacityStep {
        rate,
        throughput: rate * 0.99,
        p95_latency: Some(p95),
        error_rate: 0.0,
        dropped: if met { 0 } else { 140 },
        met,
        missed: if met { Vec::new() } else { vec!["p95 < 200ms".to_owned()] },
    };
    let mut record = record("capacity", Verdict::Passed, vec![endpoint("GET /products", "visitor", 9_000, 0, 30_000)]);
    record.summary.capacity = Some(700.0);
    record.capacity = Some(CapacityRecord {
        rate: 700.0,
        limited_by: "generator".to_owned(),
        objective: vec!["p95 < 200ms".to_owned(), "error_rate < 1%".to_owned()],
        steps: vec![step(100.0, 0.012, true), step(400.0, 0.031, true), step(1_600.0, 0.9, false), step(700.0, 0.16, true)],
    });
    record.thresholds = vec![threshold("all", "capacity >= 500", "700/s", ThresholdOutcome::Passed)];
    record
}
