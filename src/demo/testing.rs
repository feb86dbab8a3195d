//! A running demo for tests.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::app::App;
use super::{Defects, Demo, DemoError, DemoOptions};
use crate::units::Micros;

/// A demo on a free port with a client for it; it stops when it is dropped.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) app: Arc<App>,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), DemoError>>,
}

/// Options of a demo on any free port with one worker.
pub(super) fn options(defects: &[&str]) -> DemoOptions {
    let defects = Defects::new(defects.iter().map(|text| text.parse().expect("a defect"))).expect("defects");
    DemoOptions { listen: ([127, 0, 0, 1], 0).into(), defects, jwt_secret: None, workers: NonZeroUsize::MIN, work: Micros(1_200) }
}

impl Running {
    pub(super) async fn start(defects: &[&str]) -> Self {
        Self::with(options(defects)).await
    }

    pub(super) async fn with_workers(defects: &[&str], workers: usize) -> Self {
        Self::with(DemoOptions { workers: NonZeroUsize::new(workers).expect("a worker"), ..options(defects) }).await
    }

    pub(super) async fn with_secret(secret: &str) -> Self {
        Self::with(DemoOptions { jwt_secret: Some(secret.to_owned()), ..options(&[]) }).await
    }

    async fn with(options: DemoOptions) -> Self {
        let app = Arc::new(App::new(options.work, &options.defects, options.jwt_secret.as_deref()));
        let demo = Demo::bind(options).await.expect("a free port");
        let address = demo.address();
        let (stop, stopped) = oneshot::channel();
        let stopped = async move {
            let _ = stopped.await;
        };
        let served = tokio::spawn(demo.serve_app(app.clone(), stopped));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { address, app, client, stop, served }
    }

    /// A request to be completed and given to [`Running::send`].
    pub(super) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// Status and JSON of the answer; null where it has none.
    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request("GET", path)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request("POST", path).json(&body)).await
    }

    pub(super) async fn stats(&self) -> Value {
        self.get("/stats").await.1
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).expect("it is still running");
        self.served.await.expect("no panic").expect("it served");
    }
}
