//! The server: binding, accepting, stopping.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::app::App;
use super::defect::Defects;
use super::leak::leak;
use super::routes::routes;
use super::worker::Worker;
use crate::units::Micros;

/// How a demo is to be run.
pub struct DemoOptions {
    /// Where to listen; port 0 is any free port.
    pub listen: SocketAddr,
    /// What is wrong with it.
    pub defects: Defects,
    /// The CPU work of a request, as long as it takes on a core of 3.7 GHz.
    pub work: Micros,
    /// The secret of the JSON Web Tokens; `None` or an empty one means that no tokens are checked.
    pub jwt_secret: Option<String>,
    /// How many threads answer requests. One leaves the other core of a small machine to the load generator; with it, a
    /// second has room for as many requests as the work of one fits into it.
    pub workers: NonZeroUsize,
}

/// The sample API, bound to an address and ready to [`Demo::serve`].
pub struct Demo {
    listener: TcpListener,
    address: SocketAddr,
    options: DemoOptions,
}

/// Says what went wrong with the server; reads well after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The address cannot be listened on.
    #[error("listen on {address}: {source}")]
    Bind {
        /// The address as it was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A thread to answer requests cannot be started.
    #[error("start a worker thread: {0}")]
    Worker(#[source] io::Error),
}

impl Demo {
    /// Binds the address; connections are accepted by the system from here on, and answered by [`Demo::serve`].
    ///
    /// # Errors
    ///
    /// [`DemoError::Bind`], for example when another process listens there.
    pub async fn bind(options: DemoOptions) -> Result<Self, DemoError> {
        let wrong = |source| DemoError::Bind { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        Ok(Self { listener, address, options })
    }

    /// The address it is bound to, with the real port where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves, then finishes what is in flight, for at most two seconds.
    ///
    /// The calling thread only accepts connections; they are dealt out in turn to the worker threads. Dropping the future
    /// stops the demo as well.
    ///
    /// # Errors
    ///
    /// [`DemoError::Worker`]; once it serves, nothing ends it but `stop`.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
        let app = Arc::new(App::new(self.options.work, &self.options.defects, self.options.jwt_secret.as_deref()));
        self.serve_app(app, stop).await
    }

    pub(super) async fn serve_app(self, app: Arc<App>, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
        let router = routes(app);
        let (halt, halted) = watch::channel(());
        let start = |_| Worker::start(router.clone(), self.address, halted.clone()).map_err(DemoError::Worker);
        let workers = (0..self.options.workers.get()).map(start).collect::<Result<Vec<_>, _>>()?;
        drop(halted);
        tokio::select! {
            () = stop => {}
            never = deal(self.listener, &workers) => match never {},
            never = leak(self.options.defects.leak) => match never {},
        }
        drop(halt);
        for worker in workers {
            worker.finished().await;
        }
        Ok(())
    }
}

/// Accepts connections and hands them to the workers in turn, so that a few long ones are spread evenly.
async fn deal(mut listener: TcpListener, workers: &[Worker]) -> Infallible {
    loop {
        for worker in workers {
            let (connection, _) = Listener::accept(&mut listener).await;
            // Without the option an answer in two packets could wait for the client's acknowledgement; a connection that
            // can't be set or handed over is broken, and its client will see it closed.
            if connection.set_nodelay(true).is_ok()
                && let Ok(connection) = connection.into_std()
            {
                worker.serve(connection).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::demo::testing::{Running, options};

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let first = Demo::bind(options(&[])).await.unwrap();
        let again = Demo::bind(DemoOptions { listen: first.address(), ..options(&[]) }).await;
        let message = again.err().expect("the port is taken").to_string();
        assert!(message.starts_with(&format!("listen on {}: ", first.address())), "{message}");
    }

    #[tokio::test]
    async fn what_is_in_flight_is_answered_before_it_stops() {
        let demo = Running::start(&["delay=300ms"]).await;
        let request = demo.request("GET", "/students");
        let answer = tokio::spawn(async move { request.send().await.unwrap().status().as_u16() });
        while demo.stats().await["requests"] == 0 {
            tokio::task::yield_now().await;
        }
        let (address, app) = (demo.address, demo.app.clone());
        demo.stop().await;
        let counts = serde_json::to_value(app.stats.report()).unwrap();
        assert_eq!(counts["by_endpoint"]["GET /students"]["statuses"], serde_json::json!({ "200": 1 }));
        assert_eq!(answer.await.unwrap(), 200);
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }

    #[tokio::test]
    async fn a_connection_is_used_again_after_every_kind_of_answer() {
        let demo = Running::start(&["errors=50%"]).await;
        let mut connection = tokio::net::TcpStream::connect(demo.address).await.unwrap();
        let body = "x".repeat(60_000);
        let mut statuses = Vec::new();
        for path in ["/students", "/students", "/nowhere", "/health", "/nowhere"] {
            let head = format!("POST {path} HTTP/1.1\r\nhost: demo\r\ncontent-length: {}\r\n\r\n", body.len());
            connection.write_all(head.as_bytes()).await.unwrap();
            connection.write_all(body.as_bytes()).await.unwrap();
            statuses.push(status_of_answer(&mut connection).await);
        }
        assert_eq!(statuses, [415, 500, 404, 405, 404]);
    }

    /// Reads one answer, the body included, and leaves the connection at the beginning of the next.
    async fn status_of_answer(connection: &mut tokio::net::TcpStream) -> u16 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |text| text.parse().unwrap());
        connection.read_exact(&mut vec![0; length]).await.unwrap();
        head["HTTP/1.1 ".len()..][..3].parse().unwrap()
    }
}
