//! Twenty users, five items: what is sold is what is there, each time.

use std::collections::BTreeMap;

use crate::support::{Demo, Folder, failing_thresholds, statuses};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/scenarios/race.yml");

#[test]
fn exactly_five_orders_succeed_in_each_of_twenty_runs() {
    let demo = Demo::start();
    let folder = Folder::new();
    for round in 1..=20 {
        folder.loadline(["run", SCENARIO, "--quiet", "--target", &demo.url()]).exits_with(0);
        let expected = BTreeMap::from([("201".to_owned(), 5), ("409".to_owned(), 15)]);
        assert_eq!(statuses(&folder.record(), "POST /orders/"), expected, "round {round}");
    }
    assert_eq!(demo.requests(), 20 * 22);
}

#[test]
fn a_shop_that_sells_what_it_has_not_fails_by_name() {
    let demo = Demo::with_defect("oversell");
    let folder = Folder::new();
    let output = folder.loadline(["run", SCENARIO, "--quiet", "--target", &demo.url()]).exits_with(1);
    let record = folder.record();
    assert!(failing_thresholds(&record).contains(&"POST /orders/: count(201) == 5".to_owned()), "{output}");
    assert!(output.stdout.contains("count(201) == 5"), "{output}");
    assert!(output.verdict().starts_with("FAILED  race: "), "{output}");
}
