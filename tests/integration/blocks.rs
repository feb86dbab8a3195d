//! Blocks of a paired run, judged again without load.

#[path = "../../benches/verdict/simulator.rs"]
mod simulator;

use crate::support::Folder;
use simulator::{Sketch, sketch};

/// A folder with the blocks of a candidate that is slower by a factor.
fn recorded(factor: f64) -> Folder {
    let folder = Folder::new();
    let blocks = Sketch { pairs: (40, 12), block_spread: 0.01, ..sketch(1) }.slower(factor).blocks();
    let file = std::fs::File::create(folder.path("blocks.jsonl.gz")).unwrap();
    blocks.write(file).unwrap();
    folder
}

#[test]
fn a_slower_candidate_fails_and_the_same_blocks_say_the_same_again() {
    let folder = recorded(1.3);
    let output = folder.loadline(["compare", "--blocks", "blocks.jsonl.gz"]).exits_with(1);
    assert!(output.stdout.contains("regression: "), "{output}");
    assert_eq!(folder.loadline(["compare", "--blocks", "blocks.jsonl.gz"]).exits_with(1).stdout, output.stdout);
    let json = folder.loadline(["compare", "--blocks", "blocks.jsonl.gz", "--format", "json"]).exits_with(1).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["comparison"]["mode"], &json["comparison"]["pairs"]["latency"]), (&"paired".into(), &40.into()));
}

#[test]
fn equal_arms_fail_nothing() {
    let output = recorded(1.0).loadline(["compare", "--blocks", "blocks.jsonl.gz"]).exits_with(0);
    assert!(!output.stdout.contains("regression: "), "{output}");
}

#[test]
fn what_are_no_blocks_is_said_with_what_would_be() {
    let folder = Folder::new();
    folder.write("record.json", "{}");
    let output = folder.loadline(["compare", "--blocks", "record.json"]).exits_with(2);
    assert!(output.stderr.contains("not a gzip file of lines") && output.stderr.contains("blocks.jsonl.gz"), "{output}");
    let output = folder.loadline(["compare", "--blocks", "nowhere.gz"]).exits_with(2);
    assert!(output.stderr.contains("nowhere.gz"), "{output}");
}
