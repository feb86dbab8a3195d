//! The form without a file: an address and options.

use crate::support::{Answer, Demo, Folder, RawServer, endpoint, threshold};

#[test]
fn a_number_of_requests_is_shared_by_the_users() {
    let demo = Demo::start();
    let folder = Folder::new();
    let url = format!("{}/health", demo.url());
    let thresholds = ["--threshold", "count(200) == 20", "--threshold", "error_rate <= 2%"];
    let output = folder.loadline(["run", &url, "-n", "20", "-c", "4", "--timeout", "30s"]).args(thresholds).exits_with(0);
    let record = folder.record();
    assert_eq!((&record["summary"]["requests"], &record["run"]["users_max"]), (&20.into(), &4.into()));
    assert_eq!(demo.stats()["by_endpoint"]["GET /health"]["count"], 20);
    assert_eq!(output.verdict(), "PASSED  GET /health: 2 of 2 thresholds held");
}

#[test]
fn method_headers_and_body_are_sent_as_they_were_typed() {
    let server = RawServer::start(|_| Answer::ok("fine"));
    let folder = Folder::new();
    let url = format!("{}/a/b?c=d&e=%20", server.url());
    let typed = ["-X", "put", "-H", "x-one: 1", "--header", "Content-Type: text/csv", "--body", "a,b\nc"];
    folder.loadline(["run", &url, "-n", "1", "-c", "1"]).args(typed).exits_with(0);
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str(), seen[0].body.as_str()), ("PUT", "/a/b?c=d&e=%20", "a,b\nc"));
    assert_eq!((seen[0].header("x-one"), seen[0].header("content-type")), (Some("1"), Some("text/csv")));
    assert_eq!(seen[0].header("host"), Some(server.address().as_str()));
}

#[test]
fn a_body_alone_makes_it_a_post() {
    let server = RawServer::start(|_| Answer::ok(""));
    let folder = Folder::new();
    folder.loadline(["run", &server.address(), "-n", "1", "-c", "1", "-d", "x"]).exits_with(0);
    assert_eq!((server.seen()[0].method.as_str(), server.seen()[0].path.as_str()), ("POST", "/"));
}

#[test]
fn a_body_may_be_in_a_file_and_json_says_that_it_is() {
    let server = RawServer::start(|_| Answer::ok(""));
    let folder = Folder::new();
    folder.write("order.json", "{\"id\": 7}\n");
    for args in [
        &["-d", "@order.json"][..],
        &["-d", "{\"id\": \"{{ random_int(7, 7) }}\"}"],
        &["-d", "{\"id\": 7}", "-H", "content-TYPE: text/x"],
        &["-d", "id=7"],
    ] {
        folder.loadline(["run", &server.url(), "-n", "1", "-c", "1"]).args(args.iter().copied()).exits_with(0);
    }
    let seen = server.seen();
    let sent: Vec<_> = seen.iter().map(|seen| (seen.body.as_str(), seen.header("content-type").unwrap_or_default())).collect();
    let json = "application/json";
    let expected = [("{\"id\": 7}\n", json), ("{\"id\": \"7\"}", json), ("{\"id\": 7}", "text/x"), ("id=7", "text/plain; charset=utf-8")];
    assert_eq!(sent, expected);
}

#[test]
fn a_warm_up_comes_before_what_counts() {
    let demo = Demo::start();
    let folder = Folder::new();
    let url = format!("{}/health", demo.url());
    folder.loadline(["run", &url, "--rate", "50/s", "--warmup", "500ms", "--duration", "500ms"]).exits_with(0);
    let record = folder.record();
    assert!(record["sent"]["warmup"].as_u64() > Some(0), "{}", record["sent"]);
    assert_eq!(record["run"]["load"], "rate 50/s for 500ms after 500ms of warm-up");
}

#[test]
fn templates_work_in_path_header_and_body() {
    let server = RawServer::start(|_| Answer::ok(""));
    let folder = Folder::new();
    let url = format!("{}/{{{{ random_int(5, 5) }}}}", server.url());
    let args = ["-H", "x-n: {{ random_int(6, 6) }}", "-d", "{{ random_int(7, 7) }}"];
    folder.loadline(["run", &url, "-n", "1", "-c", "1"]).args(args).exits_with(0);
    let seen = &server.seen()[0];
    assert_eq!((seen.path.as_str(), seen.header("x-n"), seen.body.as_str()), ("/5", Some("6"), "7"));
}

#[test]
fn a_rate_makes_arrivals() {
    let demo = Demo::start();
    let folder = Folder::new();
    let url = format!("{}/health", demo.url());
    folder.loadline(["run", &url, "--rate", "40/s", "--duration", "1s", "--max-users", "30"]).exits_with(0);
    let summary = &folder.record()["summary"];
    assert_eq!(summary["iterations"].as_u64().unwrap() + summary["dropped"].as_u64().unwrap(), 40);
    assert!(summary["schedule_lag_p99"].is_number());
}

#[test]
fn a_missed_threshold_fails() {
    let server = RawServer::start(|_| Answer::Whole(500, "no".to_owned()));
    let folder = Folder::new();
    let output = folder.loadline(["run", &server.url(), "-n", "4", "-c", "1", "--threshold", "error_rate <= 2%"]).exits_with(1);
    let record = folder.record();
    assert_eq!(threshold(&record, "error_rate <= 2%")["outcome"], "failed");
    assert_eq!(endpoint(&record, "GET /")["statuses"]["500"], 4);
    assert_eq!(endpoint(&record, "GET /")["errors"][0]["category"], "status");
    assert_eq!(output.verdict(), "FAILED  GET /: 1 of 1 threshold missed (all error_rate <= 2%: 100%)");
}

#[test]
fn what_contradicts_is_said_before_any_load() {
    let server = RawServer::start(|_| Answer::ok(""));
    let url = server.url();
    let folder = Folder::new();
    folder.write("a.yml", "");
    for (args, said) in [
        (vec![&*url, "-c", "2", "--rate", "5/s"], "`--users` and `--rate` exclude each other"),
        (vec![&*url, "a.yml"], "an address is run alone"),
        (vec![&*url, "--header", "nothing"], "write `--header 'name: value'`"),
        (vec![&*url, "--profile", "smoke"], "`--profile` belongs to a scenario file"),
        (vec![&*url, "-X", "BREW"], "there is no method `BREW`"),
        (vec![&*url, "--threshold", "p95 <> 3"], "`<>` is no comparison"),
        (vec![&*url, "-n", "0"], "`--iterations` must be a whole number above zero"),
        (vec![&*url, "-c", "2000000"], "`--users` must be a whole number from 1 to 1000000"),
        (vec![&*url, "--rate", "1/s", "--max-users", "0"], "`--max-users` must be a whole number from 1 to 1000000"),
        (vec![&*url, "--timeout", "0s"], "`--timeout` must be above zero"),
        (vec!["http://", "-n", "1"], "write an address such as `http://127.0.0.1:8000/`"),
        (vec![&*url, "-d", "@nowhere.json"], "failed to read the file `nowhere.json`"),
        (vec!["a.yml", "--body", "x"], "`--method`, `--header`, `--body` and `--insecure` belong to an address"),
        (vec!["a.yml", "-k"], "`--method`, `--header`, `--body` and `--insecure` belong to an address"),
        (vec!["--demo", "-H", "x: y"], "`--method`, `--header`, `--body` and `--insecure` belong to an address"),
        (vec!["--demo", "--budget", "70s"], "`--budget` belongs to paired mode"),
    ] {
        let output = folder.loadline(["run"]).args(args.iter().copied()).exits_with(2);
        assert!(output.stderr.contains(said), "{args:?}: {output}");
        assert_eq!(output.stdout, "", "{args:?}");
    }
    assert_eq!(server.seen(), []);
}
