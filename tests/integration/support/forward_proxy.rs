//! A proxy as companies have one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::net::{TcpListener as AsyncListener, TcpStream as AsyncStream};
use tokio_rustls::TlsAcceptor;

/// Opens tunnels for `CONNECT`, and answers everything else with `forwarded` by itself. Every way leads to this machine,
/// whatever the host is called.
pub(crate) struct ForwardProxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    /// Serves until the process ends; its threads hold nothing that needs an orderly end.
    pub(crate) fn start() -> Self {
        Self::serving(false)
    }

    /// Waits for servers to speak first, and passes that on in one piece with its own answer.
    pub(crate) fn eager() -> Self {
        Self::serving(true)
    }

    /// Is spoken to over TLS.
    pub(crate) fn tls(config: ServerConfig) -> Self {
        let Self { address: behind, heads } = Self::start();
        let (acceptor, (tell, address)) = (TlsAcceptor::from(Arc::new(config)), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = AsyncListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, behind) = (acceptor.clone(), behind.clone());
                    tokio::spawn(async move {
                        let (mut client, mut proxy) = (acceptor.accept(stream).await?, AsyncStream::connect(behind).await?);
                        tokio::io::copy_bidirectional(&mut client, &mut proxy).await
                    });
                }
            });
        });
        Self { address: address.recv().unwrap(), heads }
    }

    fn serving(is_eager: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                // Whatever goes wrong with one connection is seen by the client.
                std::thread::spawn(move || drop(serve(&stream, &kept, is_eager)));
            }
        });
        Self { address, heads }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The heads of all requests that it was sent.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(client: &TcpStream, kept: &Mutex<Vec<String>>, is_eager: bool) -> std::io::Result<()> {
    let mut reader = BufReader::new(client);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        kept.lock().unwrap().push(head.clone());
        let mut writer = client;
        let Some(to) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nforwarded")?;
            continue;
        };
        let port = to.rsplit_once(':').expect("a port").1;
        let mut server = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        let mut answer = b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec();
        if is_eager {
            let mut first = [0; 1024];
            let read = server.read(&mut first)?;
            answer.extend_from_slice(&first[..read]);
        }
        writer.write_all(&answer)?;
        let (from, back) = (client.try_clone()?, server.try_clone()?);
        let there = std::thread::spawn(move || pass(from, server));
        pass(back, client.try_clone()?);
        let _ = there.join();
        return Ok(());
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 8192];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
