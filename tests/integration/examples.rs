//! Every scenario in `examples/` runs against the demo, and what it says it sent is what the demo counted.

use std::path::Path;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::support::{Demo, Folder, Record, sent};

const SECRET: &str = "a-secret-of-the-tests";

#[test]
fn recommendations_runs() {
    let (record, _) = runs("recommendations", &[]);
    assert_eq!(record["summary"]["iterations"], 100);
    assert_eq!(record["summary"]["failures"], 0);
}

#[test]
fn students_runs() {
    let (record, _) = runs("students", &["--spawn-rate", "100/s", "--duration", "3s"]);
    assert_eq!(record["run"]["users_max"], 50);
}

#[test]
fn courses_runs_and_watches_the_service_by_its_port() {
    let (record, _) = runs("courses", &["--users", "40", "--spawn-rate", "40/s", "--duration", "2s"]);
    assert_eq!(record["service"]["found_by"], "port");
    for figure in ["memory_max", "memory_mean", "cpu_max", "cpu_mean"] {
        assert!(record["service"][figure].as_f64().is_some_and(|value| value > 0.0), "{figure}: {}", record["service"]);
    }
}

#[test]
fn shop_runs() {
    let (record, stats) = runs("shop", &["--spawn-rate", "100/s", "--duration", "4s"]);
    assert_eq!(record["sent"]["setup"], 20);
    assert_eq!(stats["by_endpoint"]["POST /products/"]["count"], 20);
}

#[test]
fn race_runs() {
    let (record, _) = runs("race", &[]);
    assert_eq!(record["verify"][0]["passed"], true);
}

#[test]
fn platform_runs() {
    let (record, stats) = runs("platform", &["--profile", "smoke", "--users", "30", "--duration", "4s"]);
    assert_eq!((&record["sent"]["setup"], &record["sent"]["teardown"]), (&20.into(), &1.into()));
    assert_eq!(record["scenario"]["profile"], "smoke");
    for (name, endpoint) in stats["by_endpoint"].as_object().unwrap() {
        assert!(endpoint["statuses"].as_object().unwrap().keys().all(|status| status.starts_with('2')), "{name}: {endpoint}");
    }
}

#[test]
fn capacity_runs() {
    let (record, _) = runs("capacity", &[]);
    let capacity = &record["capacity"];
    assert_eq!(record["summary"]["capacity"], capacity["rate"]);
    assert!(capacity["rate"].as_f64().unwrap() >= 10.0, "{capacity}");
    let tried: Vec<f64> = capacity["steps"].as_array().unwrap().iter().map(|step| step["rate"].as_f64().unwrap()).collect();
    assert_eq!(tried[0], 10.0);
}

/// Runs one of the scenarios against a demo of its own; gives the record and what the demo counted.
fn runs(name: &str, args: &[&str]) -> (Record, Value) {
    let demo = Demo::with(&[], &[("JWT_SECRET", SECRET)]);
    let folder = Folder::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios");
    let text = std::fs::read_to_string(source.join(format!("{name}.yml"))).unwrap();
    folder.write("scenario.yml", &for_a_slow_machine(&text));
    folder.write("data/accounts.csv", &std::fs::read_to_string(source.join("data/accounts.csv")).unwrap());
    let run = folder.loadline(["run", "scenario.yml", "--seed", "7", "--target", &demo.url()]).args(args.iter().copied());
    let output = run.env("JWT_SECRET", SECRET).exits_with(0);
    assert!(output.verdict().starts_with(&format!("PASSED  {name}: ")), "{output}");
    let (record, stats) = (folder.record(), demo.stats());
    assert_eq!(sent(&record), stats["requests"].as_u64().unwrap(), "{:#}\n{stats:#}", record["sent"]);
    is_whole(&record);
    (record, stats)
}

/// The scenario with time limits twenty times as long, and a search that is short and low: what is tested is loadline,
/// not the machine. That the files are right as they are is what `checking` tests.
fn for_a_slow_machine(scenario: &str) -> String {
    let limit = Regex::new(r"(p\d+ <=? )(\d+(?:\.\d+)?)(ms|s)\b").unwrap();
    let longer = limit
        .replace_all(scenario, |found: &Captures<'_>| format!("{}{}{}", &found[1], found[2].parse::<f64>().unwrap() * 20.0, &found[3]));
    [("hold: 5s ", "hold: 500ms "), ("from: 50/s", "from: 10/s"), ("to: 20000/s", "to: 80/s"), ("capacity >= 200/s", "capacity >= 10/s")]
        .iter()
        .fold(longer.into_owned(), |text, (from, to)| text.replace(from, to))
}

/// Every figure that scripts are promised is there, and is what its name says.
fn is_whole(record: &Record) {
    assert_eq!(record.as_object().unwrap().keys().next().unwrap(), "schema_version");
    let summary = &record["summary"];
    let numbers = ["requests", "throughput", "error_rate", "success_rate", "dropped"];
    let latencies = ["mean", "p50", "p90", "p95", "p99", "p99.9", "max"];
    for key in numbers {
        assert!(summary[key].is_number(), "{key}: {summary:#}");
    }
    let mut last = 0.0;
    for key in latencies {
        let latency = summary[format!("{key}_latency")].as_f64().unwrap_or_else(|| panic!("{key}: {summary:#}"));
        assert!((0.0..60.0).contains(&latency), "{key} in seconds: {latency}");
        if key != "mean" {
            assert!(latency >= last, "{key}: {summary:#}");
            last = latency;
        }
    }
    assert!(summary["schedule_lag_p99"].is_number() || summary["schedule_lag_p99"].is_null());
    assert_eq!(summary["verdict"], "passed");
    let endpoints = record["endpoints"].as_array().unwrap();
    let total: u64 = endpoints.iter().map(|endpoint| endpoint["requests"].as_u64().unwrap()).sum();
    assert_eq!(summary["requests"], total);
    for endpoint in endpoints {
        assert!(endpoint["name"].is_string() && endpoint["failures"].is_u64(), "{endpoint:#}");
        let answered: u64 = endpoint["statuses"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(endpoint["requests"], answered, "{endpoint:#}");
        for error in endpoint["errors"].as_array().unwrap() {
            assert!(error["category"].is_string() && error["count"].is_u64(), "{error}");
        }
    }
}
