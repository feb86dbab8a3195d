//! Plans and figures made up for tests.

use std::collections::BTreeMap;
use std::path::Path;

use crate::metrics::{Counters, EndpointTotals, ErrorCategory, ErrorTotals, Histogram, Totals};
use crate::plan::{CompileOptions, Plan, from_text};
use crate::units::Micros;

/// Two classes, three endpoints: `GET /items` in both, `POST /cart` (tag `write`) in the second.
pub(super) const USERS: &str = "
target: http://127.0.0.1:9
users:
  visitor: {tasks: [{get: /items}]}
  customer: {tasks: [{get: /items}, {post: /cart, tags: [write]}]}
";
pub(super) const CLOSED: &str = "load: {users: 4, duration: 10s}\n";

/// The plan of these users with a closed load and these thresholds, as they are written in a scenario.
pub(super) fn plan(thresholds: &str) -> Plan {
    compiled(&format!("{USERS}{CLOSED}thresholds:\n{thresholds}"))
}

/// The plan of these users with another load.
pub(super) fn plan_with(load: &str) -> Plan {
    compiled(&format!("{USERS}{load}"))
}

pub(super) fn compiled(scenario: &str) -> Plan {
    let options = CompileOptions::default();
    match from_text("test.yml", scenario, Path::new(""), &Default::default(), &Default::default(), options) {
        Ok(loaded) => loaded.plan,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// Ten seconds with these (successes, failures, milliseconds) of the three endpoints.
pub(super) fn totals(endpoints: [(u64, u64, u64); 3]) -> Totals {
    Totals {
        endpoints: endpoints.map(|(successes, failures, millis)| endpoint(successes, failures, millis)).to_vec(),
        counters: Counters { iterations: endpoints.iter().map(|endpoint| endpoint.0 + endpoint.1).sum(), ..Counters::default() },
        duration: Micros::from_secs(10),
        ..Totals::new(3, 0)
    }
}

fn endpoint(successes: u64, failures: u64, millis: u64) -> EndpointTotals {
    let mut ok = Histogram::default();
    if successes > 0 {
        ok.record_n(Micros::from_millis(millis), successes);
    }
    let statuses = BTreeMap::from([(200, successes), (503, failures)]).into_iter().filter(|status| status.1 > 0).collect();
    let kind = (ErrorCategory::Status, "503".to_owned());
    let error = ErrorTotals { count: failures, first: Micros::ZERO, last: Micros::ZERO };
    EndpointTotals {
        requests: successes + failures,
        failures,
        ok,
        statuses,
        errors: (failures > 0).then_some((kind, error)).into_iter().collect(),
        ..EndpointTotals::default()
    }
}
