//! Whether a record that came from elsewhere may become a baseline.

use std::sync::LazyLock;

use regex::Regex;

use crate::record::Record;

/// What a record should never hold, with what it is called; nothing that loadline writes does.
static SECRETS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("a password in an address", r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@*]*:[^/\s@*]+@"),
        ("a bearer token", r"(?i)\bbearer\s+[a-z0-9._~+/-]{8,}"),
        ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\."),
        ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
        ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{16,}"),
        ("an AWS key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    ]
    .into_iter()
    .map(|(name, pattern)| (name, Regex::new(pattern).unwrap_or_else(|error| unreachable!("{pattern}: {error}"))))
    .collect()
});

/// Longer names are none of ours.
const LONGEST_NAME: usize = 500;

/// What speaks against a record: figures that contradict each other, and what looks like a secret. Empty for every record
/// that loadline wrote and nobody changed. Whether its run can be trusted is the store's own question.
pub fn objections(record: &Record) -> Vec<String> {
    let mut found = contradictions(record);
    found.extend(secrets(record));
    found
}

fn contradictions(record: &Record) -> Vec<String> {
    let mut found = Vec::new();
    let summary = &record.summary;
    let mut object = |wrong: bool, what: String| {
        if wrong {
            found.push(what);
        }
    };
    let of_endpoints = |count: fn(&crate::record::EndpointRecord) -> u64| record.endpoints.iter().map(count).fold(0, u64::saturating_add);
    let (requests, failures) = (of_endpoints(|endpoint| endpoint.requests), of_endpoints(|endpoint| endpoint.failures));
    object(requests != summary.requests, format!("it says {} requests, and its endpoints have {requests}", summary.requests));
    object(failures != summary.failures, format!("it says {} failures, and its endpoints have {failures}", summary.failures));
    for endpoint in &record.endpoints {
        let times = endpoint.latency.ok.count();
        let successes = endpoint.requests.checked_sub(endpoint.failures);
        object(
            successes != Some(times),
            format!("`{}` has {} requests, {} failures and {times} times", short(&endpoint.name), endpoint.requests, endpoint.failures),
        );
    }
    object(!(summary.throughput.is_finite() && summary.throughput >= 0.0), "its throughput is no rate".to_owned());
    object(!(0.0..=1.0).contains(&summary.error_rate), "its error rate is no share".to_owned());
    for (what, name) in [("scenario", &record.scenario.name), ("run", &record.run.id), ("digest", &record.scenario.digest)] {
        object(name.is_empty() || name.len() > LONGEST_NAME, format!("its {what} has no proper name"));
    }
    found
}

fn secrets(record: &Record) -> Vec<String> {
    // Names and messages as they are stored, a line each; histograms are in it too, and match nothing.
    let text = record.to_json();
    let mut found = Vec::new();
    for (name, pattern) in SECRETS.iter() {
        if let Some(place) = pattern.find(&text) {
            let line = text[..place.start()].matches('\n').count() + 1;
            found.push(format!("there is what looks like {name} in line {line}"));
        }
    }
    found
}

fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::sketch;

    #[test]
    fn a_record_as_it_was_written_is_fine() {
        assert_eq!(objections(&sketch("run", 0).record()), [] as [&str; 0]);
        assert_eq!(objections(&sketch("run", 0).record().thinned()), [] as [&str; 0]);
        let mut masked = sketch("run", 0).record();
        masked.run.target = "http://***@127.0.0.1:8000".to_owned();
        masked.run.repeat = "loadline run shop.yml --header 'authorization: ***'".to_owned();
        assert_eq!(objections(&masked), [] as [&str; 0]);
    }

    #[test]
    fn figures_that_contradict_each_other_are_told() {
        let mut record = sketch("run", 0).record();
        record.summary.requests += 1;
        record.endpoints[0].failures = 3;
        record.summary.error_rate = 7.0;
        assert_eq!(
            objections(&record),
            [
                "it says 2001 requests, and its endpoints have 2000",
                "it says 0 failures, and its endpoints have 3",
                "`GET /items` has 2000 requests, 3 failures and 2000 times",
                "its error rate is no share",
            ]
        );
    }

    #[test]
    fn what_looks_like_a_secret_is_told_and_not_repeated() {
        for (secret, name) in [
            ("http://joe:pa55word@127.0.0.1:8000", "a password in an address"),
            ("authorization: Bearer abcdefgh12345678", "a bearer token"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "a JSON web token"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "a GitHub token"),
            ("AKIAABCDEFGHIJKLMNOP", "an AWS key"),
            ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ] {
            let mut record = sketch("run", 0).record();
            record.run.repeat = secret.to_owned();
            let found = objections(&record);
            assert!(found.len() == 1 && found[0].contains(name) && !found[0].contains(secret), "{secret}: {found:?}");
        }
    }
}
