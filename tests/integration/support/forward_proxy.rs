//! A proxy as companies have one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Opens tunnels for `CONNECT`, and answers everything else with `forwarded` by itself. Every way leads to this machine,
/// whatever the host is called.
pub(crate) struct ForwardProxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    /// Serves until the process ends; its threads hold nothing that needs an orderly end.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                // Whatever goes wrong with one connection is seen by the client.
                std::thread::spawn(move || drop(serve(&stream, &kept)));
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

fn serve(client: &TcpStream, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
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
        let server = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
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
