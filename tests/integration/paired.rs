//! Paired mode: two versions side by side, as people start them.

use serde_json::Value;

use crate::support::{Answer, Demo, Folder, RawServer, Record, eventually, sent};

/// Everything that a short run needs; blocks are shorter than usual, so that there are enough of them.
const SHORT: &str = "\
name: short
target: http://127.0.0.1:1
users:
  reader:
    think_time: 10s
    tasks:
      - get: /health
load: { users: 2, duration: 10m }
paired: { budget: 6s, rate: 100/s, users: 2, block: 60ms, looks: 1 }
";

/// The same with a service that is started in its folder.
fn started(command: &str) -> String {
    let service = format!(
        "service:\n  command: exec {} demo --listen 127.0.0.1:$PORT {command}\n  port: auto\n  ready: {{ get: /health, within: 60s }}\n",
        env!("CARGO_BIN_EXE_loadline")
    );
    SHORT.replace("target: http://127.0.0.1:1\n", &format!("target: http://127.0.0.1:${{PORT}}\n{service}"))
}

/// The lines of the file of blocks: the header, then the blocks.
fn blocks(folder: &Folder) -> (Value, Vec<Value>) {
    let file = std::fs::File::open(folder.path("loadline-report/blocks.jsonl.gz")).expect("a paired run leaves its blocks");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (lines.next().expect("a header"), lines.collect())
}

fn contrast<'a>(record: &'a Record, metric: &str) -> &'a Value {
    let contrasts = record["comparison"]["contrasts"].as_array().expect("contrasts");
    contrasts.iter().find(|contrast| contrast["scope"] == "all" && contrast["metric"] == metric).expect("it is compared")
}

#[test]
fn the_same_service_twice_passes_and_everything_sent_is_counted() {
    let (base, candidate, folder) = (Demo::start(), Demo::start(), Folder::new());
    folder.write("loadline.yml", &format!("{SHORT}baseline: {{ regression: {{ p90: 30% and 5ms, p50: advisory }} }}\n"));
    let output = folder.loadline(["run", "--target", &candidate.url(), "--base", &base.url()]).exits_with(0);
    let record = folder.record();
    assert_eq!(record["comparison"]["mode"], "paired");
    let again = ["compare", "--blocks", "loadline-report/blocks.jsonl.gz", "--scenario", "loadline.yml", "--format", "json"];
    let again: Value = serde_json::from_str(&folder.loadline(again).exits_with(0).stdout).unwrap();
    assert_eq!(again["comparison"]["contrasts"], record["comparison"]["contrasts"], "judged again by the rules of the scenario");
    assert_eq!(record["comparison"]["source"], format!("the base at {}", base.url()));
    assert!(output.stdout.contains(&base.url()), "{output}");
    assert_eq!(sent(&record), candidate.requests(), "what the candidate counted");
    assert!(record["run"]["load"].as_str().unwrap().starts_with("paired: rate 100/s, then 2 users, "), "{}", record["run"]["load"]);
    let (header, blocks) = blocks(&folder);
    assert_eq!((&header["rate"], &header["block_length"], &header["users"]), (&100.0.into(), &0.06.into(), &2.into()));
    for phase in ["latency", "throughput"] {
        let of = |arm: &str| blocks.iter().filter(|block| block["phase"] == phase && block["arm"] == arm).collect::<Vec<_>>();
        let (base, candidate) = (of("base"), of("candidate"));
        assert!(base.len() > 3 && base.len() == candidate.len(), "{phase}: {} and {}", base.len(), candidate.len());
    }
    let measured: u64 = blocks.iter().filter(|block| block["arm"] == "candidate" && block["phase"] == "latency").map(requests).sum();
    assert_eq!(record["summary"]["requests"], measured, "the record is that of the candidate's response times");
    let load: u64 = blocks.iter().filter(|block| block["arm"] == "candidate").map(requests).sum();
    assert_eq!(record["sent"]["load"], load, "the requests of both phases, and not those before them");
    assert_eq!(record["warnings"].as_array().unwrap().iter().filter(|warning| warning["invalidates"] == true).count(), 0);
}

fn requests(block: &Value) -> u64 {
    block["endpoints"].as_array().unwrap().iter().map(|endpoint| endpoint["requests"].as_u64().unwrap()).sum()
}

#[test]
fn a_service_that_takes_longer_than_a_block_is_warmed_up_all_the_same() {
    let folder = Folder::new();
    // Two users, whose requests are all due when a block begins: none is in time for a second one.
    let text = started("--defect delay=250ms").replace("get: /health\nload", "get: /products/\nload").replace("6s", "12s");
    folder.write("loadline.yml", &text.replace("rate: 100/s, users: 2, block: 60ms", "rate: 5/s, users: 2")).write("base/x", "");
    let output = folder.loadline(["run", "--base-dir", "base"]).exits_with(0);
    assert_eq!(folder.record()["comparison"]["mode"], "paired", "{output}");
}

#[test]
fn two_folders_are_started_on_ports_of_their_own_and_a_slow_one_fails() {
    let folder = Folder::new();
    folder
        .write("loadline.yml", &started("$(cat defects)").replace("get: /health\nload", "get: /products/\nload"))
        .write("defects", "--defect delay=30ms")
        .write("base/defects", "");
    // Fewer than a dozen pairs could not say it with the certainty that is asked for, however large the difference.
    let text = folder.read("loadline.yml").replace("port: auto\n", "port: auto\n  build: echo built >> build\n").replace("6s", "14s");
    folder.write("loadline.yml", &text);
    let output = folder.loadline(["run", "--base-dir", "base"]).exits_with(1);
    assert!(output.verdict().starts_with("FAILED  short: "), "{output}");
    let record = folder.record();
    assert_eq!(record["comparison"]["verdict"], "regressed");
    let p50 = contrast(&record, "p50");
    assert!(p50["verdict"] == "regressed" && p50["delta"].as_f64().unwrap() > 0.5, "{p50}");
    assert_eq!((folder.read("build"), folder.read("base/build")), ("built\n".to_owned(), "built\n".to_owned()), "once in each");
    for log in ["service.log", "service-base.log"] {
        assert!(folder.read(&format!("loadline-report/{log}")).contains("listening on http://127.0.0.1:"));
    }
    let (header, _) = blocks(&folder);
    assert_ne!(header["base"], Value::Null);
    let text = format!("{}", record["run"]["repeat"]);
    assert!(text.contains("--base-dir base"), "{text}");
}

#[test]
fn services_that_start_quickly_are_started_several_times() {
    let folder = Folder::new();
    let text = started("").replace("command: exec ", "command: ulimit -n >> limits; exec ");
    folder.write("loadline.yml", &text.replace("looks: 1", "looks: 1, starts: 2").replace("budget: 6s", "budget: 8s"));
    folder.loadline(["run", "--base-command", &command_of_the_demo()]).with_open_files(300).exits_with(0);
    let (_, blocks) = blocks(&folder);
    let epochs: std::collections::BTreeSet<u64> = blocks.iter().map(|block| block["epoch"].as_u64().unwrap()).collect();
    assert_eq!(epochs.into_iter().collect::<Vec<_>>(), [0, 1]);
    let log = folder.read("loadline-report/service.log");
    assert_eq!(log.matches("listening on").count(), 2, "the log goes on: {log}");
    assert_eq!(folder.read("limits"), "300\n300\n", "what the load may open is nothing for a service");
    assert!(folder.read("loadline-report/record.json").contains("--base-command '***'"), "a command line may hold a secret");
}

fn command_of_the_demo() -> String {
    format!("exec {} demo --listen 127.0.0.1:$PORT", env!("CARGO_BIN_EXE_loadline"))
}

#[test]
fn a_base_that_fails_is_named_and_makes_the_run_invalid() {
    let (candidate, folder) = (Demo::start(), Folder::new());
    folder.write("loadline.yml", SHORT);
    let nobody = "http://127.0.0.1:1";
    let output = folder.loadline(["run", "--target", &candidate.url(), "--base", nobody]).exits_with(3);
    assert!(output.verdict().starts_with("INVALID  short: the base failed all "), "{output}");
    assert!(output.verdict().contains("connect refused"), "{output}");
    assert!(output.stdout.contains("see whether it runs at http://127.0.0.1:1, and whether `--base` is right"), "{output}");

    let broken = RawServer::start(|_| Answer::Whole(500, "no".to_owned()));
    let setup = SHORT.replace("users:\n  reader", "setup: [{ get: /health }]\nusers:\n  reader");
    folder.write("loadline.yml", &setup);
    let before = candidate.requests();
    let output = folder.loadline(["run", "--target", &candidate.url(), "--base", &broken.url()]).exits_with(3);
    assert!(output.verdict().contains("the base: setup failed at `GET /health`"), "{output}");
    assert_eq!(candidate.requests(), before, "no load was sent");

    folder.write("loadline.yml", &started(""));
    let output = folder.loadline(["run", "--base-command", "echo no such thing; exit 7"]).exits_with(3);
    assert!(output.stdout.contains("the base: failed to start the service: `command` ended with exit status 7"), "{output}");
}

#[test]
fn a_version_that_goes_away_in_mid_run_is_no_regression() {
    for (leaves, said) in [("base", "the base was gone after "), ("candidate", "the service was gone after ")] {
        let (base, candidate, folder) = (Demo::start(), Demo::start(), Folder::new());
        folder.write("loadline.yml", SHORT);
        let run = folder.loadline(["run", "--target", &candidate.url(), "--base", &base.url()]).start();
        eventually("blocks are measured", || run.has_said("response times"));
        let _stays = if leaves == "base" { (drop(base), candidate).1 } else { (drop(candidate), base).1 };
        let output = run.wait();
        assert_eq!(output.code, 3, "{leaves}: {output}");
        assert!(output.verdict().starts_with(&format!("INVALID  short: {said}")), "{leaves}: {output}");
        assert_eq!(folder.record()["comparison"], Value::Null, "{leaves}: nothing was compared");
    }
}

#[test]
fn a_base_that_listens_where_the_candidate_does_is_told_of_its_own_port() {
    let folder = Folder::new();
    let text = started("").replace("port: auto", "port: 18473").replace("${PORT}", "18473").replace("within: 60s", "within: 1s");
    folder.write("loadline.yml", &text);
    let output = folder.loadline(["run", "--base-command", "exec sleep 600"]).exits_with(3);
    assert!(output.stdout.contains("`port` is the candidate's: the base must listen on the one in `$PORT`"), "{output}");
}

#[test]
fn errors_of_the_base_are_shown_and_those_of_the_candidate_fail() {
    let (base, candidate, folder) = (Demo::with_defect("errors=30%"), Demo::with_defect("errors=30%"), Folder::new());
    folder.write("loadline.yml", &format!("{}thresholds: {{ all: [error_rate < 1%] }}\n", SHORT.replace("/health", "/products/")));
    let output = folder.loadline(["run", "--target", &candidate.url(), "--base", &base.url()]).exits_with(1);
    assert!(output.stdout.contains("warning: the base failed ") && output.stdout.contains("most of them status"), "{output}");
}

#[test]
fn a_threshold_of_the_candidate_ends_the_run() {
    let (base, candidate, folder) = (Demo::start(), Demo::with_defect("errors=30%"), Folder::new());
    let abort = "thresholds: { all: [{ expect: error_rate < 5%, abort: true, after: 300ms, for: 100ms }] }\n";
    let text = SHORT.replace("/health", "/products/").replace("budget: 6s", "budget: 1m").replace("looks: 1", "looks: 2");
    folder.write("loadline.yml", &format!("{text}{abort}"));
    let output = folder.loadline(["run", "--target", &candidate.url(), "--base", &base.url()]).exits_with(1);
    assert!(output.stdout.contains("ended the run"), "{output}");
    let record = folder.record();
    let threshold = &record["thresholds"][0];
    assert_eq!((&threshold["aborted"], &threshold["outcome"]), (&true.into(), &"failed".into()), "{threshold}");
    let (_, blocks) = blocks(&folder);
    let throughput = blocks.iter().filter(|block| block["phase"] == "throughput").count();
    assert_eq!((throughput, blocks.is_empty()), (0, false), "it ended while response times were measured");
}

#[test]
fn what_the_candidate_uses_ends_the_run() {
    let folder = Folder::new();
    let text = started("").replace("port: auto\n", "port: auto\n  monitor: true\n").replace("budget: 6s", "budget: 2m");
    folder.write("loadline.yml", &format!("{text}thresholds: {{ service: [{{ expect: memory_max < 1KB, abort: true }}] }}\n"));
    let output = folder.loadline(["run", "--base-command", &command_of_the_demo()]).exits_with(1);
    let threshold = &folder.record()["thresholds"][0];
    assert_eq!((&threshold["aborted"], &threshold["outcome"]), (&true.into(), &"failed".into()), "{output}");
}

#[test]
fn what_paired_mode_replaces_is_refused_before_any_load() {
    let (demo, folder) = (Demo::start(), Folder::new());
    folder.write("loadline.yml", &SHORT.replace("duration: 10m", "iterations: 10"));
    let output = folder.loadline(["run", "--target", &demo.url(), "--base", &demo.url()]).exits_with(2);
    assert!(output.stderr.contains("`iterations` does not go with paired mode") && output.stderr.contains("loadline.yml:8:"), "{output}");
    for (args, said) in [
        (["--base", "http://127.0.0.1:2", "--duration", "5s"], "`--duration` does not apply in paired mode, which `--base` asks for"),
        (["--base", "http://127.0.0.1:2", "--budget", "1s"], "the budget is too short for paired mode"),
        (["--budget", "5s", "--seed", "1"], "`--budget` belongs to paired mode"),
        (["--base-dir", ".", "--target", "http://127.0.0.1:2"], "cannot be used with '--target <URL>'"),
        (["--base-dir", ".", "--base", "http://127.0.0.1:2"], "cannot be used with '--base <URL>'"),
    ] {
        let output = folder.loadline(["run"]).args(args).exits_with(2);
        assert!(output.stderr.contains(said), "{said}: {output}");
    }
    assert_eq!(demo.requests(), 0);
}

#[test]
fn an_interrupted_paired_run_reports_what_it_measured() {
    let (base, candidate, folder) = (Demo::start(), Demo::start(), Folder::new());
    folder.write("loadline.yml", &SHORT.replace("budget: 6s", "budget: 1m").replace("load: {", "teardown: [{ get: /students }]\nload: {"));
    let run = folder.loadline(["run", "--target", &candidate.url(), "--base", &base.url()]).start();
    eventually("blocks are measured", || run.has_said("response times"));
    eventually("the candidate is under load", || candidate.requests() > 20);
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
    let record = folder.record();
    assert_eq!((sent(&record), record["sent"]["teardown"].as_u64()), (candidate.requests(), Some(1)));
}

#[test]
fn what_was_measured_before_a_start_that_was_interrupted_is_compared() {
    let folder = Folder::new();
    // Listens the first time alone.
    let hangs = started("").replace("command: exec ", "command: test -e again && exec sleep 600; touch again; exec ");
    folder.write("loadline.yml", &hangs.replace("looks: 1", "looks: 1, starts: 2").replace("budget: 6s", "budget: 8s"));
    let run = folder.loadline(["run", "--base-command", &command_of_the_demo()]).start();
    eventually("both start anew", || run.has_said("both versions start anew"));
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
    let record = folder.record();
    assert_eq!(record["comparison"]["mode"], "paired", "{output}");
    assert!(record["warnings"].as_array().unwrap().iter().all(|warning| warning["code"] != "service_failed"), "{output}");
}

#[test]
fn a_service_that_ended_before_it_was_to_start_anew_is_not_replaced_in_silence() {
    let folder = Folder::new();
    let text = started("").replace("command: exec ", "command: echo $$ > pid; exec ").replace("budget: 6s", "budget: 8s");
    folder.write("loadline.yml", &text.replace("looks: 1", "looks: 1, starts: 2"));
    // The base starts first: when it does so again, the candidate is still there from the first time.
    let base = format!("test -e again && kill -9 $(cat pid); touch again; {}", command_of_the_demo());
    let output = folder.loadline(["run", "--base-command", &base]).exits_with(3);
    assert!(output.stdout.contains("the service ended by itself during the run (signal 9 (SIGKILL))"), "{output}");
}

#[test]
fn the_password_of_the_base_is_shown_nowhere() {
    let (base, candidate, folder) = (Demo::start(), Demo::start(), Folder::new());
    folder.write("loadline.yml", SHORT);
    let secret = base.url().replace("http://", "http://joe:pa55w0rd@");
    let output = folder.loadline(["run", "--target", &candidate.url(), "--base", &secret]).exits_with(0);
    let files = folder.files("loadline-report");
    assert!(!output.everything().contains("pa55w0rd") && files.iter().all(|(_, text)| !text.contains("pa55w0rd")), "{output}");
    assert!(folder.record()["run"]["repeat"].as_str().unwrap().contains("http://***@"));
}
