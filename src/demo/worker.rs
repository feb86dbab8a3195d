//! A thread that serves connections.

use std::net::{SocketAddr, TcpStream as StdStream};
use std::time::Duration;
use std::{future, io, thread};

use axum::Router;
use axum::serve::Listener;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};

/// Connections that may wait for a worker; above it, the accepting side waits.
const WAITING: usize = 1024;

/// How long requests in flight have to finish once the demo is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// A running worker: connections go in, and at the end it is waited for.
pub(super) struct Worker {
    connections: mpsc::Sender<StdStream>,
    finished: oneshot::Receiver<()>,
}

impl Worker {
    /// Starts a thread with a runtime of its own, which serves until the other end of `halted` is gone.
    pub(super) fn start(router: Router, address: SocketAddr, halted: watch::Receiver<()>) -> io::Result<Self> {
        // Sockets and timers are looked at after every task: a handler takes a millisecond, and sixty of them in a row,
        // the runtime's default, would make the order of answers another one than that of the requests.
        let runtime = Builder::new_current_thread().enable_all().event_interval(1).build()?;
        let (connections, incoming) = mpsc::channel(WAITING);
        let (finish, finished) = oneshot::channel();
        thread::Builder::new().name("demo".to_owned()).spawn(move || {
            run(&runtime, router, Handed { incoming, address }, halted);
            runtime.shutdown_background();
            let _ = finish.send(());
        })?;
        Ok(Self { connections, finished })
    }

    /// Hands a connection over; it is dropped when the worker is gone.
    pub(super) async fn serve(&self, connection: StdStream) {
        let _ = self.connections.send(connection).await;
    }

    /// Waits until the requests in flight are answered, or the grace period is over.
    pub(super) async fn finished(self) {
        let _ = self.finished.await;
    }
}

fn run(runtime: &Runtime, router: Router, handed: Handed, mut halted: watch::Receiver<()>) {
    let mut halt = halted.clone();
    let end = async move { while halted.changed().await.is_ok() {} };
    let deadline = async move {
        while halt.changed().await.is_ok() {}
        tokio::time::sleep(GRACE).await;
    };
    runtime.block_on(async {
        let serve = axum::serve(handed, router).with_graceful_shutdown(end);
        // Serving never fails, and what is not answered by the deadline is cut off.
        tokio::select! {
            _ = serve => {}
            () = deadline => {}
        }
    });
}

/// The connections that were accepted for this worker.
struct Handed {
    incoming: mpsc::Receiver<StdStream>,
    address: SocketAddr,
}

impl Listener for Handed {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        while let Some(connection) = self.incoming.recv().await {
            // A connection that is broken already is as good as one that never came.
            if let (Ok(peer), Ok(stream)) = (connection.peer_addr(), TcpStream::from_std(connection)) {
                return (stream, peer);
            }
        }
        future::pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
