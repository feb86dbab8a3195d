//! Servers that answer as a test says, down to the byte.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Something done with a connection.
type Act = Box<dyn FnOnce(&mut TcpStream) -> io::Result<()> + Send>;

/// What a server does with a request.
pub(crate) enum Answer {
    /// A whole answer with this status and body; the connection stays.
    Whole(u16, String),
    /// These bytes, then the connection is closed.
    BytesAndClose(Vec<u8>),
    /// Whatever the function does with the connection, which is closed then.
    Do(Act),
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Whole(200, body.into())
    }
}

/// A server on a free port with a thread for each connection.
pub(crate) struct RawServer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    over: Arc<AtomicBool>,
}

impl RawServer {
    /// Answers every request as `answer` says.
    pub(crate) fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().unwrap();
        let (seen, over) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<AtomicBool>::default());
        let (all, ended, answer) = (seen.clone(), over.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (all, answer) = (all.clone(), answer.clone());
                // That a client went away is the end of its connection, nothing else.
                std::thread::spawn(move || serve(connection, &all, &*answer));
            }
        });
        Self { address, seen, over }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(connection: TcpStream, all: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Answer) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    while let Some(seen) = read(&mut reader)? {
        all.lock().unwrap().push(seen.clone());
        match answer(&seen) {
            Answer::Whole(status, body) => {
                let head = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n\r\n", body.len());
                let body = if seen.method == "HEAD" { String::new() } else { body };
                writer.write_all(format!("{head}{body}").as_bytes())?;
            }
            Answer::BytesAndClose(bytes) => return writer.write_all(&bytes),
            Answer::Do(act) => return act(&mut writer),
        }
    }
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Seen>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Seen { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() }))
}
