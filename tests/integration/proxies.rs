//! On the way through a proxy.

use crate::support::{Authority, Folder, ForwardProxy, Output, WebServer};

const USERS: &str = "users: { visitor: { tasks: [{ get: /a?b=c }] } }\nload: { users: 1, iterations: 2 }\n";

fn run(folder: &Folder, head: &str, env: &[(&str, &str)]) -> Output {
    folder.write("loadline.yml", &format!("{head}{USERS}"));
    env.iter().fold(folder.loadline(["run"]), |run, (name, value)| run.env(name, value)).exits_with(0)
}

#[test]
fn requests_without_tls_are_sent_to_the_proxy_with_their_whole_address() {
    for (credentials, encoded) in [("joe:s3cret", "am9lOnMzY3JldA=="), (":s3cret", "OnMzY3JldA==")] {
        through_a_proxy_with(credentials, encoded);
    }
}

fn through_a_proxy_with(credentials: &str, encoded: &str) {
    let (proxy, folder) = (ForwardProxy::start(), Folder::new());
    let address = format!("http://{credentials}@{}", proxy.address());
    let output = run(&folder, "target: http://shop.invalid/v1\n", &[("http_proxy", &address), ("HTTP_PROXY", "http://127.0.0.1:1")]);
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2, "{heads:?}");
    for head in heads {
        assert!(head.starts_with("GET http://shop.invalid/v1/a?b=c HTTP/1.1\r\nhost: shop.invalid\r\n"), "{head}");
        assert!(head.contains(&format!("\r\nproxy-authorization: Basic {encoded}\r\n")), "{head}");
    }
    let connections = folder.record()["run"]["connections"].clone();
    assert_eq!(connections, format!("through the proxy http://{}", proxy.address()));
    for text in folder.files("loadline-report").into_iter().map(|(_, text)| text).chain([output.everything()]) {
        assert!(!text.contains("s3cret") && !text.contains(encoded.trim_end_matches('=')), "{text}");
    }
}

#[test]
fn encrypted_requests_go_through_a_tunnel_in_http2_too() {
    let (proxy, folder, authority) = (ForwardProxy::start(), Folder::new(), Authority::new());
    folder.write("ca.pem", &authority.pem());
    for (version, expected) in [("auto", http::Version::HTTP_2), ("1.1", http::Version::HTTP_11)] {
        let server = WebServer::tls(authority.server("shop.invalid", &["h2", "http/1.1"], rustls::ALL_VERSIONS));
        let head = format!("target: https://shop.invalid:{}\nhttp: {{ version: {version} }}\ntls: {{ ca: ca.pem }}\n", server.port());
        run(&folder, &head, &[("HTTPS_PROXY", proxy.address())]);
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|request| request.version == expected && !request.headers.contains_key("proxy-authorization")));
        let expected = format!("CONNECT shop.invalid:{0} HTTP/1.1\r\nhost: shop.invalid:{0}\r\n\r\n", server.port());
        assert_eq!(proxy.heads().last(), Some(&expected));
    }
    assert_eq!(proxy.heads().len(), 2, "a connection is kept");
}

#[test]
fn http2_by_prior_knowledge_goes_through_any_proxy() {
    let (folder, authority) = (Folder::new(), Authority::new());
    folder.write("ca.pem", &authority.pem());
    let encrypted = ForwardProxy::tls(authority.server("127.0.0.1", &["http/1.1"], rustls::ALL_VERSIONS));
    for (proxy, scheme) in [(ForwardProxy::start(), "http"), (ForwardProxy::eager(), "http"), (encrypted, "https")] {
        let server = WebServer::http2();
        let way = format!("http: {{ version: 2, proxy: '{scheme}://{}' }}\ntls: {{ ca: ca.pem }}\n", proxy.address());
        run(&folder, &format!("target: {}\n{way}", server.url()), &[]);
        assert_eq!(server.seen().iter().map(|request| request.version).collect::<Vec<_>>(), [http::Version::HTTP_2; 2]);
        assert!(proxy.heads()[0].starts_with("CONNECT ") && proxy.heads().len() == 1, "{:?}", proxy.heads());
    }
}

#[test]
fn this_machine_and_exceptions_are_reached_directly() {
    let (proxy, folder, server) = (ForwardProxy::start(), Folder::new(), WebServer::plain());
    run(&folder, &format!("target: {}\n", server.url()), &[("http_proxy", proxy.address())]);
    assert!(folder.record()["run"]["connections"].is_null());
    // As a server program, only the name that a client can't set counts.
    let head = "target: http://shop.invalid\n";
    folder.write("loadline.yml", &format!("{head}{USERS}"));
    let cgi = [("HTTP_PROXY", proxy.address()), ("REQUEST_METHOD", "GET")];
    cgi.iter().fold(folder.loadline(["run"]), |run, (name, value)| run.env(name, value)).exits_with(3);
    let excepted = [("HTTP_PROXY", proxy.address()), ("NO_PROXY", "other.test, .invalid")];
    excepted.iter().fold(folder.loadline(["run"]), |run, (name, value)| run.env(name, value)).exits_with(3);
    assert_eq!((proxy.heads().len(), server.seen().len()), (0, 2));
    // Unless the scenario itself says so.
    run(&folder, &format!("target: {}\nhttp: {{ proxy: {} }}\n", server.url(), proxy.address()), &[("NO_PROXY", "*")]);
    assert_eq!((proxy.heads().len(), server.seen().len()), (2, 2));
    run(&folder, &format!("target: {}\nhttp: {{ proxy: none }}\n", server.url()), &[]);
    assert_eq!((proxy.heads().len(), server.seen().len()), (2, 4));
}

#[test]
fn a_proxy_that_can_not_be_used_is_said_before_any_load() {
    let folder = Folder::new();
    folder.write("loadline.yml", &format!("target: http://shop.invalid\n{USERS}"));
    let output = folder.loadline(["run"]).env("http_proxy", "socks5://joe:s3cret@127.0.0.1:1080").exits_with(2);
    let expected = "the proxy of the environment (`http_proxy`) can't be used: the scheme `socks5` is not `http` or `https`";
    assert!(output.stderr.contains(expected) && !output.stderr.contains("s3cret"), "{output}");
}
