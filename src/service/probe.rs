//! One question to the service: are you ready?

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;

use super::alias::Alias;
use super::environment::with_port;
use super::error::ServiceError;
use super::log::{LogWatch, shown};
use crate::plan::{HttpPlan, ReadyProbe, Target};

/// The longest that one GET may take: a service that warms up on its first request must get the chance to.
const GET_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that one attempt at a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often somebody asks whether to give up while an answer is awaited.
const PATIENCE: Duration = Duration::from_millis(50);

/// A probe that can be asked again and again.
#[derive(Debug)]
pub(super) enum Probe {
    /// Answers with a status below 400; redirects are not followed, one is an answer.
    Get { client: reqwest::Client, url: String, alias: Option<Alias>, user: Option<(String, String)> },
    /// Accepts a connection.
    Tcp(String),
    /// The same on a unix socket.
    Socket(PathBuf),
    /// A line of the log matches.
    Log(LogWatch, Regex),
}

/// What came of asking once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Whether it is ready.
    pub ready: bool,
    /// Whether a request was sent, so that the server counts it.
    pub sent: bool,
    /// What to tell when it never becomes ready.
    pub told: String,
}

impl Probe {
    /// Makes ready to ask. The log is searched from `offset` bytes on.
    pub(super) fn new(
        probe: &ReadyProbe,
        target: &Target,
        port: Option<u16>,
        http: &HttpPlan,
        log: (&Path, u64),
    ) -> Result<Self, ServiceError> {
        match probe {
            ReadyProbe::Get(text) => {
                let text = with_port(text, port);
                let is_absolute = text.contains("://");
                let url = if is_absolute { text.clone() } else { format!("{}/{}", target.url(), text.trim_start_matches('/')) };
                let wrong = |reason: String| ServiceError::Probe { probe: format!("{{ get: {} }}", shown(&text, 200)), reason };
                let parsed = reqwest::Url::parse(&url).map_err(|error| wrong(error.to_string()))?;
                let of_target = (!is_absolute).then_some(target);
                let alias = of_target.and_then(|target| Alias::of(&parsed, target, http));
                let client =
                    client(http, of_target, alias.as_ref(), url.starts_with("https:")).map_err(|error| wrong(innermost(&*error)))?;
                let user = target.userinfo.clone().filter(|_| !is_absolute);
                Ok(Self::Get { client, url, alias, user })
            }
            ReadyProbe::Tcp(text) => {
                let text = with_port(text, port);
                if let Some(socket) = text.strip_prefix("unix:") {
                    return Ok(Self::Socket(socket.into()));
                }
                let is_port = text.parse::<u16>().is_ok();
                let address = if is_port { format!("127.0.0.1:{text}") } else { text.clone() };
                if address.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
                    let reason = "it is neither `host:port` nor a port nor `unix:/path`".to_owned();
                    return Err(ServiceError::Probe { probe: format!("{{ tcp: {} }}", shown(&text, 200)), reason });
                }
                Ok(Self::Tcp(address))
            }
            ReadyProbe::Log(pattern) => Ok(Self::Log(LogWatch::new(log.0, log.1), pattern.clone())),
        }
    }

    /// Asks once, for `at_most` so long; `give_up` is asked while an answer is awaited.
    pub(super) fn ask(&mut self, at_most: Duration, give_up: &mut dyn FnMut() -> bool) -> Answer {
        match self {
            Self::Get { client, url, alias, user } => {
                let request = match alias {
                    Some(alias) => client.get(alias.url.as_str()).header(reqwest::header::HOST, alias.authority.as_str()),
                    None => client.get(url.as_str()),
                };
                let mut request = request.timeout(at_most.min(GET_TIMEOUT));
                if let Some((name, password)) = user {
                    request = request.basic_auth(name, Some(password));
                }
                let what = format!("GET {}", shown(url, 200));
                let cannot = |error| Answer { ready: false, sent: false, told: format!("no {what} can be sent: {error}") };
                block_on(get(request, what.clone(), give_up)).unwrap_or_else(cannot)
            }
            Self::Tcp(address) => {
                match found(address, at_most, give_up).and_then(|found| connect(&found[..], at_most.min(CONNECT_TIMEOUT))) {
                    Ok(()) => Answer { ready: true, sent: false, told: String::new() },
                    Err(error) => Answer { ready: false, sent: false, told: format!("no connection to {}: {error}", shown(address, 200)) },
                }
            }
            Self::Socket(path) => match connect_socket(path) {
                Ok(()) => Answer { ready: true, sent: false, told: String::new() },
                Err(error) => {
                    let told = format!("no connection to {}: {error}", shown(&path.display().to_string(), 200));
                    Answer { ready: false, sent: false, told }
                }
            },
            Self::Log(watch, pattern) => {
                let told = |why: String| Answer { ready: false, sent: false, told: why };
                match watch.find(pattern) {
                    Ok(true) => Answer { ready: true, ..told(String::new()) },
                    Ok(false) => told(format!("no line of its output matches `{}`", shown(pattern.as_str(), 200))),
                    Err(error) => told(format!("its log can't be read: {error}")),
                }
            }
        }
    }
}

/// Goes the way that requests to the target go, but always in HTTP/1.1; an absolute address is asked directly.
fn client(http: &HttpPlan, target: Option<&Target>, alias: Option<&Alias>, tls: bool) -> Result<reqwest::Client, Box<dyn Error>> {
    // One connection a request and nothing sent twice, so that what the server counts is what we count.
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("loadline/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .http1_only();
    #[cfg(unix)]
    if let Some(socket) = target.and_then(|target| target.socket.as_deref()) {
        builder = builder.unix_socket(socket);
    }
    if let Some(proxy) = target.and_then(|target| http.proxies.between(target)) {
        let mut through = reqwest::Proxy::all(proxy.address.url())?;
        if let Some((user, password)) = &proxy.address.userinfo {
            through = through.basic_auth(user, password);
        }
        builder = builder.proxy(through);
    }
    if let Some(alias) = alias {
        builder = builder.dns_resolver(alias.resolver());
    }
    if tls {
        builder = builder.tls_backend_preconfigured(http.tls.client_config(&[b"http/1.1"])?);
    }
    Ok(builder.build()?)
}

#[cfg(unix)]
fn connect_socket(path: &Path) -> io::Result<()> {
    std::os::unix::net::UnixStream::connect(path).map(drop)
}

#[cfg(not(unix))]
fn connect_socket(_path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Runs it to its end. A resolver that doesn't answer is not waited for any longer then.
fn block_on<T>(future: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(output)
}

/// Waits for it until somebody gives up; none then.
async fn unless<T>(give_up: &mut dyn FnMut() -> bool, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    loop {
        match tokio::time::timeout(PATIENCE, &mut future).await {
            Ok(output) => return Some(output),
            Err(_) if give_up() => return None,
            Err(_) => {}
        }
    }
}

/// The addresses of a `host:port`.
fn found(address: &str, at_most: Duration, give_up: &mut dyn FnMut() -> bool) -> io::Result<Vec<SocketAddr>> {
    let lookup = async { Ok(tokio::net::lookup_host(address).await?.collect()) };
    let found = block_on(async { unless(give_up, tokio::time::timeout(at_most, lookup)).await })?;
    let unanswered = || io::Error::new(io::ErrorKind::TimedOut, "its name is not resolved in time");
    found.and_then(Result::ok).ok_or_else(unanswered)?
}

async fn get(request: reqwest::RequestBuilder, what: String, give_up: &mut dyn FnMut() -> bool) -> Answer {
    // Most likely it was sent: the connection to a service that isn't there fails at once.
    let given_up = || Answer { ready: false, sent: true, told: format!("{what} was not answered") };
    let Some(answer) = unless(give_up, request.send()).await else { return given_up() };
    match answer {
        Ok(response) => {
            let status = response.status();
            Answer { ready: status.as_u16() < 400, sent: true, told: format!("{what} is answered with status {}", status.as_u16()) }
        }
        Err(error) if error.is_connect() => {
            Answer { ready: false, sent: false, told: format!("no connection for {what}: {}", innermost(&error)) }
        }
        Err(error) if error.is_timeout() => Answer { ready: false, sent: true, told: format!("{what} is not answered in time") },
        Err(error) => Answer { ready: false, sent: true, told: format!("{what} is not answered well: {}", innermost(&error)) },
    }
}

/// The cause at the bottom, which is the one that says something.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    shown(&cause.to_string(), 200)
}

/// Connects to the first address that accepts, and hangs up.
pub(super) fn connect(address: impl ToSocketAddrs, at_most: Duration) -> io::Result<()> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, at_most.max(Duration::from_millis(1))) {
            // Where nobody listens on a port of the ephemeral range, TCP can connect a socket with itself.
            Ok(stream) if stream.local_addr().ok() == stream.peer_addr().ok() => {
                last = io::ErrorKind::ConnectionRefused.into();
            }
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Whether a host name or address is this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn get_probe(target: &str, path: &str, port: Option<u16>) -> Result<Probe, ServiceError> {
        Probe::new(&ReadyProbe::Get(path.to_owned()), &Target::parse(target).unwrap(), port, &HttpPlan::default(), (Path::new("none"), 0))
    }

    /// Answers one request with this text, and gives what was asked.
    fn answering(text: &'static str) -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            stream.write_all(text.as_bytes()).unwrap();
            String::from_utf8(request).unwrap()
        });
        (port, thread)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn get_asks_the_target_as_its_user() {
        let (port, thread) = answering("HTTP/1.1 204 No Content\r\n\r\n");
        let mut probe = get_probe(&format!("http://joe:pw@127.0.0.1:{port}/v1"), "/health?x=1", None).unwrap();
        let answer = probe.ask(LONG, &mut || false);
        assert!(answer.ready && answer.sent, "{answer:?}");
        let request = thread.join().unwrap();
        assert!(request.starts_with("GET /v1/health?x=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.to_lowercase().contains("authorization: basic am9lonb3\r\n"), "{request}");
    }

    #[test]
    fn an_absolute_address_is_asked_as_a_stranger() {
        let (port, thread) = answering("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n");
        let mut probe = get_probe("http://joe:pw@127.0.0.1:1", "http://127.0.0.1:${PORT}/up", Some(port)).unwrap();
        assert!(probe.ask(LONG, &mut || false).ready, "a redirect is an answer");
        assert!(!thread.join().unwrap().to_lowercase().contains("authorization"));
    }

    #[test]
    fn what_is_not_ready_says_why() {
        let (port, thread) = answering("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        let target = format!("http://127.0.0.1:{port}");
        let answer = get_probe(&target, "/", None).unwrap().ask(LONG, &mut || false);
        thread.join().unwrap();
        let told = format!("GET {target}/ is answered with status 503");
        assert_eq!(answer, Answer { ready: false, sent: true, told });
        let answer = get_probe(&target, "/", None).unwrap().ask(LONG, &mut || false);
        assert!(!answer.ready && !answer.sent && answer.told.starts_with("no connection for GET"), "{answer:?}");
    }

    #[test]
    fn an_answer_that_does_not_come_can_be_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap());
        let answer = get_probe(&target, "/", None).unwrap().ask(LONG, &mut || true);
        assert_eq!(answer, Answer { ready: false, sent: true, told: format!("GET {target}/ was not answered") });
        let answer = get_probe(&target, "/", None).unwrap().ask(Duration::from_millis(100), &mut || false);
        assert_eq!(answer, Answer { ready: false, sent: true, told: format!("GET {target}/ is not answered in time") });
    }

    #[test]
    fn tcp_takes_a_port_or_host_and_port() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Target::parse("http://127.0.0.1:1").unwrap();
        let probe =
            |text: &str| Probe::new(&ReadyProbe::Tcp(text.to_owned()), &target, Some(port), &HttpPlan::default(), (Path::new("none"), 0));
        for text in [port.to_string().as_str(), "${PORT}", "localhost:${PORT}"] {
            assert!(probe(text).unwrap().ask(LONG, &mut || false).ready, "{text}");
        }
        drop(listener);
        assert!(probe("${PORT}").unwrap().ask(LONG, &mut || false).told.starts_with(&format!("no connection to 127.0.0.1:{port}: ")));
        for text in ["localhost", ":80", "host:http", "70000", ""] {
            assert!(matches!(probe(text), Err(ServiceError::Probe { .. })), "{text}");
        }
    }

    #[test]
    fn this_machine_has_more_names_than_one() {
        assert!(["localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"].iter().all(|host| is_loopback(host)));
        assert!(!["example.com", "10.0.0.1", "0.0.0.0", "localhost.example.com"].iter().any(|host| is_loopback(host)));
    }
}
