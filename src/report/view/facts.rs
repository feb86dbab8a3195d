//! Labelled figures about run, machine, generator and service.

use serde::Serialize;

use super::foreign::foreign;
use crate::record::{GeneratorUse, Machine, Record, Sent, ServiceUse};
use crate::report::figures;

/// A figure with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: String,
}

fn fact(label: &'static str, value: impl Into<String>) -> Fact {
    Fact { label, value: value.into() }
}

/// Facts of what is there only.
fn facts(rows: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Vec<Fact> {
    rows.into_iter().filter_map(|(label, value)| value.map(|value| fact(label, value))).collect()
}

/// The figures that are asked for first.
pub(super) fn headline(record: &Record) -> Vec<Fact> {
    let summary = &record.summary;
    let mut cards = vec![
        fact("requests", figures::count(summary.requests)),
        fact("throughput", figures::rate(summary.throughput)),
        fact("failed", format!("{} ({})", figures::count(summary.failures), figures::share(summary.error_rate))),
        fact("p50", figures::latency(summary.latency.p50_latency)),
        fact("p95", figures::latency(summary.latency.p95_latency)),
        fact("p99", figures::latency(summary.latency.p99_latency)),
        fact("max", figures::latency(summary.latency.max_latency)),
    ];
    if summary.dropped > 0 {
        cards.push(fact("dropped", figures::count(summary.dropped)));
    }
    if let Some(capacity) = summary.capacity {
        let bound = record.capacity.as_ref().is_some_and(|search| search.is_lower_bound());
        cards.insert(0, fact("capacity", format!("{}{}", if bound { ">= " } else { "" }, figures::rate(capacity))));
    }
    cards
}

/// When, from which commit, with which seed.
pub(super) fn run(record: &Record) -> Vec<Fact> {
    let (run, summary) = (&record.run, &record.summary);
    let text = |text: &Option<String>| text.as_deref().map(foreign);
    facts([
        ("scenario", Some(foreign(&record.scenario.name))),
        ("profile", text(&record.scenario.profile)),
        ("environment", text(&record.scenario.environment)),
        ("load", Some(foreign(&run.load))),
        ("target", Some(foreign(&run.target))),
        ("connections", text(&run.connections)),
        ("started", Some(run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())),
        ("load time", Some(run.duration.to_string())),
        ("warm-up", (run.warmup.0 > 0).then(|| run.warmup.to_string())),
        ("most users at once", Some(figures::count(run.users_max.into()))),
        ("iterations", Some(figures::count(summary.iterations))),
        ("iterations cut", (summary.iterations_cut > 0).then(|| figures::count(summary.iterations_cut))),
        ("dropped iterations", (summary.dropped > 0).then(|| figures::count(summary.dropped))),
        ("reconnects", (summary.reconnects > 0).then(|| figures::count(summary.reconnects))),
        ("redirects", (summary.redirects > 0).then(|| figures::count(summary.redirects))),
        ("bytes received", Some(figures::bytes(summary.bytes_in as f64))),
        ("bytes sent", Some(figures::bytes(summary.bytes_out as f64))),
        ("commit", text(&run.sha)),
        ("tested commit", text(&run.tested_sha)),
        ("branch", text(&run.branch)),
        ("pull request", run.pull_request.map(|number| number.to_string())),
        ("run", Some(foreign(&run.id))),
        ("seed", Some(run.seed.to_string())),
        ("scenario digest", Some(foreign(&record.scenario.digest))),
        ("written by", Some(format!("{} {}", foreign(&record.tool.name), foreign(&record.tool.version)))),
    ])
}

/// Requests that were really sent, by what for.
pub(super) fn sent(sent: &Sent) -> Vec<Fact> {
    let mut rows: Vec<Fact> = [
        ("ready", sent.ready),
        ("setup", sent.setup),
        ("warm-up", sent.warmup),
        ("load", sent.load),
        ("redirects", sent.redirects),
        ("verify", sent.verify),
        ("teardown", sent.teardown),
    ]
    .into_iter()
    .filter(|&(_, count)| count > 0)
    .map(|(label, count)| fact(label, figures::count(count)))
    .collect();
    rows.push(fact("all", figures::count(sent.total())));
    rows
}

/// What the generator itself used.
pub(super) fn generator(used: &GeneratorUse) -> Vec<Fact> {
    facts([
        ("threads", Some(used.threads.to_string())),
        ("CPU", used.cpu_percent.map(figures::percent)),
        ("CPU time", used.cpu_seconds.map(|seconds| figures::latency(Some(seconds)))),
        ("peak memory", used.memory_max.map(|bytes| figures::bytes(bytes as f64))),
        ("schedule lag p50", used.schedule_lag_p50.map(|lag| figures::latency(Some(lag)))),
        ("schedule lag p99", used.schedule_lag_p99.map(|lag| figures::latency(Some(lag)))),
        ("schedule lag max", used.schedule_lag_max.map(|lag| figures::latency(Some(lag)))),
        ("longest stall", used.loop_stall_max.map(|stall| figures::latency(Some(stall)))),
        ("late starts", Some(figures::count(used.late_starts))),
        ("sends held back", used.held_back.filter(|&count| count > 0).map(figures::count)),
    ])
}

/// Where the run was made.
pub(super) fn machine(machine: &Machine) -> Vec<Fact> {
    facts([
        ("CPU", Some(foreign(&machine.cpu))),
        ("cores", Some(machine.cores.to_string())),
        ("memory", Some(format!("{} GiB", machine.memory_gib))),
        ("system", Some(format!("{} {}", foreign(&machine.os), foreign(&machine.arch)))),
        ("system version", machine.os_version.as_deref().map(foreign)),
        ("container limit", machine.container_limit.map(|cores| format!("{cores} cores"))),
        ("load before the run", machine.load_average.map(|load| format!("{load:.2}"))),
        ("machine key", Some(foreign(&machine.key))),
    ])
}

/// What the system under test used.
pub(super) fn service(used: &ServiceUse) -> Vec<Fact> {
    facts([
        ("CPU mean", used.cpu_mean.map(figures::percent)),
        ("CPU max", used.cpu_max.map(figures::percent)),
        ("memory mean", used.memory_mean.map(figures::bytes)),
        ("memory max", used.memory_max.map(figures::bytes)),
        // Without an interval there was too little data for a slope.
        ("memory growth", used.memory_growth.filter(|_| used.memory_growth_interval.is_some()).map(figures::growth)),
        (
            "90% interval of growth",
            used.memory_growth_interval.map(|(low, high)| format!("{} to {}", figures::growth(low), figures::growth(high))),
        ),
        ("found by", Some(foreign(&used.found_by))),
        ("ended by itself", used.died.as_deref().map(foreign)),
    ])
}
