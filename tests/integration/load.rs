//! What the load is made of: warm-up, classes, tags, arrivals.

use crate::support::{Answer, Demo, Folder, RawServer, endpoint, failing_thresholds, sent, threshold};

#[test]
fn the_warmup_is_in_no_result() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: warm\ntarget: http://127.0.0.1:1\nusers: { u: { think_time: 20ms, tasks: [{ get: /health }] } }\nload: { users: 2, warmup: 1s, duration: 1s }\n",
    );
    folder.loadline(["run", "--target", &demo.url()]).exits_with(0);
    let record = folder.record();
    let (warmup, load) = (record["sent"]["warmup"].as_u64().unwrap(), record["sent"]["load"].as_u64().unwrap());
    assert!(warmup > 10 && load > 10, "{}", record["sent"]);
    assert_eq!(warmup + load, demo.requests());
    let counted = record["summary"]["requests"].as_u64().unwrap();
    assert!(counted <= load && counted + 4 > load, "{counted} of {load}");
    assert!((0.9..1.5).contains(&record["run"]["duration"].as_f64().unwrap()), "{}", record["run"]);
    assert_eq!(record["run"]["warmup"], 1.0);
}

#[test]
fn classes_that_are_left_out_have_thresholds_that_do_not_apply() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: two\ntarget: http://127.0.0.1:1\nusers:\n  reader: { tasks: [{ get: /health, tags: [cheap] }, { get: /courses, tags: [cheap] }] }\n  \
         writer: { tasks: [{ post: /students, json: { name: x } }] }\nload: { users: 4, iterations: 20, only: [reader] }\n\
         thresholds:\n  reader: [error_rate < 1%]\n  writer: [p95 < 1ms]\n  cheap: [count(200) == 20]\n  POST /students: [p99 < 1ms]\n  each: [p50 < 1m]\n",
    );
    folder.loadline(["run", "--seed", "5", "--target", &demo.url()]).exits_with(0);
    let record = folder.record();
    let outcome = |expression| threshold(&record, expression)["outcome"].as_str().unwrap().to_owned();
    assert_eq!(
        ["error_rate < 1%", "p95 < 1ms", "count(200) == 20", "p99 < 1ms"].map(outcome),
        ["passed", "not_applicable", "passed", "not_applicable"]
    );
    let stats = demo.stats();
    assert_eq!(stats["by_endpoint"].as_object().unwrap().keys().collect::<Vec<_>>(), ["GET /courses", "GET /health"]);
}

#[test]
fn scopes_are_judged_apart() {
    let server = RawServer::start(|seen| match seen.path.as_str() {
        "/good" => Answer::ok("fine"),
        _ => Answer::Whole(500, String::new()),
    });
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: scopes\ntarget: http://127.0.0.1:1\nusers:\n  lucky: { tasks: [{ get: /good, tags: [a] }] }\n  unlucky: { tasks: [{ get: /bad, tags: [a, b] }] }\n\
         load: { users: 2, iterations: 20 }\nthresholds:\n  lucky: [error_rate == 0%]\n  unlucky: [error_rate < 1%]\n  a: [error_rate < 2%]\n  b: [error_rate < 3%]\n  \
         GET /good: [success_rate == 100%]\n  GET /bad: [success_rate > 0%]\n  each: [{ expect: error_rate < 4%, severity: warn }]\n",
    );
    folder.loadline(["run", "--target", &server.url()]).exits_with(1);
    let expected = ["unlucky: error_rate < 1%", "a: error_rate < 2%", "b: error_rate < 3%", "GET /bad: success_rate > 0%"];
    let mut failing = failing_thresholds(&folder.record());
    failing.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(failing, expected);
}

#[test]
fn arrivals_that_find_no_user_are_dropped_and_counted() {
    let server = RawServer::start(|_| {
        std::thread::sleep(std::time::Duration::from_millis(500));
        Answer::ok("slow")
    });
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: flood\ntarget: http://127.0.0.1:1\nusers: { u: { tasks: [{ get: / }] } }\nload: { rate: 50/s, duration: 1s, max_users: 2, max_wait: 100ms }\n\
         thresholds: { all: [dropped == 0] }\n",
    );
    let output = folder.loadline(["run", "--target", &server.url()]).exits_with(1);
    let record = folder.record();
    let summary = &record["summary"];
    let dropped = summary["dropped"].as_u64().unwrap();
    assert!(dropped >= 40, "{summary}");
    assert_eq!(dropped + summary["iterations"].as_u64().unwrap() + summary["iterations_cut"].as_u64().unwrap(), 50);
    assert_eq!(failing_thresholds(&record), ["all: dropped == 0"]);
    assert!(output.stdout.contains("were dropped"), "{output}");
    assert_eq!(server.seen().len() as u64, sent(&record));
}

#[test]
fn a_search_for_the_capacity_ends_with_the_service() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Serves thirty requests and is gone.
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten().take(30) {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
        }
    });
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        &format!(
            "name: search\ntarget: http://{address}\nusers: {{ u: {{ tasks: [{{ get: / }}] }} }}\n\
             load: {{ capacity: {{ objective: [error_rate < 1%], from: 20/s, to: 2000/s, hold: 1s }} }}\nthresholds: {{ all: [capacity >= 100/s] }}\n"
        ),
    );
    let output = folder.loadline(["run"]).exits_with(1);
    let record = folder.record();
    let steps: Vec<(f64, bool)> = record["capacity"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["rate"].as_f64().unwrap(), step["met"].as_bool().unwrap()))
        .collect();
    assert_eq!(steps, [(20.0, true), (80.0, false), (40.0, false)]);
    let said = "the search ended at 40/s, where the service refused every connection; 20/s was the last rate that it carried";
    assert!(output.stdout.contains(said), "{output}");
    assert_eq!(failing_thresholds(&record), ["all: capacity >= 100/s"]);
}

#[test]
fn stages_move_the_number_of_users() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write(
        "loadline.yml",
        "name: staged\ntarget: http://127.0.0.1:1\nusers: { u: { think_time: 20ms, tasks: [{ get: /health }] } }\n\
         load: { stages: [{ duration: 1s, users: 4 }, { duration: 500ms, users: 4 }, { duration: 500ms, users: 1 }] }\n",
    );
    folder.loadline(["run", "--target", &demo.url()]).exits_with(0);
    let record = folder.record();
    assert_eq!(record["run"]["users_max"], 4);
    assert_eq!(sent(&record), demo.requests());
}

#[test]
fn redirects_and_cookies_are_followed_as_browsers_do() {
    let server = RawServer::start(|seen| match seen.path.as_str() {
        "/start" => Answer::Do(Box::new(|stream| {
            use std::io::Write;
            stream.write_all(
                b"HTTP/1.1 302 Found\r\nlocation: /end\r\nset-cookie: seen=yes\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            )
        })),
        _ if seen.header("cookie") == Some("seen=yes") => Answer::ok("welcome back"),
        _ => Answer::Whole(403, String::new()),
    });
    let folder = Folder::new();
    folder.loadline(["run", &format!("{}/start", server.url()), "-n", "3", "-c", "1"]).exits_with(0);
    let record = folder.record();
    assert_eq!((&record["summary"]["requests"], &record["summary"]["redirects"]), (&3.into(), &3.into()));
    assert_eq!(endpoint(&record, "GET /start")["statuses"], serde_json::json!({ "200": 3 }));
    assert_eq!(sent(&record), server.seen().len() as u64);
}
