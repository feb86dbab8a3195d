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

/// A scenario whose blocks those of the sketch could be, with what stands in its `baseline` section.
fn scenario(name: &str, baseline: &str) -> String {
    format!(
        "name: {name}\ntarget: http://127.0.0.1:1\nusers: {{ user: {{ tasks: [{{ get: /0 }}] }} }}\n\
         load: {{ users: 1, duration: 1s }}\nbaseline: {{ {baseline} }}\n"
    )
}

const LENIENT: [&str; 6] = ["--regression", "p50: 100%", "--regression", "p95: 100%", "--regression", "throughput: advisory"];

#[test]
fn the_options_and_the_scenario_decide_as_they_do_in_a_run() {
    let folder = recorded(1.3);
    let blocks = ["compare", "--blocks", "blocks.jsonl.gz"];
    let output = folder.loadline(blocks).args(LENIENT).exits_with(0);
    assert!(output.verdict().starts_with("OK  "), "{output}");
    assert_eq!(folder.loadline(blocks).args(LENIENT).exits_with(0).stdout, output.stdout);
    folder.write("shop.yml", &scenario("shop", "regression: { p50: 100%, p95: 100%, throughput: advisory }"));
    assert_eq!(folder.loadline(blocks).args(["--scenario", "shop.yml"]).exits_with(0).stdout, output.stdout);
    let stricter = ["--scenario", "shop.yml", "--regression", "p50: 5%"];
    assert!(folder.loadline(blocks).args(stricter).exits_with(1).verdict().starts_with("REGRESSED  "));
    // Twenty pairs can't tell 5 % where they differ so much among themselves.
    let few = Sketch { pairs: (20, 6), block_spread: 0.5, ..sketch(1) }.blocks();
    few.write(std::fs::File::create(folder.path("few.jsonl.gz")).unwrap()).unwrap();
    let unclear = ["compare", "--blocks", "few.jsonl.gz"];
    assert!(folder.loadline(unclear).exits_with(0).verdict().starts_with("INCONCLUSIVE  "));
    let output = folder.loadline(unclear).args(["--on-inconclusive", "fail", "-q"]).exits_with(1);
    assert!(output.verdict().starts_with("FAILED  few.jsonl.gz (shop): inconclusive: "), "{output}");
}

#[test]
fn waivers_take_what_they_cover() {
    let folder = recorded(1.3);
    let mut waivers = "waivers:\n".to_owned();
    for endpoint in ["all", "GET /0"] {
        for (metric, ceiling) in [("p50", "1s"), ("p95", "1s"), ("throughput", "1/s")] {
            if metric != "throughput" || endpoint == "all" {
                let waiver = format!("scenario: shop, endpoint: {endpoint}, metric: {metric}, ceiling: {ceiling}, until: 2999-01-01");
                waivers += &format!("  - {{ {waiver}, reason: fraud check }}\n");
            }
        }
    }
    folder.write(".loadline/waivers.yml", &waivers);
    let output = folder.loadline(["compare", "--blocks", "blocks.jsonl.gz"]).run();
    assert!(output.code == 0 && output.verdict().starts_with("ACCEPTED  "), "{output}");
    folder.write("ended.yml", &waivers.replace("2999", "2001"));
    let output = folder.loadline(["compare", "--blocks", "blocks.jsonl.gz", "--waivers", "ended.yml"]).exits_with(1);
    assert!(output.stderr.contains("warning: the waiver for p50 of the whole run ended on 2001-01-01\n  remove it"), "{output}");
}

#[test]
fn what_means_nothing_to_blocks_is_refused() {
    let folder = recorded(1.0);
    folder.write("cart.yml", &scenario("cart", ""));
    for (args, said) in [
        (["--on-missing-baseline", "fail"], "`--on-missing-baseline` means nothing here: base and candidate of blocks ran side by side"),
        (["--on-other-machine", "judge"], "unset LOADLINE_ON_OTHER_MACHINE"),
        (["--baseline-records", "3"], "`--baseline-records` means nothing here"),
        (["--scenario", "cart.yml"], "`--scenario` is `cart`, and what is compared is of `shop`"),
        (["--regression", "GET /00: p95: 20%"], "`--regression`: there is no endpoint `GET /00`\n  did you mean `GET /0`?"),
    ] {
        let output = folder.loadline(["compare", "--blocks", "blocks.jsonl.gz"]).args(args).exits_with(2);
        assert!(output.stderr.contains(said), "{said}: {output}");
    }
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
