//! One request of one user, with all it takes to get its answer: a connection, redirects, a second try.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine as _;
use cookie_store::CookieStore;
use http::Method;
use http::header::{CONTENT_ENCODING, LOCATION, SET_COOKIE};
use tokio::time::Instant;

use super::connection::{Connection, Traffic};
use super::decode::decode;
use super::dial::{Dialer, Origin};
use super::failure::Failure;
use super::http2::{self, SharedConnections};
use super::jar;
use super::message::Message;
use super::reply::{Reply, Wanted};
use super::timers::{Timers, Watch};
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
    /// What `authorization` is where the target's address holds user information.
    pub(super) credentials: Option<String>,
    /// Where bodies are rendered before their length can be written.
    pub(super) body: RefCell<Vec<u8>>,
    /// Memory of messages that went out.
    pub(super) buffers: Buffers,
    /// Where answers are read into.
    pub(super) scratch: RefCell<Box<[u8]>>,
    pub(super) dialer: Dialer,
    /// The connections of all users, where they share some.
    shared: Option<SharedConnections>,
}

/// How much is read at once.
const SCRATCH: usize = 64 << 10;

impl Network {
    pub(super) fn new(timers: Timers, http: HttpPlan, target: Target) -> Self {
        let encode = |(user, password): &(String, String)| {
            let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            format!("Basic {credentials}")
        };
        Self {
            timers,
            dialer: Dialer::new(&http, &target),
            shared: http.connections.map(|most| SharedConnections::new(most as usize)),
            http,
            home: Rc::new(Origin::of(&target)),
            credentials: target.userinfo.as_ref().map(encode),
            target,
            body: RefCell::default(),
            buffers: Buffers::default(),
            scratch: RefCell::new(vec![0; SCRATCH].into()),
        }
    }
}

/// Memory that messages are written into, so that a request asks the allocator for none.
#[derive(Debug, Default)]
pub(super) struct Buffers(RefCell<Vec<Vec<u8>>>);

/// Larger ones are not kept: ten thousand users may each have had one.
const LARGEST_KEPT: usize = 16 << 10;
const MOST_KEPT: usize = 256;

impl Buffers {
    pub(super) fn take(&self) -> Vec<u8> {
        self.0.borrow_mut().pop().unwrap_or_default()
    }

    pub(super) fn give_back(&self, buffer: Vec<u8>) {
        let mut kept = self.0.borrow_mut();
        if buffer.capacity() <= LARGEST_KEPT && kept.len() < MOST_KEPT {
            kept.push(buffer);
        }
    }
}

/// How a request is to be treated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) timeout: Micros,
    pub(super) redirects: u8,
    pub(super) cookies: bool,
    pub(super) decompress: bool,
    /// Whether somebody looks at the answer's headers.
    pub(super) keep_headers: bool,
    /// Whether the body is kept; otherwise it is counted and thrown away.
    pub(super) keep_body: bool,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) reply: Result<Reply, Failure>,
    /// When its first byte could go out on an open connection, for the first time where it went out again or was
    /// redirected; none where there never was one.
    pub(super) sent: Option<Instant>,
    pub(super) done: Instant,
    pub(super) phases: Phases,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
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
    /// It goes out over HTTP/2.
    OverHttp2,
    /// The system did not take all of it at once.
    HeldBack,
}

/// So many connections a user keeps open, each to another origin; the one that was used longest ago goes first. As many as
/// most pages need, and few enough for a scenario whose addresses are a new host each time.
const MOST_CONNECTIONS: usize = 16;

/// One user's side: its open connections, one for each origin, and its cookies.
#[derive(Debug, Default)]
pub(super) struct Client {
    connections: Vec<(Rc<Origin>, Connection)>,
    /// None until a cookie was set.
    jar: Option<Box<CookieStore>>,
    /// For the timeouts of its requests.
    watch: Watch,
}

/// What an exchange has come to so far; survives the exchange when it runs out of time.
#[derive(Debug)]
struct State {
    begin: Instant,
    connecting: bool,
    sent: Option<Instant>,
    /// When the message of the hop under way could go out.
    hop_sent: Option<Instant>,
    phases: Phases,
    traffic: Traffic,
}

impl State {
    fn begun(begin: Instant) -> Self {
        Self { begin, connecting: false, sent: None, hop_sent: None, phases: Phases::default(), traffic: Traffic::default() }
    }

    /// A message can go out.
    fn send(&mut self, at: Instant) {
        self.sent.get_or_insert(at);
        self.hop_sent = Some(at);
    }

    /// The answer to it ended.
    fn end_hop(&mut self, at: Instant) {
        if let (Some(sent), Some(first)) = (self.hop_sent.take(), self.traffic.first_byte) {
            let between = |from: Instant, to: Instant| Some(Micros::from(to.saturating_duration_since(from)));
            self.phases.add(&Phases { wait: between(sent, first), receive: between(first, at), ..Phases::default() });
        }
    }
}

impl Client {
    /// Makes one exchange, whatever becomes of it. A connection is kept only when its answer was read to the end.
    pub(super) async fn exchange(
        &mut self,
        network: &Network,
        message: Message,
        manner: Manner,
        tell: &mut dyn FnMut(Progress),
    ) -> Exchange {
        let begin = Instant::now();
        let mut state = State::begun(begin);
        let mut watch = std::mem::take(&mut self.watch);
        let outcome = {
            let follow = std::pin::pin!(self.follow(network, message, manner, &mut state, tell));
            network.timers.within_watched(&mut watch, begin, begin + manner.timeout.into(), follow).await
        };
        self.watch = watch;
        if state.traffic.held_back {
            tell(Progress::HeldBack);
        }
        let reply = outcome.unwrap_or_else(|| {
            let (category, what) = match state.connecting {
                true => (ErrorCategory::ConnectTimeout, "no connection"),
                false => (ErrorCategory::Timeout, "no complete answer"),
            };
            Err(Failure::new(category, format!("{what} within {}", manner.timeout)))
        });
        // The last byte of a whole answer was its end; of anything else the end is now.
        let done = state.traffic.last_byte.filter(|_| reply.is_ok()).unwrap_or_else(Instant::now);
        state.end_hop(done);
        let reply = reply.and_then(|mut reply| {
            if manner.keep_body && manner.decompress && reply.headers.contains_key(CONTENT_ENCODING) {
                reply.body = decode(&reply.headers, reply.body, network.http.max_body.0)?;
            }
            Ok(reply)
        });
        let State { sent, phases, traffic, .. } = state;
        Exchange { reply, sent, done, phases, bytes_in: traffic.bytes_in, bytes_out: traffic.bytes_out }
    }

    /// Before an arm of a paired run goes on: opens connections again that died while nobody used them, or all of them
    /// where `renew` says so. What can't be opened is opened, or fails, when it is needed.
    pub(super) async fn look_after(&mut self, network: &Network, renew: bool) {
        for (origin, mut connection) in std::mem::take(&mut self.connections) {
            if !renew && connection.is_usable(&network.scratch).await {
                self.connections.push((origin, connection));
                continue;
            }
            drop(connection);
            if let Ok(connection) = open(network, &origin, &mut State::begun(Instant::now())).await {
                self.connections.push((origin, connection));
            }
        }
    }

    async fn follow(
        &mut self,
        network: &Network,
        mut message: Message,
        manner: Manner,
        state: &mut State,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Reply, Failure> {
        let mut progress = Progress::Sent;
        let mut left = manner.redirects;
        loop {
            if manner.cookies
                && let Some(jar) = &self.jar
            {
                message.set_cookies(jar);
            }
            if let Some(proxy) = network.dialer.forwarding(&message.origin) {
                message.send_through(proxy);
            }
            let wanted = Wanted {
                is_head: message.method == Method::HEAD,
                headers: manner.keep_headers,
                cookies: manner.cookies,
                redirects: left > 0,
                encoding: manner.keep_body && manner.decompress,
                body: manner.keep_body,
                max_body: network.http.max_body.0,
            };
            let reply = self.hop(network, &message, &wanted, state, progress, tell).await?;
            if manner.cookies && reply.headers.contains_key(SET_COOKIE) {
                self.keep_cookies(&message, &reply);
            }
            let next = match reply.status {
                301 | 302 | 303 | 307 | 308 if left > 0 => redirected(&message, &reply),
                _ => None,
            };
            let Some(next) = next else {
                network.buffers.give_back(message.into_buffer());
                return Ok(reply);
            };
            state.end_hop(state.traffic.last_byte.unwrap_or_else(Instant::now));
            message = next;
            left -= 1;
            progress = Progress::Redirected;
        }
    }

    async fn hop(
        &mut self,
        network: &Network,
        message: &Message,
        wanted: &Wanted,
        state: &mut State,
        progress: Progress,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Reply, Failure> {
        let mut reply = Reply::default();
        let mut connection = match self.kept(network, &message.origin).await {
            Some(connection) => {
                // A kept connection takes no time; the clock need not be read again.
                state.send(if progress == Progress::Sent { state.begin } else { Instant::now() });
                connection
            }
            None => connect(network, &message.origin, state).await?,
        };
        let mut may_be_stale = connection.is_used();
        tell(progress);
        if connection.is_http2() {
            tell(Progress::OverHttp2);
        }
        loop {
            match connection.send(message, wanted, &network.scratch, &mut state.traffic, &mut reply).await {
                Ok(()) => break,
                Err(error) => {
                    let stale = may_be_stale && state.traffic.first_byte.is_none() && error.failure.category == ErrorCategory::Reset;
                    let may_repeat = error.unsent || message.method.is_idempotent();
                    if !stale || !may_repeat {
                        return Err(error.failure);
                    }
                    tell(Progress::Reconnected);
                    connection = connect(network, &message.origin, state).await?;
                    may_be_stale = false;
                }
            }
        }
        if network.http.keep_alive && network.shared.is_none() && connection.is_open() {
            if self.connections.len() >= MOST_CONNECTIONS {
                self.connections.remove(0);
            }
            self.connections.push((message.origin.clone(), connection));
        }
        Ok(reply)
    }

    /// The kept connection to an origin, where it still stands.
    async fn kept(&mut self, network: &Network, origin: &Rc<Origin>) -> Option<Connection> {
        let at = self.connections.iter().position(|(kept, _)| Rc::ptr_eq(kept, origin) || kept == origin)?;
        let (_, mut connection) = self.connections.remove(at);
        connection.is_usable(&network.scratch).await.then_some(connection)
    }

    fn keep_cookies(&mut self, message: &Message, reply: &Reply) {
        let Some(url) = message.url() else { return };
        let jar = self.jar.get_or_insert_default();
        for value in reply.headers.get_all(SET_COOKIE) {
            if let Ok(text) = std::str::from_utf8(value.as_bytes()) {
                jar::keep(jar, text, &url);
            }
        }
    }
}

impl Network {
    /// Before an arm of a paired run goes on: what [`Client::look_after`] does, for the connections that users share.
    pub(super) async fn look_after_shared(&self, renew: bool) {
        if let Some(shared) = &self.shared {
            shared
                .look_after(renew, async |origin: &Rc<Origin>| open_to_share(self, origin, &mut State::begun(Instant::now())).await)
                .await;
        }
    }
}

/// Opens a connection, or takes a shared one, and notes that the request goes out on it.
async fn connect(network: &Network, origin: &Rc<Origin>, state: &mut State) -> Result<Connection, Failure> {
    state.connecting = true;
    let connection = match &network.shared {
        None => open(network, origin, state).await?,
        Some(shared) => {
            let open = async || open_to_share(network, origin, state).await;
            Connection::Http2(Box::pin(shared.next(origin, open)).await?)
        }
    };
    state.connecting = false;
    state.send(Instant::now());
    Ok(connection)
}

async fn open_to_share(network: &Network, origin: &Origin, state: &mut State) -> Result<http2::Connection, Failure> {
    match open(network, origin, state).await? {
        Connection::Http2(connection) => Ok(connection),
        Connection::Http1(_) => Err(Failure::new(ErrorCategory::Protocol, "HTTP/1.1 connections can't be shared")),
    }
}

async fn open(network: &Network, origin: &Origin, state: &mut State) -> Result<Connection, Failure> {
    let limit = network.http.connect_timeout;
    let dialed = {
        // Rare, and large: kept out of the memory that every user takes.
        let mut dial = Box::pin(async {
            let mut phases = Phases::default();
            let stream = network.dialer.dial(origin, &mut phases).await?;
            state.phases.add(&phases);
            Connection::over(stream, origin, &network.dialer).await
        });
        network.timers.within(Instant::now() + limit.into(), dial.as_mut()).await
    };
    dialed.unwrap_or_else(|| {
        Err(Failure::new(ErrorCategory::ConnectTimeout, format!("no connection to {} within {limit}", origin.authority)))
    })
}

fn redirected(message: &Message, reply: &Reply) -> Option<Message> {
    message.redirected(reply.status, std::str::from_utf8(reply.headers.get(LOCATION)?.as_bytes()).ok()?)
}
