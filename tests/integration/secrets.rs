//! Secrets are used and never shown: not on the terminal, not in any file of the report.

use crate::support::{Answer, Demo, Folder, Output, RawServer, Seen};

/// A server that tells everything it was told, as a careless one would.
fn careless() -> RawServer {
    RawServer::start(|seen: &Seen| {
        let mut told = serde_json::json!({ "path": seen.path, "body": seen.body, "padded": format!("{}{}", "x".repeat(70), seen.path) });
        seen.headers.iter().for_each(|(name, value)| told[name] = value.as_str().into());
        Answer::Whole(500, told.to_string())
    })
}

#[track_caller]
fn nowhere(secrets: &[&str], output: &Output, folder: &Folder) {
    let mut files = folder.files("loadline-report");
    files.extend(
        files
            .iter()
            .filter(|(name, _)| name.ends_with(".gz"))
            .map(|(name, _)| {
                let packed = std::fs::File::open(folder.path(&format!("loadline-report/{name}"))).unwrap();
                (format!("{name}, unpacked"), std::io::read_to_string(flate2::read::GzDecoder::new(packed)).unwrap())
            })
            .collect::<Vec<_>>(),
    );
    let mut places = vec![("stdout".to_owned(), output.stdout.clone()), ("stderr".to_owned(), output.stderr.clone())];
    places.extend(files);
    for secret in secrets {
        for (place, text) in &places {
            let found =
                text.find(secret).map(|at| text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect::<String>());
            assert_eq!(found, None, "`{secret}` in {place}");
        }
    }
}

#[test]
fn values_of_files_variables_and_headers_are_masked_everywhere() {
    let server = careless();
    let folder = Folder::new();
    // What else is in such a file doesn't take the scenario its name.
    folder.write(".env", "FILE_SECRET=from-the-file-1\nCOMPOSE_PROJECT_NAME=careless\n");
    // A check for each of what it tells, so that each is in a message.
    let steps: String = ["path", "body", "padded", "authorization", "cookie", "x-key", "x-env", "x-pass"]
        .iter()
        .map(|told| {
            format!(
                "          - post: /${{FILE_SECRET}}/x\n            name: POST {told}\n            headers: {{ x-key: '${{VAR_SECRET}}', x-env: '{{{{ env.PROCESS_SECRET }}}}', x-pass: '${{API_PASSWORD}}' }}\n            \
                 json: {{ password: '${{VAR_SECRET}}' }}\n            check: {{ status: 500, json: {{ \"$['{told}']\": nothing }} }}\n"
            )
        })
        .collect();
    folder.write(
        "loadline.yml",
        &format!(
            "name: careless\ntarget: http://127.0.0.1:1\nenv_file: .env\nusers:\n  u:\n    headers: {{ authorization: Bearer written-in-2, cookie: session=crumbs-3 }}\n    \
             tasks:\n      - steps:\n{steps}load: {{ users: 1, iterations: 2 }}\n\
             verify:\n  - get: /verify\n    headers: {{ authorization: Bearer written-in-4 }}\n    check: {{ status: 500, json: {{ $.authorization: nothing }} }}\n"
        ),
    );
    let run = folder.loadline(["run", "--target", &server.url(), "--var", "VAR_SECRET=from-the-option-5"]);
    let output = run.env("PROCESS_SECRET", "from-the-process-6").env("API_PASSWORD", "from-the-process-21").exits_with(1);
    // They were sent as they are.
    let seen = &server.seen()[0];
    assert_eq!((seen.path.as_str(), seen.header("authorization")), ("/from-the-file-1/x", Some("Bearer written-in-2")));
    assert_eq!((seen.header("x-key"), seen.header("x-env")), (Some("from-the-option-5"), Some("from-the-process-6")));
    assert_eq!(seen.header("x-pass"), Some("from-the-process-21"));
    // The messages that hold them are there, and masked.
    assert!(output.stdout.contains("***"), "{output}");
    assert_eq!(folder.record()["endpoints"].as_array().unwrap().iter().filter(|endpoint| endpoint["errors"][0]["count"] == 2).count(), 8);
    assert_eq!(folder.record()["scenario"]["name"], "careless");
    nowhere(
        &[
            "from-the-file-1",
            "from-the-fi…",
            "written-in-2",
            "crumbs-3",
            "written-in-4",
            "from-the-option-5",
            "from-the-process-6",
            "from-the-process-21",
        ],
        &output,
        &folder,
    );
}

#[test]
fn credentials_of_an_address_and_of_headers_are_masked() {
    let server = careless();
    let folder = Folder::new();
    let url = format!("http://joe:pa55word-7@{}/x", server.address());
    let args = ["-n", "2", "-c", "1", "-H", "authorization: Bearer typed-8", "-H", "Cookie: a=typed-9", "--threshold", "error_rate < 1%"];
    let output = folder.loadline(["run", &url]).args(args).exits_with(1);
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer typed-8"));
    nowhere(&["pa55word-7", "typed-8", "typed-9"], &output, &folder);
    folder.loadline(["run", &url, "-n", "1", "-c", "1"]).exits_with(3);
    assert_eq!(server.seen().last().unwrap().header("authorization"), Some("Basic am9lOnBhNTV3b3JkLTc="));
    nowhere(&["pa55word-7", "am9lOnBhNTV3b3JkLTc="], &output, &folder);
}

#[test]
fn a_token_without_a_user_is_sent_and_masked() {
    let (server, folder) = (careless(), Folder::new());
    for scheme in ["http://", ""] {
        let url = format!("{scheme}:t0ken-15@{}/x", server.address());
        let output = folder.loadline(["run", &url, "-n", "1", "-c", "1"]).exits_with(3);
        assert_eq!(server.seen().last().unwrap().header("authorization"), Some("Basic OnQwa2VuLTE1"));
        assert_eq!(folder.record()["run"]["target"], format!("http://{}", server.address()));
        nowhere(&["t0ken-15", "OnQwa2VuLTE1"], &output, &folder);
    }
}

#[test]
fn what_a_service_writes_is_masked() {
    let folder = Folder::new();
    folder.write(".env", "TOKEN=of-the-service-10\n");
    folder.write(
        "loadline.yml",
        "name: talkative\ntarget: http://127.0.0.1:${PORT}\nenv_file: .env\nservice:\n  command: echo my token is $TOKEN; echo again ${TOKEN} >&2; exit 3\n  port: auto\n  \
         ready: { get: /, within: 60s }\nusers: { u: { tasks: [{ get: / }] } }\nload: { users: 1, iterations: 1 }\n",
    );
    let output = folder.loadline(["run"]).exits_with(3);
    assert!(output.stdout.contains("again ***"), "{output}");
    assert!(folder.read("loadline-report/service.log").contains("***"));
    nowhere(&["of-the-service-10"], &output, &folder);
}

#[test]
fn problems_of_a_scenario_show_no_secret() {
    let folder = Folder::new();
    folder.write(".env", "TOKEN=of-the-file-11\nOTHER \"of-the-file-12\nTHIRD='of-the-file-13\n");
    folder.write(
        "loadline.yml",
        "env_file: .env\ntarget: http://127.0.0.1:1\nusers:\n  u:\n    headers: { authorization: 'Bearer ${TOKEN}' }\n    \
         tasks: [{ get: '/${KEY}', check: { status: '${KEY}', time: '${TOKEN}' } }]\nload: { users: '${TOKEN}', duration: '${KEY}' }\n",
    );
    let output = folder.loadline(["run", "--var", "KEY=of-the-option-14"]).exits_with(2);
    assert!(output.stderr.contains(".env:2:1") && output.stderr.contains("`***` is no status"), "{output}");
    nowhere(&["of-the-file", "of-the-option"], &output, &folder);
}

#[test]
fn names_are_masked_in_paired_mode_and_rules_are_still_found_by_them() {
    let (base, candidate, folder) = (Demo::start(), Demo::start(), Folder::new());
    folder.write(".env", "FEED_KEY=of-the-feed-10\n").write(
        "loadline.yml",
        "name: feed\ntarget: http://127.0.0.1:1\nenv_file: .env\n\
         users: { reader: { tasks: [{ get: \"/health?key=${FEED_KEY}\" }, { get: /health }] } }\n\
         load: { users: 2, duration: 10m }\npaired: { budget: 8s, rate: 200/s, users: 2, block: 60ms, looks: 1 }\n",
    );
    let advisory = "GET /health?key=of-the-feed-10: advisory";
    let paired = ["run", "--target", &candidate.url(), "--base", &base.url(), "--regression", advisory];
    let output = folder.loadline(paired).exits_with(0);
    let record = folder.record();
    let judged = |scope: &str| {
        let contrasts = record["comparison"]["contrasts"].as_array().unwrap();
        let of_p50 = contrasts.iter().find(|contrast| contrast["scope"] == scope && contrast["metric"] == "p50");
        of_p50.unwrap_or_else(|| panic!("no {scope}: {output}"))["judged"].clone()
    };
    assert_eq!((judged("GET /health"), judged("GET /health?key=***")), (true.into(), false.into()));
    nowhere(&["of-the-feed-10"], &output, &folder);
    let again = ["compare", "--blocks", "loadline-report/blocks.jsonl.gz", "--scenario", "loadline.yml", "--format", "json"];
    let again = folder.loadline(again).args(["--regression", advisory]).exits_with(0);
    let again: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["comparison"]["contrasts"], record["comparison"]["contrasts"], "by the same rules");
}

#[test]
fn a_typed_value_of_many_lines_is_one_and_no_error_shows_any() {
    let (server, folder) = (careless(), Folder::new());
    folder.write(
        "loadline.yml",
        "target: http://127.0.0.1:1\nusers: { u: { tasks: [{ post: /, text: '${KEY}' }] } }\nload: { users: 1, iterations: 1 }\n",
    );
    folder.loadline(["run", "--target", &server.url(), "--var", "KEY=line-16\nline-17\n"]).exits_with(3);
    assert_eq!(server.seen()[0].body, "line-16\nline-17\n");
    let output = folder.loadline(["run", "--var", "nameless-18"]).exits_with(2);
    assert!(output.stderr.starts_with("error: invalid value for '--var <K=V>': write `NAME=value`\n"), "{output}");
    nowhere(&["nameless-18"], &output, &folder);
    let output = folder.loadline(["run"]).env("LOADLINE_VAR", "KEY=line-19\nline-20\n").exits_with(2);
    assert!(
        output.stderr.starts_with("error: invalid value for '--var <K=V>' in line 2 of LOADLINE_VAR: write `NAME=value`\n"),
        "{output}"
    );
    nowhere(&["line-19", "line-20"], &output, &folder);
}
