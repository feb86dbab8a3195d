//! A server that speaks what real ones speak: HTTP/1.1 and HTTP/2, with and without TLS, over TCP and unix sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// Runs until it goes out of scope.
pub(crate) struct WebServer {
    address: Option<SocketAddr>,
    scheme: &'static str,
    state: Arc<State>,
    _runtime: Runtime,
}

#[derive(Default)]
struct State {
    connections: AtomicUsize,
    seen: Mutex<Vec<Spoken>>,
}

/// A request, and over what it came.
#[derive(Debug, Clone)]
pub(crate) struct Spoken {
    pub(crate) version: Version,
    /// The number of the connection, from 1.
    pub(crate) connection: usize,
    pub(crate) method: String,
    /// The address as it was asked for: a path, or more than that.
    pub(crate) address: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What is spoken over a connection.
#[derive(Clone)]
enum Manner {
    Http1,
    /// HTTP/2 from the first byte.
    PriorKnowledge,
    /// What the client picks of what is offered.
    Tls(TlsAcceptor),
}

impl WebServer {
    pub(crate) fn plain() -> Self {
        Self::on("127.0.0.1:0", Manner::Http1)
    }

    /// On an address such as `[::1]:0`.
    pub(crate) fn plain_on(address: &str) -> Self {
        Self::on(address, Manner::Http1)
    }

    pub(crate) fn http2() -> Self {
        Self::on("127.0.0.1:0", Manner::PriorKnowledge)
    }

    pub(crate) fn tls(config: ServerConfig) -> Self {
        Self::on("127.0.0.1:0", Manner::Tls(TlsAcceptor::from(Arc::new(config))))
    }

    /// On a unix socket, in HTTP/1.1.
    pub(crate) fn socket(path: &Path) -> Self {
        let (runtime, state) = (runtime(), Arc::<State>::default());
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let shared = state.clone();
        runtime.spawn(async move {
            let listener = tokio::net::UnixListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Manner::Http1, shared.clone()));
            }
        });
        Self { address: None, scheme: "unix", state, _runtime: runtime }
    }

    fn on(address: &str, manner: Manner) -> Self {
        let (runtime, state) = (runtime(), Arc::<State>::default());
        let listener = runtime.block_on(TcpListener::bind(address)).expect("an address to listen on");
        let address = Some(listener.local_addr().unwrap());
        let scheme = if matches!(manner, Manner::Tls(_)) { "https" } else { "http" };
        let shared = state.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner.clone(), shared.clone()));
            }
        });
        Self { address, scheme, state, _runtime: runtime }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.expect("it listens on a port").port()
    }

    /// `https://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address.expect("it listens on a port"))
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Spoken> {
        self.state.seen.lock().unwrap().clone()
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, manner: Manner, state: Arc<State>) {
    let number = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
    match manner {
        Manner::Http1 => speak(stream, false, number, state).await,
        Manner::PriorKnowledge => speak(stream, true, number, state).await,
        Manner::Tls(acceptor) => {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            speak(stream, is_http2, number, state).await;
        }
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, is_http2: bool, number: usize, state: Arc<State>) {
    let service = service_fn(move |request| answer(request, number, state.clone()));
    let io = TokioIo::new(stream);
    // The client may go whenever it likes.
    if is_http2 {
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
    } else {
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
    }
}

/// `/slow` takes a while, `/login` sets a cookie, `/away` leads to `/there`, `/large` is 4 KiB.
async fn answer(request: Request<Incoming>, connection: usize, state: Arc<State>) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let path = head.uri.path().to_owned();
    state.seen.lock().unwrap().push(Spoken {
        version: head.version,
        connection,
        method: head.method.to_string(),
        address: head.uri.to_string(),
        headers: head.headers,
        body,
    });
    let response = Response::builder();
    let (response, body) = match path.as_str() {
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            (response, "slow".to_owned())
        }
        "/login" => (response.header("set-cookie", "session=abc; Path=/"), "hello".to_owned()),
        "/away" => (response.status(302).header("location", "/there"), String::new()),
        "/large" => (response, "x".repeat(4096)),
        _ => (response, "{\"ok\": true}".to_owned()),
    };
    // hyper sends what it is given, and an answer to HEAD with a body is none.
    let body = if head.method == http::Method::HEAD { String::new() } else { body };
    Ok(response.body(Full::new(Bytes::from(body))).unwrap())
}
