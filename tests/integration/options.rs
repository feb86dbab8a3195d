//! Options, their variables, and what several files come to.

use crate::support::{Answer, Demo, Folder, RawServer, sent};

const READER: &str = "\
name: reader
target: http://127.0.0.1:1
users:
  reader:
    tasks:
      - get: /health
load: { users: 1, iterations: 2 }
";

/// Sends what is random.
const RANDOM: &str = "\
name: random
target: http://127.0.0.1:1
data:
  word: { values: [a, b, c, d, e, f, g, h], pick: shuffle }
users:
  writer:
    tasks:
      - weight: 1
        post: /one
        json: { id: \"{{ uuid() }}\", n: \"{{ random_int(1, 1000000) }}\", who: \"{{ fake.email() }}\", word: \"{{ word }}\" }
      - weight: 1
        post: /two
        text: \"{{ choose(['x', 'y', 'z']) }} {{ random_float(0, 1, 6) }}\"
load: { users: 1, iterations: 20 }
";

#[test]
fn without_a_file_it_says_what_to_type() {
    let output = Folder::new().loadline(["run"]).exits_with(2);
    insta::assert_snapshot!(output.everything(), @r#"
    error: there is no loadline.yml in this folder, and no scenario was named
      loadline run --demo                          see it all in ten seconds
      loadline run http://127.0.0.1:8000/ -n 100   load one address
      loadline run scenarios/shop.yml              run a scenario file
    "#);
}

#[test]
fn without_a_file_the_usual_one_is_run() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", READER).loadline(["run", "--target", &demo.url()]).exits_with(0);
    assert_eq!(folder.record()["scenario"]["name"], "reader");
}

#[test]
fn an_unknown_option_is_named_with_a_suggestion() {
    let output = Folder::new().loadline(["run", "--itertions", "5"]).exits_with(2);
    assert!(output.stderr.contains("unexpected argument '--itertions'") && output.stderr.contains("'--iterations'"), "{output}");
}

#[test]
fn several_files_run_one_after_the_other_and_give_one_verdict() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("good.yml", READER);
    folder.write("bad.yml", &READER.replace("name: reader", "name: writer").replace("/health", "/nowhere"));
    let args = ["run", "good.yml", "bad.yml", "--target", &demo.url(), "--threshold", "error_rate < 50%", "--json", "out/r.json"];
    let output = folder.loadline(args).exits_with(1);
    assert_eq!(output.verdict(), "FAILED  1 of 2 scenarios failed (writer)");
    assert_eq!(demo.requests(), 4);
    let names = ["out/r.json", "out/r-2.json"].map(|file| {
        let record: serde_json::Value = serde_json::from_str(&folder.read(file)).unwrap();
        record["scenario"]["name"].as_str().unwrap().to_owned()
    });
    assert_eq!(names, ["reader", "writer"]);
}

#[test]
fn a_problem_in_one_file_keeps_all_of_them_from_running() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("good.yml", READER).write("bad.yml", &READER.replace("get: ", "gett: "));
    let output = folder.loadline(["run", "good.yml", "bad.yml", "--target", &demo.url()]).exits_with(2);
    assert!(output.stderr.contains("bad.yml:6:") && output.stderr.ends_with("no load was sent\n"), "{output}");
    assert_eq!(demo.requests(), 0);
}

#[test]
fn what_is_asked_for_is_written_where_it_is_asked_for() {
    let demo = Demo::start();
    let folder = Folder::new();
    let places = ["--json", "results/record.json", "--csv", "results/load", "--out", "the/report"];
    folder.write("loadline.yml", READER).loadline(["run", "--target", &demo.url()]).args(places).exits_with(0);
    let csv = ["load_exceptions.csv", "load_failures.csv", "load_stats.csv", "load_stats_history.csv"];
    assert_eq!(folder.names("results"), [csv.as_slice(), &["record.json"]].concat());
    assert_eq!(folder.names("the/report"), ["comment.md", "junit.xml", "record.json", "report.html", "summary.md"]);
    assert_eq!(folder.read("results/record.json"), folder.read("the/report/record.json"));
    assert!(!folder.path("loadline-report").exists());
}

#[test]
fn quiet_says_the_verdict_and_nothing_else() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", READER);
    let output = folder.loadline(["run", "-q", "--target", &demo.url()]).exits_with(0);
    assert_eq!(output.everything(), "PASSED  reader: no thresholds\n");
    let missed = ["--threshold", "count(404) > 0", "--threshold", "error_rate < 1%"];
    let output = folder.loadline(["run", "-q", "--target", &demo.url()]).args(missed).exits_with(1);
    let said = "✗ reader: all: count(404) > 0 missed: 0\nFAILED  reader: 1 of 2 thresholds missed (all count(404) > 0: 0)\n";
    assert_eq!(output.everything(), said);
}

#[test]
fn every_option_can_be_a_variable() {
    let server = RawServer::start(|_| Answer::ok("fine"));
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        &format!("{READER}environments: {{ staging: {{ target: http://127.0.0.1:1 }} }}\nenvironment: staging\n")
            .replace("get: /health", "{ get: '/${WHERE}/${OTHER}' }")
            .replace(
                "load: { users: 1, iterations: 2 }",
                "profile: small\nprofiles: { small: { users: 1, iterations: 1 }, large: { users: 1, iterations: 2 } }",
            ),
    );
    folder.write("my.env", "OTHER=other\n");
    let run = folder.loadline(["run"]).env("LOADLINE_TARGET", &server.url()).env("LOADLINE_ENVIRONMENT", "staging");
    let run =
        run.env("LOADLINE_PROFILE", "large").env("LOADLINE_USERS", "3").env("LOADLINE_ITERATIONS", "6").env("LOADLINE_SPAWN_RATE", "100/s");
    let run = run
        .env("LOADLINE_DURATION", "30s")
        .env("LOADLINE_VAR", "WHERE=there\n")
        .env("LOADLINE_ENV_FILE", "my.env")
        .env("LOADLINE_SEED", "42");
    let run = run.env("LOADLINE_TIMEOUT", "7s").env("LOADLINE_THREADS", "2").env("LOADLINE_THRESHOLD", "p95 < 1m\n\ncount(200) == 6\n");
    let run = run.env("LOADLINE_OUT", "report").env("LOADLINE_JSON", "r.json").env("LOADLINE_CSV", "c").env("LOADLINE_QUIET", "1");
    let output = run.exits_with(0);
    assert_eq!(output.everything(), "PASSED  reader: 2 of 2 thresholds held\n");
    let record = folder.record_in("report");
    assert_eq!((&record["run"]["seed"], &record["generator"]["threads"]), (&42.into(), &2.into()));
    assert_eq!((&record["scenario"]["profile"], &record["scenario"]["environment"]), (&"large".into(), &"staging".into()));
    assert_eq!(record["run"]["load"], "3 users (100/s) for 30s, 6 iterations");
    assert!(server.seen().iter().all(|seen| seen.path == "/there/other"), "{:?}", server.seen());
    assert!(folder.path("r.json").exists() && folder.path("c_stats.csv").exists());
}

#[test]
fn variables_of_the_form_without_a_file_work_too() {
    let server = RawServer::start(|_| Answer::ok("fine"));
    let folder = Folder::new();
    let run = folder.loadline(["run", &server.url(), "-q"]).env("LOADLINE_METHOD", "PATCH").env("LOADLINE_BODY", "b");
    let run = run.env("LOADLINE_HEADER", "x-a: 1\nx-b: 2\n").env("LOADLINE_RATE", "20/s").env("LOADLINE_MAX_USERS", "9");
    run.env("LOADLINE_DURATION", "500ms").exits_with(0);
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.body.as_str(), seen.header("x-a"), seen.header("x-b")), ("PATCH", "b", Some("1"), Some("2")));
    assert_eq!(folder.record()["run"]["load"], "rate 20/s for 500ms");
}

#[test]
fn empty_variables_count_as_unset() {
    let demo = Demo::start();
    let folder = Folder::new();
    let mut run = folder.write("loadline.yml", READER).loadline(["run", "--target", &demo.url()]);
    for name in [
        "USERS",
        "RATE",
        "DURATION",
        "PROFILE",
        "ENV_FILE",
        "VAR",
        "HEADER",
        "BODY",
        "SEED",
        "OUT",
        "JSON",
        "CSV",
        "QUIET",
        "THRESHOLD",
        "STORE",
    ] {
        run = run.env(&format!("LOADLINE_{name}"), "");
    }
    run.exits_with(0);
    assert_eq!(folder.record()["summary"]["iterations"], 2);
}

#[test]
fn an_option_wins_over_its_variable_and_that_over_the_file() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", READER);
    folder.loadline(["run", "--target", &demo.url(), "-n", "4"]).env("LOADLINE_ITERATIONS", "3").exits_with(0);
    assert_eq!(folder.record()["summary"]["iterations"], 4);
    folder.loadline(["run", "--target", &demo.url()]).env("LOADLINE_ITERATIONS", "3").exits_with(0);
    assert_eq!(folder.record()["summary"]["iterations"], 3);
}

#[test]
fn values_come_from_options_then_the_environment_then_the_file_then_the_default() {
    let server = RawServer::start(|_| Answer::ok(""));
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        &format!("env_file: .env\n{READER}").replace("get: /health", "{ post: /, text: \"${A}-${B}-${C}-${D:-default}-$${E}\" }"),
    );
    folder.write(".env", "A=file\nB=file\nC=file\n");
    folder.loadline(["run", "--target", &server.url(), "--var", "A=option"]).env("A", "process").env("B", "process").exits_with(0);
    assert_eq!(server.seen()[0].body, "option-process-file-default-${E}");
}

#[test]
fn a_seed_repeats_a_run_and_another_one_does_not() {
    let requests = |seed: &str| {
        let server = RawServer::start(|_| Answer::ok(""));
        let folder = Folder::new();
        folder.write("random.yml", RANDOM).loadline(["run", "random.yml", "--seed", seed, "--target", &server.url()]).exits_with(0);
        assert_eq!(folder.record()["run"]["seed"], seed.parse::<u64>().unwrap());
        server.seen().into_iter().map(|seen| (seen.path, seen.body)).collect::<Vec<_>>()
    };
    let first = requests("11");
    assert_eq!(first.len(), 20);
    assert!(["/one", "/two"].iter().all(|path| first.iter().any(|(sent, _)| sent == path)), "{first:?}");
    assert_eq!(requests("11"), first);
    assert_ne!(requests("12"), first);
}

#[test]
fn the_seed_that_was_drawn_is_printed_in_a_line_that_repeats_the_run() {
    let demo = Demo::start();
    let folder = Folder::new();
    let output = folder.write("loadline.yml", READER).loadline(["run", "--target", &demo.url(), "--users", "2"]).exits_with(0);
    let seed = folder.record()["run"]["seed"].as_u64().unwrap();
    let line = format!("Repeat: loadline run loadline.yml --target {} --users 2 --on-saturation warn --seed {seed}\n", demo.url());
    assert!(output.stdout.contains(&line), "{output}");
}

#[test]
fn two_threads_send_what_one_would() {
    let demo = Demo::start();
    let folder = Folder::new();
    let args = ["run", "--target", &demo.url(), "--users", "7", "--iterations", "100", "--threads", "2"];
    folder.write("loadline.yml", READER).loadline(args).exits_with(0);
    let record = folder.record();
    assert_eq!((&record["summary"]["iterations"], &record["generator"]["threads"]), (&100.into(), &2.into()));
    assert_eq!((sent(&record), demo.requests()), (100, 100));
}
