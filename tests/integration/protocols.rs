//! What is spoken, over which connections: against servers that speak it for real.

use http::Version;

use crate::support::{Authority, Folder, Spoken, WebServer, endpoint};

/// Runs a scenario of this head and these steps, `users` users, `iterations` times; gives what it came to.
fn run(folder: &Folder, head: &str, steps: &str, (users, iterations): (u32, u32), code: i32) -> serde_json::Value {
    let load = format!("load: {{ users: {users}, iterations: {iterations} }}\n");
    folder.write("loadline.yml", &format!("{head}\nusers: {{ visitor: {{ tasks: [{{ steps: [{steps}] }}] }} }}\n{load}"));
    folder.loadline(["run"]).exits_with(code);
    folder.record()
}

fn errors(record: &serde_json::Value) -> String {
    let errors = record["endpoints"][0]["errors"].as_array().unwrap();
    errors.iter().map(|error| format!("{}: {}", error["category"].as_str().unwrap(), error["message"].as_str().unwrap())).collect()
}

fn versions(seen: &[Spoken]) -> Vec<Version> {
    let mut versions: Vec<Version> = seen.iter().map(|request| request.version).collect();
    versions.dedup();
    versions
}

#[test]
fn over_tls_the_server_picks_the_version_unless_the_scenario_does() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.write("ca.pem", &authority.pem());
    for (offered, version, expected) in [
        (&["h2", "http/1.1"][..], "auto", Version::HTTP_2),
        (&["http/1.1"], "auto", Version::HTTP_11),
        (&[], "auto", Version::HTTP_11),
        (&["h2", "http/1.1"], "1.1", Version::HTTP_11),
        (&["h2"], "2", Version::HTTP_2),
    ] {
        let server = WebServer::tls(authority.server("127.0.0.1", offered, rustls::ALL_VERSIONS));
        let head = format!("target: {}\nhttp: {{ version: {version} }}\ntls: {{ ca: ca.pem }}", server.url());
        let record = run(&folder, &head, "{ get: /a }, { post: /b, json: { x: 1 } }", (2, 4), 0);
        let seen = server.seen();
        assert_eq!((seen.len(), versions(&seen)), (8, vec![expected]), "{offered:?} {version}");
        assert_eq!(server.connections(), 2, "each user keeps its own");
        assert!(seen.iter().filter(|request| request.method == "POST").all(|request| request.body == b"{\"x\":1}"));
        let phases = &endpoint(&record, "GET /a")["phases"];
        assert!(phases["tls"].is_string() && phases["wait"].is_string(), "{phases}");
        let told = match (version, expected) {
            ("1.1", _) => "HTTP/1.1".into(),
            (_, Version::HTTP_2) => "HTTP/2".into(),
            _ => serde_json::Value::Null,
        };
        assert_eq!(record["run"]["connections"], told, "{offered:?} {version}");
        assert!(record["summary"]["bytes_in"].as_u64() > Some(8 * 12) && record["summary"]["bytes_out"].as_u64() > Some(8 * 10));
    }
    let server = WebServer::tls(authority.server("127.0.0.1", &[], rustls::ALL_VERSIONS));
    let head = format!("target: {}\nhttp: {{ version: 2 }}\ntls: {{ ca: ca.pem }}", server.url());
    let record = run(&folder, &head, "{ get: /a }", (1, 1), 3);
    assert_eq!(errors(&record), "tls: the server does not agree to HTTP/2 (ALPN)");
}

#[test]
fn http2_without_tls_is_spoken_by_prior_knowledge_with_all_that_http1_does() {
    let (server, folder) = (WebServer::http2(), Folder::new());
    let steps = "{ get: /login, headers: { connection: keep-alive, host: shop.test } }, \
                 { get: /away, capture: { ok: $.ok }, check: { json: { $.ok: true } } }, { head: /x }, \
                 { put: '/put?{{ ok }}', text: hello, auth: { bearer: token } }, { get: /large, check: { body: { min_length: 4096 } } }";
    let record = run(&folder, &format!("target: {}\nhttp: {{ version: 2 }}", server.url()), steps, (1, 1), 0);
    let seen = server.seen();
    let asked: Vec<&str> = seen.iter().map(|request| request.address.as_str()).collect();
    let url = server.url();
    let expected = [
        "http://shop.test/login",
        &format!("{url}/away"),
        &format!("{url}/there"),
        &format!("{url}/x"),
        &format!("{url}/put?true"),
        &format!("{url}/large"),
    ];
    assert_eq!(asked, expected);
    let connections: Vec<usize> = seen.iter().map(|request| request.connection).collect();
    assert_eq!((connections, versions(&seen)), (vec![1; 6], vec![Version::HTTP_2]));
    assert_eq!(seen[1].headers["cookie"], "session=abc");
    assert_eq!((seen[4].headers["authorization"].to_str().unwrap(), seen[4].body.as_slice()), ("Bearer token", &b"hello"[..]));
    assert!(seen.iter().all(|request| !request.headers.contains_key("connection") && !request.headers.contains_key("host")));
    assert_eq!((&record["summary"]["redirects"], &record["summary"]["failures"]), (&1.into(), &0.into()));
    assert_eq!(record["run"]["connections"], "HTTP/2");
}

#[test]
fn users_share_connections_in_http2_when_asked_to() {
    let (server, folder) = (WebServer::http2(), Folder::new());
    let head = format!("target: {}\nhttp: {{ version: 2, connections: 2 }}", server.url());
    let record = run(&folder, &head, "{ get: /slow }", (20, 40), 0);
    assert_eq!((server.connections(), server.seen().len()), (2, 40));
    let by_first = server.seen().iter().filter(|request| request.connection == 1).count();
    assert_eq!(by_first, 20, "they take turns");
    assert_eq!(record["run"]["connections"], "HTTP/2, 2 shared connections");
    // Side by side: one after the other on two connections, forty answers of 50 ms would take a second.
    let took = record["run"]["duration"].as_f64().unwrap();
    assert!(took < 0.9, "{took}");
}

#[test]
fn connections_that_are_not_kept_are_opened_for_each_request() {
    let folder = Folder::new();
    for (server, version) in [(WebServer::plain(), "1.1"), (WebServer::http2(), "2")] {
        let head = format!("target: {}\nhttp: {{ version: {version}, keep_alive: false }}", server.url());
        let record = run(&folder, &head, "{ get: /a }, { get: /b }", (1, 2), 0);
        assert_eq!(server.connections(), 4, "{version}");
        let closing =
            server.seen().iter().filter(|request| request.headers.get("connection").is_some_and(|value| value == "close")).count();
        assert_eq!(closing, if version == "2" { 0 } else { 4 });
        assert_eq!(record["summary"]["reconnects"], 0);
    }
}

#[test]
fn certificates_decide_who_is_spoken_to() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.write("ca.pem", &authority.pem());
    let server = WebServer::tls(authority.server("shop.internal", &[], rustls::ALL_VERSIONS));
    for (tls, code, said) in [
        ("ca: ca.pem", 3, "tls: invalid peer certificate: certificate not valid for name"),
        ("ca: ca.pem, server_name: shop.internal", 0, ""),
        (
            "server_name: shop.internal",
            3,
            "tls: the server's certificate is of an issuer that is not trusted; `tls: { ca: FILE }` trusts it",
        ),
        ("insecure: true", 0, ""),
    ] {
        let record = run(&folder, &format!("target: {}\ntls: {{ {tls} }}", server.url()), "{ get: / }", (1, 1), code);
        assert!(errors(&record).starts_with(said) && errors(&record).is_empty() == said.is_empty(), "{tls}: {}", errors(&record));
    }
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn an_address_alone_can_be_spoken_to_without_trust() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let server = WebServer::tls(authority.server("shop.internal", &[], rustls::ALL_VERSIONS));
    let output = folder.loadline(["run", &server.url(), "-n", "1", "-c", "1", "-k"]).exits_with(0);
    assert!(output.stdout.contains(" --insecure "), "{output}");
    folder.loadline(["run", &server.url(), "-n", "1", "-c", "1"]).exits_with(3);
}

#[test]
fn readiness_is_asked_under_the_name_that_the_load_asks_for() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.write("ca.pem", &authority.pem());
    let server = WebServer::tls(authority.server("shop.internal", &[], rustls::ALL_VERSIONS));
    let tls = "tls: { ca: ca.pem, server_name: shop.internal }";
    let head = format!("target: {}\n{tls}\nservice: {{ ready: {{ get: /up, within: 20s }} }}", server.url());
    run(&folder, &head, "{ get: / }", (1, 1), 0);
    let seen = server.seen();
    assert_eq!(seen.iter().map(|request| request.address.as_str()).collect::<Vec<_>>(), ["/up", "/"]);
    assert_eq!(seen[0].headers["host"], seen[1].headers["host"]);
}

#[test]
fn a_server_that_shows_the_certificate_of_an_authority_is_told_what_to_show_instead() {
    let folder = Folder::new();
    let (config, pem) = Authority::posing_as_server("127.0.0.1");
    folder.write("ca.pem", &pem);
    let server = WebServer::tls(config);
    let record = run(&folder, &format!("target: {}\ntls: {{ ca: ca.pem }}", server.url()), "{ get: / }", (1, 1), 3);
    let said = "tls: the server's certificate says that it is an authority; sign one for the server, or make this one with `basicConstraints=CA:FALSE`";
    assert_eq!(errors(&record), said);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_system_trusts_is_trusted() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.write("roots.pem", &authority.pem());
    let server = WebServer::tls(authority.server("127.0.0.1", &[], rustls::ALL_VERSIONS));
    let text = format!("target: {}\nusers: {{ a: {{ tasks: [{{ get: / }}] }} }}\nload: {{ users: 1, iterations: 1 }}\n", server.url());
    folder.write("loadline.yml", &text);
    folder.loadline(["run"]).env("SSL_CERT_FILE", "roots.pem").exits_with(0);
    folder.write("roots.pem", &Authority::new().pem());
    folder.loadline(["run"]).env("SSL_CERT_FILE", "roots.pem").exits_with(3);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn versions_of_tls_are_agreed_on_within_bounds() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.write("ca.pem", &authority.pem());
    for (version, tls, code) in [
        (&rustls::version::TLS12, "", 0),
        (&rustls::version::TLS13, "", 0),
        (&rustls::version::TLS12, ", min_version: 1.3", 3),
        (&rustls::version::TLS13, ", max_version: 1.2", 3),
    ] {
        let server = WebServer::tls(authority.server("127.0.0.1", &[], &[version]));
        let record = run(&folder, &format!("target: {}\ntls: {{ ca: ca.pem{tls} }}", server.url()), "{ get: / }", (1, 1), code);
        assert_eq!(errors(&record).starts_with("tls: "), code != 0, "{version:?}{tls}: {}", errors(&record));
    }
}

#[test]
fn clients_show_their_certificate_to_the_target() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let (client, other) = (authority.sign("visitor"), authority.sign("other"));
    folder.write("ca.pem", &authority.pem()).write("client.pem", &client.cert).write("client.key", &client.key);
    folder.write("both.pem", &format!("{}{}", client.key, client.cert)).write("other.key", &other.key);
    let server = WebServer::tls(authority.strict_server("127.0.0.1"));
    for (tls, code) in [("cert: client.pem, key: client.key", 0), ("cert: both.pem", 0), ("insecure: false", 3)] {
        run(&folder, &format!("target: {}\ntls: {{ ca: ca.pem, {tls} }}", server.url()), "{ get: / }", (1, 1), code);
    }
    assert_eq!(server.seen().len(), 2);
    for (tls, said) in [
        ("cert: client.pem, key: other.key", "the key in `other.key` can't be used: "),
        ("cert: client.pem", "the key in `client.pem` can't be used: it has no private key"),
        ("cert: client.key", "`client.key` can't be used: it has no certificate"),
    ] {
        let text = format!(
            "target: {}\ntls: {{ {tls} }}\nusers: {{ a: {{ tasks: [{{ get: / }}] }} }}\nload: {{ users: 1, iterations: 1 }}",
            server.url()
        );
        let output = folder.write("loadline.yml", &text).loadline(["run"]).exits_with(2);
        assert!(output.stderr.contains(said) && !output.stderr.contains("PRIVATE KEY"), "{output}");
    }
}

#[test]
fn a_service_behind_a_unix_socket_is_a_target_and_a_redirect_stays_on_it() {
    let folder = Folder::new();
    let socket = folder.path("app.sock");
    let server = WebServer::socket(&socket);
    let head = "target: unix:app.sock:/api\nservice: { ready: { tcp: unix:app.sock, within: 10s } }";
    let record = run(&folder, head, "{ get: /a }, { get: 'http://localhost/away' }, { get: /b, headers: { host: shop.test } }", (1, 1), 0);
    let seen = server.seen();
    let asked: Vec<&str> = seen.iter().map(|request| request.address.as_str()).collect();
    assert_eq!(asked, ["/api/a", "/away", "/there", "/api/b"]);
    let hosts: Vec<&str> = seen.iter().map(|request| request.headers["host"].to_str().unwrap()).collect();
    assert_eq!(hosts, ["localhost", "localhost", "localhost", "shop.test"]);
    assert_eq!((server.connections(), &record["run"]["target"]), (2, &"unix:app.sock:/api".into()), "the readiness, and the user");
    let record = run(&folder, "target: unix:nobody.sock", "{ get: / }", (1, 1), 3);
    assert_eq!(errors(&record), "connect_refused: nobody.sock: no such file or directory");
}

#[test]
fn addresses_of_both_families_are_reached() {
    let folder = Folder::new();
    let server = WebServer::plain_on("[::1]:0");
    run(&folder, &format!("target: http://[::1]:{}", server.port()), "{ get: / }", (1, 1), 0);
    assert_eq!(server.seen()[0].headers["host"], format!("[::1]:{}", server.port()).as_str());
    // A name, which may have addresses of both families: one of them answers, and it is resolved for each connection.
    let server = WebServer::plain();
    let head = format!("target: http://localhost:{}\nhttp: {{ keep_alive: false }}", server.port());
    let record = run(&folder, &head, "{ get: / }", (1, 3), 0);
    assert_eq!((server.seen().len(), record["endpoints"][0]["phases"]["dns"].is_string()), (3, true));
}

#[test]
fn larger_answers_than_allowed_are_failures_in_both_versions() {
    let folder = Folder::new();
    for (server, version) in [(WebServer::plain(), "1.1"), (WebServer::http2(), "2")] {
        let head = format!("target: {}\nhttp: {{ version: {version} }}\nmax_body: 1KiB", server.url());
        let record = run(&folder, &head, "{ get: /large }", (1, 2), 3);
        assert_eq!(errors(&record), "body: the body is larger than 1 KiB", "{version}");
    }
}
