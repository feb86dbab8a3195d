//! One request of one user, with all it takes to get its answer: a connection, redirects, a second try.

use std::rc::Rc;

use bytes::Bytes;
use cookie_store::CookieStore;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use tokio::time::Instant;
use url::Url;

use super::connection::{Connection, Wire};
use super::decode::decode;
use super::dial::{Dialer, Origin};
use super::failure::Failure;
use super::timers::Timers;
use crate::metrics::{ErrorCategory, Phases};
use crate::plan::{HttpPlan, Target};
use crate::units::Micros;

/// What all users of a thread share to reach the service.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) timers: Timers,
    pub(super) http: HttpPlan,
    pub(super) target: Target,
    pub(super) home: Rc<Origin>,
    pub(super) dialer: Dialer,
}

impl Network {
    pub(super) fn new(timers: Timers, http: HttpPlan, target: Target) -> Self {
        Self { timers, dialer: Dialer::new(&http, &target), http, home: Rc::new(Origin::of(&target)), target }
    }
}

/// A request ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) origin: Rc<Origin>,
    /// Path and query.
    pub(super) path: Uri,
    pub(super) method: Method,
    /// All but `host`, cookies and the length.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// How a request is to be treated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) timeout: Micros,
    pub(super) redirects: u8,
    pub(super) cookies: bool,
    pub(super) decompress: bool,
    /// Whether the body is kept; otherwise it is counted and thrown away.
    pub(super) keep_body: bool,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) reply: Result<Reply, Failure>,
    /// When its first byte could go out on an open connection; none where there never was one.
    pub(super) sent: Option<Instant>,
    pub(super) done: Instant,
    pub(super) phases: Phases,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What is told while an exchange runs, so that it is counted even when the run ends in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The request goes out.
    Sent,
    /// A redirect is followed: another request goes out.
    Redirected,
    /// The kept connection was closed before any byte of the answer: it goes out again.
    Reconnected,
}

/// One user's side: its open connections, one for each origin, and its cookies.
#[derive(Debug, Default)]
pub(super) struct Client {
    connections: Vec<(Rc<Origin>, Connection)>,
    jar: CookieStore,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("wire", &self.wire).finish_non_exhaustive()
    }
}

/// What an exchange has come to so far; survives the exchange when it runs out of time.
#[derive(Debug, Default)]
struct State {
    connecting: bool,
    sent: Option<Instant>,
    first_byte: Option<Instant>,
    phases: Phases,
    bytes_in: u64,
    bytes_out: u64,
    /// The connection in use, with its counts when it came into use.
    wire: Option<(Rc<Wire>, u64, u64)>,
}

impl State {
    /// From now on the bytes of this connection count.
    fn use_wire(&mut self, wire: &Rc<Wire>) {
        self.take_counts();
        self.wire = Some((wire.clone(), wire.bytes_in.get(), wire.bytes_out.get()));
    }

    /// Adds what went over the connection in use.
    fn take_counts(&mut self) {
        if let Some((wire, bytes_in, bytes_out)) = self.wire.take() {
            self.bytes_in += wire.bytes_in.get() - bytes_in;
            self.bytes_out += wire.bytes_out.get() - bytes_out;
            self.first_byte = wire.first_byte.get();
        }
    }
}

impl Client {
    /// Makes one exchange, whatever becomes of it. A connection is kept only when its answer was read to the end.
    pub(super) async fn exchange(
        &mut self,
        network: &Network,
        request: Prepared,
        manner: Manner,
        tell: &mut dyn FnMut(Progress),
    ) -> Exchange {
        let deadline = Instant::now() + manner.timeout.into();
        let mut state = State::default();
        let outcome = {
            let follow = std::pin::pin!(self.follow(network, request, manner, &mut state, tell));
            network.timers.within(deadline, follow).await
        };
        let done = Instant::now();
        state.take_counts();
        let State { connecting, sent, first_byte, mut phases, bytes_in, bytes_out, .. } = state;
        let reply = outcome.unwrap_or_else(|| {
            let (category, what) = match connecting {
                true => (ErrorCategory::ConnectTimeout, "no connection"),
                false => (ErrorCategory::Timeout, "no complete answer"),
            };
            Err(Failure::new(category, format!("{what} within {}", manner.timeout)))
        });
        if let (Some(sent), Some(first)) = (sent, first_byte) {
            phases.wait = Some(Micros::from(first.saturating_duration_since(sent)));
            phases.receive = Some(Micros::from(done.saturating_duration_since(first)));
        }
        let reply = reply.and_then(|mut reply| {
            if manner.keep_body && manner.decompress && reply.headers.contains_key(CONTENT_ENCODING) {
                reply.body = decode(&reply.headers, reply.body, network.http.max_body.0)?;
            }
            Ok(reply)
        });
        Exchange { reply, sent, done, phases, bytes_in, bytes_out }
    }

    async fn follow(
        &mut self,
        network: &Network,
        mut request: Prepared,
        manner: Manner,
        state: &mut State,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Reply, Failure> {
        let mut progress = Progress::Sent;
        let mut left = manner.redirects;
        loop {
            let reply = self.hop(network, &request, manner, state, progress, tell).await?;
            if manner.cookies && reply.headers.contains_key(SET_COOKIE) {
                self.keep_cookies(&request, &reply.headers);
            }
            if left == 0 || !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(reply);
            }
            let Some(next) = redirected(&request, &reply) else { return Ok(reply) };
            request = next;
            left -= 1;
            progress = Progress::Redirected;
        }
    }

    async fn hop(
        &mut self,
        network: &Network,
        request: &Prepared,
        manner: Manner,
        state: &mut State,
        progress: Progress,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Reply, Failure> {
        let mut message = self.message(request, manner)?;
        let mut connection = self.connection(network, &request.origin, state).await?;
        let mut told = false;
        let response = loop {
            state.sent = Some(Instant::now());
            if !std::mem::replace(&mut told, true) {
                tell(progress);
            }
            state.use_wire(&connection.wire);
            match connection.send(message).await {
                Ok(response) => break response,
                Err(error) => {
                    let stale = connection.used && connection.is_silent() && error.failure.category == ErrorCategory::Reset;
                    let may_repeat = error.unsent.is_some() || request.method.is_idempotent();
                    if !stale || !may_repeat {
                        return Err(error.failure);
                    }
                    tell(Progress::Reconnected);
                    message = match error.unsent {
                        Some(message) => message,
                        None => self.message(request, manner)?,
                    };
                    connection = self.open(network, &request.origin, state).await?;
                }
            }
        };
        let (head, body) = response.into_parts();
        let mut kept = Vec::new();
        let read = connection.read(body, manner.keep_body.then_some(&mut kept), network.http.max_body.0).await;
        connection.used = true;
        read?;
        self.connections.push((request.origin.clone(), connection));
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: kept })
    }

    /// The kept connection to an origin where it still stands, or a new one.
    async fn connection(&mut self, network: &Network, origin: &Rc<Origin>, state: &mut State) -> Result<Connection, Failure> {
        if let Some(at) = self.connections.iter().position(|(kept, _)| Rc::ptr_eq(kept, origin) || kept == origin) {
            let (_, mut connection) = self.connections.swap_remove(at);
            if connection.is_usable().await {
                return Ok(connection);
            }
        }
        self.open(network, origin, state).await
    }

    async fn open(&mut self, network: &Network, origin: &Origin, state: &mut State) -> Result<Connection, Failure> {
        state.connecting = true;
        let limit = network.http.connect_timeout;
        let opened = {
            let open = std::pin::pin!(async { Connection::over(network.dialer.dial(origin, &mut state.phases).await?).await });
            network.timers.within(Instant::now() + limit.into(), open).await
        };
        let connection = opened.unwrap_or_else(|| {
            Err(Failure::new(ErrorCategory::ConnectTimeout, format!("no connection to {} within {limit}", origin.authority)))
        })?;
        state.connecting = false;
        Ok(connection)
    }

    fn message(&self, request: &Prepared, manner: Manner) -> Result<Request<Full<Bytes>>, Failure> {
        let wrong = |error: &dyn std::fmt::Display| Failure::new(ErrorCategory::Protocol, format!("can't be sent: {error}"));
        let mut message = Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = request.path.clone();
        let headers = message.headers_mut();
        headers.reserve(request.headers.len() + 2);
        headers.insert(HOST, HeaderValue::from_str(&request.origin.authority).map_err(|error| wrong(&error))?);
        headers.extend(request.headers.clone());
        if manner.cookies
            && self.jar.iter_any().next().is_some()
            && let Ok(url) = request.url()
        {
            let cookies: Vec<String> = self.jar.get_request_values(&url).map(|(name, value)| format!("{name}={value}")).collect();
            if !cookies.is_empty() && !headers.contains_key(COOKIE) {
                headers.insert(COOKIE, HeaderValue::from_str(&cookies.join("; ")).map_err(|error| wrong(&error))?);
            }
        }
        Ok(message)
    }

    fn keep_cookies(&mut self, request: &Prepared, headers: &HeaderMap) {
        let Ok(url) = request.url() else { return };
        for value in headers.get_all(SET_COOKIE) {
            if let Ok(text) = value.to_str() {
                // What a browser would refuse is refused here as well.
                let _ = self.jar.parse(text, &url);
            }
        }
    }
}

impl Prepared {
    fn url(&self) -> Result<Url, url::ParseError> {
        let scheme = if self.origin.tls { "https" } else { "http" };
        Url::parse(&format!("{scheme}://{}{}", self.origin.authority, self.path))
    }
}

/// The request that a redirect asks for; none where it leads nowhere that can be followed.
fn redirected(request: &Prepared, reply: &Reply) -> Option<Prepared> {
    let location = reply.headers.get(LOCATION)?.to_str().ok()?;
    let url = request.url().ok()?.join(location).ok()?;
    let target = Target::parse(url.origin().ascii_serialization().as_str()).ok()?;
    let origin = Origin::of(&target);
    let mut next = request.clone();
    next.path = url[url::Position::BeforePath..url::Position::AfterQuery].parse().ok()?;
    if origin != *request.origin {
        // Credentials are for the host they were written for.
        next.headers.remove(AUTHORIZATION);
        next.headers.remove(COOKIE);
        next.origin = Rc::new(origin);
    }
    let becomes_get = match reply.status {
        303 => request.method != Method::HEAD,
        301 | 302 => request.method == Method::POST,
        _ => false,
    };
    if becomes_get {
        next.method = Method::GET;
        next.body = Bytes::new();
        for header in [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING] {
            next.headers.remove(header);
        }
    }
    Some(next)
}
