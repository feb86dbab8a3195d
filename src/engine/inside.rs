//! The hot path for those who look inside: `fuzz/` tries to break it, `benches/hot_path` measures it. No part of what the
//! engine is used for.

use super::http1::Reader;
use super::reply::{Reply, Wanted};

#[cfg(unix)]
pub use line::Line;

/// An answer that was read to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers in the order of their names' first appearance.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
    /// How many bytes belong to it.
    pub length: usize,
    /// Whether another answer may come behind it.
    pub keeps_alive: bool,
}

/// What became of the bytes of an answer.
#[derive(Debug)]
pub struct Reading {
    /// The answer, or what is wrong with it.
    pub answer: Result<Answer, String>,
    /// The most bytes of it that were held at once.
    pub held: usize,
}

/// Reads an answer that comes in these pieces, and then the end of the connection. `is_head`: it answers HEAD.
pub fn read_answer<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, is_head: bool, max_body: u64) -> Reading {
    let wanted = Wanted { is_head, headers: true, cookies: true, redirects: true, encoding: true, body: true, max_body };
    let (mut reader, mut reply, mut length, mut held) = (Reader::default(), Reply::default(), 0, 0);
    let mut ended = None;
    for piece in pieces {
        let read = reader.feed(piece, &wanted, &mut reply);
        held = held.max(reader.held() + reply.body.capacity());
        match read {
            Ok(None) => length += piece.len(),
            Ok(Some(used)) => {
                length += used;
                ended = Some(Ok(()));
                break;
            }
            Err(failure) => {
                ended = Some(Err(failure));
                break;
            }
        }
    }
    let answer = ended.unwrap_or_else(|| reader.end()).map(|()| Answer {
        status: reply.status,
        headers: reply.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: reply.body,
        length,
        keeps_alive: reader.keeps_alive(),
    });
    Reading { answer: answer.map_err(|failure| failure.message), held }
}

#[cfg(unix)]
mod line {
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use tokio::runtime::{Builder, Runtime};
    use tokio::task::LocalSet;

    use crate::engine::dial::Stream;
    use crate::engine::exchange::Network;
    use crate::engine::http1::{Connection, Traffic};
    use crate::engine::reply::{Reply, Wanted};
    use crate::engine::timers::Timers;
    use crate::plan::{Plan, RequestPlan, Scope, Step, Target};

    /// A user's connection, whose other end is held by the same thread and answers at once.
    #[derive(Debug)]
    pub struct Line {
        runtime: Runtime,
        network: Network,
        plan: Arc<Plan>,
        scope: Scope,
        connection: Connection,
        peer: UnixStream,
        answer: Vec<u8>,
    }

    impl Line {
        /// A connection over which the first step of a plan is sent and answered with these bytes.
        ///
        /// # Errors
        /// When the system gives no sockets.
        pub fn open(plan: Arc<Plan>, answer: &[u8]) -> io::Result<Self> {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (ours, peer) = UnixStream::pair()?;
            ours.set_nonblocking(true)?;
            let guard = runtime.enter();
            let stream = Stream::Unix(tokio::net::UnixStream::from_std(ours)?);
            let target = Target::parse(&plan.target).map_err(|error| io::Error::other(error.to_string()))?;
            let network = Network::new(Timers::new()?, plan.http.clone(), target);
            drop(guard);
            let scope = Scope::new(plan.slots.clone(), plan.seed, 0);
            for (slot, value) in plan.classes.iter().flat_map(|class| &class.vars) {
                scope.set(*slot, value.eval(&scope).map_err(|error| io::Error::other(error.to_string()))?);
            }
            Ok(Self { runtime, network, scope, plan, connection: Connection::over(stream), peer, answer: answer.to_vec() })
        }

        /// Renders the request so many times, as each user does before it is sent. Gives the bytes rendered.
        ///
        /// # Errors
        /// When it can't be rendered.
        pub fn render(&mut self, count: u32) -> io::Result<usize> {
            let request = request(&self.plan)?;
            let mut bytes = 0;
            for _ in 0..count {
                let message = request.compose(&self.network, &self.scope).map_err(|error| io::Error::other(error.to_string()))?;
                bytes += message.rest(0).len();
                self.network.buffers.give_back(message.into_buffer());
            }
            Ok(bytes)
        }

        /// Makes so many exchanges, one after the other: the request is sent, the answer waited for and read. The other end
        /// writes the answer before, and takes the request afterwards: a write and a read more for each.
        ///
        /// # Errors
        /// When one of them fails.
        pub fn exchange(&mut self, count: u32) -> io::Result<()> {
            let Self { runtime, network, plan, scope, connection, peer, answer } = self;
            let message = request(plan)?.compose(network, scope).map_err(|error| io::Error::other(error.to_string()))?;
            let wanted = Wanted { max_body: network.http.max_body.0, ..Wanted::default() };
            let (mut taken, mut traffic, mut reply) = (vec![0; 64 << 10], Traffic::default(), Reply::default());
            LocalSet::new().block_on(runtime, async {
                for _ in 0..count {
                    peer.write_all(answer)?;
                    let sent = connection.send(&message, &wanted, &network.scratch, &mut traffic, &mut reply).await;
                    sent.map_err(|error| io::Error::other(error.failure.message))?;
                    let _ = peer.read(&mut taken)?;
                }
                Ok(())
            })
        }
    }

    fn request(plan: &Plan) -> io::Result<&RequestPlan> {
        let steps = plan.classes.iter().flat_map(|class| &class.tasks).flat_map(|task| &task.program.steps);
        let mut requests = steps.filter_map(|step| if let Step::Request(request) = step { Some(request) } else { None });
        requests.next().map(|request| &**request).ok_or_else(|| io::Error::other("the plan sends nothing"))
    }
}
