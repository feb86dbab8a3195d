//! Of several addresses the first that answers.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use crate::engine::failure::Failure;
use crate::metrics::ErrorCategory;

/// How long an attempt is waited for before the next address is tried beside it: what RFC 8305 recommends.
const NEXT_AFTER: Duration = Duration::from_millis(250);

/// Connects to the first address that accepts ("Happy Eyeballs", RFC 8305): the families take turns, an attempt that fails
/// is followed by the next at once, and one that hangs by the next after a quarter of a second, so that a dead address
/// costs that and not the whole time there is. With a single address nothing is waited for but it.
///
/// # Errors
/// Those of the last address that failed. Whoever calls sets the limit.
pub(super) async fn connect(host: &str, addresses: Vec<SocketAddr>) -> Result<TcpStream, Failure> {
    let mut waiting = in_turns(addresses);
    let mut failure = Failure::new(ErrorCategory::Dns, format!("{host}: no address"));
    let mut attempts = FuturesUnordered::new();
    loop {
        match waiting.pop_front() {
            Some(address) => attempts.push(TcpStream::connect(address)),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        let answer = match waiting.is_empty() {
            true => attempts.next().await,
            // Nothing answered in time: the next one is tried beside.
            false => tokio::time::timeout(NEXT_AFTER, attempts.next()).await.unwrap_or_default(),
        };
        match answer {
            // Where nobody listens on a port of the ephemeral range, TCP can connect a socket with itself.
            Some(Ok(stream)) if is_to_itself(&stream) => failure = Failure::connecting(&std::io::ErrorKind::ConnectionRefused.into()),
            Some(Ok(stream)) => {
                // Small requests must not wait for the acknowledgement of the one before.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Some(Err(error)) => failure = Failure::connecting(&error),
            None => {}
        }
    }
}

fn is_to_itself(stream: &TcpStream) -> bool {
    stream.local_addr().ok() == stream.peer_addr().ok()
}

/// The addresses with the families in turns, each in the order of the system, which knows best which comes first.
fn in_turns(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut turns = VecDeque::with_capacity(first.len() + second.len());
    while let Some(address) = first.pop_front() {
        turns.push_back(address);
        turns.extend(second.pop_front());
    }
    turns.extend(second);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn families_take_turns() {
        let turns = |text: &str| -> String {
            let addresses = text.split(' ').map(|address| format!("{address}:1").parse().unwrap()).collect();
            in_turns(addresses).iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(turns("[::1] [::2] [::3] 1.1.1.1"), "::1 1.1.1.1 ::2 ::3");
        assert_eq!(turns("1.1.1.1 [::1] [::2]"), "1.1.1.1 ::1 ::2");
        assert_eq!(turns("1.1.1.1 2.2.2.2"), "1.1.1.1 2.2.2.2");
    }

    #[tokio::test]
    async fn a_dead_address_costs_a_moment_and_a_refusing_one_nothing() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (alive, refusing) = (listener.local_addr().unwrap(), "127.0.0.1:1".parse().unwrap());
        let begin = Instant::now();
        connect("both", vec![refusing, alive]).await.unwrap();
        assert!(begin.elapsed() < NEXT_AFTER, "{:?}", begin.elapsed());
        assert!(connect("none", vec![refusing, refusing]).await.unwrap_err().message.contains("refused"));
        assert_eq!(connect("none", Vec::new()).await.unwrap_err().message, "none: no address");
        // A listener that accepts nothing: once its queue is full, further connections hang.
        let full = full_listener();
        let begin = Instant::now();
        let stream = tokio::time::timeout(Duration::from_secs(20), connect("one hangs", vec![full.1, alive])).await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), alive);
        assert!(begin.elapsed() >= NEXT_AFTER, "{:?}", begin.elapsed());
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_connection_of_a_port_with_itself_is_none() {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let nobody = socket.local_addr().unwrap();
        assert!(is_to_itself(&socket.connect(nobody).await.unwrap()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(!is_to_itself(&connect("somebody", vec![listener.local_addr().unwrap()]).await.unwrap()));
    }

    /// A listener with a full queue, and what fills it.
    fn full_listener() -> ((tokio::net::TcpListener, Vec<std::net::TcpStream>), SocketAddr) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            queued.push(stream);
        }
        ((listener, queued), address)
    }
}
