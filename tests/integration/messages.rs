//! What requests carry and what is read out of answers: bodies, credentials, cookies, encodings, redirects, limits.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadline::metrics::Histogram;

use crate::support::{Answer, Folder, RawServer, Seen, WebServer, endpoint, sent};

/// Runs a scenario of this head and these steps, `users` users, `iterations` times; gives what it came to.
fn run(folder: &Folder, head: &str, steps: &str, (users, iterations): (u32, u32), code: i32) -> serde_json::Value {
    let load = format!("load: {{ users: {users}, iterations: {iterations} }}\n");
    folder.write("loadline.yml", &format!("{head}\nusers: {{ visitor: {{ tasks: [{{ steps: [{steps}] }}] }} }}\n{load}"));
    folder.loadline(["run"]).exits_with(code);
    folder.record()
}

fn errors(record: &serde_json::Value) -> Vec<String> {
    let errors = record["endpoints"].as_array().unwrap().iter().flat_map(|endpoint| endpoint["errors"].as_array().unwrap());
    errors.map(|error| format!("{}: {}", error["category"].as_str().unwrap(), error["message"].as_str().unwrap())).collect()
}

/// An answer whose body is encoded.
fn encoded(encoding: &str, body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n", body.len());
    Answer::BytesAndClose([head.as_bytes(), body].concat())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_answers_are_asked_for_and_read_in_every_encoding() {
    const TEXT: &[u8] = b"{\"stock\": 5}";
    let server = RawServer::start(|seen| match seen.path.as_str() {
        "/gzip" => encoded("gzip", &gzip(TEXT)),
        "/deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(TEXT).unwrap();
            encoded("deflate", &encoder.finish().unwrap())
        }
        "/br" => {
            let mut body = Vec::new();
            brotli::CompressorWriter::new(&mut body, 4096, 4, 20).write_all(TEXT).unwrap();
            encoded("br", &body)
        }
        "/zstd" => encoded("zstd", &ruzstd::encoding::compress_to_vec(TEXT, ruzstd::encoding::CompressionLevel::Fastest)),
        "/bomb" => encoded("gzip", &gzip(&vec![b' '; 1 << 20])),
        "/lie" => encoded("gzip", TEXT),
        _ => Answer::ok("{\"stock\": 5}"),
    });
    let folder = Folder::new();
    let check = "check: { json: { $.stock: 5 } }";
    let steps: Vec<String> = ["/gzip", "/deflate", "/br", "/zstd", "/as-it-is"].map(|path| format!("{{ get: {path}, {check} }}")).to_vec();
    let steps = format!("{}, {{ get: /plain, decompress: false, {check} }}", steps.join(", "));
    let record = run(&folder, &format!("target: {}", server.url()), &steps, (1, 1), 0);
    assert_eq!((&record["summary"]["requests"], &record["summary"]["failures"]), (&6.into(), &0.into()), "{:?}", errors(&record));
    let asked: Vec<Option<String>> = server.seen().iter().map(|seen| seen.header("accept-encoding").map(str::to_owned)).collect();
    assert!(asked[..5].iter().all(|asked| asked.as_deref() == Some("gzip, br, zstd, deflate")), "{asked:?}");
    assert_eq!(asked[5], None);
    // A kilobyte that unfolds to a megabyte is as large as it says.
    let head = format!("target: {}\nmax_body: 64KiB", server.url());
    let record = run(&folder, &head, &format!("{{ get: /bomb, {check} }}, {{ get: /lie, {check} }}"), (1, 1), 3);
    let errors = errors(&record);
    assert_eq!(errors[0], "body: the decoded body is larger than 64 KiB");
    assert!(errors[1].starts_with("body: the body is not gzip: "), "{errors:?}");
}

#[test]
fn forms_and_parts_with_files_arrive_as_a_browser_sends_them() {
    let (server, folder) = (RawServer::start(|_| Answer::ok("")), Folder::new());
    folder.write("photo.png", "not really a picture");
    let steps = "{ post: /form, form: { user: joe & co, password: 'a=b c' } }, \
                 { post: /parts, multipart: { title: 'A \"photo\"', photo: { file: photo.png } } }, { put: /file, file: photo.png }";
    run(&folder, &format!("target: {}", server.url()), steps, (1, 1), 0);
    let [form, parts, file]: [Seen; 3] = server.seen().try_into().unwrap();
    assert_eq!(form.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(form.body, "user=joe+%26+co&password=a%3Db+c");
    let content_type = parts.header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nA \"photo\"\r\n\
         --{boundary}\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"photo.png\"\r\ncontent-type: image/png\r\n\r\n\
         not really a picture\r\n--{boundary}--\r\n"
    );
    assert_eq!(parts.body, expected);
    assert_eq!((file.method.as_str(), file.header("content-type"), file.body.as_str()), ("PUT", Some("image/png"), "not really a picture"));
}

#[test]
fn credentials_are_sent_as_the_step_or_the_address_says() {
    let (server, folder) = (RawServer::start(|_| Answer::ok("")), Folder::new());
    let steps = "{ get: /address }, { get: /basic, auth: { basic: { username: joe, password: 's3cret' } } }, { get: /bearer, auth: { bearer: token } }, \
                 { get: /own, headers: { authorization: Custom x } }";
    run(&folder, &format!("target: http://ann:pass@{}", server.address()), steps, (1, 1), 0);
    let sent: Vec<String> = server.seen().iter().map(|seen| seen.header("authorization").unwrap_or_default().to_owned()).collect();
    assert_eq!(sent, ["Basic YW5uOnBhc3M=", "Basic am9lOnMzY3JldA==", "Bearer token", "Custom x"]);
    for (name, text) in folder.files("loadline-report") {
        assert!(!["s3cret", "am9lOnMzY3JldA", "YW5uOnBhc3M"].iter().any(|secret| text.contains(secret)), "{name}");
    }
}

#[test]
fn every_user_has_cookies_of_its_own() {
    let logins = AtomicUsize::new(0);
    let server = RawServer::start(move |seen| match (seen.path.as_str(), seen.header("cookie")) {
        ("/login", None) => {
            let number = logins.fetch_add(1, Ordering::SeqCst);
            Answer::BytesAndClose(
                format!("HTTP/1.1 200 OK\r\nset-cookie: id={number}; Path=/; HttpOnly\r\nset-cookie: theme=dark; Path=/me\r\ncontent-length: 0\r\n\r\n")
                    .into_bytes(),
            )
        }
        _ => Answer::ok(""),
    });
    let folder = Folder::new();
    let head = format!("target: {}", server.url());
    run(&folder, &head, "{ barrier: true }, { get: /login }, { get: /me }, { get: /else }, { get: /none, cookies: false }", (4, 4), 0);
    let cookies = |path: &str| -> Vec<Option<String>> {
        let seen = server.seen().into_iter().filter(|seen| seen.path == path);
        seen.map(|seen| seen.header("cookie").map(str::to_owned)).collect()
    };
    let ids: BTreeSet<String> = cookies("/else").into_iter().flatten().collect();
    assert_eq!(ids, BTreeSet::from(["id=0", "id=1", "id=2", "id=3"].map(str::to_owned)), "of four users, each has another");
    let scoped = cookies("/me").into_iter().flatten();
    assert!(scoped.clone().all(|cookie| cookie.contains("theme=dark") && cookie.contains("id=")) && scoped.count() == 4);
    assert_eq!(cookies("/none"), vec![None; 4]);
}

#[test]
fn redirects_end_where_they_are_told_to() {
    // Every page leads to another.
    let server = RawServer::start(|seen| {
        let next = seen.path.trim_start_matches('/').parse::<u32>().unwrap_or(0) + 1;
        Answer::BytesAndClose(format!("HTTP/1.1 302 Found\r\nlocation: /{next}\r\ncontent-length: 0\r\n\r\n").into_bytes())
    });
    let folder = Folder::new();
    for (redirects, requests) in [("redirects: 3", 4), ("redirects: 0", 1), ("", 11)] {
        let before = server.seen().len();
        let record = run(&folder, &format!("target: {}\n{redirects}", server.url()), "{ get: /0 }", (1, 1), 0);
        assert_eq!(server.seen().len() - before, requests, "{redirects}");
        assert_eq!((sent(&record), &record["summary"]["requests"]), (requests as u64, &1.into()));
        assert_eq!(endpoint(&record, "GET /0")["statuses"], serde_json::json!({ "302": 1 }));
    }
}

#[test]
fn a_server_that_accepts_nobody_is_given_up_after_the_connect_timeout() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // A listener that accepts nothing: once its queue is full, further connections hang.
    let (listener, _queued) = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200)) {
            queued.push(stream);
        }
        (listener, queued)
    });
    let address = listener.local_addr().unwrap();
    let head = format!("target: http://{address}\nconnect_timeout: 250ms\ntimeout: 60s");
    let record = run(&Folder::new(), &head, "{ get: / }", (1, 1), 3);
    assert_eq!(errors(&record), [format!("connect_timeout: no connection to {address} within 250ms")]);
    assert_eq!(sent(&record), 0);
}

#[test]
fn names_are_resolved_for_each_connection_and_addresses_never() {
    let (server, folder) = (WebServer::plain(), Folder::new());
    let resolved = |host: &str, keep_alive: bool| {
        let head = format!("target: http://{host}:{}\nhttp: {{ keep_alive: {keep_alive} }}", server.port());
        let record = run(&folder, &head, "{ get: / }", (2, 6), 0);
        let of_phase = |phase: &str| {
            let text = endpoint(&record, "GET /")["phases"][phase].as_str().unwrap().to_owned();
            Histogram::from_base64(&text).unwrap().count()
        };
        (of_phase("dns"), of_phase("connect"))
    };
    assert_eq!(resolved("localhost", false), (6, 6));
    assert_eq!(resolved("localhost", true), (2, 2));
    assert_eq!(resolved("127.0.0.1", false), (0, 6));
}
